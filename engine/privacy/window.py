"""What is to be masked in one window of a source. It reads the store, writes nothing, and gives no numbers: whoever
gathers the windows does, in file order, so that the numbers do not depend on how many processes worked.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from engine.privacy.canonical import key_of
from engine.privacy.decisions import Decisions, Leftovers, placeholder_of, value_of_surface
from engine.privacy.evidence import Evidence
from engine.privacy.labels import Span
from engine.privacy.masking import Masker
from engine.privacy.normalise import fold, is_plain
from engine.privacy.policy import MaskPolicy
from engine.privacy.spans import apply_spans
from engine.privacy.taggers import default_taggers
from engine.store.masks import ADDED, owner_masks
from engine.store.open import open_store
from engine.store.sources import read_range

Stretch = tuple[int, int]
"""[first, end) of records.seq."""
LEAD = 8
"""Records before a stretch that are read with it, for a message may be told by those before it."""
RESIDUAL_SHOWN = 200
"""Records with something left that a report names."""


class Found(NamedTuple):
    """One mask without its number."""

    record_id: int
    start: int
    end: int
    label: str
    value_key: str
    confidence: float
    state: str
    decided_by: str


@dataclass(slots=True)
class WindowResult:
    """What one window holds; `new` in file order."""

    end: int
    records: int = 0
    new: list[Found] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    residual: int = 0
    residual_records: list[int] = field(default_factory=list)


class WindowMasker:
    """Looks through windows of one source; built once in each process."""

    def __init__(
        self,
        store: Path,
        source_id: str,
        speakers: Sequence[str],
        key: bytes,
        decisions: Decisions,
        policy: MaskPolicy,
        ner: str = "",
    ) -> None:
        """ner: a token classifier that reads beside the shipped tagger; "" for none."""
        self.store, self.source_id, self.key, self.decisions = store, source_id, key, decisions
        self.speakers, self.policy, self.found = speakers, policy, dict[str, float]()
        self.taggers = default_taggers(ner)
        self.masker = Masker(speakers, taggers=self.taggers, policy=policy)
        self.leftovers = Leftovers(key, set(), speakers)

    def gather(self, stretch: Stretch) -> Evidence:
        """What the records in a stretch say about names: to be put together before any is masked."""
        evidence = Evidence()
        with open_store(self.store) as db:
            texts = [text for _, text in read_range(db, self.source_id, *stretch)]
        evidence.add([text if is_plain(text) else fold(text).text for text in texts])
        return evidence

    def mask(self, stretch: Stretch, found: dict[str, float]) -> WindowResult:
        """Masks of the records in a stretch, with what the owner decided there. found: names that the whole source gives away."""
        if found != self.found:
            self.found = found
            self.masker = Masker(self.speakers, taggers=self.taggers, found=found, policy=self.policy)
        with open_store(self.store) as db:
            rows = read_range(db, self.source_id, *stretch)
            lead = read_range(db, self.source_id, stretch[0] - LEAD, stretch[0])
            owner = owner_masks(db, rows[0][0], rows[-1][0]) if rows else {}
        result = WindowResult(stretch[1], len(rows))
        spans_of = self.masker.find([text for _, text in [*lead, *rows]])
        for (id_, text), spans in zip(rows, spans_of[len(lead) :], strict=True):
            before = owner.get(id_, [])
            if spans or before or self.decisions.words:
                self._mask_record(result, id_, text, spans, before)
        return result

    def _mask_record(
        self, result: WindowResult, id_: int, text: str, spans: list[Span], before: list[dict[str, Any]]
    ) -> None:
        added = self._added(id_, text, before)
        owners = [(m["start"], m["end"]) for m in before if m["state"] == "applied"]
        owners += [(mask.start, mask.end) for mask in added]
        shown = [m for m in before if m["state"] == "rejected"]
        new = [*added, *(self._ruled(id_, text, span, owners) for span in spans if not _is_same(span, shown))]
        hidden = [(m.start, m.end, m.label) for m in new if m.state == "applied"]
        hidden += [(m["start"], m["end"], m["label"]) for m in before if m["state"] == "applied"]
        result.new += new
        result.counts.update(label for _, _, label in hidden)
        if hidden:
            self._look_again(result, id_, text, sorted(hidden), shown)

    def _added(self, id_: int, text: str, before: list[dict[str, Any]]) -> list[Found]:
        """Words the owner added, where nothing was decided before."""
        taken = [(m["start"], m["end"]) for m in before]
        found: list[Found] = []
        for added in self.decisions.words:
            for start, end in added.spots(text):
                if not _overlaps(start, end, taken):
                    taken.append((start, end))
                    key = self._key(added.label, text[start:end])
                    found.append(Found(id_, start, end, added.label, key, ADDED, "applied", "owner"))
        return found

    def _ruled(self, id_: int, text: str, span: Span, owners: list[tuple[int, int]]) -> Found:
        key = self._key(span.label, text[span.start : span.end])
        state, by = "applied", "rule"
        if _overlaps(span.start, span.end, owners):
            state = "rejected"
        elif (span.label, key) in self.decisions.kept:
            state, by = "rejected", "owner"
        return Found(id_, span.start, span.end, span.label, key, span.confidence, state, by)

    def _key(self, label: str, surface: str) -> str:
        return key_of(self.key, label, value_of_surface(self.masker, label, surface))

    def _look_again(
        self,
        result: WindowResult,
        id_: int,
        text: str,
        hidden: list[tuple[int, int, str]],
        shown: list[dict[str, Any]],
    ) -> None:
        """What is still found when the masks are in; any number does for a placeholder that nobody keeps."""
        self.leftovers.kept = self.decisions.kept | {(m["label"], m["value_key"]) for m in shown}
        placed = [{"start": start, "end": end, "placeholder": placeholder_of(label, 1)} for start, end, label in hidden]
        left = self.leftovers.find(apply_spans(text, placed))
        result.residual += len(left)
        if left and len(result.residual_records) < RESIDUAL_SHOWN:
            result.residual_records.append(id_)


def gather_window(masker: WindowMasker, stretch: Stretch) -> Evidence:
    """`WindowMasker.gather` as a function that other processes can be told to call."""
    return masker.gather(stretch)


def mask_window(masker: WindowMasker, asked: tuple[Stretch, dict[str, float]]) -> WindowResult:
    """`WindowMasker.mask`, likewise."""
    return masker.mask(*asked)


def _overlaps(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < other_end and other < end for other, other_end in spans)


def _is_same(span: Span, shown: list[dict[str, Any]]) -> bool:
    """Whether the owner decided that this very place stays as it is."""
    return any(
        m["confidence"] != ADDED and m["label"] == span.label and m["start"] < span.end and span.start < m["end"]
        for m in shown
    )
