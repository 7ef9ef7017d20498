"""Commands for runs and their judgement: train, eval, answer, score."""

from typing import Annotated, Any

import typer

from engine.cli.again import refuse_beside_again, refuse_beside_dry_run, require_recipe, train_again
from engine.cli.app import app, door, finish_job, follow, tell
from engine.cli.data import Wait
from engine.cli.fields import parse_sets, split_sets
from engine.config import language
from engine.recipes.recipe import Recipe, load_recipe, recipe_names
from engine.serve.decoding import Decoding
from engine.store.datasets import list_datasets
from engine.store.open import open_store

Settings = Annotated[
    list[str] | None, typer.Option("--settings", "--set", help="생성 설정 k=v. / Decoding setting k=v.")
]


def decoding_settings(
    words: list[str] | None, recipe: Recipe | None, kept: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The recipe's decoding, or what a chat kept, changed by `--settings k=v` words; each `stop=` adds a phrase (a comma
    is part of it)."""
    split = [word.partition("=") for word in words or []]
    stops = [phrase.strip() for name, _, phrase in split if name.strip() == "stop"]
    others = [name + equals + value for name, equals, value in split if name.strip() != "stop"]
    given = kept or (dict(recipe.decoding) if recipe else {})
    return parse_sets(Decoding, others, {**given, "stop": stops} if stops else given)


def retrieval_settings(words: list[str] | None, recipe: Recipe) -> tuple[list[str], dict[str, Any]]:
    """(the `--settings` words for decoding, the retrieval settings the others give)."""
    from engine.retrieve.settings import RetrievalSettings

    names = set(RetrievalSettings.model_fields) if recipe.retrieves else set()
    mine = [word for word in words or [] if word.partition("=")[0].strip() in names]
    others = [word for word in words or [] if word not in mine]
    return others, parse_sets(RetrievalSettings, mine, {}) if mine else {}


@app.command()
def train(
    recipe: Annotated[str | None, typer.Option("--recipe", help="레시피 이름. / The recipe.")] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="데이터셋 id, 비우면 가장 새것. / Dataset id; default: the newest.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", help="starter(기본), 허브 이름, 폴더. / starter (default), a hub name or a folder."),
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="미리 정한 설정. / Preset.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="설정 k=v. / A setting k=v.")] = None,
    from_run: Annotated[
        str | None, typer.Option("--from", help="이어 배울 학습의 id. / Go on from what this run learned.")
    ] = None,
    then_eval: Annotated[
        bool, typer.Option("--then-eval", help="끝나면 기반 모델과 견줍니다. / Then judge it beside its base.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="세 스텝만 재 보고 남기지 않습니다. / Measure three steps, keep nothing.")
    ] = False,
    again: Annotated[
        str | None,
        typer.Option("--again", help="이 학습을 똑같이 다시. / Repeat this run: same rows, base, settings, seed."),
    ] = None,
    wait: Wait = True,
) -> None:
    """학습합니다. / Train an adapter."""
    from engine.jobs.judge import judge_run
    from engine.jobs.launch import launch_run, usual_base

    if again is not None:
        given = {
            "--recipe": recipe,
            "--dataset": dataset,
            "--base": base,
            "--preset": preset,
            "--from": from_run,
            "--set": sets,
            "--then-eval": then_eval,
        }
        refuse_beside_again(again, [name for name, value in given.items() if value])
        train_again(again, wait)
        return
    found = load_recipe(require_recipe(recipe))
    if dry_run:
        refuse_beside_dry_run([name for name, given in (("--from", from_run), ("--then-eval", then_eval)) if given])
        _dry_run(found, dataset or "latest", base or "starter", preset, sets or [], wait)
        return
    run_id, job_id = launch_run(
        door.store,
        found,
        dataset_id=dataset or "latest",
        base_name=base or usual_base(door.store, from_run),
        preset=preset,
        sets=split_sets(sets or []),
        from_run=from_run,
    )
    judge_id = judge_run(door.store, run_id) if then_eval else None
    if not wait:
        queued = {"run_id": run_id, "job_id": job_id, "state": "queued"}
        told = {**queued, "evaluation_job_id": judge_id} if judge_id else queued
        tell(told, f"학습 {run_id}을(를) 대기열에 넣었습니다.")
        return
    result = follow(job_id)
    if judge_id is None:
        told_run(result)
        return
    judged = follow(judge_id)
    tell({**result, "evaluation": judged}, leaderboard(judged, found))


def _dry_run(recipe: Recipe, dataset: str, base: str, preset: str | None, sets: list[str], wait: bool) -> None:
    from engine.cli.plan import probe_text
    from engine.jobs.dry_run import launch_probe

    job_id = launch_probe(door.store, recipe, dataset_id=dataset, base_name=base, preset=preset, sets=split_sets(sets))
    result = finish_job(job_id, wait)
    if result is not None:
        tell(result, probe_text(result))


def told_run(result: dict[str, Any]) -> None:
    """Tell how a run ended."""
    run_id = result["run_id"]
    loss = f"검증 손실 {result['eval_loss']:.3f}" if result["eval_loss"] is not None else "검증 손실 없음"
    tell(
        result,
        f"학습 {run_id} 끝: {result['steps']}단계, {loss}, {result['tokens_per_second'] or 0:.0f} 토큰/초, "
        f"최대 메모리 {result['peak_gb']:.2f} GB\n  말해 보기: python -m engine chat {run_id}",
    )


@app.command("eval")
def evaluate(
    model: Annotated[list[str], typer.Option("--model", help="run id, latest, base, base:이름. / What to judge.")],
    more: Annotated[list[str] | None, typer.Argument(help="더 견줄 모델. / More models.")] = None,
    suite: Annotated[str, typer.Option("--suite", help="평가(레시피 이름). / The suite: a recipe's name.")] = "persona",
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="비우면 그 학습의 데이터셋. / Default: the run's own.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="문항 수, 0은 모두. / Items; 0 for all.")] = 300,
    seed: int = 0,
    settings: Settings = None,
    overlap: Annotated[
        bool,
        typer.Option("--allow-overlap", help="배운 문항도 넣고 표시합니다. / Keep, and mark, questions trained on."),
    ] = False,
    best: Annotated[
        bool, typer.Option("--best", help="sweep이 고른 설정으로 답합니다. / Answer with what a sweep chose.")
    ] = False,
    wait: Wait = True,
) -> None:
    """모델을 견주어 평가합니다. / Judge models side by side."""
    from engine.jobs.judge import judge_models

    recipe = load_recipe(suite)
    models = [name for part in [*model, *(more or [])] for name in part.split(",") if name]
    words, retrieval = retrieval_settings(settings, recipe)
    decoding = decoding_settings(words, recipe)
    job_id = judge_models(
        door.store,
        recipe,
        models=models,
        dataset_id=dataset,
        decoding=decoding,
        limit=limit,
        seed=seed,
        retrieval=retrieval,
        allow_overlap=overlap,
        best=best,
    )
    result = finish_job(job_id, wait)
    if result is not None:
        tell(result, leaderboard(result, recipe))


def leaderboard(result: dict[str, Any], recipe: Recipe) -> str:
    """The evaluation as a table in plain words."""
    from engine.evaluate.table import leaderboard_text

    return leaderboard_text(result, recipe.suite, "en" if language() == "en" else "ko")


def rates_by_decoding(result: dict[str, Any], recipe: Recipe) -> str:
    """The evaluations of the sample journey side by side, one line per model and decoding."""
    from engine.evaluate.table import rates_text

    spoken: Any = "en" if language() == "en" else "ko"
    names = {run["run_id"]: style for run, style in zip(result["runs"], recipe.journey_styles, strict=True)}
    table = rates_text(result["evaluations"], names, recipe.suite, spoken)
    return "\n".join([table, *_verdicts(result, names, recipe, spoken)])


def _verdicts(result: dict[str, Any], names: dict[str, str], recipe: Recipe, spoken: Any) -> list[str]:
    """The first metric between the tuned models, and of each model between the decodings, in words."""
    from engine.evaluate.compare import in_words
    from engine.evaluate.policy_report import between

    metric = recipe.suite.metrics[0]
    ids = {name: found["evaluation_id"] for name, found in result["evaluations"].items()}
    (first, before), *others = ids.items()
    models = [model["model"] for model in result["evaluation"]["models"]]
    pairs = [
        (f"{names[models[-2]]} → {names[models[-1]]} ({name})", (id_, models[-2]), (id_, models[-1]))
        for name, id_ in ids.items()
    ]
    pairs += [
        (f"{first} → {name} ({names.get(model, model)})", (before, model), (id_, model))
        for name, id_ in others
        for model in models
    ]
    with open_store(door.store) as db:
        tests = [(said, between(db, a, b, metric.name)) for said, a, b in pairs]
    return [f"  {said}: {metric.name} {test.delta or 0:+.1%}, {in_words(test, metric, spoken)}" for said, test in tests]


@app.command()
def recipes() -> None:
    """레시피 목록. / The recipes found."""
    from engine.jobs.launch import with_own_presets

    found = [with_own_presets(door.store, load_recipe(name)) for name in recipe_names()]
    with open_store(door.store) as db:
        counts = {r.name: len(list_datasets(db, r.name)) for r in found}
    listed: list[dict[str, Any]] = [
        {"name": r.name, "ko": r.ko, "presets": list(r.presets), "datasets": counts[r.name]} for r in found
    ]
    tell({"recipes": listed}, "\n".join(f"{r['name']}: {r['ko']} · preset {', '.join(r['presets'])}" for r in listed))
