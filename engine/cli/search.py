"""Commands for the search over training settings: search, search show|list|promote, and presets list|remove."""

from typing import Annotated, Any

import typer

from engine.cli.app import app, door, finish_job, note, tell
from engine.cli.data import RecipeOption, Wait
from engine.cli.fields import split_sets
from engine.config import language
from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from engine.store.open import open_store
from engine.store.presets import list_presets, remove_preset
from engine.store.studies import get_study, list_studies

search = typer.Typer(
    invoke_without_command=True, help="학습 설정을 찾습니다. / Search for training settings.", rich_markup_mode=None
)
presets = typer.Typer(no_args_is_help=True, help="내가 만든 프리셋. / Presets of your own.", rich_markup_mode=None)
app.add_typer(search, name="search")
app.add_typer(presets, name="presets")
Study = Annotated[str, typer.Argument(help="탐색 id, 작업 id, latest. / A search's id, its job's, or latest.")]


@search.callback()
def begin(
    context: typer.Context,
    recipe: Annotated[str | None, typer.Option("--recipe", help="레시피 이름. / The recipe.")] = None,
    dataset: Annotated[str, typer.Option("--dataset", help="데이터셋 id. / Dataset id.")] = "latest",
    minutes: Annotated[float | None, typer.Option("--minutes", help="쓸 시간(분). / Budget in minutes.")] = None,
    base: Annotated[
        str, typer.Option("--base", help="starter, 허브 이름, 폴더. / starter, a hub name or a folder.")
    ] = "starter",
    preset: Annotated[str | None, typer.Option("--preset", help="출발할 프리셋. / The preset to start from.")] = None,
    fields: Annotated[str, typer.Option("--fields", help="찾을 설정, 쉼표로. / Fields to search, by comma.")] = "",
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", help="이름=낮은값..높은값 또는 이름=a,b,c. / A field's own range."),
    ] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="정해 둘 설정 k=v. / A fixed setting k=v.")] = None,
    grid: Annotated[bool, typer.Option("--grid", help="모든 조합을 차례로. / Every combination in turn.")] = False,
    trials: Annotated[
        int | None, typer.Option("--trials", help="시도 수(기준도 하나). / Trials at most, the baseline among them.")
    ] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=0, max=10, help="확인할 다른 씨앗 수. / Other seeds to prove the best with.")
    ] = 3,
    wait: Wait = True,
) -> None:
    """학습 설정을 정한 시간 안에서 찾습니다. / Search training settings within a budget of minutes."""
    from engine.jobs.searching import Wish, launch_search

    if context.invoked_subcommand is not None:
        return
    if recipe is None or minutes is None:
        raise UserError(
            "--recipe와 --minutes가 있어야 합니다. 예: `search --recipe persona --minutes 30`. 있는 탐색은 `search list`로 봅니다.",
            "--recipe and --minutes are needed, as in `search --recipe persona --minutes 30`. `search list` shows searches.",
        )
    names = [name.strip() for name in fields.split(",") if name.strip()]
    wish = Wish(minutes, names, split_sets(ranges or [], "--range"), grid, trials, seeds)
    begun = launch_search(
        door.store,
        load_recipe(recipe),
        dataset_id=dataset,
        base_name=base,
        preset=preset,
        sets=split_sets(sets or []),
        wish=wish,
    )
    if begun.planned is not None:
        note(_grid_text(begun.planned, begun.skipped))
    if not wait:
        queued = {"study": begun.study_id, "best": None, "job_id": begun.job_id, "state": "queued"}
        tell(queued, f"탐색 {begun.study_id}을(를) 대기열에 넣었습니다. 보기: `search show {begun.study_id}`")
        return
    result = finish_job(begun.job_id, wait)
    if result is not None:
        tell(result, text_of(result))


SKIPPED = {
    "contradiction": ("서로 맞지 않음", "contradict each other"),
    "machine": ("이 컴퓨터에서 안 됨", "impossible on this machine"),
    "twin": ("다른 조합과 같은 학습", "train like another one"),
    "baseline": ("기준 설정과 같음", "equal the baseline"),
}
VERDICTS = {
    "proven": ("우연을 넘어 낫습니다", "better beyond noise"),
    "noise": ("우연과 구별되지 않습니다", "not told from noise"),
    "worse": ("다른 씨앗에서는 오히려 나쁩니다", "worse with other seeds"),
    "one_seed": ("씨앗 하나: 증명되지 않음", "one seed: not proven"),
    "few": ("씨앗이 모자라 증명되지 않음", "too few seeds: not proven"),
    "same": ("기준보다 나은 것이 없었습니다", "nothing beat the baseline"),
}


def _said(pair: tuple[str, str]) -> str:
    return pair[language() == "en"]


def _grid_text(planned: int, skipped: dict[str, int]) -> str:
    why = ", ".join(f"{_said(SKIPPED[reason])} {count:,}" for reason, count in skipped.items())
    dropped = sum(skipped.values())
    ko = f"격자: 기준을 넣어 {planned}가지를 해 봅니다. 뺀 조합 {dropped:,}가지"
    en = f"Grid: {planned} to try, the baseline among them; {dropped:,} combinations dropped"
    return _said((ko, en)) + (f" ({why})" if why else "")


