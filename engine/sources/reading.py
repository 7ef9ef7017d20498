"""The records of one import in batches, read here or in a process of their own, and what reading found out. It stores nothing."""

import gc
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from engine.sources.material import Material
from engine.sources.overlap import Overlap, merge_streams
from engine.sources.reader import ReadReport, Record
from engine.sources.twin import stored_records
from engine.store.sources import RecordTuple

Columns = list[tuple[Any, ...]]
"""A batch by its columns (at, speaker, kind, text, meta): half the time of a million tuples on the way between processes."""


@dataclass(slots=True)
class Found:
    """What reading to the end found out."""

    reports: dict[Path, ReadReport]
    overlaps: list[Overlap]
    """Of each export after the first with those before it."""
    overlap: Overlap
    """With what is in the store."""
    speakers: Counter[str]
    kinds: Counter[str]


class Reading:
    """Batch after batch of one import, merged with the source `twin_id` if there is one."""

    def __init__(self, material: Material, store: Path, twin_id: str | None, size: int) -> None:
        """size: records in a batch. Nothing is opened before the first batch."""
        self._material, self._size = material, size
        self._overlap = Overlap()
        self._records = material.records()
        if twin_id:
            self._records = merge_streams(stored_records(store, twin_id), self._records, self._overlap)
        self._next = 0
        self._speakers: Counter[str | None] = Counter()
        self._kinds: Counter[str] = Counter()

    def read(self, number: int) -> tuple[Columns, Found | None]:
        """The batch of that number, and with the last one (shorter than the others) what was found out.

        Batches before it are read over: a process that was killed may have handed them out.
        """
        batch: Sequence[Record] = ()
        with no_search_for_cycles():
            while self._next <= number:
                batch = list(islice(self._records, self._size))
                columns = list(zip(*batch, strict=True)) or [()] * len(Record._fields)
                self._speakers.update(columns[1])
                self._kinds.update(columns[2])
                self._next += 1
        return _stored(columns), self._found() if len(batch) < self._size else None

    def _found(self) -> Found:
        speakers = Counter({name: count for name, count in self._speakers.items() if name is not None})
        return Found(self._material.reports, self._material.overlaps, self._overlap, speakers, self._kinds)


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """A million tuples of letters hold none, and looking for some took a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def read_batch(reading: Reading, number: int) -> tuple[Columns, Found | None]:
    """What a pool's process does."""
    return reading.read(number)


def _stored(columns: Columns) -> Columns:
    """With `meta` as the store keeps it."""
    *plain, metas = columns
    return [*plain, tuple(json.dumps(meta, ensure_ascii=False) if meta else None for meta in metas)]


def as_rows(columns: Columns) -> list[RecordTuple]:
    """Records as the store takes them."""
    return list(zip(*columns, strict=True))
