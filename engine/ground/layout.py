"""The build of a clause text: articles, paragraphs ①, items 1. 가. -, table cells, and the lead-in that items stand under."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.ground.folding import fold

_HEADING = r"제\s?(?P<article>\d+)\s?조(?:의\s?(?P<branch>\d+))?\s?(?=[(【\[<]|[①-⑳\n]|$)"
_MARK = re.compile(
    rf"(?P<heading>{_HEADING})(?P<title>\s?[(【\[<][^)】\]>\n]{{1,40}}[)】\]>])?|(?P<paragraph>[①-⑳])"
    r"|(?P<item>(?:(?<=[\s:.)])|^)(?:\d{1,2}|[가나다라마바사아자차카타파하])[.)]\s(?=[^\d])|(?<=\s)[-•▪◦∙]\s|\s/\s|\s?\|\s?|※\s?|\(주\)\s?|<표>\s?|[㉠-㉻ⓐ-ⓩ⑴-⒇]\s?)|(?P<line>\n+)"
)


@dataclass(frozen=True, slots=True)
class Block:
    """[start, end) of a text; article and paragraph it stands in (0: none); `lead`: span of what its item hangs on."""

    start: int
    end: int
    article: float
    paragraph: int
    title: str
    lead: tuple[int, int] | None


def blocks(text: str) -> Iterator[Block]:
    """All blocks that hold more than a mark, in order."""
    folded = _rows_whole(fold(text))
    article, paragraph, title, lead = 0.0, 0, "", None
    at, item = 0, False
    last: tuple[int, int] | None = None
    for mark in [*_MARK.finditer(folded), None]:
        end = mark.start() if mark else len(folded)
        if re.search(r"[가-힣\d]", folded[at:end]):
            yield Block(at, end, article, paragraph, title, lead if item else None)
            if not item:
                last = (at, end)
        if mark is None:
            return
        at = mark.end()
        if mark["heading"]:
            article, paragraph, item, lead = float(mark["article"]) + int(mark["branch"] or 0) / 1000, 0, False, None
            title = (mark["title"] or "").strip(" ()[]【】<>")
        elif mark["paragraph"]:
            paragraph, item, lead = ord(mark["paragraph"]) - ord("①") + 1, False, None
        elif mark["item"]:
            item, lead = True, last


def _rows_whole(text: str) -> str:
    """A table row whose first cell is a name stays one block; a row of name-and-amount cells is cut at its bars."""
    return "\n".join(
        line.replace("|", ",") if "|" in line and not re.search(r"\d", line.split("|")[0]) else line
        for line in text.split("\n")
    )
