"""A stored source as a recipe reads it: records in file order, masked, in the owner's style, where the source is masked."""

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from engine.curate.row import SourceRecord, SourceView
from engine.privacy.style import Styler
from engine.store.sources import WINDOW, get_speakers, read_masks, read_window


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
    styler = Styler(db, building=True)
    while window := read_window(db, source_id, after, WINDOW):
        masks = read_masks(db, window[0]["id"], window[-1]["id"]) if masked else {}
        for row in window:
            text = styler.text(row["text"], masks.get(row["id"], [])) if masked else row["text"]
            meta = json.loads(row["meta_json"]) if row["meta_json"] else None
            yield SourceRecord(row["id"], row["at"], row["speaker"], row["kind"], text, meta)
        after = window[-1]["seq"]
