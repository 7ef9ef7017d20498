"""Job rows: the queue, the claims, the endings. It starts no process and knows nothing of the work itself."""

import json
import secrets
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, new_id, now, one_row, open_store, writing

ENDED = ("done", "failed", "cancelled", "interrupted")
LANES = {
    "import": "data",
    "mask": "data",
    "recount": "data",
    "dataset": "data",
    "freeze": "data",
    "generate": "data",
    "train": "compute",
    "probe": "compute",
    "search": "compute",
    "evaluate": "compute",
    "sweep": "compute",
    "compress": "compute",
    "distil": "compute",
    "deploy": "compute",
    "export": "compute",
    "upload": "data",
}


SLOT = "CASE WHEN j.kind = 'generate' AND j.lane = 'data' THEN 'network' ELSE j.lane END"
"""Generation over the network waits for a server most of the time: an import need not wait a night for its end."""
READY = "(j.after_job IS NULL OR (SELECT first.state FROM jobs first WHERE first.id = j.after_job) = 'done')"
"""A job that waits for another is ready when that one is done, and waits on while it failed: it can be resumed."""
VIEW = "SELECT j.*, first.state AS after_state, first.kind AS after_kind FROM jobs j LEFT JOIN jobs first ON first.id = j.after_job"
"""With the state and kind of the job it waits for; both None when it waits for none."""
ALL_CARDS = "all"
"""The device of a run whose processes share every card of this machine: no other compute job runs beside it."""
WIDE = "COALESCE((SELECT json_extract(r.settings_json, '$.processes') FROM runs r WHERE r.job_id = j.id), 1) > 1"
IN_TURN = "j.lane, j.priority DESC, j.created_at, j.rowid"


def enqueue(
    db: Database,
    kind: str,
    args: dict[str, Any],
    priority: int = 0,
    after_job: str | None = None,
    lane: str | None = None,
) -> str:
    """Queue a job, to be started once `after_job` is done; returns its id. `args` must be JSON and hold no chat text.

    lane: `compute` for one that loads a model though its kind usually does not.
    """
    job_id = new_id("job")
    with writing(db):
        db.execute(
            "INSERT INTO jobs (id, kind, lane, state, priority, args_json, after_job, created_at) "
            "VALUES (?, ?, ?, 'queued', ?, ?, ?, ?)",
            [job_id, kind, lane or LANES[kind], priority, json.dumps(args, ensure_ascii=False), after_job, now()],
        )
    return job_id


def get_job(db: Database, job_id: str) -> dict[str, Any]:
    """The job's row as in VIEW, with args, progress and result decoded. Raises UserError when there is none."""
    if job_id == "latest":
        row = one_row(db, f"{VIEW} ORDER BY j.created_at DESC, j.rowid DESC LIMIT 1")
    else:
        row = one_row(db, f"{VIEW} WHERE j.id = ?", [job_id])
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
    """Running ones, queued ones in the order they will be started, then ended ones, newest first."""
    order = (
        "CASE j.state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 ELSE 2 END, CASE j.state WHEN 'queued' THEN j.priority END DESC, "
        "CASE j.state WHEN 'queued' THEN j.created_at END, j.created_at DESC"
    )
    return [_decoded(row) for row in all_rows(db, f"{VIEW} ORDER BY {order} LIMIT ?", [limit])]


def list_waiting(db: Database, limit: int = 50) -> list[dict[str, Any]]:
    """Queued jobs of both lanes in the order they will be started."""
    sql = f"{VIEW} WHERE j.state = 'queued' ORDER BY {IN_TURN} LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [limit])]


def list_ended(db: Database, limit: int = 10) -> list[dict[str, Any]]:
    """Jobs that ended last, newest first."""
    sql = f"{VIEW} WHERE j.state NOT IN ('queued', 'running') ORDER BY j.ended_at DESC LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [limit])]


def judging_job(db: Database, run_id: str) -> str | None:
    """The waiting or running evaluation of a run, or None."""
    sql = (
        "SELECT id FROM jobs WHERE kind = 'evaluate' AND state IN ('queued', 'running') "
        "AND EXISTS (SELECT 1 FROM json_each(args_json, '$.models') WHERE value = ?) LIMIT 1"
    )
    row = one_row(db, sql, [run_id])
    return str(row["id"]) if row else None


def is_blocked(job: dict[str, Any]) -> bool:
    """Whether a queued job of a list waits for one that ended without being done: only a resume sets it free."""
    return job["state"] == "queued" and job["after_state"] in ENDED and job["after_state"] != "done"


def movable(waiting: list[dict[str, Any]], place: int, way: str) -> bool:
    """Whether the job at `place` of `list_waiting` can go one place `up` or `down`: within its lane, and never past the
    one it waits for."""
    other = place + (-1 if way == "up" else 1)
    if not 0 <= other < len(waiting):
        return False
    first, then = sorted((waiting[place], waiting[other]), key=waiting.index)
    return bool(first["lane"] == then["lane"] and then["after_job"] != first["id"])


