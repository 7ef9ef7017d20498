"""Where sentences of an answer or a clause begin and end, as spans. A point in 3.5, 제5조. or 1. ends none."""

import re

from engine.ground.folding import fold

_END = re.compile(
    r"(?<=[다요죠까음임함됨니오라네군])[.!?。]+[\"'”’)\]]*(?=\s|[가-힣A-Za-z\"'“‘(\[]|$)|[!?。]+[\"'”’)\]]*|(?<!\d)\.+(?=\s|$)|(?<=\d)\.(?=\s+[가-힣])(?<!^\d\.)|\n+|…+(?=\s)"
)
_NUMBERING = re.compile(r"^\s*(?:\d{1,2}|[가-하])[.)]?\s*$|^\s*[-•*▪◦·]+\s*$")


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences, without the white space around them."""
    found, at = [], 0
    folded = fold(text)
    for match in _END.finditer(folded):
        if _NUMBERING.match(folded[at : match.end()]) and "\n" not in match.group():
            continue
        found.append((at, match.end()))
        at = match.end()
    found.append((at, len(folded)))
    return [span for span in (_stripped(folded, *one) for one in found) if span[0] < span[1]]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
