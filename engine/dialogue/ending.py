"""How a Korean sentence ends: whole, surely to be completed in one way, or cut off. Kiwi's tags say which; nothing is guessed."""

import re

from engine.dialogue.turns import SPECIAL
from engine.korean.hangul import decompose, is_syllable
from engine.korean.morphemes import pieces_of

_PAST_AND_MORE = re.compile(r"^(.*[가-힣])(?:고|으며|으나|지만|는데|으니|으므로)[,]?$")
_PROMISE = re.compile(r"(?<=[가-힣])기로$")
_DANGLING = frozenset("JKS JKC JKG JKO JKB JC EC ETM EP MM MAJ VCP SSO SP".split())
"""Kiwi's tags of what wants something behind it: particles of case, connective and adnominal endings, 그리고, an opening bracket. JX (까지,
만) may end a note, and so may a noun."""


def whole_ending(sentence: str) -> str | None:
    """The sentence with the end that it surely has: a full stop behind a final ending (했다), 다 behind a past stem (했, 했고), 했다
    behind 하기로. None where nothing is sure."""
    text = sentence.rstrip(" ,")
    if not text or not is_syllable(text[-1]):
        return None
    if _is_past(text[-1]):
        return f"{text}다."
    if _PROMISE.search(text) and text.rsplit(" ", 1)[-1] != "기로":
        return f"{text} 했다."
    if (found := _PAST_AND_MORE.match(text)) and _is_past(found[1][-1]):
        return f"{found[1]}다."
    return f"{text}." if text.endswith("다") and _last_tag(text) == "EF" else None


def is_cut_off(sentence: str) -> bool:
    """Whether it breaks off: behind a particle, a connective, an opening bracket, or inside a word."""
    text = sentence.rstrip()
    return bool(text) and (text[-1] in ",([{“‘·:-" or _last_tag(text) in _DANGLING)


def _is_past(syllable: str) -> bool:
    """했, 갔, 있, 었, 겠: nothing but an ending can follow."""
    return is_syllable(syllable) and decompose(syllable)[2] == "ㅆ"


def _last_tag(text: str) -> str:
    pieces = pieces_of(SPECIAL.sub("지수", text))  # a name, behind which particles are known
    return pieces[-1].tag if pieces else ""
