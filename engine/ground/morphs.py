"""Morphemes of Korean text with code-point spans, by kiwipiepy, and how near two words are in its embeddings.

Kiwi is shared with the rest of the engine and loaded at the first text.
"""

from dataclasses import dataclass
from functools import lru_cache

from engine.ground.folding import fold
from engine.korean.morphemes import kiwi

CONTENT = ("NNG", "NNP", "XR", "VV", "VA", "SL", "SH")


@dataclass(frozen=True, slots=True)
class Morph:
    """`form` as Kiwi writes it (stems without endings), `tag` of the Sejong set, [start, end) in code points."""

    form: str
    tag: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def morphs(text: str) -> tuple[Morph, ...]:
    """All morphemes in order. Irregular-verb marks of the tags (VV-R) are dropped."""
    return tuple(
        Morph(token.form, str(token.tag).split("-")[0], token.start, token.start + token.len)
        for token in kiwi().tokenize(fold(text))
    )


@lru_cache(maxsize=65536)
def nearness(form: str, tag: str, other: str, other_tag: str) -> float:
    """Cosine of Kiwi's embeddings, -1 to 1; 0 for a word it does not know."""
    try:
        return float(kiwi().morpheme_similarity((form, tag), (other, other_tag)))
    except (KeyError, ValueError):
        return 0.0
