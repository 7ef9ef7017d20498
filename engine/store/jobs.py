"""Job rows: the queue, the claims, the endings. It starts no process and knows nothing of the work itself."""

import json
import secrets
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, new_id, now, one_row, open_store, writing

ENDED = ("done", "failed", "cancelled", "interrupted")
LANES = {"import": "data", "mask": "data", "dataset": "data", "train": "compute", "evaluate": "compute"}


def enqueue(db: Database, kind: str, args: dict[str, Any], priority: int = 0) -> str:
    """Queue a job; returns its id. `args` must be JSON and hold no chat text."""
    job_id = new_id("job")
    with writing(db):
        db.execute(
            "INSERT INTO jobs (id, kind, lane, state, priority, args_json, created_at) VALUES (?, ?, ?, 'queued', ?, ?, ?)",
            [job_id, kind, LANES[kind], priority, json.dumps(args, ensure_ascii=False), now()],
        )
    return job_id


def get_job(db: Database, job_id: str) -> dict[str, Any]:
    """The job's row with args, progress and result decoded. Raises UserError when there is none."""
    if job_id == "latest":
        row = one_row(db, "SELECT * FROM jobs ORDER BY created_at DESC, rowid DESC LIMIT 1")
    else:
        row = one_row(db, "SELECT * FROM jobs WHERE id = ?", [job_id])
    if row is None:
        raise UserError(
            f"작업 '{job_id}'이(가) 없습니다. `jobs`로 있는 작업을 보세요.",
            f"There is no job '{job_id}'. See `jobs` for what exists.",
        )
    return _decoded(row)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("args", "progress", "result"):
        text = row.pop(f"{name}_json")
        row[name] = json.loads(text) if text else None
    return row


def list_jobs(db: Database, limit: int = 50) -> list[dict[str, Any]]:
    """Newest jobs first; running and queued ones before all."""
    order = "CASE state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 ELSE 2 END, created_at DESC"
    return [_decoded(row) for row in all_rows(db, f"SELECT * FROM jobs ORDER BY {order} LIMIT ?", [limit])]


def running_jobs(db: Database) -> list[dict[str, Any]]:
    """Rows that say `running`, whether their worker lives or not."""
    return [_decoded(row) for row in all_rows(db, "SELECT * FROM jobs WHERE state = 'running' ORDER BY started_at")]


def has_queued(db: Database) -> bool:
    """Whether any job waits: a read, so that an idle supervisor never takes the write lock."""
    return one_row(db, "SELECT 1 AS found FROM jobs WHERE state = 'queued' LIMIT 1") is not None


def claim_next(db: Database, devices: list[str]) -> dict[str, Any] | None:
    """Take the next queued job whose lane is free and mark it running under a fresh token; None when there is none.

    One compute job per device, one data job in all. The transaction makes two supervisors unable to claim one job.
    """
    with writing(db):
        busy = all_rows(db, "SELECT lane, device FROM jobs WHERE state = 'running'")
        taken = {row["device"] for row in busy if row["lane"] == "compute"}
        free = next((device for device in devices if device not in taken), None)
        lanes = [
            lane for lane, open_ in (("compute", free), ("data", "data" not in {r["lane"] for r in busy})) if open_
        ]
        marks = ",".join("?" * len(lanes))
        job = one_row(
            db,
            f"SELECT * FROM jobs WHERE state = 'queued' AND lane IN ({marks}) ORDER BY priority DESC, created_at LIMIT 1",
            lanes,
        )
        if job is None:
            return None
        db.execute(
            "UPDATE jobs SET state = 'running', token = ?, device = ?, attempt = attempt + 1, pid = NULL, "
            "pid_started_at = NULL, stop_stage = 0, ending = NULL, message_ko = NULL, "
            "message_en = NULL, started_at = COALESCE(started_at, ?), heartbeat_at = ?, ended_at = NULL, log_file = ? "
            "WHERE id = ?",
            [
                secrets.token_hex(8),
                free if job["lane"] == "compute" else None,
                now(),
                now(),
                f"{job['id']}.log",
                job["id"],
            ],
        )
        return get_job(db, job["id"])


def register_worker(db: Database, job_id: str, token: str, pid: int, pid_started_at: float) -> bool:
    """The worker's first act. False: the claim was given to somebody else and this worker must leave."""
    with writing(db):
        taken = db.execute(
            "UPDATE jobs SET pid = ?, pid_started_at = ?, heartbeat_at = ? "
            "WHERE id = ? AND token = ? AND state = 'running' AND pid IS NULL",
            [pid, pid_started_at, now(), job_id, token],
        )
        return taken.rowcount == 1


def unclaim(db: Database, job_id: str, token: str) -> None:
    """Queue a claimed job again whose worker never registered; a late worker finds the token gone."""
    with writing(db):
        db.execute(
            "UPDATE jobs SET state = 'queued', token = NULL, device = NULL "
            "WHERE id = ? AND token = ? AND state = 'running' AND pid IS NULL",
            [job_id, token],
        )


def finish_job(
    db: Database,
    job_id: str,
    token: str,
    state: str,
    ending: str,
    result: dict[str, Any] | None = None,
    message: tuple[str, str] = ("", ""),
) -> bool:
    """Write the ending once; False when another ending, or another worker, came first."""
    with writing(db):
        done = db.execute(
            "UPDATE jobs SET state = ?, ending = ?, result_json = ?, message_ko = ?, message_en = ?, ended_at = ? "
            "WHERE id = ? AND token = ? AND state = 'running'",
            [
                state,
                ending,
                json.dumps(result, ensure_ascii=False) if result is not None else None,
                *message,
                now(),
                job_id,
                token,
            ],
        )
        return done.rowcount == 1


