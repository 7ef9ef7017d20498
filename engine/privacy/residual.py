"""What is still personal in a masked text. It replaces nothing."""

import re
from collections.abc import Callable, Collection

import ahocorasick

from engine.korean.hangul import is_syllable
from engine.privacy import name_context as around
from engine.privacy.chains import digits
from engine.privacy.detectors import find_spans
from engine.privacy.labels import PLACEHOLDER_WORDS, WORDS, Span
from engine.privacy.name_tables import DOUBLE_SURNAMES, JOBS, SURNAMES
from engine.privacy.names import NameMatcher

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(WORDS.values())})(?:_\d+)?\]")
# Neither letter, digit nor space, so that nothing reads across a placeholder. \0 is what the detectors put over a
# number they found, so that a masked text is read just as it was while it was masked; a name stays a plain gap.
_NUMBER_GAP, _NAME_GAP = "\0", "\ue000"


class Invented:
    """Finds the pseudonyms of a store by their exact text, so that they do not read as real values.

    A given name counts at the start of a word or behind a surname; a number or Latin word only whole.
    """

    def __init__(self, known: Collection[tuple[str, str]]) -> None:
        """`known`: (kind, text)."""
        self._kinds = {text.lower(): kind for kind, text in known}
        self._automaton = ahocorasick.Automaton()
        for text, kind in self._kinds.items():
            self._automaton.add_word(text, (kind, text))
        if self._kinds:
            self._automaton.make_automaton()

    def cover(self, text: str) -> str:
        """`text` with gaps over pseudonyms, of the same length."""
        lowered = text.lower()
        if not self._kinds or len(lowered) != len(text):
            return text
        for last, (kind, form) in self._automaton.iter(lowered):
            start, end = last - len(form) + 1, last + 1
            if kind in ("GIVEN", "MONO"):
                start = _name_start(lowered, start, end)
            elif not _stands_alone(lowered, start, end):
                start = -1
            if start >= 0 and (kind != "SURNAME" or _TITLED.match(text, end)):
                gap = _NAME_GAP if kind in _NAME_PARTS else _NUMBER_GAP
                text = text[:start] + gap * (end - start) + text[end:]
        return text


_NAME_PARTS = frozenset("GIVEN MONO SURNAME LATIN".split())
_TITLED = re.compile(rf" ?(?:{JOBS}|씨|님)")


def _name_start(text: str, start: int, end: int) -> int:
    """Where the name begins whose given part is [start, end); -1 when that is the middle of a word, as 민서 in 국민서비스."""
    if around.starts_word(text, start) or around.follows_calling(text, start):
        return start
    if not (around.ends_word(text, end) or around.particle_agrees(text, end) or around.titled(text, end)):
        return -1
    for length in (1, 2):
        head = text[max(0, start - length) : start]
        known = head in SURNAMES or head in DOUBLE_SURNAMES
        if known and not is_syllable(text[max(0, start - length - 1) : start - length]):
            return start - length
    return -1


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, first = text[start - 1 : start] if start else "", text[start]
    after, last = text[end : end + 1], text[end - 1]
    if is_syllable(first) and is_syllable(before):
        return False
    return not (first.isascii() and _in_word(before)) and not (last.isascii() and _in_word(after))


def _in_word(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


NOTHING_INVENTED = Invented(())


def covered(masked_text: str, invented: Invented = NOTHING_INVENTED) -> str:
    """`masked_text` with gaps, of the same length, over its placeholders and over `invented` values."""
    return invented.cover(PLACEHOLDER.sub(_gap, masked_text))


def residual_spans(
    masked_text: str, names: NameMatcher | None = None, invented: Invented = NOTHING_INVENTED
) -> list[Span]:
    """Personal data found in `masked_text` outside placeholders and `invented` values, in code points of `masked_text`."""
    return find_spans(covered(masked_text, invented), names)


def _gap(placeholder: re.Match[str]) -> str:
    gap = _NAME_GAP if PLACEHOLDER_WORDS["PERSON"] in placeholder.group() else _NUMBER_GAP
    return gap * len(placeholder.group())


_NUMBER_RUN = re.compile(r"(?<!\d)\d(?:[ .\-]?\d){8,18}(?!\d)")
NUMBERED = ("ACCOUNT", "PHONE", "CARD", "RRN", "FRN", "BRN", "DRIVER")
"""Kinds whose value is its digits: a known one is told from others without any words around it."""


def known_numbers(text: str, is_known: Callable[[str, str], bool]) -> list[Span]:
    """Long numbers in `text` that are values hidden elsewhere; `is_known` takes a label and digits."""
    spans = []
    for run in _NUMBER_RUN.finditer(text):
        number = digits(run.group())
        label = next((label for label in NUMBERED if is_known(label, number)), None)
        if label:
            spans.append(Span(run.start(), run.end(), label))
    return spans
