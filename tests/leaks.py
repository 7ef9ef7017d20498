"""Whether a known value still stands in a masked text, whatever way it is spelled: what the property tests judge by."""

import re
from collections.abc import Iterable

from engine.privacy.chains import digits
from engine.privacy.normalise import fold
from engine.privacy.residual import PLACEHOLDER

# Shorter digit strings occur by chance inside other numbers.
_MIN_DIGITS = 7
_MIN_LETTERS = 2
_BETWEEN_NUMBERS = re.compile(r"[^\d공영일이삼사오육륙칠팔구OoQlI|]{4,}")
_NUMERIC = frozenset("RRN FRN PHONE ACCOUNT CARD DRIVER BRN".split())


def leaked_values(masked_text: str, values: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of `values` (label, canonical) that still occur in `masked_text`, whatever way they are spelled.

    Numbers are compared by their digits, the rest without spaces and case. Values shorter than 7 digits or 2 letters are skipped.
    """
    body = fold(PLACEHOLDER.sub("\ue000", masked_text)).text
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