def text_of(result: dict[str, Any]) -> str:
    """A search's result in a few lines."""
    best, first, proof = result["best"], result["baseline"], result["proof"]
    lines = [f"{_said(('탐색', 'search'))} {result['study']}"]
    if best is None:
        lines.append(
            _said(("끝까지 간 시도가 없습니다. --minutes를 늘리세요.", "No trial was finished. Raise --minutes."))
        )
    else:
        values = " ".join(f"{name}={value}" for name, value in best["values"].items()) or _said(
            ("기준 그대로", "the baseline")
        )
        lines.append(f"  {_said(('가장 좋은 시도', 'best trial'))} {best['number']}: {values}, {_loss(best['value'])}")
        lines.append(
            f"  {_said(('기준', 'baseline'))}: {_loss(first['value'])} · {_said(VERDICTS[proof['verdict']])}{_interval(proof)}"
        )
    counts = _said(
        (
            f"시도 {result['trials']} · 일찍 멈춤 {result['pruned']} · 실패 {result['failed']} · 시간이 끝남 {result['stopped']} · "
            f"건너뜀 {sum(result['skipped'].values())} · {result['seconds']:.0f}초",
            f"{result['trials']} trials, {result['pruned']} pruned, {result['failed']} failed, {result['stopped']} out of time, "
            f"{sum(result['skipped'].values())} skipped, {result['seconds']:.0f} s",
        )
    )
    return "\n".join([*lines, f"  {counts}"])


def _loss(value: float | None) -> str:
    return f"{_said(('검증 손실', 'validation loss'))} {value:.4f}" if value is not None else "-"


def _interval(proof: dict[str, Any]) -> str:
    if proof["low"] is None:
        return ""
    return f" ({proof['difference']:+.4f} [{proof['low']:+.4f}, {proof['high']:+.4f}], n={proof['pairs']})"


@search.command("show")
def show(study: Study = "latest") -> None:
    """탐색 하나와 그 시도들을 봅니다. / Show a search and its trials."""
    from engine.train.search.watch import read_search_view

    with open_store(door.store) as db:
        view = read_search_view(db, study)
    told = {
        **view.summary,
        "state": view.study["state"],
        "space": view.study["space"],
        "importances": view.importances(),
        "trial_list": view.trials,
    }
    lines = [
        f"  {trial['number']:>3} {trial['role']:<8} {trial['state']:<8} {_loss(trial['value'])} "
        + " ".join(f"{name}={value}" for name, value in trial["values"].items())
        for trial in view.trials
    ]
    tell(told, "\n".join([text_of(view.summary), *lines]))


@search.command("list")
def list_all() -> None:
    """탐색들을 봅니다. / List searches."""
    with open_store(door.store) as db:
        found = list_studies(db)
    rows = [
        {
            name: one[name]
            for name in ("id", "recipe", "dataset_id", "base", "preset", "state", "minutes", "seconds", "created_at")
        }
        for one in found
    ]
    text = "\n".join(f"  {row['id']} {row['recipe']} {row['base']} {row['state']} {row['created_at']}" for row in rows)
    tell({"studies": rows}, text or _said(("아직 탐색이 없습니다.", "No search yet.")))


@search.command("promote")
def promote_trial(
    study: Study,
    name: Annotated[str, typer.Option("--name", help="프리셋 이름. / The preset's name.")],
    trial: Annotated[int | None, typer.Option("--trial", help="비우면 가장 좋은 것. / Default: the best.")] = None,
) -> None:
    """찾은 설정을 프리셋으로 남깁니다. / Keep what was found as a preset."""
    from engine.jobs.searching import promote

    with open_store(door.store) as db:
        recipe = load_recipe(get_study(db, study)["recipe"])
    kept = promote(door.store, recipe, study, name, trial)
    tell(
        kept, f"프리셋 '{name}'으로 남겼습니다. 쓰기: python -m engine train --recipe {kept['recipe']} --preset {name}"
    )


@presets.command("list")
def list_own(
    recipe: Annotated[str | None, typer.Option("--recipe", help="비우면 모두. / Default: all.")] = None,
) -> None:
    """내가 만든 프리셋을 봅니다. / List presets of your own."""
    from engine.jobs.launch import is_usable

    with open_store(door.store) as db:
        found = [{**one, "usable": is_usable(one["settings"])} for one in list_presets(db, recipe)]
    lines = [
        f"  {one['recipe']} {one['name']}: " + " ".join(f"{name}={value}" for name, value in one["settings"].items())
        for one in found
    ]
    tell({"presets": found}, "\n".join(lines) or _said(("만든 프리셋이 없습니다.", "No presets of your own.")))


@presets.command("remove")
def remove_own(name: Annotated[str, typer.Argument(help="프리셋 이름. / The preset.")], recipe: RecipeOption) -> None:
    """내가 만든 프리셋을 지웁니다. 그것으로 한 학습은 남습니다. / Remove a preset of your own; its runs stay."""
    with open_store(door.store) as db:
        remove_preset(db, recipe, name)
    tell({"removed": name, "recipe": recipe}, f"프리셋 '{name}'을(를) 지웠습니다.")
