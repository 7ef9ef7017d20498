"""Queue evaluations: a run beside its base as soon as it is trained, or chosen models. Pages and commands call the same."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.grid import FIELDS, cells, parse_grid
from engine.jobs.queue import ensure_supervisor
from engine.recipes.recipe import Recipe, load_recipe, require_together, way_of
from engine.retrieve.settings import RetrievalSettings
from engine.serve.choose import Model, choose_model
from engine.serve.decoding import Decoding
from engine.store.datasets import get_dataset, holds_unanswerable
from engine.store.jobs import ENDED, enqueue, judging_job, list_jobs
from engine.store.open import open_store, require_space, writing
from engine.store.runs import get_run
from engine.store.sweeps import best_settings, newest_proposals

LIMIT = 300
"""Held-out items at most, as `eval` does without --limit."""


def judge_run(store: Path, run_id: str) -> str:
    """Queue the evaluation of base and run; returns its job. One that waits or runs already is that job.

    Raises UserError for a run that has no adapter and will get none, or no dataset to be judged on.
    """
    require_space(store, 0)
    with open_store(store) as db, writing(db):
        run = get_run(db, run_id)
        known = judging_job(db, run["id"])
        if known is not None:
            return known
        ended = run["state"] in ENDED
        if ended and run["adapter_id"] is None:
            raise UserError(
                f"학습 {run['id']}은(는) 어댑터를 남기지 않아 평가할 것이 없습니다. `resume {run['id']}`으로 이어 학습하세요.",
                f"Run {run['id']} left no adapter, so there is nothing to judge. Continue it with `resume {run['id']}`.",
            )
        recipe = load_recipe(run["recipe"])
        args = {
            "recipe": recipe.name,
            "models": [f"base:{run['base']}", run["id"]],
            "dataset": get_dataset(db, run["dataset_id"] or "latest", recipe.name)["id"],
            "decoding": Decoding(**recipe.decoding).model_dump(mode="json"),
            "limit": LIMIT,
            "seed": 0,
        }
        job_id = enqueue(db, "evaluate", args, after_job=None if ended else run["job_id"])
    ensure_supervisor(store)
    return job_id


def judge_models(
    store: Path,
    recipe: Recipe,
    *,
    models: Sequence[str],
    dataset_id: str | None,
    decoding: Mapping[str, Any],
    limit: int,
    seed: int,
    retrieval: Mapping[str, Any] | None = None,
    allow_overlap: bool = False,
    best: bool = False,
    called: Mapping[str, str] | None = None,
) -> str:
    """Queue an evaluation and return its job; the same one that waits or runs already is not queued twice.

    `decoding` is changed over the recipe's own. Without `dataset_id` the first run's dataset is taken, one that holds out
    unanswerable questions before one that does not. Raises UserError for an unknown model or dataset, a run without an
    adapter, and a dataset that holds no rows apart. `best`: each model answers with what a sweep chose for it; UserError when
    none has such settings. `called`: {model: what that step of a ladder is called}.
    """
    require_space(store, 0)
    settings = Decoding(**{**recipe.decoding, **decoding}).model_dump(mode="json")
    with open_store(store) as db, writing(db):
        chosen = _chosen(db, recipe, models)
        dataset = get_dataset(db, dataset_id or _own_dataset(db, chosen), recipe.name)
        _refuse_unfit(recipe.name, len(chosen), dataset)
        names = [model.name for model in chosen]
        args = {"recipe": recipe.name, "models": names, "dataset": dataset["id"], "decoding": settings}
        args |= {"limit": limit, "seed": seed}
        if recipe.retrieves:
            args["retrieval"] = RetrievalSettings(**(retrieval or {})).model_dump(mode="json")
        if any(model.way for model in chosen):
            args["told"] = _told(recipe, settings)
        if allow_overlap:
            args["allow_overlap"] = True
        if called:
            args["names"] = {choose_model(db, model, recipe.name).name: name for model, name in called.items()}
        if best:
            args["own"] = _chosen_settings(db, recipe.name, names)
        waiting = [job for job in list_jobs(db) if job["kind"] == "evaluate" and job["state"] not in ENDED]
        same = next((job["id"] for job in waiting if job["args"] == args), None)
        job_id = same or enqueue(db, "evaluate", args)
    ensure_supervisor(store)
    return str(job_id)


def _chosen(db: Database, recipe: Recipe, models: Sequence[str]) -> list[Model]:
    """Each model once. `base` beside runs is what the first of them was trained on, not what the newest run was. Raises UserError for
    a way of answering that the recipe does not have, and for models that it cannot let answer together."""
    found = [None if name == "base" else choose_model(db, name, recipe.name) for name in models]
    run = next((model.run for model in found if model and model.run), None)
    base = f"base:{run['base']}" if run else "base"
    chosen = [model or choose_model(db, base, recipe.name) for model in found]
    for model in chosen:
        require_together(recipe, len(model.members), way_of(recipe, model.way))
    return list({model.name: model for model in chosen}.values())


def _told(recipe: Recipe, settings: Mapping[str, Any]) -> list[str]:
    """Names of the decoding settings that are not the recipe's own: they stand over those of a way of answering."""
    usual = Decoding(**recipe.decoding).model_dump(mode="json")
    return [name for name, value in settings.items() if value != usual[name]]


