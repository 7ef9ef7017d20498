"""Text in, masked text out: one value, one placeholder, whatever its spelling. It stores nothing."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.korean.hangul import nfc
from engine.privacy.detectors import find_all, find_spans
from engine.privacy.labels import PLACEHOLDER_WORDS, Span, Tagger
from engine.privacy.names import NameMatcher
from engine.privacy.normalise import digits, fold
from engine.privacy.spans import apply_spans

_NUMBERS = frozenset("FRN ACCOUNT CARD BRN".split())
_REGIONS = dict(
    zip(
        "서울 부산 경기 강원 충북 충남 전북 전남 경북 경남 제주 대구 인천 광주 대전 울산".split(),
        range(11, 27),
        strict=True,
    )
)


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


def canonical(label: str, surface: str) -> str:
    """One spelling per value: 010-1234-5678, 01012345678, +82 10 1234 5678 and 공일공일이삼사오육칠팔 are the same phone."""
    if label == "PHONE":
        return _phone(surface)
    if label in _NUMBERS:
        return digits(surface)
    folded = fold(surface).text
    if label == "RRN":
        return digits(surface) if digits(surface) and "*" not in folded else re.sub(r"[^\d*]", "", folded)
    return _CANONICAL.get(label, _squeezed)(folded)


def _phone(surface: str) -> str:
    number = digits(surface)
    if number.startswith("0082"):
        number = number[2:]
    if number.startswith("82") and len(number) >= 10:
        return "0" + number[2:].lstrip("0")
    return number


def _squeezed(folded: str) -> str:
    return re.sub(r"\s+", "", nfc(folded))


def _email(folded: str) -> str:
    body = re.sub(r"골뱅이|골벵이|[\[({<] ?(?:at|@|골뱅이) ?[\])}>]| at ", "@", folded.lower())
    body = re.sub(r"닷|쩜|점|[\[(] ?(?:dot|\.) ?[\])]| dot ", ".", body)
    body = body.replace("네이버", "naver").replace("지메일", "gmail").replace("컴", "com")
    return _squeezed(body)


def _address(folded: str) -> str:
    return re.sub(r"특별자치[시도]|특별시|광역시|[\s,()]", "", folded)


def _driver(folded: str) -> str:
    region = next((code for name, code in _REGIONS.items() if folded.startswith(name)), "")
    return f"{region}{digits(folded)}"


def _birthdate(folded: str) -> str:
    parts = re.findall(r"\d+", folded)
    if len(parts) == 1 and len(parts[0]) in (6, 8):
        parts = [parts[0][:-4], parts[0][-4:-2], parts[0][-2:]]
    if len(parts) == 3 and len(parts[0]) == 2:
        parts[0] = ("20" if int(parts[0]) < 30 else "19") + parts[0]
    return "-".join(part.zfill(2) for part in parts)


_CANONICAL: dict[str, Callable[[str], str]] = {
    "EMAIL": _email,
    "ADDRESS": _address,
    "DRIVER": _driver,
    "BIRTHDATE": _birthdate,
    "PASSPORT": lambda folded: _squeezed(folded).upper(),
    "ID_HANDLE": lambda folded: _squeezed(folded).lstrip("@").lower(),
    "URL_TOKEN": str,
}


class Masker:
    """Masks texts of one chat. Same value, same placeholder; numbers follow the order of first sight."""

    def __init__(
        self,
        speakers: Sequence[str] = (),
        known: Mapping[tuple[str, str], int] | None = None,
        taggers: Sequence[Tagger] = (),
    ) -> None:
        """`speakers`: display names. `known`: (label, canonical) → number given earlier; numbering goes on behind the highest."""
        self.names = NameMatcher(speakers)
        self.taggers = taggers
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
        return find_all(texts, self.names, self.taggers)

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
        return f"[{PLACEHOLDER_WORDS[label]}_{self._number(label, value)}]"

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
