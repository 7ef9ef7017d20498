"""The one model in memory that all tabs share. It knows nothing of pages, and of models only that they load and close."""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from engine.serve.backend import Backend


class SharedModel:
    """Holds one backend. The lock is kept while it answers, so that no other tab frees it meanwhile.

    The old model is freed before the new one loads: two at once may not fit.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._name: Hashable = None
        self._backend: Backend | None = None

    @contextmanager
    def use(self, name: Hashable, load: Callable[[], Backend]) -> Iterator[Backend]:
        """The backend called `name`, loaded unless it is the one held. Waits while another tab is being answered."""
        with self._lock:
            if self._backend is not None and self._name != name:
                held, self._backend = self._backend, None
                held.close()
            if self._backend is None:
                self._backend, self._name = load(), name
            yield self._backend
