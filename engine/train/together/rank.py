"""One process of a run in several, started by torch's launcher: python -m engine.train.together.rank (see launch.py)."""

import importlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from functools import partial
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

from engine.errors import Stopped, UserError
from engine.models.bases import ResolvedBase, base_hash, resolve_base
from engine.train.events import StepMetrics, StopKind
from engine.train.together.launch import ADDRESS, KEY, NODE_BASE, PARENT, Cluster, note_failure
from engine.train.together.ranks import is_first, rank, shared

WATCH_SECONDS = 2.0


class RankEvents:
    """What the first rank tells goes to the process that holds the job; the others say nothing, and all hear the same answer."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def _ask(self, name: str, *arguments: Any) -> Any:
        if self._connection is None:
            return None
        self._connection.send((name, arguments))
        return self._connection.recv()

    def planned(self, total_steps: int) -> None:
        self._ask("planned", total_steps)

    def step(self, metrics: StepMetrics) -> None:
        self._ask("step", metrics)

    def said(self, step: int, answers: Mapping[int, str]) -> None:
        self._ask("said", step, answers)

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        self._ask("checkpoint", folder, step, best)

    def stop_asked(self) -> StopKind | None:
        stop: StopKind | None = shared(self._ask("stop_asked"))
        return stop

    def log(self, text: str) -> None:
        self._ask("log", text)


def main() -> int:
    """Join the others, train, and leave. Returns the exit status."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _join()
    connection = Client(_address(), authkey=bytes.fromhex(os.environ[KEY])) if is_first() else None
    (module, name), given = shared(connection.recv() if connection else None)  # type: ignore[misc]
    base, train_rows, validation_rows, settings, folder, resume_from, start = _at_home_here(*given)
    train = getattr(importlib.import_module(module), name)
    sys.excepthook = partial(_note, folder)
    try:
        result = train(base, train_rows, validation_rows, settings, folder, RankEvents(connection), resume_from, start)
    except (UserError, Stopped) as error:
        if connection is None and isinstance(error, UserError):
            raise
        if connection:
            connection.send(("failed", (error,)))
        return 0
    if connection:
        connection.send(("done", (result,)))
    return 0


def _note(folder: Path, kind: type[BaseException], error: BaseException, _: Any) -> None:
    """In place of a traceback, whose last line could hold chat text. A process that was left alone has nothing to tell."""
    if not issubclass(kind, (EOFError, ConnectionError, Stopped)):
        note_failure(folder, rank(), error)


def _address() -> Any:
    """As the listener gave it: a path, or on Windows the name of a pipe."""
    return os.environ[ADDRESS]


def _join() -> None:
    import torch
    from torch import distributed

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("cpu:gloo,cuda:nccl")
    else:
        distributed.init_process_group("gloo")


def _at_home_here(
    base: ResolvedBase,
    train_rows: Any,
    validation_rows: Any,
    settings: Any,
    folder: Path,
    resume_from: Path | None,
    start: Path | None,
) -> tuple[Any, ...]:
    """The same run on this machine: on one that is not the first, folders and the base lie elsewhere."""
    found = shared(base_hash(base) if is_first() else None)
    several = is_first() and Cluster.here().nodes > 1
    sent = [shared(_files(place) if several else None) for place in (resume_from, start)]
    if Cluster.here().node == 0:
        return base, train_rows, validation_rows, settings, folder, resume_from, start
    here = Path(tempfile.mkdtemp(prefix="malmoi-node-"))
    mine = resolve_base(os.environ[NODE_BASE] if base.source == "folder" else base.name)
    if base_hash(mine) != found:
        raise UserError(
            f"이 컴퓨터의 기반 모델 '{mine.name}'은(는) 첫 컴퓨터의 것과 다릅니다. 같은 모델을 두고 다시 하세요.",
            f"The base '{mine.name}' on this machine is not the first machine's. Put the same model here, and start again.",
        )
    places = [here / place.name if place else None for place in (resume_from, start)]
    for name, content in ((name, content) for files in sent for name, content in (files or {}).items()):
        target = here / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return mine, train_rows, validation_rows, settings, here, *places


def _files(folder: Path | None) -> dict[str, bytes]:
    """{path, with the folder's name: content} of a checkpoint or an adapter: some hundred MB at most."""
    if folder is None:
        return {}
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder.parent).as_posix(): path.read_bytes() for path in found}


def _leave_with_parent() -> None:
    """Nothing outlives the process that holds the job, also when that one is killed."""
    import psutil

    try:
        parent = psutil.Process(int(os.environ[PARENT]))
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            time.sleep(WATCH_SECONDS)
    except psutil.NoSuchProcess:
        pass
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
