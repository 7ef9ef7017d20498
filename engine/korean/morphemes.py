"""Korean text to morphemes, and which of them carry content. It does not know what a word means.

Kiwi (kiwipiepy, Apache-2.0) is loaded once per process: 0.7 s. It tags about 0.3 MB of text a second and core.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

NAMES = frozenset("NNG NNP NR SN SL SH XR".split())
VERBS = frozenset("VV VA".split())


class Piece(NamedTuple):
    """A morpheme: its form (verbs and adjectives as the dictionary has them), its tag, and its code points in the text."""

    form: str
    tag: str
    start: int
    end: int

    @property
    def has_content(self) -> bool:
        """Whether it is a noun, a root, a verb, a number or a foreign word."""
        return self.tag in NAMES or self.tag in VERBS


@cache
def kiwi() -> "Kiwi":
    """The analyser, shared by the threads of a process."""
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=2)


def pieces_of(text: str) -> list[Piece]:
    """All morphemes of one text, in order."""
    return _pieces(kiwi().tokenize(text))


def pieces_of_all(texts: Iterable[str], whole: re.Pattern[str] | None = None) -> Iterator[list[Piece]]:
    """The same for many texts, in their order, on two threads. What `whole` matches (a placeholder) is one proper noun."""
    if whole is None:
        yield from map(_pieces, kiwi().tokenize(texts))
        return

    def kept(text: str) -> list[tuple[int, int, str]]:
        return [(*found.span(), "NNP") for found in whole.finditer(text)]

    yield from map(_pieces, kiwi().tokenize(texts, pretokenized=kept))


def _pieces(tokens: "Iterable[Token]") -> list[Piece]:
    found = []
    for token in tokens:
        tag = str(token.tag).partition("-")[0]
        form = token.form + "다" if tag in VERBS else token.form.casefold()
        found.append(Piece(form, tag, token.start, token.end))
    return found
