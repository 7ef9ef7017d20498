"""A message cut into words that an owner clicks to hide: each a part of the text, a particle apart from what it hangs on.

It offers, it does not judge: 지은이가 is cut as 지은 + 이가, and both together are the whole word again.
"""

import re

from engine.korean.hangul import has_batchim, is_syllable

SHORTEST_STEM = 2
"""Syllables left of a particle: names of one syllable are rare, everyday words that end like a particle are not."""
_WORD = re.compile(r"\w+")
_ANY = "에게서 한테서 에게 한테 께서 에서 부터 까지 처럼 보다 하고 도 만 의 님 씨".split()
_CLOSED = "이한테 이에게 이랑 이가 이는 이를 이도 이네 이야 이의 이 은 을 과 아".split()
_OPEN = "랑 가 는 를 와 야 네".split()
_AFTER_CLOSED = sorted([*_ANY, *_CLOSED], key=len, reverse=True)
_AFTER_OPEN = sorted([*_ANY, *_OPEN], key=len, reverse=True)


def segments(text: str) -> list[tuple[int, int]]:
    """[start, end) of the words of a text in code points; signs and spaces between them belong to none."""
    found = []
    for word in _WORD.finditer(text):
        cut = word.start() + stem_length(word.group())
        found.append((word.start(), cut))
        if cut < word.end():
            found.append((cut, word.end()))
    return found


def stem_length(word: str) -> int:
    """Letters of a word before its particle; all of them when it has none, or is not Hangul."""
    if not all(map(is_syllable, word)):
        return len(word)
    for length in range(SHORTEST_STEM, len(word)):
        fitting = _AFTER_CLOSED if has_batchim(word[length - 1]) else _AFTER_OPEN
        if word[length:] in fitting:
            return length
    return len(word)


def stretch(text: str, chosen: list[tuple[int, int]]) -> str:
    """The text from the first chosen word to the end of the last; empty without any."""
    return text[min(start for start, _ in chosen) : max(end for _, end in chosen)] if chosen else ""
