"""A text's sentences with where they stand. It knows no term."""

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"(?:[^.!?。\n]|\.(?=\d))+[.!?。]*")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence that holds a letter, its closing sign in it; a decimal point closes none."""
    for found in _SENTENCE.finditer(text):
        if any(letter.isalnum() for letter in found.group()):
            yield found.start(), found.end()
