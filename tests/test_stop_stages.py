"""Stopping in stages, on real processes that will not stop, and nothing that a worker started survives it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from engine.alive import started_at
from engine.jobs import supervisor
from engine.jobs.processes import end_marked
from engine.store.jobs import ask_stop, claim_next, enqueue, register_worker
from engine.store.open import open_store
from tests.test_jobs import job_now, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")
SLEEP = "import signal, time; {deaf}; print('up', flush=True); time.sleep(300)"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
WORKER = """
import signal, subprocess, sys
{deaf}
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
beside = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE)
apart = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, start_new_session=True)
beside.stdout.readline(), apart.stdout.readline()
print(beside.pid, apart.pid, flush=True)
signal.pause()
"""


class Family:
    """A worker of a claimed job, with a child beside it and one in a session of its own; the children heed no SIGTERM."""

    def __init__(self, store: Path, deaf: bool) -> None:
        with open_store(store) as db:
            self.job = enqueue(db, "train", {"run": "run-none"})
            token = claim_next(db, ["cpu"])["token"]
        self.worker = subprocess.Popen(
            [sys.executable, "-c", WORKER.format(deaf=DEAF if deaf else "")],
            stdout=subprocess.PIPE,
            env={**os.environ, supervisor.TOKEN: token},
        )
        pids = [int(pid) for pid in self.worker.stdout.readline().split()]
        self.children = [psutil.Process(pid) for pid in pids]
        with open_store(store) as db:
            register_worker(db, self.job, token, self.worker.pid, started_at(self.worker.pid))

    def is_gone(self) -> bool:
        return self.worker.poll() is not None and not any(child.is_running() for child in self.children)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SAVE_SECONDS", "CANCEL_SECONDS", "TERMINATE_SECONDS"):
        monkeypatch.setattr(supervisor, name, 0.4)
    with open_store(tmp_path / "저장 소.db"):
        pass
    return tmp_path / "저장 소.db"


def supervised(store: Path) -> None:
    threading.Thread(target=supervisor.supervise, args=(store, 0.2), daemon=True).start()


@pytest.mark.parametrize(("mode", "state"), [("save", "interrupted"), ("cancel", "cancelled")])
def test_a_worker_that_heeds_nothing_is_asked_then_terminated_then_killed_with_all_it_started(store, mode, state):
    family = Family(store, deaf=True)
    with open_store(store) as db:
        ask_stop(db, family.job, mode)
    supervised(store)
    stages = []

    def ended() -> bool:
        job = job_now(store, family.job)
        stages.append(job["stop_stage"])
        return job["state"] == state

    until(ended)
    until(family.is_gone)
    assert family.worker.returncode == -9
    assert 1 in stages, "it was killed without having been terminated first"


def test_children_that_heed_no_terminate_do_not_outlive_a_worker_that_does(store):
    family = Family(store, deaf=False)
    with open_store(store) as db:
        ask_stop(db, family.job, "cancel")
    supervised(store)
    until(lambda: job_now(store, family.job)["state"] == "cancelled")
    until(family.is_gone)
    assert family.worker.returncode == -15


def test_a_killed_worker_leaves_no_process(store):
    family = Family(store, deaf=False)
    family.worker.kill()
    family.worker.wait()
    assert all(child.is_running() for child in family.children)
    supervised(store)
    until(lambda: job_now(store, family.job)["state"] == "interrupted")
    until(family.is_gone)


def test_only_what_carries_the_token_is_ended():
    code = SLEEP.format(deaf=DEAF)
    mine, other = (
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, supervisor.TOKEN: token}
        )
        for token in ("mine", "another")
    )
    mine.stdout.readline(), other.stdout.readline()
    end_marked(supervisor.TOKEN, "mine")
    assert mine.wait(30) == -9 and other.poll() is None
    other.kill()
    other.wait()
