"""A stored source as a recipe reads it: records in file order, masked where the source is masked."""

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from engine.curate.row import SourceRecord, SourceView
from engine.privacy.spans import apply_spans
from engine.store.sources import WINDOW, get_speakers, read_masks, read_whole


def source_view(db: Database, source: dict[str, Any], me: str | None) -> SourceView:
    """The view of one source; its records can be read once and stream in windows."""
    return SourceView(
        id=source["id"],
        kind=source["kind"],
        me=me,
        speakers=get_speakers(db, source["id"]),
        records=_records(db, source["id"], source["masked_at"] is not None),
    )


def _records(db: Database, source_id: str, masked: bool) -> Iterator[SourceRecord]:
    after = -1
    while window := read_whole(db, source_id, after, WINDOW):
        masks = read_masks(db, window[0][0], window[-1][0]) if masked else {}
        for id_, _, at, speaker, kind, text, meta in window:
            if masked and (id_ in masks or "_" in text):  # nothing hidden and nothing forged: as it is
                text = apply_spans(text, masks.get(id_, []))
            yield SourceRecord(id_, at, speaker, kind, text, json.loads(meta) if meta else None)
        after = window[-1][1]
