"""A text with its stored masks put in. It knows nothing of how spans are found."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

FORGED = re.compile(r"[\[［](\s*[가-힣ᄀ-ᇿA-Za-z]+[_＿]\d+\s*)[\]］]")
"""A placeholder somebody typed, also in full width or with decomposed Hangul. Left as it is, it would read as a masked value."""


def apply_spans(text: str, spans: Sequence[Mapping[str, Any]]) -> str:
    """`text` with every span {start, end, placeholder} replaced; spans are sorted and do not overlap.

    Placeholders that stood in the text already are defused to （…）.
    """
    pieces, at = [], 0
    for span in spans:
        pieces += [defused(text[at : span["start"]]), span["placeholder"]]
        at = span["end"]
    return "".join([*pieces, defused(text[at:])])


def defused(text: str) -> str:
    """A typed `[이름_1]` becomes `（이름_1）`."""
    return FORGED.sub(r"（\1）", text) if "_" in text or "＿" in text else text
