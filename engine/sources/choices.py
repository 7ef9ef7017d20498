"""Choices of a question and which of them is right: numbers, letters, circled figures, or the choice's own words. It reads no file."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
HANGUL = "가나다라마바사아자차"
_STYLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"{}", tuple(CIRCLED)),
    (r"\({}\)", tuple(str(n) for n in range(1, 11))),
    (r"{}\s?[).](?!\d)", tuple(str(n) for n in range(1, 11))),
    (r"\(?{}\s?[).]", tuple("ABCDEFGHIJ")),
    (r"\(?{}\s?[).]", tuple("abcdefghij")),
    (r"\(?{}\s?[).]", tuple(HANGUL)),
)
"""How choices are marked inside a text, and the marks in order."""
_LEAD = re.compile(r"^\s*(?:(?:정답|답|answer)\s*(?:은|:|：|-)?\s*)+", re.I)
_NUMBERED = re.compile(r"^[\[(]?\s*(?:option|choice|보기|선지|선택지)?[\s_]*(\d{1,2})(?:\.0+)?\s*(?:번|[).\]]|$)(?:\s*[^\d].*)?$", re.I | re.S)  # fmt: skip
_LETTER = re.compile(r"^[\[(]?\s*([A-Ja-j])\s*(?:[).\]:]\s*.*)?$", re.S)
_HANGUL = re.compile(rf"^[\[(]?\s*([{HANGUL}])\s*(?:[).\]:]\s*.*)?$", re.S)
_MARK = re.compile(rf"^\s*(?:[{CIRCLED}]|\(\d{{1,2}}\)|\d{{1,2}}\s?[).](?!\d)|\(?[A-Ja-j][).]|\(?[{HANGUL}][).])\s*")


def split_choices(text: str, fewest: int = 3) -> tuple[str, list[str]]:
    """(the question, its choices) of a text that lists them behind the question; without choices the text itself and none."""
    for style, marks in _STYLES:
        places = _places(text, style, marks)
        if len(places) >= fewest:
            ends = [start for start, _ in places[1:]] + [len(text)]
            found = [text[begin:end].strip(" \n\t,/") for (_, begin), end in zip(places, ends, strict=True)]
            if all(found) and (stem := text[: places[0][0]].strip()):
                return stem, found
    return text.strip(), []


def _places(text: str, style: str, marks: Sequence[str]) -> list[tuple[int, int]]:
    """(start, end) of each mark, the first at the beginning of a word, each behind the one before."""
    found: list[tuple[int, int]] = []
    at = 0
    for mark in marks:
        one = re.compile(r"(?<!\S)" + style.format(re.escape(mark))).search(text, at)
        if one is None:
            break
        found.append(one.span())
        at = one.end()
    return found


def bare(choice: str) -> str:
    """A choice without the mark before it."""
    return _MARK.sub("", choice, count=1).strip() or choice.strip()


def stripped(choices: Sequence[str]) -> list[str]:
    """Choices without their marks, where every one of them has a mark: `1)` alone may be a part of the words."""
    if choices and all(_MARK.match(one) for one in choices):
        return [bare(one) for one in choices]
    return [one.strip() for one in choices]


def number_of(given: Any) -> int | None:
    """The number that an answer is told by (3, "3", "3번", "정답: 3) …"), as written; None for an answer told otherwise."""
    if isinstance(given, bool) or given is None:
        return None
    if isinstance(given, int):
        return given
    if isinstance(given, float):
        return int(given) if given.is_integer() else None
    found = _NUMBERED.match(_lead(given).strip()) if isinstance(given, str) else None
    return int(found[1]) if found else None


def place_of(given: Any, choices: Sequence[str], first: int = 1) -> int | None:
    """Which choice an answer means, from 0; None when it means none of them. first: the number of the first choice, 0 or 1.

    The words of a choice come before any number: a choice may itself be `3`.
    """
    words = _lead(given).strip() if isinstance(given, str) else ""
    plain = [_plain(choice) for choice in choices]
    if words and plain.count(_plain(words)) == 1:
        return plain.index(_plain(words))
    place = _marked(words) if words else None
    if place is None and (number := number_of(given)) is not None:
        place = number - first
    if place is None:
        return plain.index(_plain(bare(words))) if words and plain.count(_plain(bare(words))) == 1 else None
    return place if 0 <= place < len(choices) else None


def _marked(words: str) -> int | None:
    """The place that a circled figure or a letter names."""
    if words[0] in CIRCLED:
        return CIRCLED.index(words[0])
    if found := _LETTER.match(words):
        return ord(found[1].upper()) - ord("A")
    found = _HANGUL.match(words)
    return HANGUL.index(found[1]) if found else None


def _lead(given: str) -> str:
    return _LEAD.sub("", given)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).rstrip(".").casefold()


def first_number(told: Iterable[tuple[int, int]], named_index: bool) -> tuple[int, bool]:
    """(0 or 1, whether that is certain): what the first choice is called in a file. told: (answer's number, how many choices).

    A 0 can only count from 0, the number of choices itself only from 1; where neither occurs the column's name decides
    (`named_index`: it is called an index), and where both occur, what fits more rows.
    """
    from_zero = from_one = 0
    for number, count in told:
        from_zero += number == 0
        from_one += number == count
    if from_zero or from_one:
        return (0 if from_zero > from_one else 1), not (from_zero and from_one)
    return (0 if named_index else 1), False
