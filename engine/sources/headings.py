"""Which lines of a Korean policy are headings: 편 장 관 절 조, 부칙, 별표, the name of a set of clauses. It cuts nothing.

The same words stand inside sentences ("제5조(보험금의 지급사유)에서 정한"), where a line break can put them first: the letters right
behind them, the line before and the count of articles tell which is which.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from engine.sources.clause import article_name

Level = Literal["rules", "편", "장", "관", "절", "article", "annex", "supplement", "text"]
PARTS: tuple[Level, ...] = ("편", "장", "관", "절")
_LEAD = r"^[\s#*_]{0,12}"
_TITLE = r"(?:\(([^()]{0,80}(?:\([^()]{0,40}\)[^()]{0,40})?)\)|（([^）]{0,80})）|\[([^\]]{0,80})\]|【([^】]{0,80})】|<([^>]{0,80})>|〈([^〉]{0,80})〉|「([^」]{0,80})」)"
ARTICLE = re.compile(_LEAD + r"제\s*(\d{1,3})\s*조(?:\s*의\s*(\d{1,2})(?!\d))?(?:[ \t]*" + _TITLE + r")?(?P<tail>.*)$")
_OPEN = re.compile(_LEAD + r"제\s*\d{1,3}\s*조(?:\s*의\s*\d{1,2})?\s*(?:[(（\[【]\s*[^)）\]】]{0,60})?$")
"""An article's heading whose title goes on, or stands, in the next line."""
_PART = re.compile(_LEAD + r"제\s*(\d{1,2})\s*(편|장|관|절)(?:\s*의\s*\d{1,2})?(?P<tail>.*)$")
_ANNEX = re.compile(
    _LEAD
    + r"[\[<【〈(「]\s*(별\s*표|별\s*첨|별\s*지|부\s*표|붙\s*임)\s*(\d{0,3}(?:\s*[-–]\s*\d{1,3})?)\s*([^\]>】〉)」]{0,60})[\]>】〉)」](?P<tail>.{0,80})$"
)
_BARE_ANNEX = re.compile(_LEAD + r"(별\s*표|부\s*표)\s*(\d{1,3}(?:\s*[-–]\s*\d{1,3})?)?\s*[.:]?(?P<tail>\s.{0,50}|)$")
_SUPPLEMENT = re.compile(_LEAD + r"[\[<【〈(]?\s*부\s*칙\s*[\]>】〉)]?\s*(?:[(<\[].{0,40}[)>\]])?\s*\**$")
_RULES = re.compile(r"(?:보통\s?약관|특별\s?약관|추가\s?약관|특약|약관)(?:\s*[(\[（][^()\[\]]{0,30}[)\]）])?$")
_REFERS = re.compile(
    r"^(?:제\s*\d+\s*[항호목조관장편절]|및|또는|내지|부터|까지|에서|에\s|에게|에도|에는|에\s?따|으로|로\s|의\s|를|을\s|와\s|과\s|은\s|는\s|도\s|이\s?정|가\s?정|[,、ㆍ·~∼]|본문|단서|전단|후단|중\s|각\s?호|등[의을에]?\s|의\s?규정|의\s?정함|에?\s?의한|에?\s?의하)"
)
"""What follows an article that a sentence only names."""
_HEADED = re.compile(r"제\s*\d+\s*[조관장편절]")
_PARTICLE = re.compile(r"^(?:에|의|을|를|와|과|은|는|이(?!\s(?:보험|계약|약관|특약|특별약관))|가|도|로|으로)(?=\s)")
"""Straight behind the bracket, without a space."""
_GOES_ON = re.compile(r"(?:\s(?:및|또는|내지)|[,、ㆍ·「(])$")
"""The end of a line that a list of articles goes on from. No particles: 고의, 나이, 효과 end items of their own."""
_SENTENCE_END = re.compile(r"(?:[.。!?:;)\]>】〉」|]|[다음함임됨])\s*$")
LEADERS = "·.…‥․ㆍ"
"""What leads the eye to a page number."""
CONTENTS = re.compile(r"^[\s#*\[<【]*(?:목\s*차|차\s*례|contents|table of contents)[\s\]>】]*$", re.I)
_SIGNS = re.compile(r"^[\s#*_\[<【〈「■□●○◆◇▶▷◎]+|[\s#*_\]>】〉」]+$")
LONGEST_HEADING = 60


@dataclass(slots=True)
class Section:
    """A heading and the lines under it."""

    level: Level
    title: str
    line: int
    """Of the heading, from 1."""
    article: str | None = None
    number: tuple[int, int] = (0, 0)
    body: list[str] = field(default_factory=list)
    ahead: int = 0
    """Letters that stood before the body on its first line."""

    @property
    def is_bare(self) -> bool:
        return not any(line.strip() for line in self.body)


@dataclass(slots=True)
class Place:
    """Where in the policy a line stands: what tells a heading from a reference."""

    before: str = ""
    """The line before, "" for none or an empty one."""
    after: str = ""
    """The next line that is not empty."""
    last: tuple[int, int] = (0, 0)
    """The article before."""
    level: Level = "text"


def heading(line: str, number: int, place: Place) -> Section | None:
    """The section that this line begins, or None."""
    text = line.strip()
    if not text or len(text) > 4_000:
        return None
    return (
        _article(line, number, place)
        or _part(line, number, place)
        or _annex(line, number, place)
        or _supplement(line, number)
    )


def is_open(line: str, after: str) -> bool:
    """Whether the title in an article's heading goes on in the next line."""
    return _OPEN.match(line) is not None and (after.lstrip()[:1] in "([【<（" or line.rstrip()[-1:] != "조")


