"""A Korean claim becomes its preamble, its elements and its subject, by punctuation and endings alone; no letter is lost.

The pieces of a claim, put one behind the other, are its text. Where a claim is written in a way that is not known, it is one element.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from engine.claims.separators import LABEL, closed, top_matches

Role = Literal["glue", "depends", "preamble", "element", "subject"]
Category = Literal["장치", "방법", "조성물"]
_HOLD = r"(?:포함|구비|함유|내포|보유|탑재|장착)"
_HAS = (
    rf"(?:{_HOLD}(?:하는|한|하여\s*(?:이루어지는|이루어진|구성되는|구성된)|하도록\s*구성된)|갖는|가지는|갖춘|이루어지는|이루어진|구성되는|구성된|"
    r"조합된|마련된)"
)
TRANSITION = re.compile(
    rf"\s*(?:을|를|이|가|으로|로|에)?\s*(?:각각\s*|더\s*|추가로\s*|더욱\s*)?{_HAS}(?:\s*것을\s*특징으로\s*하는)?(?=\s*[,:]?\s)|"
    r"\s*것을\s*특징으로\s*하는(?=\s)|\s*(?:을|를)\s*특징으로\s*하는(?=\s)"
)
"""…를 포함하는, …을 구비하는, …로 이루어지는, …인 것을 특징으로 하는."""
GOES_ON = re.compile(
    rf"\s*(?:을|를|이|가)?\s*(?:{_HOLD}하(?:고|며|되|여|고\s*있으며|는데)|갖추고|갖고|가지며|이루어지되|구성되며)\s*,"
)
"""…를 포함하고, : what follows says more of what was listed."""
_LISTS = re.compile(_HAS + r"(?!\s*(?:군|그룹|집단))")
_TOPIC = re.compile(r"\s*상기\s[^,;\n]{1,40}?[가-힣A-Za-z)](?:은|는)\s(?=\S)")
"""상기 조성물은 …를 포함하는: in a claim that goes back to another."""
DEPENDS = re.compile(
    r"\s*(?:제|청구항)\s*\d{1,4}\s*(?:항)?(?:\s*(?:,|및|또는|내지|이나|~|-|과|와)\s*(?:제|청구항)?\s*\d{1,4}\s*(?:항)?)*"
    r"(?:\s*(?:중|가운데))?(?:\s*어느\s*(?:한|하나의)\s*항)?(?:\s*(?:에\s*있어서|에\s*따른|에\s*의한|에\s*기재된|의|에\s*따라|기재의))"
    r"(?:\s*[,:])?"
)
JEPSON = re.compile(r"(?:에\s*있어서|으로서|로서)\s*[,:]")
_STEP = re.compile(r"(?:단계|공정|과정)(?=\s*(?:[,;]|및|와|과|를|을|$|\n))")
_AND = re.compile(r"\s+(?:및|그리고)\s+")
_FIRST_AND = re.compile(r"^\s*(?:및|그리고|또한|또는)\s+")
_OF_A_GROUP = re.compile(
    r"(?:으로|로)\s*(?:이루어진|이루어지는|구성된|구성되는)\s*(?:군|그룹|집단)(?:에서|으로부터|로부터|중)"
)
_HEAD = re.compile(r"\s*(?:(?:다음|하기|아래)[^,;:\n]{0,20}?(?:을|를)\s*포함하[^,;:\n]{0,40}:)")
_AMOUNT = re.compile(r"\d")
_WITH = re.compile(r"(?<=[가-힣0-9A-Za-z)%])(?:와|과)$")
_NOT_AND = re.compile(r"(?:효|결|사|경|통|초|투|여|부|성|교|학|내|외|전|일)과$")
_UNFINISHED = re.compile(
    r"(?:하되|하고|하며|하여|되어|되고|되며|이고|이며|으로|로서|면|때|경우|또는|따라|위해|위하여|의해|통해|기초하여|하거나|되거나|이거나)$"
)
_SAID = re.compile(r"^\s*(?:상기|그|이때|여기서)\s")
_RELATIVE = re.compile(r"[가-힣](?:하는|되는|된|한|인|는|은|진|린)\s")
_METHOD = re.compile(r"(?:방법|공정|프로세스|용도)\s*[.。]?\s*$")
_COMPOSITION = re.compile(r"(?:조성물|화합물|혼합물|제제|수지|합금|용액|전해액|접착제|도료|잉크|슬러리|분말|초콜릿|식품|음료|사료|비료|크림|세제|유리|섬유)\s*[.。]?\s*$")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a claim's letters and what it is."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim and its pieces in order."""

    text: str
    number: int | None
    pieces: tuple[Piece, ...]
    depends_on: tuple[int, ...]
    """Numbers of the claims it goes back to, in order."""
    category: Category

    @property
    def preamble(self) -> str:
        """What stands before the elements (…에 있어서, the claims it goes back to aside); "" without any."""
        return self._of("preamble")

    @property
    def subject(self) -> str:
        """What is claimed: the words behind …를 포함하는."""
        return self._of("subject").rstrip(" .。")

    @property
    def elements(self) -> tuple[str, ...]:
        """The elements in order, as they are written."""
        return tuple(piece.text for piece in self.pieces if piece.role == "element")

    def _of(self, role: Role) -> str:
        return " ".join(piece.text.strip() for piece in self.pieces if piece.role == role)


