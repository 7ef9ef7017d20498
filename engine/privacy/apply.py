"""Mask a stored source: spans beside the records, numbers shared by all sources. The texts themselves stay as they came."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sqlite_utils import Database

from engine.errors import Stopped
from engine.pool import Workers, spare
from engine.privacy.decisions import Numbers, load_decisions, placeholder_of
from engine.privacy.evidence import Evidence
from engine.privacy.masking import Masker
from engine.privacy.policy import mask_policy
from engine.privacy.spans import apply_spans
from engine.privacy.store_vault import seal_values
from engine.privacy.taggers import NER_SETTING
from engine.privacy.window import (
    RESIDUAL_SHOWN,
    Found,
    Stretch,
    WindowMasker,
    WindowResult,
    gather_window,
    mask_window,
)
from engine.store.jobs import Work
from engine.store.masks import OwnerMask, add_decided_masks
from engine.store.open import open_store, writing
from engine.store.settings import get_setting, mask_key, set_setting
from engine.store.sources import (
    WINDOW,
    add_mask_numbers,
    clear_masks,
    finish_masks,
    get_source,
    get_speakers,
    last_seq,
    mask_numbers,
)

BEGUN = "mask_begun"
"""Setting: how far the masking that runs, or was killed, has come: {job, source, end, report}."""
WORTH = 2 * WINDOW
"""Records from which on a second process pays: starting it takes as long as looking through 20,000."""


def mask_source(work: Work, source_id: str) -> dict[str, Any]:
    """Mask every record of a source; returns {source_id, counts, residual, seconds}. The source counts as masked at the end.

    What the owner decided stays: values kept are left as they are, words added are hidden, also where they are new. What a
    killed try of the same job masked is kept.
    """
    began = time.monotonic()
    with open_store(work.store) as db:
        source = get_source(db, source_id)
        so_far = _begin(db, work.job_id, source["id"])
        numbers = Numbers(mask_key(db), mask_numbers(db))
        last = last_seq(db, source["id"])
        made = (
            work.store,
            source["id"],
            list(get_speakers(db, source["id"])),
            numbers.key,
            load_decisions(db, source["id"]),
            mask_policy(db),
            get_setting(db, NER_SETTING, ""),
        )
        count = source["record_count"] - so_far.records
        with Workers(WindowMasker, made, spare(count >= WORTH)) as workers:
            found = _found(work, workers, last, source["record_count"])
            for result in workers.map(mask_window, ((stretch, found) for stretch in _stretches(so_far.end, last))):
                if stop := work.stop_asked():
                    raise Stopped(saved=stop == "save")
                _add(so_far, result)
                _store(
                    db, work.job_id, source["id"], so_far, [_numbered(found, numbers) for found in result.new], numbers
                )
                work.progress(what="mask", done=so_far.records, total=source["record_count"])
        report = {
            "counts": dict(so_far.counts.most_common()),
            "residual": so_far.residual,
            "seconds": round(time.monotonic() - began, 2),
        }
        seal_values(db, source["id"])
        with writing(db):
            finish_masks(db, source["id"], {**report, "residual_records": so_far.residual_records})
            set_setting(db, BEGUN, None)
    return {"source_id": source["id"], **report}


def _begin(db: Database, job_id: str, source_id: str) -> WindowResult:
    """What a killed try of this job masked, or nothing, with all earlier rule masks taken off."""
    begun = get_setting(db, BEGUN, None)
    if begun and (begun["job"], begun["source"]) == (job_id, source_id):
        return WindowResult(**{**begun["report"], "counts": Counter(begun["report"]["counts"])})
    clear_masks(db, source_id)
    return WindowResult(0)


def _found(work: Work, workers: Workers, last: int, records: int) -> dict[str, float]:
    """Names that only the whole source gives away: a first look at all of it, also after a kill."""
    evidence = Evidence()
    for stretch, part in zip(_stretches(0, last), workers.map(gather_window, _stretches(0, last)), strict=True):
        if stop := work.stop_asked():
            raise Stopped(saved=stop == "save")
        evidence.merge(part)
        work.progress(what="names", done=min(stretch[1], records), total=records)
    return evidence.names()


def _stretches(begin: int, last: int) -> Iterator[Stretch]:
    return ((first, first + WINDOW) for first in range(begin, last + 1, WINDOW))


def _add(so_far: WindowResult, result: WindowResult) -> None:
    so_far.end = result.end
    so_far.records += result.records
    so_far.counts.update(result.counts)
    so_far.residual += result.residual
    so_far.residual_records = (so_far.residual_records + result.residual_records)[:RESIDUAL_SHOWN]


def _numbered(found: Found, numbers: Numbers) -> OwnerMask:
    placeholder = placeholder_of(found.label, numbers.number_of_key(found.label, found.value_key))
    return (*found[:4], placeholder, *found[4:])


def _store(
    db: Database, job_id: str, source_id: str, so_far: WindowResult, masks: list[OwnerMask], numbers: Numbers
) -> None:
    """One window in one transaction, with how far that is: a kill loses the window or nothing."""
    report = {
        "end": so_far.end,
        "records": so_far.records,
        "counts": dict(so_far.counts),
        "residual": so_far.residual,
        "residual_records": so_far.residual_records,
    }
    with writing(db):
        add_decided_masks(db, masks)
        add_mask_numbers(db, numbers.take_new())
        set_setting(db, BEGUN, {"job": job_id, "source": source_id, "report": report})


def name_scrubber(speaker: str) -> Callable[[str], str]:
    """A function that takes one person's name, in all its forms, out of a text."""
    masker = Masker([speaker])

    def scrub(text: str) -> str:
        spans = [s for s in masker.mask(text).spans if s.label == "PERSON" and s.canonical == masker.person(speaker)]
        return apply_spans(text, [{"start": s.start, "end": s.end, "placeholder": "[이름]"} for s in spans])

    return scrub
