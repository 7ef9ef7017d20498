"""Cross-validation: k datasets, k runs, k evaluations, one table. The same jobs as by hand, one after the other."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import UserError
from engine.evaluate.folds import Fold, pool_folds
from engine.jobs.judge import judge_models
from engine.jobs.launch import launch_run
from engine.jobs.queue import submit
from engine.recipes.recipe import Recipe
from engine.store.open import open_store

Say = Callable[[str], None]
Follow = Callable[[str], dict[str, Any]]
"""Waits for a job and returns its result."""


def cross_validate(
    store: Path,
    recipe: Recipe,
    *,
    k: int,
    sources: Sequence[str],
    options: Mapping[str, Any],
    style: str,
    base: str,
    preset: str | None,
    sets: Mapping[str, str],
    way: str,
    decoding: Mapping[str, Any],
    with_base: bool,
    say: Say,
    follow: Follow,
) -> dict[str, Any]:
    """Build, train and judge every fold, then pool the held-out answers; returns the pooled evaluation.

    options: of the rows; sets: of the training; way: how each run answers, "" for the plain way, with `decoding` over the recipe's own.
    Raises UserError for a recipe whose rows know no folds, and for fewer than two.
    """
    refuse_unfit(recipe, k)
    folds: list[Fold] = []
    for fold in range(k):
        say(f"{fold + 1}/{k} 겹: 행을 만들고 학습하고 평가합니다. / fold {fold + 1} of {k}: rows, training, evaluation")
        rows: dict[str, Any] = {"recipe": recipe.name, "sources": list(sources), "style": style, "me": None, "seed": 0}
        rows["options"] = {**options, "folds": k, "fold": fold}
        dataset_id = follow(submit(store, "dataset", rows))["dataset_id"]
        run_id, job_id = launch_run(store, recipe, dataset_id=dataset_id, base_name=base, preset=preset, sets=sets)
        follow(job_id)
        models = [*([f"base:{base}"] if with_base else []), f"{run_id}@{way}" if way else run_id]
        judged = judge_models(store, recipe, models=models, dataset_id=dataset_id, decoding=decoding, limit=0, seed=0)
        folds.append(Fold(dataset_id, run_id, models[-1], follow(judged)["evaluation_id"]))
    with open_store(store) as db:
        return pool_folds(db, recipe.name, recipe.suite, folds)


def refuse_unfit(recipe: Recipe, k: int) -> None:
    """Raises UserError for a recipe whose rows know no folds, and for fewer than two or more than they divide into."""
    if not {"folds", "fold"} <= set(recipe.options.model_fields):
        raise UserError(
            f"'{recipe.name}' 레시피의 행은 겹(folds, fold)으로 나뉘지 않습니다. 옵션에 folds와 fold가 있는 레시피에 쓰세요.",
            f"Rows of the recipe '{recipe.name}' are not made in folds. Use one whose options hold folds and fold.",
        )
    if k < 2:
        raise UserError(
            f"--k {k}(으)로는 나눌 수 없습니다. 2 이상을 쓰세요.", f"--k {k} divides nothing. Use 2 or more."
        )
    try:
        recipe.options.model_validate({"folds": k, "fold": k - 1})
    except ValidationError as error:
        raise UserError(
            f"--k {k}은(는) '{recipe.name}' 레시피가 나눌 수 있는 겹보다 많습니다. 줄여서 다시 하세요(보통 5, 사건이 아주 적으면 10).",
            f"--k {k} is more folds than the recipe '{recipe.name}' divides into. Take fewer: usually 5, or 10 for very few cases.",
        ) from error
