"""What the process of an API server takes, kept as long as it serves. Nothing here stands in the way of an answer."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.resources import Watch
from engine.store.open import open_store
from engine.store.resources import Keeper, begin_serving, end_serving

SECONDS = 5.0
"""Between two looks."""


@contextmanager
def watched(store: Path, model: str) -> Iterator[None]:
    """Keep what this process takes while the model is served."""
    with open_store(store) as db:
        serving = begin_serving(db, model)
    over = threading.Event()
    thread = threading.Thread(target=_look, args=(store, serving, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(SECONDS)
        with suppress(sqlite3.OperationalError), open_store(store) as db:
            end_serving(db, serving)


def _look(store: Path, serving: str, over: threading.Event) -> None:
    watch, keeper, last = Watch(), Keeper(serving), False
    while not last:
        last = over.wait(SECONDS)
        with suppress(sqlite3.OperationalError), open_store(store) as db:  # locked or full: the next look will do
            keeper.keep(db, watch.look())
