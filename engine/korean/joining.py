"""Lines that a page's width broke become sentences again. Whether a space stood at the break, Kiwi's language model says.

It knows no layout: the caller says which lines belong together by handing them over; lines that begin an item stay lines.
"""

import re
from collections.abc import Sequence

from engine.korean.morphemes import kiwi

CONTEXT = 24
"""Letters on either side of a break that are looked at: 0.5 ms a break."""
FULL = 0.7
"""Share of the usual width from which a line counts as broken by the page."""
BEGINS = re.compile(
    r"^\s*(?:[①-⑳㉑-㉟]|\(?\d{1,2}[.)]\s|\(\d{1,2}\)|[가-하][.)]\s|\([가-하]\)|[-•·※*■□▪◦○●◎☞▶►ㅇ❍]\s?|[ⅠⅡⅢⅣⅤⅥ]\.?\s|<|【|\[|[|])"
)
"""The beginning of a line that goes on from nothing."""
_OPEN_END = re.compile(r"[.!?:;)\]>】|]\s*$")


def usual_width(lines: Sequence[str]) -> int:
    """The length that nine of ten lines with text stay below."""
    lengths = sorted(len(line) for line in lines if len(line) > 8)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def join_broken(lines: Sequence[str], width: int, ahead: int = 0) -> list[str]:
    """The lines with those joined that a page of `width` letters broke; empty lines go. ahead: letters that stood before the first."""
    joined: list[str] = []
    before = ""
    for line in (line.strip() for line in lines):
        if not line:
            before = ""
            continue
        if joined and before and len(before) >= FULL * width and not BEGINS.match(line):
            joined[-1] += (" " if _spaced(joined[-1], line) else "") + line
        else:
            joined.append(line)
        before = " " * ahead + line
        ahead = 0
    return joined


def _spaced(one: str, other: str) -> bool:
    """Whether a space belongs between the end of one line and the beginning of the next."""
    if one[-1] in "([{<「『“‘" or other[0] in ".,:;!?)]}>」』”’%":
        return False
    if _OPEN_END.search(one) or not ("가" <= one[-1] <= "힣" and "가" <= other[0] <= "힣"):
        return not (one[-1:].isdigit() and (other[:1].isdigit() or "가" <= other[:1] <= "힣"))
    _, spaces = kiwi().glue([one[-CONTEXT:], other[:CONTEXT]], return_space_insertions=True)
    return bool(spaces[0])
