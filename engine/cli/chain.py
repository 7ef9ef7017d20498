"""The command chain: a recipe's phases planned, queued after one another, and judged together at the end."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, follow, note, tell
from engine.cli.data import RecipeOption, Wait
from engine.cli.fields import split_sets
from engine.cli.ladder import told_steps
from engine.cli.plan import FITS, as_json
from engine.config import language
from engine.errors import UserError
from engine.jobs.chain import Chain, Planned, build_args, launch_chain, plan_chain, sources_of
from engine.recipes.recipe import Recipe, load_recipe


@app.command()
def chain(
    recipe: RecipeOption,
    base: Annotated[
        str, typer.Option("--base", help="starter, 허브 이름, 폴더. / starter, a hub name or a folder.")
    ] = "starter",
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset", help="이 데이터셋의 자료로(비우면 가장 새것). / From its sources; default: the newest."
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--phase", help="이 단계만(여러 번). / Only these phases; may be repeated.")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="설정 k=v, 한 단계만은 단계.k=v. / k=v, or PHASE.k=v for one.")
    ] = None,
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="계획만 보고 아무것도 하지 않습니다. / Only tell the plan.")
    ] = False,
    wait: Wait = True,
) -> None:
    """여러 단계의 학습을 이어서 하고 단계마다 얼마나 나아졌는지 잽니다. / Train phases one after another; measure each gain."""
    found, given = load_recipe(recipe), split_sets(sets or [])

    def planned() -> Chain:
        return plan_chain(door.store, found, base, dataset_id=dataset, only=only or [], sets=given)

    made = planned()
    if plan_only:
        tell({"base": made.base.name, "phases": [_json(one) for one in made.phases]}, _text(made))
        return
    refused = _build(made, sources_of(door.store, found, dataset))
    made = planned()
    note(_text(made, refused))
    queued = launch_chain(door.store, made)
    told = {**queued, "phases": [_json(one, refused) for one in made.phases]}
    if not wait:
        tell(
            {**told, "state": "queued"},
            f"{queued['chain']}에서 시작하는 {len(queued['runs'])}단계를 대기열에 넣었습니다.",
        )
        return
    results = [follow(run["job_id"]) for run in queued["runs"]]
    _judged(found, {**told, "results": results}, queued["evaluation_job_id"])


def _judged(recipe: Recipe, told: dict[str, Any], job_id: str) -> None:
    steps, text = told_steps(follow(job_id), recipe, recipe.suite.metrics[0].name, steps=True)
    tell({**told, "evaluation": steps}, text)


def _build(made: Chain, sources: list[str]) -> dict[str, UserError]:
    """Build the datasets that are missing, waiting for each; {phase: why it could not be}."""
    from engine.jobs.queue import submit

    refused: dict[str, UserError] = {}
    built: set[str] = set()
    for one in made.unbuilt:
        if one.phase.style in built:
            continue
        built.add(one.phase.style)
        try:
            follow(submit(door.store, "dataset", build_args(made, one, sources)))
        except UserError as error:
            refused[one.phase.name] = error
    return refused


def _json(one: Planned, refused: dict[str, UserError] | None = None) -> dict[str, Any]:
    refusal = (refused or {}).get(one.phase.name) or one.refusal
    return {
        "phase": one.phase.name,
        "style": one.phase.style,
        "objective": one.objective,
        "dataset_id": one.dataset["id"] if one.dataset else None,
        "preset": one.preset,
        "ready": one.settings is not None,
        "refusal": {"ko": refusal.ko, "en": refusal.en} if refusal else None,
        "estimate": as_json(one.told) if one.told else None,
        "phase_words": {name: asdict(one.phase)[name] for name in ("ko", "en")},
    }


def _text(made: Chain, refused: dict[str, UserError] | None = None) -> str:
    lines = [f"{made.recipe.name} · {made.base.name}"]
    return "\n".join([*lines, *(line for one in made.phases for line in _lines(one, refused or {}))])


def _lines(one: Planned, refused: dict[str, UserError]) -> list[str]:
    english = language() == "en"
    lines = [f"  {one.phase.en if english else one.phase.ko} [{one.phase.name}: {one.phase.style}, {one.objective}]"]
    refusal = refused.get(one.phase.name) or one.refusal
    if refusal:
        return [*lines, f"    {'left out' if english else '건너뜀'}: {refusal.en if english else refusal.ko}"]
    if one.dataset is None:
        unbuilt = "its dataset is built first" if english else "데이터셋을 먼저 만듭니다"
        return [*lines, f"    {unbuilt} ({one.phase.style})"]
    if one.told is None:
        return [*lines, f"    {one.dataset['id']}"]
    told = one.told
    minutes = f"{told.seconds_low / 60:.0f}–{told.seconds_high / 60:.0f}"
    amount = f"{told.steps:,} steps, {minutes} min" if english else f"{told.steps:,}스텝, {minutes}분"
    rows = one.dataset["counts"]["train"]
    fits = f"{FITS[told.fits][english]} ({told.needed_gb:.1f} / {told.free_gb:.1f} GB)"
    return [*lines, f"    {one.dataset['id']} · {rows:,}{' rows' if english else '행'} · {amount} · {fits}"]
