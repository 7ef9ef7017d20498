"""Cuts a text into pieces, each one statement: sentences, and in them the clauses that 고, 지만, 으며, 는데 join.

A piece knows its words by meaning, its amounts, and where its condition ends (…하면, …경우, …해야). Conditions stay with their
statement: 3일 안에 청구하면 지급합니다 is one piece.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from engine.ground.lexicon import EMPTY, concepts_of
from engine.ground.morphs import CONTENT, Morph, morphs
from engine.ground.numbers import Amount, read_amounts
from engine.ground.sentences import sentences

_JOINING = {
    "므로",
    "으므로",
    "니까",
    "으니까",
    "니",
    "으니",
    "기에",
    "길래",
    "고",
    "으며",
    "며",
    "지만",
    "으나",
    "는데",
    "ㄴ데",
    "ᆫ데",
    "은데",
    "되",
    "으되",
    "나",
    "고요",
}
_SAME_PREDICATE = {"있", "나", "싶", "말", "보", "않", "하"}


@dataclass(frozen=True, slots=True)
class Word:
    """One content word: its meanings, its form and tag, [start, end) in the text."""

    concepts: tuple[str, ...]
    form: str
    tag: str
    start: int
    end: int
    topic: bool = False
    """Marked by 은/는 or a colon: what follows is said of it."""

    @property
    def empty(self) -> bool:
        """Whether it asserts nothing by itself."""
        return self.form in EMPTY


@dataclass(frozen=True, slots=True)
class Piece:
    """[start, end) in the text it was cut from; `sentence` numbers the sentence; `beside`: its other words."""

    start: int
    end: int
    text: str
    sentence: int
    words: tuple[Word, ...]
    amounts: tuple[Amount, ...]
    beside: tuple[Word, ...]
    morphs: tuple[Morph, ...] = field(repr=False)


def pieces(text: str) -> list[Piece]:
    """All pieces in order; together they cover every sentence. A ground behind a statement, (제5조), belongs to it."""
    found: list[Piece] = []
    for number, (start, end) in enumerate(sentences(text)):
        for piece in _of_sentence(text, start, end, number):
            if found and GROUND.fullmatch(piece.text):
                found[-1] = _with_ground(found[-1], piece, text)
            else:
                found.append(piece)
    return found


GROUND = re.compile(r"\s?[(\[][^()\[\]]{0,30}?(?:제\s?\d+\s?조|별표\s?\d*|제\s?\d+\s?항)[^()\[\]]{0,24}[)\]]\s?\.?$")
"""The place of the clauses that an answer names at its end."""


def _with_ground(piece: Piece, ground: Piece, text: str) -> Piece:
    whole = text[piece.start : ground.end]
    return replace(piece, end=ground.end, text=whole, amounts=(*piece.amounts, *ground.amounts))


def _of_sentence(text: str, start: int, end: int, number: int) -> Iterator[Piece]:
    sentence = text[start:end]
    tokens = morphs(sentence)
    amounts = read_amounts(sentence)
    edges = _telling_edges([0, *_edges(sentence, tokens), len(sentence)], tokens, amounts)
    words = [_word(m, start, _is_topic(tokens, at)) for at, m in enumerate(tokens) if _is_content(m, amounts)]
    for left, right in pairwise(edges):
        inside = tuple(word for word in words if left <= word.start - start < right)
        yield Piece(
            start + left + len(sentence[left:right]) - len(sentence[left:right].lstrip()),
            start + left + len(sentence[left:right].rstrip()),
            sentence[left:right].strip(),
            number,
            inside,
            tuple(_moved(a, start) for a in amounts if left <= a.start < right),
            tuple(word for word in words if word not in inside),
            tuple(Morph(m.form, m.tag, m.start + start, m.end + start) for m in tokens if left <= m.start < right),
        )


def _edges(sentence: str, tokens: tuple[Morph, ...]) -> Iterator[int]:
    """Where a joining ending closes a clause that has a predicate, and another follows."""
    for at, token in enumerate(tokens[:-1]):
        following = tokens[at + 1]
        if (
            token.tag == "EC"
            and token.form in _JOINING
            and not (following.tag in ("VX", "VV") and following.form in _SAME_PREDICATE)
        ):
            rest = tokens[at + 1 :]
            if any(m.tag in ("VV", "VA", "XSV", "XSA", "VCP", "VCN") for m in rest):
                end = token.end
                yield end + 1 if sentence[end : end + 1] in ",，" and end < len(sentence) else end


def _telling_edges(edges: list[int], tokens: tuple[Morph, ...], amounts: tuple[Amount, ...]) -> list[int]:
    """Without those that would leave a piece with neither noun nor amount (아쉽지만): it joins the next."""
    kept = [0]
    for edge in edges[1:-1]:
        if any(kept[-1] <= m.start < edge and m.tag in ("NNG", "NNP") for m in tokens) or any(
            kept[-1] <= a.start < edge for a in amounts
        ):
            kept.append(edge)
    return [*kept, edges[-1]]


def _is_content(token: Morph, amounts: tuple[Amount, ...]) -> bool:
    return token.tag in CONTENT and not any(a.start <= token.start < a.end for a in amounts)


def _word(m: Morph, offset: int, topic: bool) -> Word:
    return Word(concepts_of(m.form), m.form, m.tag, m.start + offset, m.end + offset, topic)


def _is_topic(tokens: tuple[Morph, ...], at: int) -> bool:
    after = tokens[at + 1 : at + 4]
    while after and after[0].tag in ("NNG", "NNP", "XSN", "NNB", "SSC"):
        after = after[1:]
    return bool(after) and ((after[0].tag == "JX" and after[0].form in ("은", "는", "ᆫ")) or after[0].form == ":")


def _moved(a: Amount, offset: int) -> Amount:
    return Amount(a.start + offset, a.end + offset, a.value, a.dimension, a.unit)


def bare(text: str) -> str:
    """Letters and digits only: for comparing wordings."""
    return re.sub(r"\W", "", text)
