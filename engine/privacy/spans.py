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


def apply_elsewhere(value: Any, text: str, spans: Sequence[Mapping[str, Any]]) -> Any:
    """`value` (texts, lists and objects of them, that belong to `text`, such as its summaries) with everything that is masked in `text`
    masked in the same way. A value inside a longer word or number is another one."""
    said = {text[span["start"] : span["end"]]: str(span["placeholder"]) for span in spans}
    known = sorted(filter(str.strip, said), key=len, reverse=True)
    if not known:
        return value
    pattern = re.compile("|".join(rf"(?<![가-힣A-Za-z\d]){re.escape(one)}(?![A-Za-z\d])" for one in known))
    return _everywhere(value, pattern, said)


def _everywhere(value: Any, pattern: re.Pattern[str], said: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: said[found[0]], value)
    if isinstance(value, list):
        return [_everywhere(one, pattern, said) for one in value]
    if isinstance(value, dict):
        return {name: _everywhere(one, pattern, said) for name, one in value.items()}
    return value


def defused(text: str) -> str:
    """A typed `[이름_1]` becomes `（이름_1）`."""
    return FORGED.sub(r"（\1）", text) if "_" in text or "＿" in text else text
