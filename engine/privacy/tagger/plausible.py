"""A second opinion on what the network takes for a name: how sure it must be by what the word is. It knows no network.

The rules read a word by itself, the network a line; each errs where the other does not. The bounds were chosen on the hand-written
chats of `bench/chats`, where names that the rules leave are few: see LOG.md for how many of each group were right.
"""

import re

from engine.privacy.name_shape import is_word
from engine.privacy.public_names import PUBLIC
from engine.privacy.third_party import reading_at

READ, TORN, UNREAD, WORD, SHORT, LATIN = 0.8, 0.6, 0.96, 0.985, 0.9, 0.95
"""Least probability of a name that the rules read so and found too weak; that lies in another one they read; that they read
in no way; that is an everyday word; of one syllable; in Latin letters."""
_SHORT_FRAME = re.compile(r"이(?:[가는랑를도야네]|한테|의|[꺼거])?(?![가-힣])")
_LATIN_NAME = re.compile(r"[A-Z][A-Za-z'-]+(?: [A-Z][A-Za-z'.-]*){1,3}")
_SPACED = re.compile(r"[가-힣]{1,2} [가-힣]{1,3}|[가-힣] [가-힣] [가-힣]")


def plausible(text: str, start: int, end: int, probability: float) -> bool:
    """Whether [start, end) of `text`, which the network takes for a person, is to be believed."""
    form = text[start:end]
    if form in PUBLIC or not form.replace(" ", "").isalpha():
        return False
    if form.isascii():
        return probability >= LATIN and _LATIN_NAME.fullmatch(form) is not None and not _touches_latin(text, start, end)
    if " " in form:
        return probability >= UNREAD and _SPACED.fullmatch(form) is not None
    if not all("가" <= ch <= "힣" for ch in form):
        return False
    return _is_hangul_name(text, start, end, probability)


def _touches_latin(text: str, start: int, end: int) -> bool:
    return any(
        ch.isascii() and (ch.isalnum() or ch == "_") for ch in (text[start - 1 : start], text[end : end + 1]) if ch
    )


def _is_hangul_name(text: str, start: int, end: int, probability: float) -> bool:
    reading = reading_at(text, start)
    if reading == (start, end):
        return probability >= READ
    if reading and end - start > 1:
        return probability >= TORN
    if start and "가" <= text[start - 1] <= "힣":
        return False  # 소괄호, 남자애: a piece of a longer word
    if end - start == 1:
        return probability >= SHORT and _SHORT_FRAME.match(text, end) is not None
    return probability >= (WORD if is_word(text[start:end]) else UNREAD)
