"""The sample journey: a recipe's shipped sample goes from file to leaderboard through the same jobs an owner would queue."""

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
from engine.store.open import open_store, writing
from engine.store.settings import get_setting, set_setting

PRESET = "quick"
BASE = "starter"
LIMIT = 120
"""Held-out items to answer: enough for intervals that part, about a minute on two cores."""
RUNNING = "journey"
"""Setting with the process of the journey that was started last."""


def journey(
    store: Path, recipe_name: str, say: Callable[[str], None], follow: Callable[[str], dict[str, Any]]
) -> dict[str, Any]:
    """Run every step, waiting for each with `follow`; returns the ids and the evaluation."""
    recipe = load_recipe(recipe_name)
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
        if journey_runs(db):
            raise UserError(
                "견본 여정이 이미 돌고 있습니다. 둘을 함께 돌리면 서로 느려질 뿐입니다. 끝날 때까지 기다리세요.",
                "The sample journey runs already, and a second one would only slow both. Wait for its end.",
            )
        child = spawn(["-m", "engine", "demo"], cache_folder(store) / "logs" / "demo.log", {"MALMOI_STORE": str(store)})
        set_setting(db, RUNNING, {"pid": child.pid, "pid_started_at": started_at(child.pid)})


def journey_runs(db: Database) -> bool:
    """Whether the process of the last `start_journey` lives, be it between two jobs."""
    found = get_setting(db, RUNNING)
    return found is not None and is_alive(found["pid"], found["pid_started_at"])
