"""Overlapping exports of one chat become one stream, every message once. It knows nothing of files or the store.

A message is known by its minute, its text and how many equal ones precede it in that minute: not by its sender, whose name
follows the exporter's contact list and may have changed between two exports. Two "네" in a minute stay two: the larger count
of the exports, never their sum. Both exports run forward in time; what steps back stands in the minute before it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from engine.sources.reader import Record

PROBE = 2_000
"""Records by which it is decided whether two exports are of one chat."""
ENOUGH, SHARE = 3, 0.5
"""Common messages, and their share of the shorter side, that make two exports one chat."""
RENAMED, RENAMED_SHARE = 2, 0.8
"""Messages under both names, and their share of all aligned ones of the old name, that make a candidate."""


@dataclass(slots=True)
class Overlap:
    """What two exports had in common, while both ran."""

    common: int = 0
    old_only: int = 0
    new_only: int = 0
    added: int = 0
    """Records of the newer export that the older lacks, anywhere."""
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(older name, newer name) of aligned messages."""
    old_speakers: set[str] = field(default_factory=set)
    new_speakers: set[str] = field(default_factory=set)

    @property
    def is_apart(self) -> bool:
        """Whether the two never ran at the same time."""
        return not (self.common or (self.old_only and self.new_only))

    @property
    def is_one_chat(self) -> bool:
        """Whether enough of the shorter side is in the longer one. Few messages count, too: the owner gave both as one chat."""
        shorter = self.common + min(self.old_only, self.new_only)
        return self.common >= max(1 if self.shared_speakers >= 2 else ENOUGH, SHARE * shorter)

    @property
    def shared_speakers(self) -> int:
        return len(self.old_speakers & self.new_speakers)

    def renamed(self) -> dict[str, tuple[str, int]]:
        """Older name to (newer name, messages under both): names that the newer export no longer uses for them."""
        totals: Counter[str] = Counter()
        for (old, _), count in self.pairs.items():
            totals[old] += count
        found = {}
        for (old, new), count in self.pairs.most_common():
            changed = old != new and old not in self.new_speakers
            if changed and old not in found and count >= max(RENAMED, RENAMED_SHARE * totals[old]):
                found[old] = (new, count)
        return found


def merge_streams(old: Iterable[Record], new: Iterable[Record], overlap: Overlap) -> Iterator[Record]:
    """Every record of both once, in time order, holding a minute at a time; `overlap` is filled on the way.

    A record that both have comes as the older export has it. Untimed records stand after the one they followed.
    """
    ours, theirs = _minutes(old, overlap.old_speakers), _minutes(new, overlap.new_speakers)
    here, there = next(ours, None), next(theirs, None)
    both_from = max(here[0], there[0]) if here and there else ""
    while here or there:
        if here and there and here[0] == there[0]:
            yield from _merged(here[1], there[1], overlap)
            here, there = next(ours, None), next(theirs, None)
        elif here and (there is None or here[0] < there[0]):
            overlap.old_only += len(here[1]) if there and here[0] >= both_from else 0
            yield from here[1]
            here = next(ours, None)
        elif there:
            overlap.new_only += len(there[1]) if here and there[0] >= both_from else 0
            overlap.added += len(there[1])
            yield from there[1]
            there = next(theirs, None)


def _minutes(records: Iterable[Record], speakers: set[str]) -> Iterator[tuple[str, list[Record]]]:
    """(minute, its records), minutes rising."""
    minute, group = "", list[Record]()
    for record in records:
        if record.speaker is not None:
            speakers.add(record.speaker)
        if record.at is not None and record.at > minute:
            if group:
                yield minute, group
            minute, group = record.at, []
        group.append(record)
    if group:
        yield minute, group


Key = tuple[str, bool, int]


def _keys(records: Sequence[Record]) -> list[Key]:
    """(text, whether somebody said it, how many equal ones precede it)."""
    counts: Counter[tuple[str, bool]] = Counter()
    keys = []
    for record in records:
        known = (record.text, record.speaker is not None)
        keys.append((*known, counts[known]))
        counts[known] += 1
    return keys


def _merged(old: list[Record], new: list[Record], overlap: Overlap) -> Iterator[Record]:
    """One minute of both: what only the newer one has stands where it stood between what both have."""
    places = {key: place for place, key in enumerate(_keys(new))}
    partners = [places.get(key) for key in _keys(old)]
    taken = {place for place in partners if place is not None}
    overlap.common += len(taken)
    overlap.old_only += len(old) - len(taken)
    overlap.new_only += len(new) - len(taken)
    overlap.added += len(new) - len(taken)
    reached = 0
    for record, place in zip(old, partners, strict=True):
        if place is not None:
            _note_names(record, new[place], overlap)
            yield from (new[i] for i in range(reached, place) if i not in taken)
            reached = max(reached, place + 1)
        yield record
    yield from (new[i] for i in range(reached, len(new)) if i not in taken)


def _note_names(old: Record, new: Record, overlap: Overlap) -> None:
    if old.speaker is not None and new.speaker is not None:
        overlap.pairs[old.speaker, new.speaker] += 1


def timed(records: Iterable[Record], last: str, first: str = "") -> list[Record]:
    """At most PROBE timed records between two minutes, read no further than needed."""
    found = []
    for record in records:
        if record.at is not None and record.at > last:
            break
        if record.at is not None and record.at >= first:
            found.append(record)
            if len(found) == PROBE:
                break
    return found


def first_timed(records: Iterable[Record]) -> list[Record]:
    """The first PROBE timed records."""
    return list(islice((record for record in records if record.at is not None), PROBE))


def look_alike(old: Sequence[Record], new: Sequence[Record]) -> bool:
    """Whether two samples in time order are of one chat, by what lies in the time that both cover.

    Nobody said that they are, so fewer than ENOUGH equal messages count only when nothing else was said and the people are the same.
    """
    if not old or not new:
        return False
    first = max(str(old[0].at), str(new[0].at))
    last = min(str(old[-1].at), str(new[-1].at))
    left, right = (Counter((r.at, r.text) for r in side if first <= str(r.at) <= last) for side in (old, new))
    common, shorter = (left & right).total(), min(left.total(), right.total())
    if common >= ENOUGH:
        return common >= SHARE * shorter
    shared = {r.speaker for r in old if r.speaker} & {r.speaker for r in new if r.speaker}
    return common == shorter == ENOUGH - 1 and len(shared) >= 2
