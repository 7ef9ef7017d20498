"""The command plan: what a run would take of memory and time, before it is launched. It queues nothing."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, follow, tell
from engine.cli.data import RecipeOption
from engine.cli.fields import split_sets
from engine.config import language
from engine.errors import UserError
from engine.models.linter import LintReport
from engine.recipes.recipe import Recipe, load_recipe
from engine.store.datasets import get_dataset, list_datasets
from engine.store.open import open_store
from engine.train.plan.changes import Change
from engine.train.plan.estimate import Estimate, RowSample

FITS = {"yes": ("들어갑니다", "fits"), "tight": ("빠듯합니다", "is tight"), "no": ("들어가지 않습니다", "does not fit")}


ASSUMED = RowSample(500, 0, ())
"""Without a dataset: rows as long as the settings allow, so that what fits here fits any dataset."""
WITHOUT = (
    "아직 데이터셋이 없어, 가장 긴 행(max_length) 500개로 어림했습니다.",
    "There is no dataset yet: 500 rows as long as max_length are assumed.",
)
DESKTOP = (
    "  카드의 {gb:.1f} GB는 바탕 화면이 쓴다고 보았습니다.",
    "  {gb:.1f} GB of the card are taken to be used by the desktop.",
)


@app.command()
def plan(
    recipe: RecipeOption,
    base: Annotated[
        str, typer.Option("--base", help="starter, 허브 이름, 폴더. / starter, a hub name or a folder.")
    ] = "starter",
    dataset: Annotated[str, typer.Option("--dataset", help="데이터셋 id. / Dataset id.")] = "latest",
    vram: Annotated[
        float | None,
        typer.Option("--vram", min=0.1, max=4096, help="카드 메모리(GB). 비우면 이 컴퓨터. / GB of a card."),
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="미리 정한 설정. / Preset.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="설정 k=v. / A setting k=v.")] = None,
    measured: Annotated[
        bool, typer.Option("--probe", help="가장 긴 행부터 세 스텝을 실제로 재 봅니다. / Measure three real steps.")
    ] = False,
) -> None:
    """학습에 드는 메모리와 시간을 어림합니다. / Estimate memory and time of a run."""
    from engine.jobs.launch import lint_dataset, settings_for, with_own_presets, with_special_tokens
    from engine.jobs.preview import measured_time, overlaps, preview_json, preview_rows
    from engine.models.bases import resolve_for_plan
    from engine.models.shapes import shape_of
    from engine.train.plan.estimate import correction_of, estimate, past_runs, sample_rows
    from engine.train.plan.machine import card_of, this_machine

    found, resolved = with_own_presets(door.store, load_recipe(recipe)), resolve_for_plan(base)
    settings, _ = settings_for(found, resolved, preset, split_sets(sets or []))
    shape = shape_of(resolved)
    if shape is None:
        raise UserError(
            f"'{base}'의 크기를 받기 전에는 알 수 없습니다. 이름에 7B 같은 크기가 없고 이 컴퓨터에도 없습니다. 받은 폴더를 주세요.",
            f"The size of '{base}' is not known before it is downloaded: its name tells none. Give a downloaded folder.",
        )
    if measured and vram:
        raise UserError(
            f"--probe는 이 컴퓨터에서 재는 것이라 --vram {vram:g}와 함께 쓸 수 없습니다. 둘 중 하나를 빼세요.",
            f"--probe measures on this machine and cannot go with --vram {vram:g}. Leave one of them out.",
        )
    probed = _probed(found, dataset, base, preset, sets) if measured else None
    machine = card_of(vram) if vram else this_machine()
    with open_store(door.store) as db:
        assumed = dataset == "latest" and not list_datasets(db, found.name)
        made = None if assumed else get_dataset(db, dataset, found.name)
        rows = sample_rows(db, made) if made else ASSUMED
        past = past_runs(db)
        correction = correction_of(db, machine, settings.objective)
        told = estimate(base, shape, settings, rows, machine, past, correction)
        instead = _instead(shape, settings, rows, machine, past, correction) if told.plan_fits == "no" else None
        words = with_special_tokens(db, found, made["id"], settings, {})[0].kept_tokens() if made else ()
        lint = lint_dataset(db, made["id"], resolved, settings.max_length, words) if made else None
        seen = preview_rows(db, made, resolved, settings.max_length) if made else None
        left = measured_time(seen, made, settings, base, machine, past) if made and seen else None
        before = preview_json(seen, overlaps(db, made), left) if made and seen else None
    desktop = machine.total_gb - machine.free_gb if vram else None
    notes = [
        _text(base, told),
        *([instead_text(instead)] if instead else []),
        *([lint_text(lint)] if lint else []),
        *([f"  {WITHOUT[language() == 'en']}"] if assumed else []),
        *([DESKTOP[language() == "en"].format(gb=desktop)] if desktop else []),
        *([preview_text(before)] if before else []),
        *([probe_text(probed)] if probed else []),
    ]
    more = {"lint": asdict(lint) if lint else None, "assumed_rows": assumed, "assumed_desktop_gb": desktop}
    more |= {"instead": instead} if instead else {}
    more |= {"preview": before} | ({"probe": probed} if probed else {})
    tell(as_json(told) | more, "\n".join(notes))


def _instead(shape: Any, settings: Any, rows: RowSample, machine: Any, past: Any, correction: Any) -> dict[str, Any]:
    """{bases: smaller ones that fit, answers: {needed_gb, fits} of answering only}."""
    from engine.train.plan.instead import answering, smaller_bases

    needed, fits = answering(shape, machine)
    bases = smaller_bases(shape, settings, rows, machine, past, correction)
    answers = {"needed_gb": round(needed, 3), "fits": fits != "no", "verdict": fits}
    return {"bases": [asdict(one) for one in bases], "answers": answers}


def instead_text(instead: dict[str, Any]) -> str:
    """What fits where nothing could be changed so that this base does."""
    english, answers = language() == "en", instead["answers"]
    lines = [
        "  No setting makes it fit. Weights that a card cannot hold are not lent from the processor's memory: 4-bit training does not work so."
        if english
        else "  어떤 설정으로도 들어가지 않습니다. 카드에 안 들어가는 가중치를 본체 메모리로 나누는 방법은 4비트 학습에서 되지 않아 권하지 않습니다.",
        f"  To answer only: {answers['needed_gb']:.1f} GB, {FITS[answers['verdict']][True]}."
        if english
        else f"  답만 하게 하는 데도 {answers['needed_gb']:.1f} GB: {FITS[answers['verdict']][False]}.",
    ]
    lines += ["  What fits instead:" if english else "  대신 들어가는 것:"] if instead["bases"] else []
    for one in instead["bases"]:
        words = " ".join(f"--set {name}={value}" for name, value in one["plan"].items())
        told = f"{one['parameters'] / 1e9:5.2f}B {one['needed_gb']:5.1f} GB {FITS[one['fits']][english]}"
        lines.append(f"    --base {one['base']:<20} {told} {words}".rstrip())
    return "\n".join(lines)


def _probed(recipe: Recipe, dataset: str, base: str, preset: str | None, sets: list[str] | None) -> dict[str, Any]:
    """The result of a probe, waited for."""
    from engine.jobs.dry_run import launch_probe

    job_id = launch_probe(
        door.store, recipe, dataset_id=dataset, base_name=base, preset=preset, sets=split_sets(sets or [])
    )
    return follow(job_id)


def probe_text(probed: dict[str, Any]) -> str:
    """What three real steps measured, in a line or two."""
    english = language() == "en"
    peak, guess = f"{probed['peak_gb']:.2f} GB", probed["estimated_gb"]
    estimated = (f" (estimated {guess:.2f})" if english else f" (어림 {guess:.2f})") if guess else ""
    if not probed["fits"]:
        plan = " ".join(f"--set {name}={value}" for name, value in probed["plan"].items())
        said = f"out of memory at {peak}" if english else f"{peak}에서 메모리가 모자랐습니다"
        return f"  {'measured' if english else '재 봄'}: {said}{estimated}. {plan}".rstrip()
    pace = f"{probed['seconds_per_step']:.2f} s/step, {probed['tokens_per_second']:.0f} tokens/s"
    if not english:
        pace = f"한 스텝 {probed['seconds_per_step']:.2f}초, 초당 {probed['tokens_per_second']:.0f}토큰"
    losses = ", ".join(f"{loss:.3f}" for loss in probed["losses"])
    return (
        f"  {'measured' if english else '재 봄'}: {peak}{estimated}, {pace}, {'loss' if english else '손실'} {losses}"
    )


def lint_text(lint: LintReport) -> str:
    """How many targets end, in which token, and what is wrong."""
    english = language() == "en"
    line = (
        f"  {lint.ended} of {lint.n} sampled targets end in {lint.eos}, padded with {lint.pad}"
        if english
        else f"  표본 {lint.n}개 답 가운데 {lint.ended}개가 {lint.eos}(으)로 끝납니다. 채움 토큰 {lint.pad}"
    )
    return "\n".join([line, *(f"  ! {problem}" for problem in [*lint.problems, *lint.notes])])


def preview_text(found: dict[str, Any]) -> str:
    """The rows as the base sees them, in three lines."""
    english = language() == "en"
    zero, shared = (
        found["zero_trained"]["rows"],
        sum(one["exact"] + one["near"] + one["group"] for one in found["overlap"]),
    )
    syllable = "-" if found["tokens_per_syllable"] is None else f"{found['tokens_per_syllable']:.2f}"
    held_out = sum(one["rows"] for one in found["overlap"])
    if english:
        looked = (
            f"all {found['rows']:,} rows"
            if found["exact"]
            else f"a sample of {found['seen']:,} of {found['rows']:,} rows"
        )
        return (
            f"  {looked}: {found['trained_share']:.0%} of tokens trained, {found['truncated']:,} cut, {zero:,} left out, longest "
            f"{found['longest']:,} tokens\n  {syllable} tokens a syllable, {found['byte_share']:.1%} of them parts of one\n"
            f"  {shared:,} of {held_out:,} held-out rows are like training rows"
        )
    looked = f"{found['rows']:,}행 모두" if found["exact"] else f"{found['rows']:,}행 가운데 표본 {found['seen']:,}행"
    return (
        f"  {looked}: 토큰의 {found['trained_share']:.0%}를 배움, 잘린 행 {found['truncated']:,}, 빠지는 행 {zero:,}, 가장 긴 행 "
        f"{found['longest']:,}토큰\n  한 글자에 {syllable}토큰, 그 가운데 글자 조각 {found['byte_share']:.1%}\n"
        f"  평가용 {held_out:,}행 가운데 {shared:,}행이 학습 행과 같거나 비슷함"
    )


def as_json(told: Estimate) -> dict[str, Any]:
    """`fits` is true when it is tight too; `plan` holds the settings to change, none when nothing needs to."""
    rounded = {name: round(size, 3) for name, size in told.parts.items()}
    return {
        "fits": told.fits != "no",
        "verdict": told.fits,
        "peak_gb": round(told.peak_gb, 3),
        "needed_gb": round(told.needed_gb, 3),
        "available_gb": round(told.free_gb, 3),
        "parts": rounded,
        "plan": told.plan,
        "plan_verdict": told.plan_fits,
        "plan_gb": round(told.plan_gb, 3),
        "changes": [_change(change) for change in told.changes],
        "corrected_by": {"factor": round(told.correction.factor, 3), "n": told.correction.n},
        "steps": told.steps,
        "tokens": told.tokens,
        "seconds_low": round(told.seconds_low),
        "seconds_high": round(told.seconds_high),
        "basis": asdict(told.basis),
        "certain": told.certain,
    }


def _change(change: Change) -> dict[str, Any]:
    """A change that saves memory; `fits` is true when it is tight too, as the run's own."""
    rounded = {"saves_gb": round(change.saves_gb, 3), "peak_gb": round(change.peak_gb, 3)}
    return {**asdict(change), **rounded, "fits": change.fits != "no"}


