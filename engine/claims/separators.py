"""Where a text may be cut: outside brackets, never inside a number. It knows nothing of claims beyond their punctuation."""

import re
from collections.abc import Iterator

_OPEN, _CLOSE = "([{（［〔「『【<", ")]}）］〕」』】>"
LABEL = re.compile(
    r"[ \t]*(?:[(\[]\s*(?:[a-zA-Z가-하]|[ivxIVX]{1,4}|\d{1,2}|S\d{1,4})\s*[)\]]|(?:[a-zA-Z]|\d{1,2}|[가-하])\)|[①-⑳]|S\d{1,4}\s*[:.)]|[-•·*](?=\s))[ \t]*"
)
"""(a), (가), 1), ①, S110:, - before an element."""


def depths(text: str) -> list[int]:
    """Bracket depth before every character; a closing bracket that was never opened is ignored, and so is < before a number."""
    found, depth = [], 0
    for at, letter in enumerate(text):
        if letter in _CLOSE and not (letter == ">" and _compares(text, at)):
            depth = max(0, depth - 1)
        found.append(depth)
        if letter in _OPEN and not (letter == "<" and _compares(text, at)):
            depth += 1
    return found


def _compares(text: str, at: int) -> bool:
    """< and > beside a number or a formula are signs of order."""
    around = text[max(0, at - 2) : at] + text[at + 1 : at + 3]
    return bool(re.search(r"[\d=\s-]", around))


def closed(text: str) -> list[int]:
    """`depths`, but 0 everywhere where brackets do not match: an open one would hide the rest of the text."""
    found = depths(text)
    return found if sum(text.count(o) for o in _OPEN[:3]) == sum(text.count(c) for c in _CLOSE[:3]) else [0] * len(text)


def top_matches(pattern: re.Pattern[str], text: str, depth: list[int]) -> Iterator[re.Match[str]]:
    """Matches that begin outside brackets."""
    return (match for match in pattern.finditer(text) if match.start() < len(depth) and depth[match.start()] == 0)
