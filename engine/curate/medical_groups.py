"""Which medical records belong together and must be held out together. It knows nothing of rows or splits."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.curate.families import families
from engine.curate.row import SourceRecord


def grouped(records: Sequence[SourceRecord], threshold: float) -> dict[int, str]:
    """Record id to the name of its group: what names one group (an interview, a document, a disease), what stands under one passage,
    and what says nearly the same (`threshold` as in `near_duplicates`) is together, by chains.

    Problems that differ in their numbers alone are one family; questions on different passages are no copies of each other.
    """
    first: dict[str, int] = {}
    parents = list(range(len(records)))
    for at, other in enumerate(families([_said(record) for record in records], threshold)):
        _join(parents, at, other)
    for at, record in enumerate(records):
        if group := (record.meta or {}).get("group"):
            _join(parents, at, first.setdefault(str(group), at))
    return {record.id: f"medical {records[_root(parents, at)].id}" for at, record in enumerate(records)}


def _said(record: SourceRecord) -> str:
    """The words by which near copies are known."""
    meta: Mapping[str, Any] = record.meta or {}
    if turns := meta.get("turns"):
        return "\n".join(turn["content"] for turn in turns)
    if context := meta.get("context"):
        return str(context)
    said = "\n".join([record.text, *(meta.get("choices") or ())])
    return re.sub(r"\d+(?:[.,]\d+)*", "0", said) if record.kind == "maths" else said


def _join(parents: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low


def _root(parents: list[int], at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at
