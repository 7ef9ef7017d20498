"""How well words of one text are met by words of another: same meaning 1, part of a compound 0.85, near in Kiwi's embeddings less."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from engine.ground.morphs import nearness
from engine.ground.pieces import Word

_FLOOR, _CEILING = 0.52, 0.85
"""Cosines of unrelated insurance words lie about 0.5, of true synonyms (해지, 해약) about 0.8."""


def likeness(word: Word, other: Word) -> float:
    """0 to 1."""
    return _likeness(word.form, word.tag, word.concepts, other.form, other.tag, other.concepts)


@lru_cache(maxsize=200_000)
def _likeness(
    form: str, tag: str, concepts: tuple[str, ...], other: str, other_tag: str, other_concepts: tuple[str, ...]
) -> float:
    if concepts[0] == other_concepts[0] or form == other:
        return 1.0
    if len(form) >= 2 and len(other) >= 2 and (form in other or other in form):
        return 0.85
    if len(form) == 1 and len(other) > 1 and tag == "NNG" and other.endswith(form):
        return 0.7
    near = (nearness(form, tag, other, other_tag) - _FLOOR) / (_CEILING - _FLOOR)
    return max(0.0, min(0.8, 0.8 * near))


def met(word: Word, others: Iterable[Word]) -> float:
    """How well the best of `others` meets `word`."""
    best = 0.0
    for other in others:
        best = max(best, likeness(word, other))
        if best == 1.0:
            break
    return best


def coverage(words: Sequence[Word], others: Sequence[Word]) -> float:
    """Mean of `met` over the words; 1 when there are none."""
    return sum(met(word, others) for word in words) / len(words) if words else 1.0
