"""Mask a stored source: spans beside the records, numbers shared by all sources. The texts themselves stay as they came."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Stopped
from engine.privacy.decisions import (
    Decisions,
    Leftovers,
    Numbers,
    load_decisions,
    placeholder_of,
    value_of_surface,
)
from engine.privacy.masking import MaskedSpan, Masker
from engine.privacy.policy import MaskPolicy, mask_policy
from engine.privacy.spans import apply_spans
from engine.privacy.store_vault import seal_values
from engine.store.jobs import Work
from engine.store.masks import ADDED, OwnerMask, add_decided_masks, owner_masks
from engine.store.open import open_store, writing
from engine.store.settings import mask_key
from engine.store.sources import (
    WINDOW,
    add_mask_numbers,
    clear_masks,
    finish_masks,
    get_source,
    get_speakers,
    mask_numbers,
    read_window,
)

RESIDUAL_SHOWN = 200
"""Records with something left that a report names."""


def mask_source(work: Work, source_id: str) -> dict[str, Any]:
    """Mask every record of a source; returns {source_id, counts, residual, seconds}. The source counts as masked at the end.

    What the owner decided stays: values kept are left as they are, words added are hidden, also where they are new.
    """
    began = time.monotonic()
    with open_store(work.store) as db:
        source = get_source(db, source_id)
        speakers = list(get_speakers(db, source["id"]))
        clear_masks(db, source["id"])
        numbers = Numbers(mask_key(db), mask_numbers(db))
        pass_ = _Pass(speakers, numbers, load_decisions(db, source["id"]), mask_policy(db))
        done, after = 0, -1
        while window := read_window(db, source["id"], after, WINDOW):
            if work.stop_asked():
                raise Stopped
            masks = pass_.mask_window(window, owner_masks(db, window[0]["id"], window[-1]["id"]))
            with writing(db):
                add_decided_masks(db, masks)
                add_mask_numbers(db, numbers.take_new())
            done, after = done + len(window), window[-1]["seq"]
            work.progress(what="mask", done=done, total=source["record_count"])
        report = {
            "counts": dict(pass_.counts.most_common()),
            "residual": pass_.residual,
            "seconds": round(time.monotonic() - began, 2),
        }
        seal_values(db, source["id"])
        finish_masks(db, source["id"], {**report, "residual_records": pass_.residual_records})
    return {"source_id": source["id"], **report}


@dataclass
class _Pass:
    """One way through a source."""

    speakers: list[str]
    numbers: Numbers
    decisions: Decisions
    policy: MaskPolicy
    counts: Counter[str] = field(default_factory=Counter)
    residual: int = 0
    residual_records: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.masker = Masker(self.speakers, policy=self.policy)
        self.leftovers = Leftovers(self.numbers.key, set(), self.speakers)

    def mask_window(self, window: list[dict[str, Any]], owner: dict[int, list[dict[str, Any]]]) -> list[OwnerMask]:
        """New masks of these records; `owner` holds what the owner decided in them before."""
        new: list[OwnerMask] = []
        for row in window:
            spans = self.masker.mask(row["text"]).spans
            before = owner.get(row["id"], [])
            if spans or before or self.decisions.words:
                new += self._mask_record(row["id"], row["text"], spans, before)
        return new

    def _mask_record(
        self, id_: int, text: str, spans: list[MaskedSpan], before: list[dict[str, Any]]
    ) -> list[OwnerMask]:
        added = self._added(id_, text, before)
        owners = [(m["start"], m["end"]) for m in before if m["state"] == "applied"] + [mask[1:3] for mask in added]
        shown = [m for m in before if m["state"] == "rejected"]
        ruled = [self._ruled(id_, span, owners) for span in spans if not _is_same(span, shown)]
        new = [*added, *ruled]
        applied = [mask for mask in new if mask[7] == "applied"]
        hidden: list[dict[str, Any]] = [
            {"start": m[1], "end": m[2], "placeholder": m[4], "label": m[3]} for m in applied
        ]
        hidden += [m for m in before if m["state"] == "applied"]
        self.counts.update(m["label"] for m in hidden)
        self._look_again(id_, text, sorted(hidden, key=lambda m: int(m["start"])), shown)
        return new

    def _added(self, id_: int, text: str, before: list[dict[str, Any]]) -> list[OwnerMask]:
        """Words the owner added, where nothing was decided before."""
        taken = [(m["start"], m["end"]) for m in before]
        found: list[OwnerMask] = []
        for added in self.decisions.words:
            for start, end in added.spots(text):
                if not _overlaps(start, end, taken):
                    taken.append((start, end))
                    value = value_of_surface(self.masker, added.label, text[start:end])
                    value_key, number = self.numbers.number(added.label, value)
                    placeholder = placeholder_of(added.label, number)
                    found.append((id_, start, end, added.label, placeholder, value_key, ADDED, "applied", "owner"))
        return found

    def _ruled(self, id_: int, span: MaskedSpan, owners: list[tuple[int, int]]) -> OwnerMask:
        value_key, number = self.numbers.number(span.label, span.canonical)
        state, by = "applied", "rule"
        if _overlaps(span.start, span.end, owners):
            state = "rejected"
        elif (span.label, value_key) in self.decisions.kept:
            state, by = "rejected", "owner"
        placeholder = placeholder_of(span.label, number)
        return id_, span.start, span.end, span.label, placeholder, value_key, span.confidence, state, by

    def _look_again(self, id_: int, text: str, hidden: list[dict[str, Any]], shown: list[dict[str, Any]]) -> None:
        if not hidden:
            return
        self.leftovers.kept = self.decisions.kept | {(m["label"], m["value_key"]) for m in shown}
        left = self.leftovers.find(apply_spans(text, hidden))
        self.residual += len(left)
        if left and len(self.residual_records) < RESIDUAL_SHOWN:
            self.residual_records.append(id_)


def _overlaps(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < other_end and other < end for other, other_end in spans)


def _is_same(span: MaskedSpan, shown: list[dict[str, Any]]) -> bool:
    """Whether the owner decided that this very place stays as it is."""
    return any(
        m["confidence"] != ADDED and m["label"] == span.label and m["start"] < span.end and span.start < m["end"]
        for m in shown
    )


def name_scrubber(speaker: str) -> Callable[[str], str]:
    """A function that takes one person's name, in all its forms, out of a text."""
    masker = Masker([speaker])

    def scrub(text: str) -> str:
        spans = [s for s in masker.mask(text).spans if s.label == "PERSON" and s.canonical == masker.person(speaker)]
        return apply_spans(text, [{"start": s.start, "end": s.end, "placeholder": "[이름]"} for s in spans])

    return scrub
