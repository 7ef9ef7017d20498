"""Start and end processes on Linux, macOS and Windows. It knows nothing of jobs."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from engine.alive import is_alive
from engine.config import ROOT


def spawn(arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start `python ARGUMENTS` in a session of its own; stdout and stderr go to a file, never to a pipe nobody drains."""
    log.parent.mkdir(parents=True, exist_ok=True)
    utf8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=str(ROOT),
            env={**os.environ, **utf8, **environment},
            **_detached(),
        )


def _detached() -> dict[str, Any]:
    """Outlive the page or terminal that started us."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def end_process(pid: int, pid_started_at: float, kill: bool) -> None:
    """Ask the process and its children to end (`kill` = force). Nothing happens when it is gone already."""
    if not is_alive(pid, pid_started_at):
        return
    try:
        process = psutil.Process(pid)
        for target in [*process.children(recursive=True), process]:
            target.kill() if kill else target.terminate()
    except psutil.NoSuchProcess:
        return


def end_marked(name: str, value: str) -> None:
    """Force every process to end that was started with NAME=value: what a worker started, whoever its parent is by now.

    A launcher of several processes gives each a session of its own, so that neither the group nor the parent finds them.
    """
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(name) == value:
                process.kill()
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or another user's
