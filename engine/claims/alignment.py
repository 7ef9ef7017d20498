"""Which element of one list is which of another, and whether a text names an element. It knows words, not verdicts.

Elements are written freely: "상기 제어부", "제어부(30)를 포함하는" and "제어부" are one element. Exact texts pair first, the rest by likeness.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from engine.korean.hangul import nfc

LIKE = 60.0
"""Likeness (0-100) from which two elements can be one. Unlike elements of one claim lie at 20-50."""
ENDS, CONTAINED = 90.0, 70.0
"""Likeness of an element that stands whole in the other, at its end or before: the head of a Korean phrase is its last word, so
제어부 is 센서에 연결된 제어부, and 센서 is not."""
REORDERED = 65.0
"""Most that the same words in another order are worth, below what stands whole."""
NAMED = 85.0
"""Likeness of the best stretch of a text from which it holds an element word for word, but for an ending or two."""
LETTERS = 400
"""Letters of an element that are compared: an answer may be a megabyte of one."""
MOST = 400
"""Elements compared by likeness: 400 with 400 take 0.1 s."""
_DROPPED = re.compile(r"[^0-9A-Za-z가-힣%]+")
_LEAD = re.compile(r"^\s*(?:\(?[0-9a-z가-힣]{1,2}[).:]\s+|상기\s+|및\s+|그리고\s+)+", re.IGNORECASE)
_NUMERAL = re.compile(r"\(\s*\d{1,4}[a-z]?\s*\)")
"""Of a part in a drawing: 제어부(30)."""
_TAIL = re.compile(r"(?:을|를|이|가|은|는)?\s*(?:포함|구비|가지|갖|이루어지|구성되)\S*\s*(?:것)?\s*$")
_WORD = re.compile(r"[0-9A-Za-z가-힣]+")
_PARTICLE = re.compile(
    r"(?<=[가-힣A-Za-z0-9]{2})(?:에서|으로|하는|되는|하여|되어|에게|까지|부터|[을를이가은는의에와과로도])$"
)
_VERBAL = re.compile(r"([가-힣A-Za-z]{2,})(?:하|되|시키|된|한)[가-힣]*")
"""A noun used as a verb: 수용하는, 연결된."""
STOCK = frozenset(
    "상기 포함 포함하는 구비 구비하는 갖는 가지는 이루어진 구성된 것을 것인 특징으로 하는 되는 있는 없는 위한 의한 따른 통해 또는 내지 이상 이하 미만 "
    "초과 중량 부피 각각 적어도 하나 복수 제품 청구항 구성 구성요소 요소 방법 장치 시스템 사용 설명 기재 해당 대응".split()
)
"""Words that stand in elements of every claim, and tell none from another."""


def plain(element: str) -> str:
    """An element without what does not tell it from others: spaces, marks, a leading 상기 or number, a closing 포함하는."""
    text = _TAIL.sub("", _NUMERAL.sub("", _LEAD.sub("", nfc(element[:LETTERS]).strip())))
    return _DROPPED.sub("", nfc(text)).casefold() or _DROPPED.sub("", nfc(element[:LETTERS])).casefold()


def aligned(truth: Sequence[str], said: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pairs of places (truth, said), in the order of `truth`, then what was said beyond it; None where one has no partner.

    Equal texts pair first, in order. What is left pairs by likeness, the likest first, of equals the one nearest in order.
    """
    ours, theirs = [_Element.of(one) for one in truth], [_Element.of(one) for one in said]
    partner = _equal([one.plain for one in ours], [one.plain for one in theirs])
    taken = set(partner.values())
    left = [place for place in range(len(ours)) if place not in partner][:MOST]
    free = [place for place in range(len(theirs)) if place not in taken][:MOST]
    for at, to in _likest(ours, theirs, left, free):
        if at not in partner and to not in taken:
            partner[at] = to
            taken.add(to)
    rest: list[tuple[int | None, int | None]] = [(None, to) for to in range(len(theirs)) if to not in taken]
    return [*((at, partner.get(at)) for at in range(len(ours))), *rest]


def _equal(ours: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    waiting: dict[str, list[int]] = {}
    for place in reversed(range(len(theirs))):
        waiting.setdefault(theirs[place], []).append(place)
    return {place: waiting[text].pop() for place, text in enumerate(ours) if waiting.get(text)}


def _likest(
    ours: Sequence["_Element"], theirs: Sequence["_Element"], left: list[int], free: list[int]
) -> Iterator[tuple[int, int]]:
    likeness = ((_likeness(ours[at], theirs[to]), at, to) for at in left for to in free)
    found = [one for one in likeness if one[0] >= LIKE]
    for _, at, to in sorted(found, key=lambda one: (-one[0], abs(one[1] - one[2]), one[1])):
        yield at, to


@dataclass(frozen=True, slots=True)
class _Element:
    """An element, its words in the order of the alphabet without spaces, its last word, and its nouns that are used as verbs."""

    plain: str
    words: str
    head: str
    verbs: frozenset[str]

    @staticmethod
    def of(element: str) -> "_Element":
        words = [_PARTICLE.sub("", word).casefold() for word in _WORD.findall(_TAIL.sub("", nfc(element[:LETTERS])))]
        told = sorted(word for word in words if word not in STOCK)
        verbs = frozenset(found.casefold() for found in _VERBAL.findall(nfc(element[:LETTERS])))
        return _Element(plain(element), "".join(told), words[-1] if words else "", verbs)


def _likeness(one: _Element, other: _Element) -> float:
    """Letters in common, 0-100; a shorter text that stands whole in the longer is like it, whatever else that says."""
    short, long = sorted((one.plain, other.plain), key=len)
    whole = fuzz.ratio(short, long)
    if len(short) >= 2 and short in long:
        return max(ENDS if long.endswith(short) else CONTAINED, whole)
    if whole < LIKE and _one_head(one, other):
        return max(whole, min(REORDERED, fuzz.ratio(one.words, other.words)))
    return whole


def _one_head(one: _Element, other: _Element) -> bool:
    """Whether both may be one thing with its words in another order: 기판을 수용하는 챔버 and 챔버(기판 수용), but not
    센서에 연결된 제어부 and 제어부에 연결된 센서."""
    return one.head == other.head or one.head in other.verbs or other.head in one.verbs


def stands_in(element: str, text: str) -> bool:
    """Whether an element's words stand in a text, next to each other, but for endings."""
    short, long = plain(element), _DROPPED.sub("", nfc(text)).casefold()
    if not short:
        return False
    return short in long or (len(short) >= 4 and fuzz.partial_ratio(short, long) >= NAMED)


def names(text: str, element: str, others: Sequence[str]) -> bool:
    """Whether a text names an element: its words as they are, or one that none of the `others` has."""
    if stands_in(element, text):
        return True
    common = {word for other in others for word in words_of(other)}
    written = _DROPPED.sub("", nfc(text)).casefold()
    return any(word in written for word in words_of(element) - common)


def words_of(element: str) -> set[str]:
    """Words that tell an element from others: without particles, marks, numbers alone and words of every claim."""
    found = (_PARTICLE.sub("", word).casefold() for word in _WORD.findall(nfc(element[:LETTERS])))
    return {word for word in found if len(word) > 1 and not word.isdigit() and word not in STOCK}
