"""What normalising would do to a source: counts per step and messages before and after, on a sample. It changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlite_utils import Database

from engine.korean.normalise import STEPS, Step, normaliser
from engine.privacy.spans import apply_spans
from engine.store.sources import read_masks, read_window

SAMPLE = 20_000
"""Messages looked at: about a second on two cores. A smaller chat is looked at whole."""
WINDOWS = 40
"""Places of the chat they are taken from, evenly from its beginning to its end."""
EXAMPLES = 200
LONG = 300
"""Letters of a message that are compared; the rest is not shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """One message, masked, and what the steps make of it."""

    record_id: int
    speaker: str | None
    at: str | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Look:
    """`counts`: messages that each step alone would change; `changed`: messages that the chosen steps change."""

    read: int
    total: int
    changed: int
    counts: dict[Step, int]
    examples: list[Change]


def look_over(db: Database, source: dict[str, Any], steps: Sequence[Step]) -> Look:
    """The steps on a sample of the source, masked where it is masked, as rows would be made."""
    run, counts = normaliser(steps), dict.fromkeys(STEPS, 0)
    read = changed = 0
    examples: list[Change] = []
    for row in _sample(db, source):
        text, after = row["text"], run(row["text"])
        read += 1
        for step, function in STEPS.items():
            counts[step] += function(text) != text
        if after != text:
            changed += 1
            if (
                not changed % max(1, len(examples) // 8) and len(examples) < EXAMPLES
            ):  # later ones are taken more thinly
                examples.append(Change(row["id"], row["speaker"], row["at"], text[:LONG], run(text[:LONG])))
    return Look(read, source["record_count"], changed, counts, examples)


def _sample(db: Database, source: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Text messages with their masks put in."""
    total = source["record_count"]
    size = SAMPLE if total <= SAMPLE else SAMPLE // WINDOWS
    for place in range(1 if total <= SAMPLE else WINDOWS):
        window = read_window(db, source["id"], place * total // WINDOWS - 1, size)
        if not window:
            return
        masks = read_masks(db, window[0]["id"], window[-1]["id"]) if source["masked_at"] else {}
        for row in window:
            if row["kind"] == "text":
                yield {**row, "text": apply_spans(row["text"], masks.get(row["id"], []))}


def pieces(before: str, after: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both texts cut where they differ: [(part, whether it changed)]."""
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left += [(before[a:b], kind != "equal")] if b > a else []
        right += [(after[c:d], kind != "equal")] if d > c else []
    return left, right
