"""Searches for tests: a store with a dataset, a toy that trains like the real trainer without a model, and a worker in
this process. It knows nothing of single tests."""

import json
import math
import os
import random
from pathlib import Path

import pytest

from engine.alive import is_alive, started_at
from engine.errors import Stopped
from engine.jobs.searching import Wish, launch_search
from engine.recipes.recipe import load_recipe
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.jobs import (
    Work,
    claim_next,
    claim_supervisor,
    finish_job,
    get_job,
    register_worker,
    requeue,
)
from engine.store.open import open_store
from engine.store.studies import get_study, read_trials
from engine.train.events import StepMetrics
from engine.train.search import trial as trials_of
from engine.train.search.run import run_search
from engine.train.session import TrainResult
from tests.tiny_models import make_tiny

SAID = ("저녁 뭐 먹지", "어디야", "비 와?", "영화 볼래", "잘 잤어?", "주말에 뭐 해", "회의 끝났어?")
QUICK = {
    "batch_size": "4", "max_length": "64", "max_steps": "2", "eval_every": "1", "lora_rank": "4", "warmup_ratio": "0",
    "log_every": "1", "early_stop_patience": "0", "quantisation": "none",
}  # fmt: skip
RATES = {"learning_rate": "1e-4,1e-3,5e-3"}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(make_tiny("llama", tmp_path_factory.mktemp("base")))


def freeze(store: Path, train: int = 24, validation: int = 10) -> str:
    with open_store(store) as db:
        dataset = start_dataset(
            db, recipe="persona", style="chat", options={}, masked=True, job_id="job-none", sources=[]
        )
        splits = ["train"] * train + ["validation"] * validation
        asked = [
            json.dumps([{"role": "user", "content": f"{SAID[i % 7]} {i}"}], ensure_ascii=False)
            for i in range(len(splits))
        ]
        made = add_rows(
            db, [("persona", None, i, i, f"날 {i}", asked[i], f"{SAID[(i + 1) % 7]}", "{}") for i in range(len(splits))]
        )
        add_members(db, dataset, [(i, row, splits[i], None) for i, row in enumerate(made)])
        return str(freeze_dataset(db, dataset)["id"])


@pytest.fixture
def store(fresh_store):
    """A store with a dataset. This process stands in as the supervisor, so that none is started."""
    freeze(fresh_store)
    with open_store(fresh_store) as db:
        assert claim_supervisor(db, os.getpid(), started_at(os.getpid()), is_alive)
    return fresh_store


def begin(store, base, sets=None, **wish):
    """A queued search: (study id, job id)."""
    wish = {"minutes": 10, "ranges": RATES, "grid": True, "seeds": 0, **wish}
    begun = launch_search(
        store, load_recipe("persona"), dataset_id="latest", base_name=base, preset="quick", sets={**QUICK, **(sets or {})},
        wish=Wish(**wish),
    )  # fmt: skip
    return begun.study_id, begun.job_id


def work_on(store):
    """Take the queued job as a worker does."""
    with open_store(store) as db:
        job = claim_next(db, ["cpu"])
        assert register_worker(db, job["id"], job["token"], os.getpid(), started_at(os.getpid()))
    return Work(store, job["id"], job["token"])


def searched(store, study):
    work = work_on(store)
    told = run_search(work, study)
    with open_store(store) as db:
        assert finish_job(db, work.job_id, work.token, "done", "done", told)
    return told


def trials(store, study):
    with open_store(store) as db:
        return read_trials(db, study)


def broken(store, study, state="interrupted"):
    """What the supervisor writes when a worker died, and then the owner's resume."""
    with open_store(store) as db:
        job = get_job(db, get_study(db, study)["job_id"])
        assert finish_job(db, job["id"], job["token"], state, "killed")
        requeue(db, job["id"])


def toy_train(base, train, validation, settings, folder, events, resume_from):
    """A run without a model: the loss falls to a floor that the settings decide, and every seed is a little different."""
    luck = random.Random(f"{settings.seed} {settings.learning_rate}").uniform(0, 0.01)
    floor = 2.0 + abs(math.log10(settings.learning_rate) + 2) + luck
    losses = [floor + 2.0 / (1 + step) for step in range(settings.max_steps + 1)]
    events.planned(settings.max_steps)
    events.step(StepMetrics(step=0, eval_loss=losses[0]))
    for step in range(1, settings.max_steps + 1):
        if events.stop_asked() == "cancel":
            raise Stopped
        events.step(StepMetrics(step=step, loss=losses[step] - 0.1, learning_rate=settings.learning_rate))
        events.step(StepMetrics(step=step, eval_loss=losses[step]))
        (folder / f"checkpoint-{step}").mkdir()
    adapter = folder / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_text(str(floor), encoding="utf-8")
    steps = settings.max_steps
    return TrainResult(adapter, steps, steps, steps, losses[-1] - 0.1, losses[-1], steps, 0.1, 100.0, None, ())


def train_with(monkeypatch, train):
    """Trials train with this function from now on."""
    monkeypatch.setattr(trials_of, "training_of", lambda *given: (train, rows_as_they_are))


def rows_as_they_are(rows):
    return [row["id"] for row in rows], [(row["messages"], row["target"]) for row in rows]


@pytest.fixture
def toy(monkeypatch):
    train_with(monkeypatch, toy_train)


class Kill(BaseException):
    """Nothing in the engine catches it."""
