"""All detectors in their order of certainty, behind cheap gates. It finds; it does not replace.

A hit is blanked out of the working copy, so that a later detector cannot read a part of it: a phone number inside a
sentence about accounts stays a phone number, a given name inside a street stays a street.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from engine.privacy import accounts, addresses, numbers, web
from engine.privacy.labels import Span, Tagger
from engine.privacy.names import NameMatcher, default_matcher
from engine.privacy.normalise import fold, spoken
from engine.privacy.numbers import Hit

Detector = Callable[[str], Iterator[Hit]]

_DIGIT = re.compile(r"\d")
_SIX_DIGITS = re.compile(r"\d(?:\D{0,5}\d){5}")
_SAID = "[0-9공영일이삼사오육륙칠팔구OoQlI|iㅇㅣ]"
_SPOKEN_RUN = re.compile(rf"{_SAID}(?:.{{0,4}}?{_SAID}){{8}}", re.S)
_NATIVE_RUN = re.compile(
    r"(?:[공영]|하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉)(?:.{0,4}?(?:[공영일이삼사오육칠팔구]|하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉)){8}",
    re.S,
)
_LINK_SIGN = re.compile(r"[A-Za-z0-9_-]{3}[./]|[a-z]+://|[A-Za-z0-9_]{10}")
_BIRTH_SIGN = re.compile(r"생|출생|태어|민증|앞자리|birth|dob|d\.o\.b|[MF남여男女][성자]? ?[/,|·] ?\d", re.I)
_ASCII = re.compile(r"[0-9A-Za-z@]|골[뱅벵]이")
_LATIN = re.compile(r"[A-Za-z0-9]{2}")

_LONG_NUMBERS: tuple[Detector, ...] = (
    numbers.rrn,
    numbers.card,
    numbers.phone,
    numbers.driver,
    numbers.brn,
    accounts.account,
    numbers.passport,
)


class _Working:
    """The text with every hit blanked, and the hits."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.hits: list[Hit] = []

    def claim(self, found: Iterator[Hit]) -> None:
        """Take what does not touch an earlier hit."""
        for start, end, label, confidence in sorted(found, key=lambda hit: (hit[0], -hit[1])):
            if end > start and "\0" not in self.text[start:end]:
                self.text = f"{self.text[:start]}{chr(0) * (end - start)}{self.text[end:]}"
                self.hits.append((start, end, label, confidence))


def detect(text: str, names: NameMatcher | None = None) -> list[Hit]:
    """Hits in folded text, sorted, not overlapping."""
    work = _Working(text)
    if _ASCII.search(text):
        _claim_ascii(work)
    else:
        if addresses.LIVES_SIGN.search(text):
            work.claim(addresses.address(text))
        _claim_spoken(work)
    for hit in (names or default_matcher()).find(work.text):
        work.hits.append((hit.start, hit.end, "PERSON", hit.confidence))
    return sorted(work.hits)


def _claim_ascii(work: _Working) -> None:
    if "@" in work.text or _LATIN.search(work.text) or web.EMAIL_SIGN.search(work.text):
        _claim_web(work)
    _claim_spoken(work)
    if _DIGIT.search(work.text):
        _claim_numbers(work)
    elif addresses.LIVES_SIGN.search(work.text):
        work.claim(addresses.address(work.text))
    if _LATIN.search(work.text) and web.HANDLE_SIGN.search(work.text):
        work.claim(web.handle(work.text))


def _claim_web(work: _Working) -> None:
    if _LINK_SIGN.search(work.text):
        work.claim(web.url_token(work.text))
    if web.EMAIL_SIGN.search(work.text):
        work.claim(web.email(work.text))


def _claim_spoken(work: _Working) -> None:
    text = work.text
    said = _SPOKEN_RUN.search(text) or (("공" in text or "영" in text) and _NATIVE_RUN.search(text))
    view = spoken(text) if said else None
    if view is not None:
        for detector in _LONG_NUMBERS:
            work.claim(detector(_blanked(view, work.text)))


def _claim_numbers(work: _Working) -> None:
    if work.text.count(".") > 2 or work.text.count(":") > 2:
        work.claim(numbers.ip(work.text))
    if _SIX_DIGITS.search(work.text):
        for detector in _LONG_NUMBERS:
            work.claim(detector(work.text))
    if _BIRTH_SIGN.search(work.text):
        work.claim(accounts.birthdate(work.text))
    if addresses.SIGN.search(work.text) or addresses.LIVES_SIGN.search(work.text):
        work.claim(addresses.address(work.text))
    if _SIX_DIGITS.search(work.text):
        work.claim(numbers.plate(work.text))


def _blanked(view: str, claimed: str) -> str:
    if "\0" not in claimed:
        return view
    return "".join("\0" if sign == "\0" else ch for ch, sign in zip(view, claimed, strict=True))


def find_spans(text: str, names: NameMatcher | None = None) -> list[Span]:
    """Personal data in `text`: code points of the original, sorted, not overlapping. Without `names`, third parties only."""
    folded = fold(text)
    spans: list[Span] = []
    for start, end, label, confidence in detect(folded.text, names):
        at, to = folded.original(start, end)
        if not spans or at >= spans[-1].end:
            spans.append(Span(at, to, label, confidence))
    return spans


def find_all(
    texts: Sequence[str], names: NameMatcher | None = None, taggers: Sequence[Tagger] = ()
) -> list[list[Span]]:
    """`find_spans` of many texts at once, so that a tagger can work in batches. What a rule found outranks a tagger.

    Every different text is looked at once: a third of a chat is ㅋㅋ, 응 and the like.
    """
    each = {text: find_spans(text, names) for text in dict.fromkeys(texts)}
    found = [each[text] for text in texts]
    for tagger in taggers:
        tagged = dict(zip(each, tagger.tag(list(each)), strict=True))
        found = [with_others(spans, tagged[text]) for spans, text in zip(found, texts, strict=True)]
    return found


def with_others(spans: list[Span], others: Sequence[Span]) -> list[Span]:
    """`spans` and those of `others` that touch none of them, sorted."""
    free = [other for other in others if all(other.end <= span.start or span.end <= other.start for span in spans)]
    return sorted([*spans, *free], key=lambda span: span.start) if free else spans
