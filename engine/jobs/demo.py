"""The sample journey: a recipe's shipped sample goes from file to leaderboard through the same jobs an owner would queue."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import UserError
from engine.jobs.launch import launch_run
from engine.jobs.processes import is_alive, spawn, started_at
from engine.jobs.queue import submit
from engine.recipes.recipe import load_recipe
from engine.serve.decoding import Decoding
from engine.store.jobs import newest_of_kind
from engine.store.open import now, open_store, writing
from engine.store.settings import get_setting, set_setting

PRESET = "quick"
BASE = "starter"
LIMIT = 120
"""Held-out items to answer: enough for intervals that part, about a minute on two cores."""
RUNNING = "journey"
"""Setting with the process of the journey that was started last, and when it began."""
KINDS = ("import", "mask", "dataset", "train", "evaluate")
"""Its jobs, in order."""


def journey(
    store: Path, recipe_name: str, say: Callable[[str], None], follow: Callable[[str], dict[str, Any]]
) -> dict[str, Any]:
    """Run every step, waiting for each with `follow`; returns the ids and the evaluation.

    Raises UserError while another journey runs in this store.
    """
    recipe = load_recipe(recipe_name)
    _begin(store)
    say("① 견본 대화를 가져옵니다. / importing the sample")
    sources = []
    for file in recipe.samples:
        args = {"recipe": recipe.name, "files": [str(file)], "kind": None, "me": recipe.sample_me}
        sources.append(follow(submit(store, "import", args))["source_id"])
    if recipe.must_mask:
        say("② 개인정보를 가립니다. / masking personal data")
        for source_id in sources:
            follow(submit(store, "mask", {"source": source_id}))
    say("③ 행을 고르고 나눕니다. / building the dataset")
    build: dict[str, Any] = {
        "recipe": recipe.name,
        "sources": sources,
        "style": recipe.styles[0],
        "me": None,
        "options": {},
        "seed": 0,
    }
    dataset = follow(submit(store, "dataset", build))
    say("④ 학습합니다. / training")
    run_id, job_id = launch_run(store, recipe, dataset_id=dataset["dataset_id"], base_name=BASE, preset=PRESET, sets={})
    run = follow(job_id)
    say("⑤ 기반 모델과 견주어 평가합니다. / evaluating base and tuned side by side")
    decoding = Decoding(**recipe.decoding).model_dump(mode="json")
    models = [f"base:{BASE}", run_id]
    judge = {"recipe": recipe.name, "models": models, "dataset": dataset["dataset_id"], "decoding": decoding}
    evaluation = follow(submit(store, "evaluate", {**judge, "limit": LIMIT, "seed": 0}))
    return {"sources": sources, "dataset": dataset, "run": run, "evaluation": evaluation}


def start_journey(store: Path) -> None:
    """Begin the sample journey in a process of its own, which outlives the page; its jobs show up in the store.

    Raises UserError while an earlier one runs: looked up and recorded under one write lock, so two clicks start one.
    """
    with open_store(store) as db, writing(db):
        _refuse_second(db)
        child = spawn(["-m", "engine", "demo"], cache_folder(store) / "logs" / "demo.log", {"MALMOI_STORE": str(store)})
        _record(db, child.pid)


def _begin(store: Path) -> None:
    """Record this process as the journey: the page that started it did so already, a terminal did not."""
    with open_store(store) as db, writing(db):
        found = get_setting(db, RUNNING)
        mine = (os.getpid(), os.getppid())  # on Windows a venv's python.exe starts the real one as its child
        if found is None or found["pid"] not in mine:
            _refuse_second(db)
            _record(db, os.getpid())


def _refuse_second(db: Database) -> None:
    if journey_runs(db):
        raise UserError(
            "견본 여정이 이미 돌고 있습니다. 둘을 함께 돌리면 서로 느려질 뿐입니다. 끝날 때까지 기다리세요.",
            "The sample journey runs already, and a second one would only slow both. Wait for its end.",
        )


def _record(db: Database, pid: int) -> None:
    set_setting(db, RUNNING, {"pid": pid, "pid_started_at": started_at(pid), "at": now()})


def journey_steps(db: Database) -> list[dict[str, Any]]:
    """[{kind, state, progress}] of the journey begun last, in order; `state` is None for what has not begun."""
    found = get_setting(db, RUNNING) or {}
    steps = []
    for kind in KINDS:
        job = newest_of_kind(db, kind, found.get("at", ""))
        steps.append({"kind": kind, "state": job and job["state"], "progress": job and job["progress"]})
    return steps


def journey_runs(db: Database) -> bool:
    """Whether the process of the last `start_journey` lives, be it between two jobs."""
    found = get_setting(db, RUNNING)
    return found is not None and is_alive(found["pid"], found["pid_started_at"])
