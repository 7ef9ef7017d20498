"""Global options, output and exit statuses of `python -m engine`. The commands stand in the modules beside this one."""

import contextlib
import io
import json
import re
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.exceptions import TyperException

from engine.cli.usage import usage_error
from engine.config import language, store_path
from engine.errors import UserError
from engine.store.open import mendable

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@dataclass
class Door:
    """The global options of this call."""

    store: Path
    json: bool
    told: bool = False
    """Whether the answer was printed."""


door = Door(Path(), False)


def join_commands() -> None:
    """Let the modules with commands put them into the app."""
    from engine.cli import (  # noqa: F401  (their commands join the app)
        access,
        answering,
        audit,
        bring,
        capsule,
        chain,
        chats,
        claims,
        compress,
        data,
        deploy,
        deployments,
        distil,
        export,
        feedback,
        folds,
        generate,
        ground,
        keys,
        labels,
        ladder,
        models,
        parity,
        plan,
        push,
        report,
        resources,
        retrieval,
        review,
        search,
        serving,
        speakers,
        storage,
        sweeps,
        talk,
        terms,
        training,
        upkeep,
        vault,
        vote,
    )


def main(arguments: Sequence[str]) -> int:
    """Run one command. Returns 0 done, 2 the user can mend it, 1 a bug (its traceback is printed)."""
    join_commands()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    rest, door.json, given = split_globals(list(arguments))
    door.store = store_path(given)
    try:
        return _obey(rest)
    except Exception as bug:
        if door.json:
            print(json.dumps({"error": _told_bug(bug)}, ensure_ascii=False), flush=True)
        raise


def _told_bug(bug: Exception) -> dict[str, str]:
    """Its kind only: its text may hold what somebody wrote in a chat."""
    name = type(bug).__name__
    return {
        "ko": f"프로그램의 잘못으로 멈췄습니다({name}). 오류 출력(stderr)의 마지막 줄들과 함께 알려 주세요.",
        "en": f"Stopped by a bug ({name}). Please report it with the last lines of stderr.",
    }


def _obey(rest: list[str]) -> int:
    try:
        left = app(rest, standalone_mode=False)
    except TyperException as refused:
        return _refuse_usage(refused)
    except typer.Abort:
        return 1
    except UserError as error:
        return fail(error)
    except sqlite3.DatabaseError as error:
        told = mendable(door.store, error)
        if isinstance(told, UserError):
            return fail(told)
        raise
    return left if isinstance(left, int) else 0  # an exit status is handed back where a command left early


def _refuse_usage(error: TyperException) -> int:
    """One message; a group of commands without one shows them first. Returns 2."""
    if type(error).__name__ == "NoArgsIsHelpError":
        note(error.message)
    return fail(usage_error(error))


def split_globals(arguments: list[str]) -> tuple[list[str], bool, str | None]:
    """(the rest, --json, --store): the global options may stand before or after the command. After `--` all is kept."""
    rest: list[str] = []
    as_json, store = False, None
    while arguments:
        word = arguments.pop(0)
        if word == "--":
            return [*rest, word, *arguments], as_json, store
        if word == "--json":
            as_json = True
        elif word == "--store" and arguments:
            store = arguments.pop(0)
        elif word.startswith("--store="):
            store = word.removeprefix("--store=")
        else:
            rest.append(word)
    return rest, as_json, store


def fail(error: UserError) -> int:
    """Say what the owner can mend, on stderr; with --json also as the last line of stdout. Returns 2."""
    print(harmless(error.en if language() == "en" else error.ko), file=sys.stderr)
    if door.json:
        print(json.dumps({"error": {"ko": error.ko, "en": error.en}}, ensure_ascii=False))
    return 2


CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What could move a terminal's cursor, recolour it or turn lines around: names and messages of a chat may hold it."""


def harmless(text: str) -> str:
    """Text for a terminal: control characters show as �, line ends and tabs stay."""
    return CONTROLS.sub("\ufffd", text)


def tell(result: dict[str, Any], text: str) -> None:
    """The command's answer: one JSON object as the last line of stdout, or `text` for people."""
    print(json.dumps(result, ensure_ascii=False) if door.json else harmless(text), flush=True)
    door.told = True


def note(text: str) -> None:
    """Progress and remarks: stderr, so that stdout stays the answer."""
    print(harmless(text), file=sys.stderr, flush=True)


def finish(kind: str, args: dict[str, Any], wait: bool) -> dict[str, Any] | None:
    """Queue a job and follow it; None when not waiting: then its id is told here."""
    from engine.jobs.queue import submit

    return finish_job(submit(door.store, kind, args), wait)


def finish_job(job_id: str, wait: bool) -> dict[str, Any] | None:
    """Follow a queued job; None when not waiting: then its id is told here."""
    if not wait:
        tell({"job_id": job_id, "state": "queued"}, f"작업 {job_id}을(를) 대기열에 넣었습니다.")
        return None
    return follow(job_id)


def follow(job_id: str) -> dict[str, Any]:
    """Show a job's progress until it ends and return its result. Ctrl-C leaves the job running."""
    from engine.jobs.queue import wait as wait_for

    try:
        with contextlib.suppress(BrokenPipeError):
            return wait_for(door.store, job_id, Progress(job_id).show)
    except KeyboardInterrupt:
        note(f"\n작업 {job_id}은(는) 뒤에서 계속됩니다. 보기: jobs · 멈추기: cancel {job_id}")
        raise typer.Exit(130) from None
    return {}


class Progress:
    """One line on a terminal, an occasional line in a log."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.shown_at = 0.0
        self.state = ""

    def show(self, job: dict[str, Any]) -> None:
        """Draw the job's state when it changed, its progress and the time left (m:ss) at most every half second (5 s in a log)."""
        tty = sys.stderr.isatty()
        fresh = job["state"] != self.state
        if not fresh and time.monotonic() - self.shown_at < (0.5 if tty else 5):
            return
        self.shown_at, self.state = time.monotonic(), job["state"]
        facts = job["progress"] or {}
        total = f"/{facts['total']:,}" if facts.get("total") else ""
        count = f" {facts['done']:,}{total}" if "done" in facts else ""
        left = facts.get("seconds_left")
        best = f" · {facts['best']:.4f}" if facts.get("best") is not None else ""
        line = f"[{job['kind']}] {job['state']}{count}{best}{f' · {left // 60}:{left % 60:02d}' if left else ''}"
        print(
            f"\r{line:<60}" if tty else line,
            end="\n" if not tty or job["state"] == "done" else "",
            file=sys.stderr,
            flush=True,
        )