def move_job(db: Database, job_id: str, way: str) -> list[dict[str, Any]]:
    """Move a waiting job one place `up` or `down` in its lane; returns the queue in its new order.

    Raises UserError when it waits no longer, or there is nothing it could change places with.
    """
    with writing(db):
        waiting = list_waiting(db, limit=10_000)
        place = next((place for place, job in enumerate(waiting) if job["id"] == job_id), None)
        if place is None:
            state = get_job(db, job_id)["state"]
            raise UserError(
                f"작업 {job_id}은(는) 더 기다리고 있지 않습니다({state}). 순서는 기다리는 작업만 바꿀 수 있습니다.",
                f"Job {job_id} does not wait any more ({state}). Only the order of waiting jobs can be changed.",
            )
        if not movable(waiting, place, way):
            raise UserError(
                f"작업 {job_id}은(는) 그쪽으로 더 옮길 수 없습니다. 맨 끝이거나, 앞의 작업이 끝나야 할 수 있는 일입니다.",
                f"Job {job_id} cannot be moved that way: it is at the end, or one of the two needs the other done first.",
            )
        other = place + (-1 if way == "up" else 1)
        waiting[place], waiting[other] = waiting[other], waiting[place]
        lane = [job for job in waiting if job["lane"] == waiting[other]["lane"]]
        for rank, job in enumerate(reversed(lane), start=1):  # above 0: what is queued later comes last
            db.execute("UPDATE jobs SET priority = ? WHERE id = ?", [rank, job["id"]])
        return list_waiting(db)


def newest_of_kind(db: Database, kind: str, since: str) -> dict[str, Any] | None:
    """The newest job of a kind queued at or after `since` (UTC ISO text), or None."""
    sql = "SELECT * FROM jobs WHERE kind = ? AND created_at >= ? ORDER BY created_at DESC LIMIT 1"
    row = one_row(db, sql, [kind, since])
    return _decoded(row) if row else None


def living_jobs(db: Database) -> list[str]:
    """Ids of jobs that run or wait: what they may need or write back must not be removed."""
    return [row["id"] for row in all_rows(db, "SELECT id FROM jobs WHERE state IN ('queued', 'running')")]


def running_jobs(db: Database) -> list[dict[str, Any]]:
    """Rows that say `running`, whether their worker lives or not."""
    return [_decoded(row) for row in all_rows(db, "SELECT * FROM jobs WHERE state = 'running' ORDER BY started_at")]


def has_queued(db: Database) -> bool:
    """Whether any job could start: a read, so that an idle supervisor never takes the write lock."""
    return one_row(db, f"SELECT 1 AS found FROM jobs j WHERE j.state = 'queued' AND {READY} LIMIT 1") is not None


def claim_next(db: Database, devices: list[str]) -> dict[str, Any] | None:
    """Take the next queued job whose lane is free and mark it running under a fresh token; None when there is none.

    One compute job per device, or one run in several processes on all of them; one data job and one generation over the network in all. The transaction makes two supervisors unable to claim one job.
    """
    with writing(db):
        busy = all_rows(db, f"SELECT {SLOT} AS lane, j.device FROM jobs j WHERE j.state = 'running'")
        taken = {row["device"] for row in busy if row["lane"] == "compute"}
        free = next((device for device in devices if device not in taken), None) if ALL_CARDS not in taken else None
        single = {row["lane"] for row in busy}
        lanes = [lane for lane in ("data", "network") if lane not in single] + (["compute"] if free else [])
        marks = ",".join("?" * len(lanes))
        job = one_row(
            db,
            f"SELECT j.*, {WIDE} AS wide FROM jobs j WHERE j.state = 'queued' AND {SLOT} IN ({marks}) AND {READY} "
            f"{f'AND NOT {WIDE} ' if taken else ''}ORDER BY j.priority DESC, j.created_at, j.rowid LIMIT 1",
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
                None if job["lane"] != "compute" else ALL_CARDS if job["wide"] and len(devices) > 1 else free,
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
    """Ask a job to stop: a queued one is cancelled at once, a running one is asked (`save` or `cancel`).

    What waits for a cancelled job is cancelled with it; what waits for a saved one waits on.
    """
    with writing(db):
        job = get_job(db, job_id)
        if mode == "cancel" and job["state"] not in ENDED:
            sql = "SELECT id FROM jobs WHERE after_job = ? AND state = 'queued'"
            for waiting in all_rows(db, sql, [job["id"]]):
                ask_stop(db, waiting["id"], "cancel")
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


def read_log(db: Database, job_id: str, after_id: int = 0, limit: int = 200) -> list[dict[str, Any]]:
    """The last `limit` lines {id, at, level, text} of a job's log after line `after_id`, oldest first."""
    sql = (
        "SELECT id, at, level, text FROM (SELECT * FROM log_lines WHERE job_id = ? AND id > ? ORDER BY id DESC LIMIT ?) "
        "ORDER BY id"
    )
    return all_rows(db, sql, [job_id, after_id, limit])


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
        waits = f"j.state = 'running' OR (j.state = 'queued' AND {READY})"
        if one_row(db, f"SELECT 1 AS found FROM jobs j WHERE {waits} LIMIT 1"):
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