def parse_claim(text: str, number: int | None = None) -> Claim:
    """The pieces of one claim. The text may be anything; "" has no pieces."""
    pieces = tuple(piece for piece in _pieces(text) if piece.text)
    depends = "".join(piece.text for piece in pieces if piece.role == "depends")
    return Claim(text, number, pieces, claims_named(depends), _category(text))


def claims_named(text: str) -> tuple[int, ...]:
    """Numbers that 제1항, 제1항 또는 제2항, 제1항 내지 제3항 name, ranges spelled out (at most 200 claims each)."""
    found: dict[int, None] = {}
    for low, high in re.findall(r"(\d{1,4})\s*(?:항)?(?:\s*(?:내지|~|-)\s*(?:제|청구항)?\s*(\d{1,4}))?", text):
        first, last = int(low), int(high or low)
        found |= dict.fromkeys(range(first, min(last, first + 199) + 1) if last >= first else (first, last))
    return tuple(found)


def _category(text: str) -> Category:
    if _METHOD.search(text):
        return "방법"
    return "조성물" if _COMPOSITION.search(text) else "장치"


def _pieces(text: str) -> Iterator[Piece]:
    """depends, preamble, elements with what joins them, transition, subject."""
    at = 0
    if found := DEPENDS.match(text):
        yield Piece("depends", text[: found.end()])
        at = found.end()
    rest = text[at:]
    depth = closed(rest)
    before = _preamble_end(rest, depth)
    if before:
        yield Piece("preamble", rest[:before])
    end, behind = _tail(rest, before, depth)
    if end <= before:  # nothing is listed: …인 방법
        end, behind = len(rest), len(rest)
    yield from _elements(rest[before:end])
    yield Piece("glue", rest[end:behind])
    yield Piece("subject", rest[behind:])


def _preamble_end(text: str, depth: list[int]) -> int:
    """Where the preamble ends: behind the first …에 있어서, or 다음을 포함하는 …: ; 0 without one."""
    if found := _HEAD.match(text):
        return found.end()
    if (found := _TOPIC.match(text)) and any(top_matches(_LISTS, text, depth)):
        return found.end()
    listed = next((match.start() for match in top_matches(re.compile(r"[;\n]"), text, depth)), len(text))
    found = next(top_matches(JEPSON, text, depth), None)
    return found.end() if found and found.end() <= max(listed, 1) else 0


def _tail(text: str, before: int, depth: list[int]) -> tuple[int, int]:
    """(where the elements end, where the subject begins): around the last transition that nothing is listed behind."""
    last = max((m.end() for m in top_matches(re.compile(r"[;\n]|,(?!\d)"), text.rstrip(" .\n"), depth)), default=0)
    found = [m for m in top_matches(TRANSITION, text, depth) if m.end() > last and m.start() >= before]
    if not found:
        return len(text), len(text)
    chosen = found[0] if len(found) == 1 else _main(found, text)
    gap = re.compile(r"[\s,:]*").match(text, chosen.end())
    return chosen.start(), gap.end() if gap else chosen.end()


def _main(found: Sequence[re.Match[str]], text: str) -> re.Match[str]:
    """Of several transitions in the last part (…를 포함하는 A를 구비하는 B) the last one that leaves a short subject."""
    characterised = [one for one in found if "특징" in one.group()]
    return (characterised or found)[-1]


def _elements(body: str) -> Iterator[Piece]:
    """Elements, and between them as glue whatever joins them: commas, 및, labels, …를 포함하고,."""
    at = 0
    for start, end in _spans(body):
        yield Piece("glue", body[at:start])
        yield Piece("element", body[start:end])
        at = end
    yield Piece("glue", body[at:])


