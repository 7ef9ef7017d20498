"""Mask a stored source: spans beside the records, numbers shared by all sources. The texts themselves stay as they came."""

import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from engine.errors import Stopped
from engine.privacy.masking import PLACEHOLDER_WORDS, Masker
from engine.privacy.residual import residual_spans
from engine.privacy.spans import apply_spans
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.settings import mask_key
from engine.store.sources import (
    WINDOW,
    MaskTuple,
    add_mask_numbers,
    add_masks,
    clear_masks,
    finish_masks,
    get_source,
    get_speakers,
    mask_numbers,
    read_window,
)


def mask_source(work: Work, source_id: str) -> dict[str, Any]:
    """Mask every record of a source; returns {source_id, counts, residual, seconds}. The source counts as masked at the end."""
    began = time.monotonic()
    with open_store(work.store) as db:
        source = get_source(db, source_id)
        speakers = list(get_speakers(db, source["id"]))
        clear_masks(db, source["id"])
        numbers = Numbers(mask_key(db), mask_numbers(db))
        counts: Counter[str] = Counter()
        residual, done, after = 0, 0, -1
        masker = Masker(speakers)
        while window := read_window(db, source["id"], after, WINDOW):
            if work.stop_asked():
                raise Stopped
            masks, left = _mask_window(masker, numbers, window, counts)
            add_masks(db, masks)
            add_mask_numbers(db, numbers.take_new())
            residual, done, after = residual + left, done + len(window), window[-1]["seq"]
            work.progress(what="mask", done=done, total=source["record_count"])
        report = {
            "counts": dict(counts.most_common()),
            "residual": residual,
            "seconds": round(time.monotonic() - began, 2),
        }
        finish_masks(db, source["id"], report)
    return {"source_id": source["id"], **report}


class Numbers:
    """Placeholder numbers by keyed hash of the value: one value, one number, in every source of the store."""

    def __init__(self, key: bytes, known: dict[tuple[str, str], int]) -> None:
        self.key = key
        self.known = known
        self.new: list[tuple[str, str, int]] = []
        self.highest: Counter[str] = Counter()
        for (label, _), number in known.items():
            self.highest[label] = max(self.highest[label], number)

    def number(self, label: str, canonical: str) -> tuple[str, int]:
        """(value key, number) of a value, new or known."""
        value_key = hmac.new(self.key, f"{label}\0{canonical}".encode(), hashlib.sha256).hexdigest()[:24]
        found = self.known.get((label, value_key))
        if found is None:
            self.highest[label] += 1
            found = self.known[label, value_key] = self.highest[label]
            self.new.append((label, value_key, found))
        return value_key, found

    def take_new(self) -> list[tuple[str, str, int]]:
        """What was numbered since the last call."""
        new, self.new = self.new, []
        return new


def _mask_window(
    masker: Masker, numbers: Numbers, window: list[dict[str, Any]], counts: Counter[str]
) -> tuple[list[MaskTuple], int]:
    masks: list[MaskTuple] = []
    left = 0
    for row in window:
        spans = masker.mask(row["text"]).spans
        if not spans:
            continue
        placed = []
        for span in spans:
            value_key, number = numbers.number(span.label, span.canonical)
            placeholder = f"[{PLACEHOLDER_WORDS[span.label]}_{number}]"
            masks.append((row["id"], span.start, span.end, span.label, placeholder, value_key, span.confidence))
            placed.append({"start": span.start, "end": span.end, "placeholder": placeholder})
            counts[span.label] += 1
        left += len(residual_spans(apply_spans(row["text"], placed)))
    return masks, left


def name_scrubber(speaker: str) -> Callable[[str], str]:
    """A function that takes one person's name, in all its forms, out of a text."""
    masker = Masker([speaker])

    def scrub(text: str) -> str:
        spans = [s for s in masker.mask(text).spans if s.label == "PERSON" and s.canonical == masker.person(speaker)]
        return apply_spans(text, [{"start": s.start, "end": s.end, "placeholder": "[이름]"} for s in spans])

    return scrub
