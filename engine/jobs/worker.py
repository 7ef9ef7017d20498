"""One job from registration to its single ending. What the work is stands in work.py."""

import os
import re
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from wakepy import keep

from engine.alive import started_at
from engine.config import store_path
from engine.errors import Stopped, UserError
from engine.jobs.work import WORK
from engine.resources import Watch
from engine.store.disk import disk_is_full
from engine.store.jobs import Work, add_log, finish_job, get_job, register_worker
from engine.store.open import mendable, open_store
from engine.store.resources import Keeper

BEAT_SECONDS = 3.0
FIRST_SECONDS = 0.5
"""Until the first look at what a worker takes: many jobs are over in a second."""
STOPPED_SAVED = ("저장하고 멈췄습니다. `resume`으로 이어 할 수 있습니다.", "Saved and stopped. Continue with `resume`.")
DISK_FULL = (
    "디스크가 가득 차서 더 쓸 수 없습니다. 저장된 것은 그대로입니다. 공간을 비우고 `resume`으로 이어 하세요.",
    "The disk is full. What was saved is kept. Free some space and continue with `resume`.",
)
PRIVATE = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]+|\S+@\S+|\d[\d \-.]{6,}\d")
"""What a library's message could have taken from a chat: Korean, addresses, long numbers."""
ENDING_SECONDS = 900.0
"""How long the ending is tried to be written."""
TOLD = ("user_error", "out_of_memory")
"""Endings whose message stands in the log too."""


def main(job_id: str) -> int:
    """Register, work, write one ending. Returns the exit status: 0 also when the claim was lost."""
    store, token = store_path(), os.environ["MALMOI_JOB_TOKEN"]
    with open_store(store) as db:
        if not register_worker(db, job_id, token, os.getpid(), started_at(os.getpid())):
            return 0
        job = get_job(db, job_id)
    work, over = Work(store, job_id, token), threading.Event()
    beating = threading.Thread(target=_beat, args=(work, over), daemon=True)
    beating.start()
    try:
        with keep.running(on_fail="pass"):  # the machine stays awake while a job runs, where the system allows it
            ending = _ending_of(work, job["kind"], job["args"])
    finally:
        over.set()
        beating.join(BEAT_SECONDS)  # for its last look
    state = ending[0]
    _write_ending(lambda: _finish(store, job_id, token, ending))
    return 0 if state in ("done", "cancelled") else 1


def _finish(store: Path, job_id: str, token: str, ending: "Ending") -> None:
    state, reason, result, message = ending
    with open_store(store) as db:
        if finish_job(db, job_id, token, state, reason, result, message) and reason in TOLD:
            add_log(db, job_id, message[0], "error")


def _write_ending(write: Callable[[], None]) -> None:
    """A long writer holds the lock, or the disk is full: work of a night is not lost to that."""
    end = time.monotonic() + ENDING_SECONDS
    while True:
        try:
            return write()
        except (sqlite3.OperationalError, UserError):
            if time.monotonic() > end:
                raise
            time.sleep(1)


def _beat(work: Work, over: threading.Event) -> None:
    """Say that the worker lives, and keep what it takes of the machine: at the start, at each beat, at the end."""
    watch, keeper = Watch(), Keeper(work.job_id)
    last = False
    while not last:
        last = over.wait(BEAT_SECONDS if keeper.attempt else FIRST_SECONDS)
        try:
            if not last and not work.beat():
                os._exit(3)  # the job is somebody else's now: nothing more may be written
            with open_store(work.store) as db:
                keeper.keep(db, watch.look())
        except sqlite3.OperationalError:
            continue  # a long writer holds the lock: the next beat will do


Ending = tuple[str, str, dict[str, object] | None, tuple[str, str]]


def _ending_of(work: Work, kind: str, args: dict[str, object]) -> Ending:
    try:
        return "done", "done", WORK[kind](work, args), ("", "")
    except Stopped as stop:
        if stop.saved:
            return "interrupted", "stopped_saved", None, STOPPED_SAVED
        return "cancelled", "cancelled", None, ("", "")
    except Exception as error:
        if disk_is_full(work.store, error):
            return "failed", "user_error", None, DISK_FULL
        return _failed(work, error)


def _failed(work: Work, error: Exception) -> Ending:
    told = mendable(work.store, error) if isinstance(error, sqlite3.DatabaseError) else error
    if not isinstance(told, UserError):
        return _bug(error)
    reason = "out_of_memory" if type(error).__name__ == "OutOfMemory" else "user_error"
    return "failed", reason, None, (told.ko, told.en)


def _bug(error: Exception) -> Ending:
    """The one place that meets any failure. What could be chat text in a library's message is blotted out."""
    sys.stderr.write(PRIVATE.sub("□", "".join(traceback.format_exception(error))))
    what = type(error).__name__
    return (
        "failed",
        "bug",
        None,
        (
            f"말모이의 오류입니다({what}). 작업 로그를 함께 알려 주세요.",
            f"A bug in Malmoi ({what}). Please report it with the job's log.",
        ),
    )
