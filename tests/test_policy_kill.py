"""kill −9 of real workers in the middle of an evaluation and of a sweep: what was answered stays, and nothing is answered twice."""

import os
import sys
import time

import pytest

from engine.alive import is_alive
from engine.jobs.judge import judge_models, sweep_models
from engine.jobs.queue import ensure_supervisor, resume, wait
from engine.recipes.recipe import load_recipe
from engine.store.evaluations import read_answers
from engine.store.jobs import get_job
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.sweeps import cells_of, get_sweep
from tests.policy_store import add_dataset, add_policy
from tests.test_jobs import end_supervisor, job_now

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL"),
    pytest.mark.timeout(900),
]
BASE = "base:starter"
SHORT = {"max_new_tokens": 24, "temperature": 0.0}


@pytest.fixture
def store(tmp_path, monkeypatch):
    path = tmp_path / "저장 소.db"
    monkeypatch.setenv("MALMOI_STORE", str(path))
    add_dataset(path, [add_policy(path)])
    yield path
    end_supervisor(path)


def kill_after(store, job_id, answers):
    """Kill the worker once that many answers are kept; returns {id: answer} of what was kept. None when it was done before."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        with open_store(store) as db:
            kept = {row["id"]: row["answer"] for row in all_rows(db, "SELECT id, answer FROM answers")}
            job = get_job(db, job_id)
        if len(kept) >= answers and is_alive(job["pid"], job["pid_started_at"]):
            os.kill(job["pid"], 9)
            with open_store(store) as db:
                assert check(db) == []
            resume_when_told(store, job_id)
            return kept
        assert job["state"] in ("queued", "running"), f"{job['state']}: {job['message_en']}"
        time.sleep(0.05)
    raise AssertionError("no answers in five minutes")


def resume_when_told(store, job_id):
    """What an owner does once the page says that the job was interrupted."""
    end = time.monotonic() + 60
    while job_now(store, job_id)["state"] != "interrupted":
        ensure_supervisor(store)
        assert time.monotonic() < end
        time.sleep(0.1)
    assert job_now(store, job_id)["ending"] == "killed"
    resume(store, job_id)


def answers_of(store):
    with open_store(store) as db:
        return {row["id"]: row["answer"] for row in all_rows(db, "SELECT id, answer FROM answers")}


def test_a_killed_evaluation_answers_each_question_once(store):
    told = {"models": [BASE], "dataset_id": "latest", "limit": 0, "seed": 0, "decoding": SHORT}
    job_id = judge_models(store, load_recipe("policy"), **told)
    kept = kill_after(store, job_id, 1)
    result = wait(store, job_id, lambda _: None)
    after = answers_of(store)
    assert kept.items() <= after.items() and len(after) == result["method"]["items"]
    with open_store(store) as db:
        rows = read_answers(db, result["evaluation_id"])
        assert len({row["item"] for row in rows}) == len(rows) and all(row["scores"]["label"] for row in rows)
        assert check(db) == []


def test_a_killed_sweep_goes_on_in_the_cell_it_was_in(store):
    grid = ["repetition_penalty=1.0,1.2,1.3", "max_new_tokens=24"]
    told = {"models": [BASE], "dataset_id": None, "decoding": SHORT, "retrieval": {}, "grid": grid, "budget": 9}
    job_id, cells, whole = sweep_models(store, load_recipe("policy"), **told, limit=0, seed=0)
    assert (cells, whole) == (4, 3)  # what is used now (1.1) and the three
    kept = kill_after(store, job_id, 4)
    result = wait(store, job_id, lambda _: None)
    after = answers_of(store)
    assert kept.items() <= after.items()
    with open_store(store) as db:
        assert len(cells_of(db, result["sweep_id"])) == cells and get_sweep(db, "latest")["state"] == "whole"
        counts = {row["n"] for row in all_rows(db, "SELECT count(*) AS n FROM answers GROUP BY evaluation_id")}
        assert len(counts) == 1 and sum(1 for _ in after) == cells * counts.pop() and check(db) == []
        assert all_rows(db, "SELECT 1 FROM sweeps")[1:] == []
