"""Queue a job, make sure a supervisor looks after it, wait for its end. The same calls serve pages and commands."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.alive import is_alive
from engine.config import cache_folder
from engine.errors import UserError
from engine.jobs.processes import spawn
from engine.store.jobs import ENDED, enqueue, get_job, get_supervisor, requeue
from engine.store.open import open_store, require_space
from engine.train.provenance import resumable

IDLE_SECONDS = 60
"""A supervisor nobody needs leaves after this long."""
POLL_SECONDS = 0.15
START_SECONDS = 30.0


def submit(store: Path, kind: str, args: dict[str, Any]) -> str:
    """Queue a job and return its id; a supervisor is started when none lives."""
    require_space(store, 0)
    with open_store(store) as db:
        job_id = enqueue(db, kind, args)
    ensure_supervisor(store)
    return job_id


def resume(store: Path, job_id: str) -> dict[str, Any]:
    """Queue an ended job again. Raises UserError when there is nothing to resume, a run cannot go on as it was, or the
    disk is full."""
    require_space(store, 0)
    with open_store(store) as db:
        job = get_job(db, job_id)
        if job["kind"] == "train" and (refusal := resumable(db, job["args"]["run"]).refusal):
            raise refusal
        job = requeue(db, job["id"])
    ensure_supervisor(store)
    return job


def ensure_supervisor(store: Path) -> bool:
    """Start a supervisor unless one lives (then False). Two started at once settle it in the store: the second leaves."""
    with open_store(store) as db:
        found = get_supervisor(db)
    if found and is_alive(found["pid"], found["pid_started_at"]):
        return False
    log = cache_folder(store) / "logs" / "supervisor.log"
    arguments = ["-m", "engine", "supervise", "--idle-seconds", str(IDLE_SECONDS)]
    spawn(arguments, log, {"MALMOI_STORE": str(store)})
    return True


def wait(store: Path, job_id: str, show: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Follow a job's row until it ends, calling `show` with every change; a supervisor that died is replaced.

    Returns the result. Raises UserError with the job's own message when it failed, was cancelled or interrupted.
    """
    looked, last, silent_since = time.monotonic(), None, None
    while True:
        with open_store(store) as db:
            job = get_job(db, job_id)
        if (job["state"], job["progress"]) != last:
            last = (job["state"], job["progress"])
            show(job)
        if job["state"] in ENDED:
            return _result(job)
        if time.monotonic() - looked > 2:
            silent_since = _watch(store, job, silent_since)
            looked = time.monotonic()
        time.sleep(POLL_SECONDS)


def _watch(store: Path, job: dict[str, Any], silent_since: float | None) -> float | None:
    """Keep a supervisor alive. Since when neither it nor the worker lives; UserError when that lasts: nobody can write."""
    ensure_supervisor(store)
    with open_store(store) as db:
        found = get_supervisor(db)
    watched = found is not None and is_alive(found["pid"], found["pid_started_at"])
    if watched or is_alive(job["pid"], job["pid_started_at"]):
        return None
    if silent_since is not None and time.monotonic() - silent_since > START_SECONDS:
        raise UserError(
            f"작업 {job['id']}을(를) 돌볼 프로세스가 시작하지 못합니다. 디스크가 가득 찼거나 쓸 수 없을 때 그렇습니다. 남은 공간을 "
            f"확인하고 `resume {job['id']}`로 이어 하세요. 저장된 것은 그대로입니다.",
            f"No process can be started to look after job {job['id']}. That happens on a full or read-only disk. Check the free "
            f"space, then continue with `resume {job['id']}`. What was saved is kept.",
        )
    return silent_since if silent_since is not None else time.monotonic()


def _result(job: dict[str, Any]) -> dict[str, Any]:
    if job["state"] == "done":
        return job["result"] or {}
    if job["ending"] == "bug":
        raise WorkerBug(job["id"], job["message_en"] or "")
    ko = (
        job["message_ko"]
        or f"작업 {job['id']}이(가) {job['state']} 상태로 끝났습니다. `resume {job['id']}`로 이어 할 수 있습니다."
    )
    en = job["message_en"] or f"Job {job['id']} ended as {job['state']}. Continue with `resume {job['id']}`."
    raise UserError(f"{ko} (작업 {job['id']}, {job['state']})", f"{en} (job {job['id']}, {job['state']})")


class WorkerBug(Exception):
    """A worker failed for a reason no owner can mend; the traceback is in its log."""

    def __init__(self, job_id: str, what: str) -> None:
        super().__init__(f"{job_id}: {what}")
        self.job_id = job_id
