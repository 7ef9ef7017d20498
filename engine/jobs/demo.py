"""The sample journey: a recipe's shipped sample goes from file to leaderboard through the same jobs an owner would queue."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.alive import is_alive, started_at
from engine.config import cache_folder
from engine.errors import UserError
from engine.jobs.launch import launch_run
from engine.jobs.processes import spawn
from engine.jobs.queue import submit
from engine.recipes.recipe import Recipe, load_recipe
from engine.retrieve.settings import RetrievalSettings
from engine.serve.decoding import Decoding
from engine.store.jobs import newest_of_kind
from engine.store.open import now, open_store, writing
from engine.store.settings import get_setting, set_setting

PRESET = "quick"
BASES = {"decoder": "starter", "seq2seq": "starter-seq2seq"}
"""The small base of each family that ships with the code."""
LIMIT = 120
"""Held-out items to answer: enough for intervals that part, about a minute a model on two cores."""
RUNNING = "journey"
"""Setting with the process of the journey that was started last, and when it began."""
KINDS = ("import", "mask", "dataset", "train", "evaluate")
"""Its jobs, in order."""


Say = Callable[[str], None]
Follow = Callable[[str], dict[str, Any]]
"""Waits for a job and returns its result."""


def journey(store: Path, recipe_name: str, say: Say, follow: Follow) -> dict[str, Any]:
    """Run every step, waiting for each with `follow`; returns ids, and each evaluation by the name of its decoding.

    `dataset`, `run` and `evaluation` are the last of each. Raises UserError while another journey runs in this store.
    """
    recipe = load_recipe(recipe_name)
    _begin(store, recipe.name)
    sources = _bring(store, recipe, say, follow)
    datasets, runs = [], []
    for style in recipe.journey_styles or recipe.styles[:1]:
        say(f"③ 행을 고르고 나눕니다({style}). / building the dataset ({style})")
        datasets.append(follow(submit(store, "dataset", _build(recipe, sources, style))))
        say(f"④ 학습합니다({style}). / training ({style})")
        dataset_id = datasets[-1]["dataset_id"]
        for family in recipe.journey_families:
            base = BASES[family]
            _, job_id = launch_run(store, recipe, dataset_id=dataset_id, base_name=base, preset=PRESET, sets={})
            runs.append(follow(job_id))
    evaluations = {}
    for name, decoding in (recipe.journey_decodings or {"": recipe.decoding}).items():
        say(
            f"⑤ 기반 모델과 견주어 평가합니다{name and f'({name})'}. / evaluating base and tuned side by side {name}".rstrip()
        )
        args = _judge(recipe, _models(recipe, runs), dataset_id, decoding)
        evaluations[name] = follow(submit(store, "evaluate", args))
    return {
        "sources": sources, "datasets": datasets, "runs": runs, "evaluations": evaluations, "dataset": datasets[-1], "run": runs[-1],
        "evaluation": evaluations[name],
    }  # fmt: skip


def _bring(store: Path, recipe: Recipe, say: Say, follow: Follow) -> list[str]:
    """Import the recipe's samples, masked where it asks for that; returns the ids of those that are no dictionaries."""
    from engine.sources.dictionary import KINDS

    say("① 견본을 가져옵니다. / importing the sample")
    sources = []
    for file in recipe.samples:
        args = {"recipe": recipe.name, "files": [str(file)], "kind": None, "me": recipe.sample_me}
        told = follow(submit(store, "import", args))
        if told["kind"] not in KINDS:
            sources.append(told["source_id"])
    if recipe.must_mask:
        say("② 개인정보를 가립니다. / masking personal data")
        for source_id in sources:
            follow(submit(store, "mask", {"source": source_id}))
    return sources


def _build(recipe: Recipe, sources: list[str], style: str) -> dict[str, Any]:
    known = recipe.options.model_fields
    options = {**recipe.journey_options, **({"style": style} if "style" in known else {})}
    return {
        "recipe": recipe.name, "sources": sources, "style": style, "me": None, "options": options, "seed": 0,
    }  # fmt: skip


def _models(recipe: Recipe, runs: list[dict[str, Any]]) -> list[str]:
    """The bases, what was trained on them, each run in the recipe's other ways, and all together, as far as the recipe says."""
    ids = [run["run_id"] for run in runs]
    ways = [f"{id_}@{way}" for way in recipe.journey_ways for id_ in ids]
    together = [f"{'+'.join(ids)}@{recipe.journey_together}"] if recipe.journey_together else []
    return [*(f"base:{BASES[family]}" for family in recipe.journey_families), *ids, *ways, *together]


def _judge(recipe: Recipe, models: list[str], dataset_id: str, decoding: Mapping[str, Any]) -> dict[str, Any]:
    args = {"recipe": recipe.name, "models": models, "dataset": dataset_id, "limit": LIMIT, "seed": 0}
    args["decoding"] = Decoding(**decoding).model_dump(mode="json")
    if recipe.retrieves:
        args["retrieval"] = RetrievalSettings().model_dump(mode="json")
    return args


def start_journey(store: Path, recipe_name: str = "persona") -> None:
    """Begin the sample journey in a process of its own, which outlives the page; its jobs show up in the store.

    Raises UserError while an earlier one runs: looked up and recorded under one write lock, so two clicks start one.
    """
    with open_store(store) as db, writing(db):
        _refuse_second(db)
        command = ["-m", "engine", "demo", "--recipe", recipe_name]
        child = spawn(command, cache_folder(store) / "logs" / "demo.log", {"MALMOI_STORE": str(store)})
        _record(db, child.pid, recipe_name)


def _begin(store: Path, recipe_name: str) -> None:
    """Record this process as the journey: the page that started it did so already, a terminal did not."""
    with open_store(store) as db, writing(db):
        found = get_setting(db, RUNNING)
        mine = (os.getpid(), os.getppid())  # on Windows a venv's python.exe starts the real one as its child
        if found is None or found["pid"] not in mine:
            _refuse_second(db)
            _record(db, os.getpid(), recipe_name)


def _refuse_second(db: Database) -> None:
    if journey_runs(db):
        raise UserError(
            "견본 여정이 이미 돌고 있습니다. 둘을 함께 돌리면 서로 느려질 뿐입니다. 끝날 때까지 기다리세요.",
            "The sample journey runs already, and a second one would only slow both. Wait for its end.",
        )


def _record(db: Database, pid: int, recipe_name: str) -> None:
    set_setting(db, RUNNING, {"pid": pid, "pid_started_at": started_at(pid), "at": now(), "recipe": recipe_name})


def journey_steps(db: Database) -> list[dict[str, Any]]:
    """[{kind, state, progress}] of the journey begun last, in order; `state` is None for what has not begun."""
    found = get_setting(db, RUNNING) or {}
    must_mask = load_recipe(found.get("recipe", "persona")).must_mask
    steps = []
    for kind in KINDS if must_mask else [kind for kind in KINDS if kind != "mask"]:
        job = newest_of_kind(db, kind, found.get("at", ""))
        steps.append({"kind": kind, "state": job and job["state"], "progress": job and job["progress"]})
    return steps


def journey_runs(db: Database) -> bool:
    """Whether the process of the last `start_journey` lives, be it between two jobs."""
    found = get_setting(db, RUNNING)
    return found is not None and is_alive(found["pid"], found["pid_started_at"])
