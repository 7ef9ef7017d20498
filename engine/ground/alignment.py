"""How far a piece is a copy of a clause, in the order of its words, and which single words stand in for others.

Ordered matching of morphemes (longest matching blocks, difflib) and of letter pairs. A changed word in a copy is a changed claim
unless the two mean the same; free paraphrase matches little and says little here.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from engine.ground.context import Shown
from engine.ground.likeness import likeness
from engine.ground.numbers import read_amounts
from engine.ground.pieces import Piece, Word, bare, pieces

MOST = 3
"""Words on either side of a replacement; longer ones are other wordings."""
ALIKE = 0.6
"""Likeness from which a word in the place of another says the same."""


def alignment_signals(piece: Piece, shown: Shown) -> dict[str, float]:
    """`ordered`: share of the piece's words matched in order in the best sentence; `replaced`: unlike words that stand in for
    others there, 0 without; `replaced_close`: the same, weighted by how well all else matches; `grams`: letter pairs found."""
    own = [word for word in piece.words if not word.empty or word.tag not in ("VV", "VA")]
    best, replaced = 0.0, 0.0
    if own:
        forms = [word.concepts[0] for word in own]
        for words in _sentences(shown.context):
            matcher = SequenceMatcher(None, [word.concepts[0] for word in words], forms, autojunk=False)
            share = sum(block.size for block in matcher.get_matching_blocks()) / len(forms)
            if share > best:
                best, replaced = share, _replaced(matcher, words, own)
    return {
        "ordered": best,
        "replaced": replaced,
        "replaced_close": replaced * best,
        "grams": _grams(piece.text, shown),
    }


ALIGNMENT_NAMES = ("ordered", "replaced", "replaced_close", "grams")


@lru_cache(maxsize=64)
def _sentences(context: tuple[str, ...]) -> tuple[tuple[Word, ...], ...]:
    """Words of each sentence of each clause."""
    found: dict[tuple[int, int], list[Word]] = {}
    for index, text in enumerate(context):
        for piece in pieces(text):
            found.setdefault((index, piece.sentence), []).extend(
                word for word in piece.words if not word.empty or word.tag not in ("VV", "VA")
            )
    return tuple(tuple(words) for words in found.values())


def _replaced(matcher: "SequenceMatcher[str]", theirs: Sequence[Word], own: Sequence[Word]) -> float:
    count = 0
    for tag, left, right, start, end in matcher.get_opcodes():
        if tag == "replace" and right - left <= MOST and end - start <= MOST:
            count += sum(all(likeness(word, other) < ALIKE for other in theirs) for word in own[start:end])
    return float(count)


def _grams(said: str, shown: Shown) -> float:
    """Share of the piece's letter pairs that the clauses hold; amounts aside, whose spelling is free."""
    text = said
    for amount in reversed(read_amounts(said)):
        text = text[: amount.start] + " " + text[amount.end :]
    letters, held = bare(text), _pairs(shown.context)
    pairs = [letters[at : at + 2] for at in range(len(letters) - 1)]
    return sum(pair in held for pair in pairs) / len(pairs) if pairs else 1.0


@lru_cache(maxsize=64)
def _pairs(context: tuple[str, ...]) -> frozenset[str]:
    letters = [bare(text) for text in context]
    return frozenset(text[at : at + 2] for text in letters for at in range(len(text) - 1))
