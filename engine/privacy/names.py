"""Names of the people in a chat, found in every form Korean gives them, and names of others by cautious evidence.

A participant's name is known, so it is masked wherever grammar allows it. It knows nothing of numbers or stores.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import ahocorasick

from engine.korean.hangul import EMOJI, has_batchim, initials, is_syllable, liaison, nfc, romanise
from engine.privacy import name_context as around
from engine.privacy.name_tables import (
    DOUBLE_SURNAMES,
    EVERYDAY,
    FIRST,
    GIVEN,
    JOBS,
    KIN,
    PLACES,
    RELATION_WORDS,
    SECOND,
    SURNAMES,
)
from engine.privacy.third_party import TITLE_WORDS, listed_extent, others

Kind = Literal["full", "given", "mono", "call", "latin", "initials", "listed", "title"]


@dataclass(frozen=True, slots=True)
class NameHit:
    """[start, end) in the folded text; `person` is the same for all forms of one participant's name."""

    start: int
    end: int
    person: str
    confidence: float


class NameMatcher:
    """Finds names in folded text. `speakers` are display names as the chat export spells them."""

    def __init__(self, speakers: Sequence[str] = ()) -> None:
        self.aliases: dict[str, tuple[Kind, str]] = {}
        for speaker in dict.fromkeys(nfc(name).strip() for name in speakers):
            for alias, kind in _aliases(speaker):
                self._add(alias, kind, speaker)
        self._automaton = _automaton(self.aliases)

    def _add(self, alias: str, kind: Kind, person: str) -> None:
        """Two participants with one given name share a person of that name alone."""
        known = self.aliases.get(alias)
        if known and known[1] != person:
            person = alias
        if known is None or known[1] != person or kind == "full":
            self.aliases[alias] = (kind, person)

    def person_of(self, surface: str) -> str:
        """The participant a written form belongs to, or the form itself without spaces."""
        form = re.sub(r"\s+", "", nfc(surface))
        found = self.aliases.get(surface.lower()) or self.aliases.get(form.lower())
        return found[1] if found else form

    def find(self, text: str) -> list[NameHit]:
        """Names in folded text, sorted, not overlapping. A participant outranks a stranger: 지은아 calls 지은, it is no 지 은아."""
        lowered = text.lower()
        if len(lowered) != len(text):
            lowered = text
        known: list[NameHit] = []
        extents: list[tuple[int, int, float]] = []
        has_title = False
        for last, (alias, kind, person) in self._automaton.iter(lowered):
            start, end = last - len(alias) + 1, last + 1
            if kind == "title":
                has_title = True
            elif kind == "listed":
                found = listed_extent(text, start, end)
                extents += [(found[0], end, found[1])] if found else []
            else:
                known += _participant_hits(text, start, end, kind, person)
        extents += others(text, has_title)
        if not known and not extents:
            return known
        return _first_claims(known, [NameHit(at, to, self.person_of(text[at:to]), sure) for at, to, sure in extents])


@cache
def default_matcher() -> NameMatcher:
    """For text whose speakers are unknown."""
    return NameMatcher()


