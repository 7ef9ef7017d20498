"""Overlapping exports of one chat become one. It knows nothing of files.

Not for the numbered parts of one export: those do not overlap and only follow each other.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from engine.sources.reader import Record


def merge_exports(exports: Iterable[Iterable[Record]]) -> list[Record]:
    """Every message once, in time order. Holds all records in memory.

    A message is known by minute, sender, text and how many equal ones precede it in that minute, so two "네" in a minute
    stay two: the larger count of the exports, not their sum. Untimed records stand after the record they followed.
    """
    seen: Counter[int] = Counter()
    found: list[tuple[str, Record]] = []
    for export in exports:
        found.extend(_unseen(export, seen))
    return [record for _, record in sorted(found, key=lambda pair: pair[0])]


def _unseen(export: Iterable[Record], seen: Counter[int]) -> Iterator[tuple[str, Record]]:
    """Records beyond the count known for them, each with the minute it stands in; `seen` grows by them."""
    here: Counter[int] = Counter()
    minute = ""
    for record in export:
        minute = record.at or minute
        key = hash((minute, record.speaker, record.text))
        here[key] += 1
        if here[key] > seen[key]:
            seen[key] = here[key]
            yield minute, record
