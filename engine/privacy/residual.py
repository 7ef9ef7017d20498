"""What is still personal in a masked text, and whether a known value got through. It replaces nothing."""

import re
from collections.abc import Iterable

from engine.privacy.chains import digits
from engine.privacy.detectors import find_spans
from engine.privacy.labels import PLACEHOLDER_WORDS, WORDS, Span
from engine.privacy.names import NameMatcher
from engine.privacy.normalise import fold

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(WORDS.values())})(?:_\d+)?\]")
# Neither letter, digit nor space, so that nothing reads across a placeholder. \0 is what the detectors put over a
# number they found, so that a masked text is read just as it was while it was masked; a name stays a plain gap.
_NUMBER_GAP, _NAME_GAP = "\0", "\ue000"
# Shorter digit strings occur by chance inside other numbers.
_MIN_DIGITS = 7
_MIN_LETTERS = 2
_BETWEEN_NUMBERS = re.compile(r"[^\d공영일이삼사오육륙칠팔구OoQlI|]{4,}")
_NUMERIC = frozenset("RRN FRN PHONE ACCOUNT CARD DRIVER BRN".split())


def residual_spans(masked_text: str, names: NameMatcher | None = None) -> list[Span]:
    """Personal data found in `masked_text` outside its placeholders, in code points of `masked_text`."""
    return find_spans(PLACEHOLDER.sub(_gap, masked_text), names)


def _gap(placeholder: re.Match[str]) -> str:
    gap = _NAME_GAP if PLACEHOLDER_WORDS["PERSON"] in placeholder.group() else _NUMBER_GAP
    return gap * len(placeholder.group())


def leaked_values(masked_text: str, values: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of `values` (label, canonical) that still occur in `masked_text`, whatever way they are spelled.

    Numbers are compared by their digits, the rest without spaces and case. Values shorter than 7 digits or 2 letters are skipped.
    """
    body = fold(PLACEHOLDER.sub(_NAME_GAP, masked_text)).text
    squeezed = re.sub(r"\s+", "", body).lower()
    numbers = [digits(run) for run in _BETWEEN_NUMBERS.split(body)]
    leaked = []
    for label, value in values:
        if label in _NUMERIC:
            found = len(value) >= _MIN_DIGITS and any(value in number for number in numbers)
        else:
            form = re.sub(r"\s+", "", value).lower()
            found = len(form) >= _MIN_LETTERS and form in squeezed
        if found:
            leaked.append((label, value))
    return leaked
