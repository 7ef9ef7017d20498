"""A chat that is already in the store and is brought in again: found by what both say at the same time. It writes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.sources.material import Material
from engine.sources.overlap import PROBE, first_timed, look_alike, timed
from engine.sources.reader import Record
from engine.store.masks import period_of
from engine.store.open import open_store
from engine.store.sources import WINDOW, list_sources, read_between, read_window


def find_twin(db: Database, recipe: str, material: Material) -> dict[str, Any] | None:
    """The source of the recipe that is the same chat, or None. Reads no more of the files than the decision needs.

    Titles decide nothing: the phone's export is named by its time, and a room can be renamed. What was said in the same minutes does.
    `other_client` of the source tells that another client wrote it: its notices have no times, its placeholders other words.
    """
    candidates = [source for source in list_sources(db, recipe) if source["kind"] == material.kind == "kakao"]
    if not candidates:
        return None
    head = first_timed(material.peek())
    twins = [source for source in candidates if head and _is_twin(db, source["id"], head, material)]
    shape = material.shape() if twins else ""
    found = [{**twin, "other_client": twin["report"].get("shape") != shape} for twin in twins]
    return min(found, key=lambda twin: twin["other_client"], default=None)


def _is_twin(db: Database, source_id: str, head: list[Record], material: Material) -> bool:
    first, last = period_of(db, source_id)
    begin = str(head[0].at)
    if first is None or last is None or begin > last:
        return False
    if begin >= first:
        return look_alike(as_records(read_between(db, source_id, begin, str(head[-1].at), 4 * PROBE)), head)
    old = as_records(read_between(db, source_id, first, last, PROBE))
    return look_alike(old, timed(material.peek(), str(old[-1].at), first))


def stored_records(store: Path, source_id: str) -> Iterator[Record]:
    """A source's records in file order; the store is opened for each window, so that nobody waits."""
    after = -1
    while True:
        with open_store(store) as db:
            window = read_window(db, source_id, after, WINDOW)
        if not window:
            return
        yield from as_records(window)
        after = window[-1]["seq"]


def as_records(rows: list[dict[str, Any]]) -> list[Record]:
    """Rows of the store as what a reader hands over."""
    return [Record(row["at"], row["speaker"], row["kind"], row["text"]) for row in rows]
