"""Korean text to content morphemes: nouns, roots, verbs, numbers, foreign words. It does not know what a word means.

Kiwi (kiwipiepy, Apache-2.0) is loaded once per process: 0.7 s. It tags about 0.3 MB of text a second and core.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

NAMES = frozenset("NNG NNP NR SN SL SH XR".split())
VERBS = frozenset("VV VA".split())
Piece = tuple[str, int, int]
"""(form, start, end): verbs in their dictionary form; start and end in code points of the text."""


@cache
def kiwi() -> "Kiwi":
    """The analyser, shared by the threads of a process."""
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=2)


def content_pieces(text: str) -> list[Piece]:
    """Content morphemes of one text, in order."""
    return _content(kiwi().tokenize(text))


def content_pieces_of(texts: Iterable[str]) -> Iterator[list[Piece]]:
    """The same for many texts, in their order, on two threads."""
    yield from map(_content, kiwi().tokenize(texts))


def _content(tokens: "Iterable[Token]") -> list[Piece]:
    found = []
    for token in tokens:
        tag = str(token.tag).partition("-")[0]
        if tag in NAMES:
            found.append((token.form.casefold(), token.start, token.end))
        elif tag in VERBS:
            found.append((token.form + "다", token.start, token.end))
    return found
