"""A stored source as a recipe reads it: records in file order, masked, in the owner's style, where the source is masked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.row import LEFT_OUT, RecordTuple, SourceRecord, SourceView
from engine.pool import Workers, spare
from engine.privacy.spans import apply_elsewhere, apply_spans
from engine.privacy.style import Styler, get_style
from engine.store.consent import Roles
from engine.store.open import open_store, path_of
from engine.store.sources import WINDOW, get_speakers, last_seq, read_masks, read_whole

WORTH = 100_000
"""Records from which on a process of its own reads them, while this one makes rows."""


def source_view(db: Database, source: dict[str, Any], me: str | None, roles: Roles | None = None) -> SourceView:
    """The view of one source; its records can be read once and stream in windows. Without roles nobody is left out."""
    roles = roles or Roles()
    last, plain = last_seq(db, source["id"]), get_style(db) == "placeholder"
    apart = StoredRecords(path_of(db), source["id"], source["masked_at"] is not None, roles.left_out, last)
    return SourceView(
        id=source["id"],
        kind=source["kind"],
        me=me,
        speakers=get_speakers(db, source["id"]),
        records=_records(db, source["id"], source["masked_at"] is not None, roles.left_out),
        targets=roles.target,
        left_out=roles.left_out,
        apart=apart.records if last >= WORTH and (plain or not apart.masked) else None,
    )


def _records(db: Database, source_id: str, masked: bool, left_out: frozenset[str]) -> Iterator[SourceRecord]:
    last, styler = last_seq(db, source_id), Styler(db, building=True)
    styled = masked and styler.pseudonyms is not None
    made = (path_of(db), source_id, masked and not styled, left_out)
    with Workers(WindowReader, made, min(1, spare(last >= WORTH))) as workers:
        for window in workers.map(_read, range(0, last + 1, WINDOW)):
            yield from map(SourceRecord._make, _styled(db, styler, window) if styled else window)


def _styled(db: Database, styler: Styler, window: list[RecordTuple]) -> Iterator[RecordTuple]:
    """Here and not where windows are read: pseudonyms are invented one after the other."""
    masks = read_masks(db, window[0][0], window[-1][0]) if window else {}
    for id_, at, speaker, kind, text, meta in window:
        spans = styler.spans(text, masks.get(id_, []))
        yield id_, at, speaker, kind, apply_spans(text, spans), apply_elsewhere(meta, text, spans)


class WindowReader:
    """Reads windows of one source, with placeholders where they are due."""

    def __init__(self, store: Path, source_id: str, masked: bool, left_out: frozenset[str]) -> None:
        self.store, self.source_id, self.masked, self.left_out = store, source_id, masked, left_out

    def read(self, first_seq: int) -> list[RecordTuple]:
        """Up to WINDOW records from `first_seq` on."""
        with open_store(self.store) as db:
            rows = read_whole(db, self.source_id, first_seq, first_seq + WINDOW)
            masks = read_masks(db, rows[0][0], rows[-1][0]) if self.masked and rows else {}
        return [
            # nothing hidden, nothing forged: as it is
            row  # type: ignore[misc]  # its last field is None
            if row[0] not in masks
            and row[5] is None
            and row[2] not in self.left_out
            and not (self.masked and "_" in row[4])
            else self._shown(*row, masks.get(row[0], []))
            for row in rows
        ]

    def _shown(
        self,
        id_: int,
        at: str | None,
        speaker: str | None,
        kind: str,
        text: str,
        meta: str | None,
        masks: list[dict[str, Any]],
    ) -> RecordTuple:
        if speaker in self.left_out:
            return id_, at, None, LEFT_OUT, "", None
        told = json.loads(meta) if meta else None
        if self.masked and (masks or "_" in text):
            told = apply_elsewhere(told, text, masks)
            text = apply_spans(text, masks)
        return id_, at, speaker, kind, text, told


class StoredRecords(WindowReader):
    """All records of one source, for a process that reads them by itself."""

    def __init__(self, store: Path, source_id: str, masked: bool, left_out: frozenset[str], last_seq: int) -> None:
        super().__init__(store, source_id, masked, left_out)
        self.last_seq = last_seq

    def records(self) -> Iterator[RecordTuple]:
        """In file order; the store is open only while a window is read."""
        for first in range(0, self.last_seq + 1, WINDOW):
            yield from self.read(first)


def _read(reader: WindowReader, first_seq: int) -> list[RecordTuple]:
    return reader.read(first_seq)
