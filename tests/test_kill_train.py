"""Through the whole job path: kill −9, save and stop, run again. Each ends as the unbroken run does, bit for bit, on one thread."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench.kills import SETTINGS, end_all, kill_runs, outcome, small_dataset
from engine.alive import is_alive
from engine.config import ROOT
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.runs import get_run
from tests.test_jobs import job_now, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL"),
    pytest.mark.timeout(1800),
]
SETS = [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]


def cli(store: Path, *words: str, status: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "engine", *words, "--json", "--store", str(store)],
        cwd=ROOT, capture_output=True, encoding="utf-8", env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == status and "Traceback" not in done.stderr, f"{words}: {done.stdout}\n{done.stderr}"
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """A store with an unbroken run: (store, dataset, run)."""
    store = tmp_path_factory.mktemp("kill") / "저장 소.db"
    dataset = small_dataset(store)
    run = cli(store, "train", "--recipe", "persona", "--dataset", dataset, *SETS)["run_id"]
    yield store, dataset, run
    end_all(store)


def begun(store: Path, dataset: str, steps: int) -> dict[str, Any]:
    """A run that has told of so many steps."""
    queued = cli(store, "train", "--recipe", "persona", "--dataset", dataset, *SETS, "--no-wait")
    until(lambda: reached(store, queued["run_id"]) >= steps, 300)
    return queued


def reached(store: Path, run: str) -> int:
    with open_store(store) as db:
        return int(get_run(db, run)["steps_done"])


def listed(store: Path, job: str) -> dict[str, Any]:
    return next(one for one in cli(store, "jobs")["jobs"] if one["id"] == job)


def test_a_killed_run_ends_as_the_unbroken_one(trained):
    store, dataset, unbroken = trained
    queued = begun(store, dataset, 3)
    time.sleep(random.Random().uniform(0, 1))
    job = job_now(store, queued["job_id"])
    assert is_alive(job["pid"], job["pid_started_at"])
    os.kill(job["pid"], 9)
    until(lambda: job_now(store, job["id"])["state"] == "interrupted")
    assert listed(store, job["id"])["resume_from"] >= 2
    result = cli(store, "resume", queued["run_id"])
    assert result["steps"] == result["total_steps"] == int(SETTINGS["max_steps"])
    assert outcome(store, queued["run_id"]) == outcome(store, unbroken)


def test_a_run_saved_and_stopped_is_refused_another_dataset_and_ends_as_the_unbroken_one(trained):
    store, dataset, unbroken = trained
    queued = begun(store, dataset, 1)
    cli(store, "cancel", queued["run_id"], "--save")
    until(lambda: job_now(store, queued["job_id"])["state"] == "interrupted", 120)
    job = job_now(store, queued["job_id"])
    assert job["ending"] == "stopped_saved" and listed(store, job["id"])["resume_from"] == reached(
        store, queued["run_id"]
    )
    with open_store(store) as db:
        db.execute("UPDATE datasets SET forgotten_count = 1 WHERE id = ?", [dataset])
    error = cli(store, "resume", queued["run_id"], status=2)["error"]
    assert "0 → 1" in error["ko"] and "train --again" in error["en"]
    assert listed(store, queued["job_id"])["not_resumable"] == error
    with open_store(store) as db:
        db.execute("UPDATE datasets SET forgotten_count = 0 WHERE id = ?", [dataset])
    cli(store, "resume", queued["run_id"])
    assert outcome(store, queued["run_id"]) == outcome(store, unbroken)


def test_a_run_repeated_is_the_same_and_says_so(trained):
    store, _, unbroken = trained
    told = cli(store, "train", "--again", unbroken)
    assert told["same_curve"] and told["differs"] == [] and told["again_of"] == unbroken != told["run_id"]
    assert outcome(store, told["run_id"]) == outcome(store, unbroken)
    with open_store(store) as db:
        assert check(db) == []


def test_random_kills_leave_no_trace(tmp_path):
    """`python -m bench.kills` lets fifty fall."""
    report = kill_runs(tmp_path / "store.db", 4, seed=random.Random().randrange(1000))
    assert report.kills == 4 and report.problems == [] and report.unequal_runs == 0
