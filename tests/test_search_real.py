"""Searches with the real trainer: a trial is what a run is, and kill -9 costs at most one."""

# ruff: noqa: F811  (fixtures come by import)

import os
import signal
import time

import pytest

from engine.jobs.launch import launch_run
from engine.jobs.queue import resume, wait
from engine.recipes.recipe import load_recipe
from engine.store.jobs import (
    ENDED,
    get_job,
)
from engine.store.maintain import check
from engine.store.open import open_store
from tests.searching import QUICK, base, begin, freeze, searched, store, trials, work_on  # noqa: F401  (some are fixtures)


def test_trials_train_as_a_run_of_the_same_settings_does(store, base):
    from engine.train.run import run_training

    study, _ = begin(store, base, ranges={"learning_rate": "1e-3,5e-3"}, trials=2)
    searched(store, study)
    [_first, second] = trials(store, study)
    launch_run(
        store,
        load_recipe("persona"),
        dataset_id="latest",
        base_name=base,
        preset="quick",
        sets={**QUICK, "learning_rate": "1e-3"},
    )
    work = work_on(store)
    with open_store(store) as db:
        run_id = get_job(db, work.job_id)["args"]["run"]
    told = run_training(work, run_id)
    assert second["values"] == {"learning_rate": 1e-3} and told["eval_loss"] == second["value"]


@pytest.mark.slow
def test_kill_9_inside_a_trial_costs_that_trial_alone(fresh_store, base):
    """Supervisor and worker are real processes; the worker is killed once a trial beside the baseline has reported."""
    freeze(fresh_store)
    study, job_id = begin(
        fresh_store, base, ranges={"learning_rate": "1e-3,5e-3"}, sets={"max_steps": "6", "eval_every": "1"}
    )
    deadline = time.monotonic() + 400
    while not any(one["number"] == 1 and one["reports"] for one in trials(fresh_store, study)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with open_store(fresh_store) as db:
        os.kill(get_job(db, job_id)["pid"], signal.SIGKILL)
    while True:
        with open_store(fresh_store) as db:
            job = get_job(db, job_id)
        if job["state"] in ENDED:
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (job["state"], job["ending"]) == ("interrupted", "killed")
    before = trials(fresh_store, study)
    assert [one["state"] for one in before] == ["done", "running"]
    resume(fresh_store, job_id)
    told = wait(fresh_store, job_id, lambda job: None)
    after = trials(fresh_store, study)
    assert [one["state"] for one in after] == ["done"] * 3 and after[1]["tries"] == 2
    assert (after[0]["value"], after[0]["tries"]) == (before[0]["value"], 1), "the baseline was not trained again"
    assert told["trials"] == 3
    with open_store(fresh_store) as db:
        assert check(db) == []
        assert [one["number"] for one in after if one["adapter_id"]] == [told["best"]["number"]]