def _automaton(aliases: dict[str, tuple[Kind, str]]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for word in TITLE_WORDS:
        automaton.add_word(word, (word, "title", ""))
    for name in GIVEN:
        automaton.add_word(name, (name, "listed", ""))
    for alias, (kind, person) in aliases.items():
        automaton.add_word(alias, (alias, kind, person))
    automaton.make_automaton()
    return automaton


def _first_claims(*groups: list[NameHit]) -> list[NameHit]:
    """Hits without overlap: an earlier group first, within a group the leftmost and longest."""
    kept: list[NameHit] = []
    for group in groups:
        for hit in sorted(group, key=lambda h: (h.start, -h.end, -h.confidence)):
            if all(hit.end <= other.start or other.end <= hit.start for other in kept):
                kept.append(hit)
    return sorted(kept, key=lambda h: h.start)


def _participant_hits(text: str, start: int, end: int, kind: Kind, person: str) -> Iterator[NameHit]:
    if kind == "full":
        yield NameHit(start, end, person, 1.0)
    elif kind in ("given", "call"):
        yield from _given_hits(text, start, end, kind, person)
    elif kind == "latin":
        if not _latin(text, start - 1) and not _latin(text, end):
            yield NameHit(start, end, person, 0.95)
    elif kind == "initials":
        if not _loose_jamo(text, start - 1) and not _loose_jamo(text, end):
            yield NameHit(start, end, person, 0.6)
    elif around.starts_word(text, start) and (around.person_particle(text, end) or around.strongly_titled(text, end)):
        yield NameHit(start, end, person, 0.8)


def _given_hits(text: str, start: int, end: int, kind: Kind, person: str) -> Iterator[NameHit]:
    """A given name or nickname: at the start of a word, or glued behind a surname, a calling word or before a title."""
    form = text[start:end]
    if around.is_place(text, end, form in PLACES):
        return
    if kind == "call":
        if around.starts_word(text, start) and around.ends_word(text, end):
            yield NameHit(start, end, person, 0.7)
    elif around.starts_word(text, start) or around.follows_calling(text, start):
        if _given_fits(text, start, end):
            yield NameHit(start, end, person, 1.0)
    elif text[start - 1] in SURNAMES and around.starts_word(text, start - 1):
        if _given_fits(text, start, end):
            yield NameHit(start - 1, end, text[start - 1 : end], 0.8)
    elif around.strongly_titled(text, end) and form not in EVERYDAY:
        yield NameHit(start, end, person, 0.8)


def _given_fits(text: str, start: int, end: int) -> bool:
    form = text[start:end]
    if around.strongly_titled(text, end) or around.person_particle(text, end) or around.calls(text, start, end):
        return True
    if form in EVERYDAY:
        return False
    if not is_syllable(form[-1]):
        return True
    return (
        around.ends_word(text, end)
        or around.particle_agrees(text, end)
        or around.titled(text, end)
        or around.glued_call(text, end)
    )


def _latin(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()


def _loose_jamo(text: str, at: int) -> bool:
    return 0 <= at < len(text) and "ㄱ" <= text[at] <= "ㅣ"


_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|<[^>]*>|【[^】]*】")
_SPLIT = re.compile(r"[^가-힣A-Za-z]+")
_TITLE_END = re.compile(rf"(?<=[가-힣]{{2}})(?:{KIN}|(?:{JOBS})님?|님|씨|쌤)$")
_MONO = frozenset("솔산건준민율빈결별원훈혁석진현찬윤은강린봄슬호철섭웅범욱환선숙희란단담길신웅")
_CHAT_JAMO = frozenset(
    "ㅇㅈㄹ ㅁㅊㄴ ㅁㅊㄷ ㅅㅂㄴ ㅅㄱㄹ ㄱㅅㅇ ㅈㅅㅇ ㅊㅋㅊ ㄱㅇㄷ ㅇㄱㄹ ㄹㅇㅋ ㅂㅂㅇ ㄷㄷㄷ ㅋㅋㅎ ㅇㅋㅇ ㅈㄱㄴ ㅇㅇㅇ".split()
)


def _aliases(speaker: str) -> Iterator[tuple[str, Kind]]:
    """Written forms of one display name."""
    if _is_nobody(speaker):
        return
    plain = _SPLIT.sub("", speaker)
    joined = re.sub(r"\s+", "", speaker)
    if (
        not (joined.isascii() and joined.isalpha())
        and len(speaker) >= 3
        and plain != speaker
        and (plain or len(speaker) >= 4)
    ):
        yield speaker.lower(), "full"
    pieces = [piece for piece in _SPLIT.split(_BRACKETS.sub(" ", EMOJI.sub(" ", speaker))) if piece]
    if len(joined) <= 4 and all(is_syllable(ch) for ch in joined):
        pieces = [joined]
    for place, piece in enumerate(pieces):
        if place == 0 or _given_part(piece) in GIVEN:
            yield from _piece_aliases(piece)
    latin = [piece for piece in pieces if piece.isascii()]
    if len(latin) >= 2 and len(latin) == len(pieces):
        yield " ".join(latin).lower(), "latin"


def _is_nobody(speaker: str) -> bool:
    bare = "".join(_SPLIT.split(speaker)).lower()
    return bare in RELATION_WORDS or len(speaker) < 2 or speaker.isdecimal()


def _piece_aliases(piece: str) -> Iterator[tuple[str, Kind]]:
    piece = _TITLE_END.sub("", piece)
    if piece.lower() in RELATION_WORDS or len(piece) < 2:
        return
    if not all(is_syllable(ch) for ch in piece):
        if len(piece) >= 3 or piece.isupper():
            yield piece.lower(), "latin" if piece.isascii() else "given"
        return
    given = _given_part(piece)
    if given and len(piece) >= 3:
        yield from _full_name_aliases(piece, given)
        return
    yield piece, "given"
    yield from _given_aliases(piece)
    if given and given in _MONO and piece not in GIVEN:
        yield given, "mono"
    if piece.endswith("이") and len(piece) == 3 and has_batchim(piece[1]):
        yield piece[:2], "given"


def _full_name_aliases(name: str, given: str) -> Iterator[tuple[str, Kind]]:
    yield name, "full"
    surname = name[: -len(given)]
    for spelled in {f"{surname} {given}", " ".join(name), f"{name[:-1]} {name[-1]}"}:
        yield spelled, "full"
    letters = initials(name)
    if len(set(letters)) > 1 and letters not in _CHAT_JAMO:
        yield letters, "initials"
    if len(given) == 1:
        yield given, "mono"
        return
    yield given, "given"
    yield from _given_aliases(given)


def _given_aliases(given: str) -> Iterator[tuple[str, Kind]]:
    """Vocatives spelled by ear, Latin spellings."""
    heard = liaison(given)
    if heard != given:
        yield heard, "call"
    spelled = romanise(given)
    if len("".join(spelled)) >= 5 and len(spelled) == 2:
        for joiner in ("", "-", " "):
            yield joiner.join(spelled), "latin"


def _given_part(name: str) -> str:
    """Given name of a full name: 김지은 → 지은, 남궁민수 → 민수, 이솔 → 솔; "" when it is not shaped like one."""
    if not all(is_syllable(ch) for ch in name):
        return ""
    if len(name) >= 3 and name[:2] in DOUBLE_SURNAMES and len(name) <= 4 and (len(name) == 4 or name[1:] not in GIVEN):
        return name[2:]
    if name[0] not in SURNAMES or not 2 <= len(name) <= 3:
        return ""
    given = name[1:]
    return given if len(given) == 1 or given in GIVEN or (given[0] in FIRST and given[1] in SECOND) else ""
