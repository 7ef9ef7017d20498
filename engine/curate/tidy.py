"""What normalising would do to a source: counts per step and messages before and after, on a sample. It changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlite_utils import Database

from engine.korean.normalise import STEPS, Step, normaliser
from engine.privacy.style import Styler
from engine.store.sources import read_masks, read_window

SAMPLE = 10_000
"""Records looked at: under a second on two cores. A smaller chat is looked at whole."""
WINDOWS = 40
"""Places of the chat they are taken from, evenly from its beginning to its end."""
EXAMPLES = 200
LONG = 300
"""Letters of a message that are compared; the rest is not shown."""


@dataclass(frozen=True, slots=True)
class Text:
    """One message, masked where the source is."""

    record_id: int
    speaker: str | None
    at: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Messages of a source. `counts`: how many of them each step alone would change; `whole`: nothing was left aside."""

    texts: list[Text]
    counts: dict[Step, int]
    whole: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One message and what the steps make of it."""

    origin: Text
    before: str
    after: str


def read_sample(db: Database, source: dict[str, Any]) -> Sample:
    """Text messages spread over the source, with its masks put in, as rows would be made."""
    total = source["record_count"]
    whole = total <= SAMPLE
    texts = list(_texts(db, source, [0] if whole else [place * total // WINDOWS for place in range(WINDOWS)]))
    counts = {step: sum(function(one.text) != one.text for one in texts) for step, function in STEPS.items()}
    return Sample(texts, counts, whole)


def _texts(db: Database, source: dict[str, Any], places: Sequence[int]) -> Iterator[Text]:
    styler = Styler(db)
    for place in places:
        window = read_window(db, source["id"], place - 1, SAMPLE // len(places))
        masks = read_masks(db, window[0]["id"], window[-1]["id"]) if window and source["masked_at"] else {}
        for row in window:
            if row["kind"] == "text":
                yield Text(row["id"], row["speaker"], row["at"], styler.text(row["text"], masks.get(row["id"], [])))


def look_over(sample: Sample, steps: Sequence[Step]) -> tuple[int, list[Change]]:
    """(messages that the steps change, some of them from beginning to end)."""
    run = normaliser(steps)
    found = [one for one in sample.texts if run(one.text) != one.text]
    shown = found[:: -(-len(found) // EXAMPLES) or 1]
    return len(found), [Change(one, one.text[:LONG], run(one.text[:LONG])) for one in shown]


def pieces(before: str, after: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both texts cut where they differ: [(part, whether it changed)]."""
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left += [(before[a:b], kind != "equal")] if b > a else []
        right += [(after[c:d], kind != "equal")] if d > c else []
    return left, right