def _text(base: str, told: Estimate) -> str:
    english = language() == "en"
    minutes = f"{told.seconds_low / 60:.0f}–{told.seconds_high / 60:.0f}"
    lines = [
        f"{base}: {FITS[told.fits][english]} ({told.needed_gb:.1f} / {told.free_gb:.1f} GB)",
        f"  {told.steps:,} steps, {minutes} min" if english else f"  {told.steps:,}스텝, {minutes}분",
        *(f"  {name:<12}{size:6.2f} GB" for name, size in told.parts.items()),
    ]
    if told.plan:
        words = " ".join(f"--set {name}={value}" for name, value in told.plan.items())
        lines.append(f"  {words} → {told.plan_gb:.1f} GB ({FITS[told.plan_fits][english]})")
    if told.correction.n:
        by = f"×{told.correction.factor:.2f}, n={told.correction.n}"
        lines.append(
            f"  corrected by this machine's measurements: {by}" if english else f"  이 컴퓨터에서 잰 값으로 고침: {by}"
        )
    return "\n".join([*lines, *(_change_text(change, english) for change in told.changes)])


def _change_text(change: Change, english: bool) -> str:
    words = " ".join(f"{name}={value}" for name, value in change.set.items())
    cost = change.cost_en if english else change.cost_ko
    return (
        f"  {words:<34} −{change.saves_gb:.2f} → {change.peak_gb:6.2f} GB {FITS[change.fits][english]}, "
        f"×{change.time_factor:.2f}. {cost}"
    )
