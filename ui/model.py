"""The one model in memory that all tabs share. It knows nothing of pages, and of models only that they load and close."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from engine.serve.backend import Backend
from engine.serve.choose import Weights

PATIENCE = 0.3
"""Seconds between two looks of a waiting tab at whether its turn has come."""


class SharedModel:
    """Holds one backend. The lock is kept while it answers, so that no other tab frees it meanwhile.

    The old model is freed before the new one loads: two at once may not fit. A base is answered by the weights under an
    adapter where those are the same.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: Weights | None = None
        self._backend: Backend | None = None

    @property
    def busy(self) -> bool:
        """Whether another tab is being answered now."""
        return self._lock.locked()

    @property
    def held(self) -> Weights | None:
        """What lies in memory."""
        return self._held

    def holds(self, wanted: Weights) -> bool:
        """Whether `wanted` can answer without loading."""
        return self._held is not None and wanted in (self._held, self._held._replace(adapter_id=None))

    @contextmanager
    def use(
        self, wanted: Weights, load: Callable[[], Backend], waiting: Callable[[], None] = lambda: None
    ) -> Iterator[Backend]:
        """The backend for `wanted`, loaded unless it is held. `waiting` is called again and again while another tab is
        being answered; what it raises ends the waiting."""
        while not self._lock.acquire(timeout=PATIENCE):
            waiting()
        try:
            backend = self._ready(wanted, load)
            with nullcontext() if self._held == wanted else backend.without_adapter():
                yield backend
        finally:
            self._lock.release()

    def _ready(self, wanted: Weights, load: Callable[[], Backend]) -> Backend:
        if self._backend is not None and not self.holds(wanted):
            self._close()
        if self._backend is None:
            self._backend, self._held = load(), wanted
        return self._backend

    def free(self) -> bool:
        """Take the model out of memory; False when it is answering or there is none."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return self._close()
        finally:
            self._lock.release()

    def _close(self) -> bool:
        held, self._backend, self._held = self._backend, None, None
        if held is not None:
            held.close()
        return held is not None