def is_listed(line: str) -> bool:
    """Whether a line ends as in a table of contents: leaders, or a page number far to the right or behind a bracket."""
    text = line.rstrip()[-60:]
    before = text.rstrip("0123456789")
    digits = len(text) - len(before)
    if digits > 4:
        return False
    lead = before[len(before.rstrip(LEADERS + " ")) :]
    if sum(sign in LEADERS for sign in lead) >= 3:
        return True
    return digits > 0 and (
        before.endswith(("  ", "\t")) or (before[-1:] == " " and before[-2:-1] in ")]】>" and len(before) > 1)
    )


def rules_name(line: str) -> str | None:
    """The name of a set of clauses, when the line can be one: 암진단비 특별약관."""
    text = _SIGNS.sub("", line)
    if (
        not 2 <= len(text) <= LONGEST_HEADING
        or text.endswith((".", ",", "다", "요"))
        or re.match(r"제\s*\d|[①-⑳]|\d+\.\s.*다$", text)
    ):
        return None
    if not _RULES.search(text) or re.search(r"이\s?(?:특별|보통)?약관|[은는을를에]\s|따라|경우|의하여|정한", text):
        return None
    return re.sub(r"^(?:\d{1,2}(?:-\d{1,2})?[.)]|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+\.?|[IVX]+\.|[가-하]\.)\s*", "", text)


def _article(line: str, number: int, place: Place) -> Section | None:
    found = ARTICLE.match(line)
    if not found or is_listed(line):
        return None
    title = next((t for t in found.groups()[2:9] if t is not None), None)
    tail, count = found["tail"], (int(found[1]), int(found[2] or 0))
    name = article_name(found[1], found[2])
    if title is None:
        title, tail = _bare_title(tail, place)
        if title is None or not _follows(count, place):
            return None
    elif _is_reference(tail, place) or not (_follows(count, place) or _may_begin(place)):
        return None
    if _GOES_ON.search(place.before):
        return None
    title = re.sub(r"\s+", " ", title).strip()
    told = f"{name}({title})" if title else name
    body = [tail.strip(" \t*_")] if tail.strip(" \t*_") else []
    return Section("article", told, number, name, count, body, len(line) - len(tail) if body else 0)


def _is_reference(tail: str, place: Place) -> bool:
    if tail.strip():
        return bool(_REFERS.match(tail.strip()) or (not tail[0].isspace() and _PARTICLE.match(tail)))
    return _REFERS.match(place.after) is not None and not _HEADED.match(place.after)


def _bare_title(tail: str, place: Place) -> tuple[str | None, str]:
    """A title without brackets: short, no sentence. (None, tail) when it is none."""
    text = tail.strip(" \t*_")
    if not text:
        return (None, tail) if _REFERS.match(place.after) and not _HEADED.match(place.after) else ("", "")
    if (
        not tail[0].isspace()
        or _REFERS.match(text)
        or len(text) > 40
        or re.search(r"[.,]$|다\.?$|[은는을를에]\s.*[다며고]$", text)
    ):
        return None, tail
    return text, ""


def _follows(count: tuple[int, int], place: Place) -> bool:
    """Whether this is the number that comes next."""
    (number, branch), (last, last_branch) = count, place.last
    if number == last:
        return branch in (last_branch + 1, 2 if last_branch == 0 else -1)
    return branch in (0, 1, 2) and number in (last + 1, 1)


def _may_begin(place: Place) -> bool:
    return not place.before or _SENTENCE_END.search(place.before) is not None


def _part(line: str, number: int, place: Place) -> Section | None:
    found = _PART.match(line)
    if not found or is_listed(line):
        return None
    tail = found["tail"]
    title = re.sub(r"\s+", " ", tail).strip(" \t*_[]<>【】()")
    if (
        len(title) > 50
        or re.search(r"다\.?$|[.,]$", title)
        or _REFERS.match(tail.strip())
        or (tail and _PARTICLE.match(tail))
    ):
        return None
    if tail and not tail[0].isspace() and tail[0] not in "[(<【":
        return None
    name = f"제{int(found[1])}{found[2]}"
    return Section(_level(found[2]), f"{name} {title}".strip(), number, number=(int(found[1]), 0))


def _level(name: str) -> Level:
    return next(level for level in PARTS if level == name)


def _annex(line: str, number: int, place: Place) -> Section | None:
    found = _ANNEX.match(line)
    bare = None if found else _BARE_ANNEX.match(line)
    if not (found or bare) or is_listed(line):
        return None
    match = found or bare
    assert match
    tail = match["tail"]
    if (
        _PARTICLE.match(tail)
        or _REFERS.match(tail.strip())
        or re.search(r"참조|참고|정한|정하|따른|따라|다\.?$|[.,]$", tail)
    ):
        return None
    if _GOES_ON.search(place.before) or _REFERS.match(place.after):
        return None
    if bare and place.level != "annex" and not _may_begin(place):
        return None
    if bare and not tail.strip() and not match[2]:
        return None
    inner = match[3].strip() if found else ""
    name = " ".join(filter(None, (re.sub(r"\s", "", part or "") for part in match.groups()[:2])))
    title = " ".join(filter(None, (inner, tail.strip(" \t*_:.()"))))
    return Section("annex", f"[{name}] {title}".strip(), number)


def _supplement(line: str, number: int) -> Section | None:
    return Section("supplement", "부칙", number) if _SUPPLEMENT.match(line) else None
