"""One process per store that starts workers, notices their deaths, and stops them in stages. It outlives pages and terminals.

Run as: python -m engine supervise
"""

import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.alive import is_alive, started_at
from engine.config import cache_folder
from engine.errors import UserError
from engine.hardware import gpu_names
from engine.jobs.processes import end_marked, end_process, spawn
from engine.store.forget import finish_forgetting
from engine.store.jobs import (
    add_log,
    claim_next,
    claim_supervisor,
    finish_job,
    get_supervisor,
    has_queued,
    leave_supervisor,
    running_jobs,
    set_stop_stage,
    unclaim,
)
from engine.store.open import StoreTrouble, open_store

TOKEN = "MALMOI_JOB_TOKEN"
"""In the environment of a worker and so of all that it starts."""
TICK_SECONDS = 0.25
BEAT_SECONDS = 3.0
TROUBLE_SECONDS = 900.0
"""A store that could not be used for so long is given up."""
REGISTER_SECONDS = 60.0
"""A claimed worker that has not registered by then never will: a cold start on a slow disk took 6 s."""
SAVE_SECONDS, CANCEL_SECONDS, TERMINATE_SECONDS = 600.0, 30.0, 15.0
"""How long a worker may take to save, to stop, and to heed a terminate, before the next stage."""


def supervise(store: Path, idle_seconds: float) -> None:
    """Run until there has been nothing to do for `idle_seconds` (0: for ever), or the store is gone.

    Raises UserError when another supervisor lives.
    """
    me = (os.getpid(), started_at(os.getpid()))
    with open_store(store) as db:
        _become_supervisor(db, me)
        finish_forgetting(db)
    inode, devices = store.stat().st_ino, _devices()
    children: dict[str, subprocess.Popen[bytes]] = {}
    busy_at = beaten_at = time.monotonic()
    while store.exists() and store.stat().st_ino == inode:
        started = False
        try:
            with open_store(store) as db:
                if time.monotonic() - beaten_at > BEAT_SECONDS:
                    if not claim_supervisor(db, *me, is_alive):
                        return
                    beaten_at = time.monotonic()
                _look_after(db, children)
                started = has_queued(db) and _start_next(db, store, devices, children)
                if started or running_jobs(db):
                    busy_at = time.monotonic()
                elif idle_seconds and time.monotonic() - busy_at > idle_seconds and leave_supervisor(db, me[0]):
                    return
        except StoreTrouble:  # a full disk, a lock: it passes, and until then a worker needs nobody
            if time.monotonic() - beaten_at > TROUBLE_SECONDS:
                raise
        if not started:
            time.sleep(TICK_SECONDS)


def _become_supervisor(db: Database, me: tuple[int, float]) -> None:
    if claim_supervisor(db, *me, is_alive):
        return
    other = get_supervisor(db)
    raise UserError(
        f"이 저장소의 감독 프로세스가 이미 돌고 있습니다(PID {other['pid'] if other else '?'}). 하나면 충분합니다. 그대로 두세요.",
        f"A supervisor already serves this store (PID {other['pid'] if other else '?'}). One is enough; leave it running.",
    )


def _devices() -> list[str]:
    return [f"cuda:{i}" for i in range(len(gpu_names()))] or ["cpu"]


def _start_next(db: Database, store: Path, devices: list[str], children: "dict[str, subprocess.Popen[bytes]]") -> bool:
    job = claim_next(db, devices)
    if job is None:
        return False
    environment = {"MALMOI_STORE": str(store), TOKEN: job["token"]}
    if job["device"] and job["device"].startswith("cuda:"):
        environment["CUDA_VISIBLE_DEVICES"] = job["device"].removeprefix("cuda:")
    log = cache_folder(store) / "logs" / job["log_file"]
    children[job["id"]] = spawn(["-m", "engine.worker", job["id"]], log, environment)
    return True


def _look_after(db: Database, children: "dict[str, subprocess.Popen[bytes]]") -> None:
    """Reap our own children, bury dead workers (ours or adopted), escalate stops."""
    for child in children.values():
        child.poll()
    for job in running_jobs(db):
        if job["pid"] is None:
            _wait_for_registration(db, job, children)
        elif not is_alive(job["pid"], job["pid_started_at"]):
            _bury(db, job)
        elif job["stop"]:
            _escalate(db, job)
    for job_id in [id_ for id_, child in children.items() if child.returncode is not None]:
        del children[job_id]


def _wait_for_registration(db: Database, job: dict[str, Any], children: "dict[str, subprocess.Popen[bytes]]") -> None:
    child = children.get(job["id"])
    died = child is not None and child.returncode is not None
    if died and job["attempt"] >= 3:
        ko, en = "작업 프로세스가 시작하지 못했습니다. 로그를 보세요.", "The worker could not start. See its log."
        finish_job(db, job["id"], job["token"], "failed", "bug", message=(ko, en))
    elif died:
        unclaim(db, job["id"], job["token"])
        children.pop(job["id"], None)
    elif _age(job["heartbeat_at"]) > REGISTER_SECONDS:
        unclaim(db, job["id"], job["token"])


def _bury(db: Database, job: dict[str, Any]) -> None:
    """A dead worker without an ending: cancelled when it was asked to stop, else interrupted and resumable.

    What it had started goes first: a resumed run must not share its card with what is left of the last attempt.
    """
    end_marked(TOKEN, job["token"])
    if job["stop"] == "cancel":
        finish_job(db, job["id"], job["token"], "cancelled", "cancelled")
        return
    ko = "작업 프로세스가 갑자기 끝났습니다(전원, 메모리 부족, 강제 종료). 저장된 데까지 남아 있습니다. `resume`으로 이어 하세요."
    en = "The worker ended abruptly (power, memory, kill). What was saved is kept. Continue with `resume`."
    if finish_job(db, job["id"], job["token"], "interrupted", "killed", message=(ko, en)):
        add_log(db, job["id"], "worker died without an ending", "warning")


def _escalate(db: Database, job: dict[str, Any]) -> None:
    patience = SAVE_SECONDS if job["stop"] == "save" else CANCEL_SECONDS
    waited = _age(job["stop_asked_at"])
    if job["stop_stage"] == 0 and waited > patience:
        end_process(job["pid"], job["pid_started_at"], kill=False)
        set_stop_stage(db, job["id"], 1)
    elif job["stop_stage"] == 1 and waited > patience + TERMINATE_SECONDS:
        end_process(job["pid"], job["pid_started_at"], kill=True)
        end_marked(TOKEN, job["token"])
        set_stop_stage(db, job["id"], 2)


def _age(stamp: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(stamp)).total_seconds()