def _spans(body: str) -> list[tuple[int, int]]:
    depth = closed(body)
    parts: list[tuple[int, int]] = []
    start = 0
    for found in [*top_matches(GOES_ON, body, depth)]:
        parts += [*_listed(body, start, found.start())]
        start = found.end()
    parts += _listed(body, start, len(body))
    trimmed = (_trimmed(body, low, high) for low, high in parts)
    return [(low, high) for low, high in trimmed if re.search(r"\w", body[low:high])]


def _listed(body: str, start: int, end: int) -> list[tuple[int, int]]:
    """Parts of one list: by semicolons or lines where there are any, by steps in a method, else by commas."""
    text = body[start:end]
    depth = closed(text)
    marks = [m.end() for m in top_matches(re.compile(r";|[;,]?\s*\n(?=\s*\S)"), text, depth) if m.start() > 0]
    if marks:
        return _cut(start, marks, end)
    steps = [m.end() for m in top_matches(_STEP, text, depth)]
    if len(steps) > 1:
        behind = [_behind(text, at) for at in steps]
        return _cut(start, [at for at in behind if at < len(text.rstrip())], end)
    return _by_commas(text, start, end, depth)


def _behind(text: str, at: int) -> int:
    found = re.compile(r"\s*(?:[,;]|와|과)?\s*(?:(?:및|그리고)\s)?").match(text, at)
    return found.end() if found else at


def _cut(start: int, marks: Sequence[int], end: int) -> list[tuple[int, int]]:
    edges = [start, *(start + mark for mark in marks), end]
    return [(low, high) for low, high in pairwise(edges) if low < high]


def _by_commas(text: str, start: int, end: int, depth: list[int]) -> list[tuple[int, int]]:
    commas = [m.end() for m in top_matches(re.compile(r",(?!\d{3}(?!\d))|、"), text, depth)]
    parts = _joined(text, [(low - start, high - start) for low, high in _cut(start, commas, end)])
    if parts:
        parts = [*parts[:-1], *_and(text, *parts[-1], alone=len(parts) == 1, depth=depth)]
    return [(start + low, start + high) for low, high in parts]


def _joined(text: str, parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Parts that do not end an element go with the next one: …하되, and the members of a Markush group."""
    found: list[tuple[int, int]] = []
    for low, high in parts:
        said = text[low:high]
        open_before = found and _UNFINISHED.search(text[slice(*found[-1])].rstrip(" ,")) and not _SAID.match(said)
        while _of_a_group(said) and found and _is_member(text[slice(*found[-1])]):
            low = found.pop()[0]
            said = text[low:high]
        if open_before and found and found[-1][1] <= low:
            low = found.pop()[0]
        found.append((low, high))
    return found


def _of_a_group(said: str) -> bool:
    return _OF_A_GROUP.search(said) is not None


def _is_member(said: str) -> bool:
    """A bare name, as members of a group are: no amount, no relative clause, no 상기 but in 상기 당알코올은 말티톨, …"""
    return _TOPIC.match(said) is not None or (
        not (_AMOUNT.search(said) or _RELATIVE.search(said) or _SAID.match(said)) and len(said.split()) <= 4
    )


def _and(text: str, low: int, high: int, alone: bool, depth: list[int]) -> list[tuple[int, int]]:
    """The last part of a list is two where 및 stands between them, but not where 및 joins two words of one relative clause."""
    said = text[low:high]
    if _of_a_group(said):
        return [(low, high)]
    for found in _AND.finditer(said):
        if depth[low + found.start()] or not said[: found.start()].strip():
            continue
        one, other = said[: found.start()].split(), said[found.end() :]
        bare = len(one) == 1 and re.match(r"\S+(?:을|를|이|가)\s+\S*(?:는|된|한)\s", other)
        if not (bare and not alone):
            return [(low, low + found.start()), (low + found.start(), high)]
    return [(low, high)]


def _trimmed(text: str, low: int, high: int) -> tuple[int, int]:
    """Without blanks, punctuation, labels and 및 around an element."""
    while low < high:
        lead = re.compile(r"[\s,;:、]+").match(text, low, high) or LABEL.match(text, low, high)
        said = _FIRST_AND.match(text[low:high])
        step = lead.end() if lead and lead.end() > low else low + said.end() if said else low
        if step == low:
            break
        low = step
    while high > low and (text[high - 1].isspace() or text[high - 1] in ",;:、."):
        high -= 1
    said_at_end = text[low:high]
    if (found := _WITH.search(said_at_end)) and not _NOT_AND.search(said_at_end) and text[high : high + 1] == ",":
        high = low + found.start()
    if re.search(r"\s(?:및|그리고)$", text[low:high]):
        return _trimmed(text, low, low + text[low:high].rstrip().rfind(" "))
    return low, high
