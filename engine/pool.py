"""Work handed out to a few processes, results in the order of the items. It knows nothing of the work itself.

Processes are spawned, never forked, so that Linux, macOS and Windows do the same, and leave with the one that made them,
also when that one is killed. One core, or little work: everything is done in this process.
"""

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, Self, TypeVar

if parent_process() is not None:  # a process of a pool
    import engine.light  # noqa: F401

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 2
"""Processes at once: each holds about 150 MB, and the one that made them stores what they find."""
AHEAD = 2
"""Items waiting per process, so that none is idle while a result is stored."""


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def spare(worth: bool) -> int:
    """How many processes to start: as many as there are cores, MOST at most; none where it is not worth it or nothing is gained."""
    here = min(MOST, cores())
    return here if worth and here > 1 else 0


class Workers:
    """`with Workers(make, arguments, count) as workers`: every process builds `make(*arguments)` once and works with it.

    make, its arguments, items and results must pickle. count 0: everything is done here.
    """

    def __init__(self, make: Callable[..., Any], arguments: tuple[Any, ...], count: int) -> None:
        self._make, self._arguments = make, arguments
        self._here: Any = None
        self._pool: ProcessPoolExecutor | None = None
        self._ahead = AHEAD * count
        if count:
            self._pool = ProcessPoolExecutor(count, get_context("spawn"), _begin, (make, arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(self, task: Callable[[Any, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`task(made, item)` for every item, in order. Only a few items are under way at once.

        When a process is killed (memory, for one), this process does the rest alone.
        """
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        for item in items:
            if self._pool is None:
                yield task(self._local(), item)
                continue
            waiting.append((item, self._handed(task, item)))
            if len(waiting) >= self._ahead:
                yield self._result(task, *waiting.popleft())
        while waiting:
            yield self._result(task, *waiting.popleft())

    def _handed(self, task: Callable[[Any, Item], Result], item: Item) -> "Future[Result]":
        assert self._pool
        try:
            return self._pool.submit(_do, task, item)
        except BrokenProcessPool as broken:
            failed: Future[Result] = Future()
            failed.set_exception(broken)
            return failed

    def _result(self, task: Callable[[Any, Item], Result], item: Item, future: "Future[Result]") -> Result:
        try:
            return future.result()
        except BrokenProcessPool:
            return task(self._local(), item)

    def _local(self) -> Any:
        if self._here is None:
            self._here = self._make(*self._arguments)
        return self._here


_made: Any = None


def _begin(make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """In a new process: leave with the parent, and get ready."""
    global _made
    gc.set_threshold(50_000, 20, 20)  # a million tuples and no cycles: a tenth of the time went into looking for some
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it ends its pool
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _made = make(*arguments)


def _leave_with_parent() -> None:
    """A pool's process waits on a pipe that it holds open itself: without this it would outlive a killed parent."""
    parent = parent_process()
    assert parent
    wait([parent.sentinel])
    os._exit(1)


def _do(task: Callable[[Any, Any], Any], item: Any) -> Any:
    return task(_made, item)
