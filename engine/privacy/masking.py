"""Text in, masked text out: one value, one placeholder, whatever its spelling. It stores nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.privacy.canonical import canonical
from engine.privacy.detectors import find_all, find_spans
from engine.privacy.labels import PLACEHOLDER_WORDS, WORDS, Span, Tagger
from engine.privacy.names import NameMatcher
from engine.privacy.normalise import fold
from engine.privacy.policy import DEFAULT, MaskPolicy
from engine.privacy.repeats import with_repeats
from engine.privacy.spans import apply_spans


@dataclass(frozen=True, slots=True)
class MaskedSpan:
    """[start, end) in code points of the original text, what stands there now, and the value's one spelling (secret)."""

    start: int
    end: int
    label: str
    placeholder: str
    canonical: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` equals `apply_spans(original, spans)`."""

    text: str
    spans: list[MaskedSpan]


class Masker:
    """Masks texts of one chat. Same value, same placeholder; numbers follow the order of first sight."""

    def __init__(
        self,
        speakers: Sequence[str] = (),
        known: Mapping[tuple[str, str], int] | None = None,
        taggers: Sequence[Tagger] = (),
        policy: MaskPolicy = DEFAULT,
        found: Mapping[str, float] | None = None,
    ) -> None:
        """`speakers`: display names. `known`: (label, canonical) → number given earlier; numbering goes on behind the highest.

        `found`: names of others that the whole chat makes likely (`evidence.Evidence.names`).
        """
        self.names = NameMatcher(speakers, found)
        self.taggers = taggers
        self.policy = DEFAULT if policy == DEFAULT else policy  # the very object again, in a process it was handed to
        self.known: dict[tuple[str, str], int] = dict(known or {})
        self._highest: Counter[str] = Counter()
        for (label, _), number in self.known.items():
            self._highest[label] = max(self._highest[label], number)

    def person(self, name: str) -> str:
        """Canonical value that every form of this person's name gets."""
        return self.names.person_of(name)

    def mask(self, text: str) -> Masked:
        """`text` with placeholders; placeholders that somebody typed are defused."""
        return self.mask_all([text])[0]

    def mask_all(self, texts: Sequence[str]) -> list[Masked]:
        """Every text masked, as `mask` would do it one by one; taggers see them together."""
        return [self._placed(text, spans) for text, spans in zip(texts, self.find(texts), strict=True)]

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """What would be masked in every text."""
        found = find_all(texts, self.names, self.taggers, self.policy)
        return [with_repeats(text, spans) if spans else spans for text, spans in zip(texts, found, strict=True)]

    def _placed(self, text: str, found: Sequence[Span]) -> Masked:
        spans = [self._masked(text, span) for span in found]
        if not spans and "_" not in text and "＿" not in text:
            return Masked(text, spans)
        placed = [{"start": span.start, "end": span.end, "placeholder": span.placeholder} for span in spans]
        return Masked(apply_spans(text, placed), spans)

    def _masked(self, text: str, span: Span) -> MaskedSpan:
        value = self.value(text, span)
        placeholder = self.placeholder(span.label, value)
        return MaskedSpan(span.start, span.end, span.label, placeholder, value, span.confidence)

    def value(self, text: str, span: Span) -> str:
        """The one spelling of what a span of `text` holds (secret)."""
        surface = text[span.start : span.end]
        return self.person(fold(surface).text) if span.label == "PERSON" else canonical(span.label, surface)

    def placeholder(self, label: str, value: str) -> str:
        """What stands for a value, numbered at its first sight."""
        return f"[{WORDS[label]}_{self._number(label, value)}]"

    def _number(self, label: str, value: str) -> int:
        key = (label, value)
        if key not in self.known:
            self._highest[label] += 1
            self.known[key] = self._highest[label]
        return self.known[key]


__all__ = [
    "PLACEHOLDER_WORDS",
    "Masked",
    "MaskedSpan",
    "Masker",
    "NameMatcher",
    "Span",
    "canonical",
    "find_all",
    "find_spans",
]