def _chosen_settings(db: Database, recipe: str, models: Sequence[str]) -> dict[str, Any]:
    found = {name: chosen for name in models if (chosen := best_settings(db, recipe, name))}
    if not found:
        raise UserError(
            f"{', '.join(models)}에 골라 둔 설정이 없습니다. 먼저 `sweep --model {models[0]}`으로 설정을 고르세요.",
            f"No settings were chosen for {', '.join(models)}. Choose some first with `sweep --model {models[0]}`.",
        )
    return found


def sweep_models(
    store: Path,
    recipe: Recipe,
    *,
    models: Sequence[str],
    dataset_id: str | None,
    decoding: Mapping[str, Any],
    retrieval: Mapping[str, Any],
    grid: Sequence[str],
    budget: int,
    limit: int,
    seed: int,
) -> tuple[str, int, int]:
    """Queue a sweep; returns its job, the cells tried per model and the cells of the whole grid.

    `grid`: words `name=value,value`. Raises UserError as `judge_models` does, for a grid that cannot be, and
    for a recipe that looks nothing up.
    """
    if not recipe.retrieves:
        raise UserError(
            f"'{recipe.name}' 레시피에는 설정 훑기가 없습니다. policy처럼 조항을 찾아 답하는 레시피에 쓰세요.",
            f"There is no sweep for the recipe '{recipe.name}'. Use it with one that answers from clauses, such as policy.",
        )
    require_space(store, 0)
    now = Decoding(**{**recipe.decoding, **decoding})
    found = RetrievalSettings(**retrieval)
    with open_store(store) as db, writing(db):
        chosen = _chosen(db, recipe, models)
        dataset = get_dataset(db, dataset_id or _own_dataset(db, chosen), recipe.name)
        _refuse_unfit(recipe.name, len(chosen), dataset)
        told = {**now.model_dump(mode="json", include=set(FIELDS)), "k": found.k}
        tried, whole = cells(parse_grid(grid, newest_proposals(db, recipe.name)), told, budget, seed)
        args = {
            "recipe": recipe.name,
            "models": [model.name for model in chosen],
            "dataset": dataset["id"],
            "decoding": now.model_dump(mode="json"),
            "retrieval": found.model_dump(mode="json"),
            "now": told,
            "cells": tried,
            "limit": limit,
            "seed": seed,
        }
        job_id = enqueue(db, "sweep", args)
    ensure_supervisor(store)
    return job_id, len(tried), whole


def _own_dataset(db: Database, models: Sequence[Model]) -> str:
    """Of the datasets that the models learned from; `latest` when there is none."""
    runs = [one.run for model in models for one in model.members if one.run]
    own = list(dict.fromkeys(run["dataset_id"] for run in runs if run["dataset_id"]))
    return next((id_ for id_ in own if holds_unanswerable(db, id_)), own[0] if own else "latest")


def _refuse_unfit(recipe: str, models: int, dataset: Mapping[str, Any]) -> None:
    if models == 0:
        raise UserError("평가할 모델을 하나 이상 고르세요.", "Choose at least one model to evaluate.")
    if dataset["recipe"] != recipe:
        raise UserError(
            f"데이터셋 {dataset['id']}은(는) '{dataset['recipe']}' 레시피의 것이라 '{recipe}' 평가에 쓸 수 없습니다. "
            "다른 데이터셋을 고르세요.",
            f"Dataset {dataset['id']} belongs to recipe '{dataset['recipe']}' and cannot judge '{recipe}'. Choose another.",
        )
    if not dataset["counts"]["test"] and not dataset["counts"]["validation"]:
        raise UserError(
            f"데이터셋 {dataset['id']}에 평가용으로 떼어 둔 행이 없습니다. 자료를 더 넣어 데이터셋을 다시 만드세요.",
            f"Dataset {dataset['id']} holds no rows apart for evaluation. Build it again from more material.",
        )
