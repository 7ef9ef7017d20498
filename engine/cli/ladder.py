"""Commands that judge steps: ladder (each against the one before) and ablate (what each step of finishing an answer gains)."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, finish_job, tell
from engine.cli.data import Wait
from engine.cli.training import Settings, decoding_settings, retrieval_settings
from engine.config import language
from engine.errors import UserError
from engine.recipes.recipe import Recipe, load_recipe, way_of
from engine.store.open import open_store

Suite = Annotated[str, typer.Option("--suite", help="평가(레시피 이름). / The suite: a recipe's name.")]
Data = Annotated[str | None, typer.Option("--dataset", help="비우면 그 학습의 데이터셋. / Default: the run's own.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="문항 수, 0은 모두. / Items; 0 for all.")]
MetricName = Annotated[
    str | None, typer.Option("--metric", help="표에 보일 지표. / The metric of the table; default: the first.")
]


@app.command()
def ladder(
    steps: Annotated[
        list[str],
        typer.Option("--step", help="이름=모델[+모델][@방식], 순서대로. / NAME=MODEL[+MODEL][@WAY], in order."),
    ],
    suite: Suite,
    dataset: Data = None,
    limit: Limit = 300,
    seed: int = 0,
    settings: Settings = None,
    metric: MetricName = None,
    wait: Wait = True,
) -> None:
    """단계마다 앞 단계와 처음에 견주어 평가합니다. / Judge steps, each against the one before and the first."""
    named = dict(_named(word) for word in steps)
    if len(named) < len(steps) or len(set(named.values())) < len(steps) or len(steps) < 2:
        raise UserError(
            f"--step {len(steps)}개의 이름과 모델은 서로 달라야 하고 둘 이상이어야 합니다. 예: --step 기반=base --step 학습=latest",
            f"The {len(steps)} --step names and models must all differ, and there must be two or more. Example: --step base=base "
            "--step tuned=latest",
        )
    recipe = load_recipe(suite)
    names = {model: name for name, model in named.items()}
    _judge(recipe, list(named.values()), names, dataset, limit, seed, settings, metric, wait)


def _named(word: str) -> tuple[str, str]:
    name, equals, model = word.partition("=")
    if not (equals and name.strip() and model.strip()):
        raise UserError(
            f"--step {word}에 이름이나 모델이 없습니다. 이름=모델 꼴로 쓰세요. 예: --step 지시문=run-abc@plain",
            f"--step {word} lacks a name or a model. Write NAME=MODEL, such as --step instructed=run-abc.",
        )
    return name.strip(), model.strip()


@app.command()
def ablate(
    model: Annotated[str, typer.Option("--model", help="run id, latest, base. / Whose answers.")],
    suite: Suite,
    way: Annotated[
        str, typer.Option("--way", help="단계를 따로 잴 방식. / The way whose steps are measured.")
    ] = "tidied",
    dataset: Data = None,
    limit: Limit = 300,
    seed: int = 0,
    settings: Settings = None,
    metric: MetricName = None,
    wait: Wait = True,
) -> None:
    """답을 다듬는 단계마다 얼마나 나아지는지 같은 답으로 잽니다. / Measure on the same answers what each finishing step gains."""
    recipe = load_recipe(suite)
    whole = way_of(recipe, way)
    parts = [name for name, one in recipe.ways.items() if one.part_of == way]
    if whole.finish is None or not parts:
        able = sorted({one.part_of for one in recipe.ways.values() if one.part_of}) or ["-"]
        raise UserError(
            f"'{suite}'의 '{way}' 방식에는 따로 잴 단계가 없습니다. 되는 방식: {', '.join(able)}.",
            f"The way '{way}' of '{suite}' has no steps to measure. These have: {', '.join(able)}.",
        )
    models = [model, *(f"{model}@{name}" for name in (*parts, way))]
    _judge(recipe, models, None, dataset, limit, seed, settings, metric, wait)


def _judge(
    recipe: Recipe,
    models: list[str],
    names: dict[str, str] | None,
    dataset: str | None,
    limit: int,
    seed: int,
    settings: list[str] | None,
    metric: str | None,
    wait: bool,
) -> None:
    from engine.evaluate.ladder import metric_of
    from engine.jobs.judge import judge_models

    chosen = metric_of(recipe.suite, metric)
    words, retrieval = retrieval_settings(settings, recipe)
    job_id = judge_models(
        door.store,
        recipe,
        models=models,
        dataset_id=dataset,
        decoding=decoding_settings(words, recipe),
        limit=limit,
        seed=seed,
        retrieval=retrieval,
        called=names,
    )
    result = finish_job(job_id, wait)
    if result is not None:
        tell(*told_steps(result, recipe, chosen.name, steps=names is not None))


def told_steps(result: dict[str, Any], recipe: Recipe, metric: str, steps: bool) -> tuple[dict[str, Any], str]:
    """(an evaluation's result with its ladder and costs, the same as text). `steps`: each against the one before, not the first."""
    from engine.evaluate.ladder import ladder as rungs_of
    from engine.evaluate.ladder import metric_of
    from engine.evaluate.methods import methods
    from engine.evaluate.table import ladder_text

    spoken: Any = "en" if language() == "en" else "ko"
    with open_store(door.store) as db:
        rungs = rungs_of(db, result, metric, alone=not steps)
        costs = methods(db, [rung.model for rung in rungs])
    chosen = metric_of(recipe.suite, metric)
    ladder = [{**asdict(rung), "said": rung.sentence(chosen, spoken)} for rung in rungs]
    told = {**result, "metric": metric, "ladder": ladder, "methods": [asdict(cost) for cost in costs]}
    return told, ladder_text(rungs, costs, recipe.suite, chosen, spoken)