def ask_stop(db: Database, job_id: str, mode: str) -> dict[str, Any]:
    """Ask a job to stop: a queued one is cancelled at once, a running one is asked (`save` or `cancel`)."""
    with writing(db):
        job = get_job(db, job_id)
        if job["state"] == "queued":
            db.execute(
                "UPDATE jobs SET state = 'cancelled', ending = 'cancelled', ended_at = ? WHERE id = ?",
                [now(), job["id"]],
            )
        elif job["state"] == "running":
            db.execute(
                "UPDATE jobs SET stop = ?, stop_asked_at = ? WHERE id = ? AND (stop IS NULL OR stop <> 'cancel')",
                [mode, now(), job["id"]],
            )
        else:
            raise UserError(
                f"작업 {job['id']}은(는) 이미 끝났습니다({job['state']}). 멈출 것이 없습니다.",
                f"Job {job['id']} has ended ({job['state']}). There is nothing to stop.",
            )
        return get_job(db, job["id"])


def set_stop_stage(db: Database, job_id: str, stage: int) -> None:
    """Remember how far a stop was escalated: 1 = terminated, 2 = killed."""
    with writing(db):
        db.execute("UPDATE jobs SET stop_stage = ? WHERE id = ?", [stage, job_id])


def requeue(db: Database, job_id: str) -> dict[str, Any]:
    """Queue an ended job again (`resume`). Raises UserError when it is done, queued or running."""
    with writing(db):
        job = get_job(db, job_id)
        if job["state"] not in ("failed", "cancelled", "interrupted"):
            raise UserError(
                f"작업 {job['id']}은(는) {job['state']} 상태라서 이어 할 것이 없습니다.",
                f"Job {job['id']} is {job['state']}; there is nothing to resume.",
            )
        db.execute(
            "UPDATE jobs SET state = 'queued', token = NULL, device = NULL, pid = NULL, pid_started_at = NULL, stop = NULL, "
            "ending = NULL, message_ko = NULL, message_en = NULL, ended_at = NULL WHERE id = ?",
            [job["id"]],
        )
        return get_job(db, job["id"])


def add_log(db: Database, job_id: str, text: str, level: str = "info") -> None:
    """Append one line to the job's log. Never chat text."""
    with writing(db):
        db.execute("INSERT INTO log_lines (job_id, at, level, text) VALUES (?, ?, ?, ?)", [job_id, now(), level, text])


def claim_supervisor(db: Database, pid: int, pid_started_at: float, is_alive: Any) -> bool:
    """Become the store's one supervisor; False when another lives. `is_alive(pid, started)` judges the old one."""
    with writing(db):
        old = one_row(db, "SELECT * FROM supervisor WHERE id = 1")
        if (
            old
            and (old["pid"], old["pid_started_at"]) != (pid, pid_started_at)
            and is_alive(old["pid"], old["pid_started_at"])
        ):
            return False
        db.execute("INSERT OR REPLACE INTO supervisor VALUES (1, ?, ?, ?)", [pid, pid_started_at, now()])
        return True


def get_supervisor(db: Database) -> dict[str, Any] | None:
    """The recorded supervisor, alive or not."""
    return one_row(db, "SELECT pid, pid_started_at, beat_at FROM supervisor WHERE id = 1")


def leave_supervisor(db: Database, pid: int) -> bool:
    """Give the place up, unless a job was queued meanwhile: then stay (False)."""
    with writing(db):
        if one_row(db, "SELECT 1 AS found FROM jobs WHERE state IN ('queued', 'running') LIMIT 1"):
            return False
        db.execute("DELETE FROM supervisor WHERE id = 1 AND pid = ?", [pid])
        return True


class Work:
    """A worker's hold on its job row: progress, log, and whether the owner asked to stop."""

    def __init__(self, store: Path, job_id: str, token: str) -> None:
        self.store = store
        self.job_id = job_id
        self.token = token

    def progress(self, **facts: Any) -> None:
        """Replace the progress shown on pages, e.g. done=, total=, what=. Confirmed facts only."""
        with open_store(self.store) as db, writing(db):
            db.execute(
                "UPDATE jobs SET progress_json = ?, heartbeat_at = ? WHERE id = ? AND token = ?",
                [json.dumps(facts, ensure_ascii=False), now(), self.job_id, self.token],
            )

    def stop_asked(self) -> str | None:
        """`save`, `cancel` or None."""
        with open_store(self.store) as db:
            row = one_row(db, "SELECT stop FROM jobs WHERE id = ? AND token = ?", [self.job_id, self.token])
        return row["stop"] if row else "cancel"

    def log(self, text: str, level: str = "info") -> None:
        """One log line. Never chat text."""
        with open_store(self.store) as db:
            add_log(db, self.job_id, text, level)

    def beat(self) -> bool:
        """Say that the worker lives. False: the job was given to another worker, and this one must leave."""
        with open_store(self.store) as db, writing(db):
            held = "UPDATE jobs SET heartbeat_at = ? WHERE id = ? AND token = ? AND state = 'running'"
            return bool(db.execute(held, [now(), self.job_id, self.token]).rowcount)
