"""Names of the people in a chat, found in every form Korean gives them, and names of others by cautious evidence.

A participant's name is known, so it is masked wherever grammar allows it. It knows nothing of numbers or stores.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import ahocorasick

from engine.korean.hangul import is_syllable, nfc
from engine.privacy import name_context as around
from engine.privacy.display_names import Kind, aliases_of, full_name_aliases, given_part
from engine.privacy.first_look import FirstLook
from engine.privacy.name_frames import is_verb_form
from engine.privacy.name_shape import full_prior, is_common, is_word
from engine.privacy.name_tables import EVERYDAY, GIVEN, PLACES, ROMAN_SURNAMES, SURNAMES
from engine.privacy.public_names import PUBLIC
from engine.privacy.third_party import is_public, others


@dataclass(frozen=True, slots=True)
class NameHit:
    """[start, end) in the folded text; `person` is the same for all forms of one participant's name."""

    start: int
    end: int
    person: str
    confidence: float


class NameMatcher:
    """Finds names in folded text. `speakers` are display names as the chat export spells them; `found` gives names that the
    whole chat's evidence makes likely (`evidence.Evidence.names`) with how likely, in [0, 1]."""

    def __init__(self, speakers: Sequence[str] = (), found: Mapping[str, float] | None = None) -> None:
        self.aliases: dict[str, tuple[Kind, str]] = {}
        """Written form in lower case → how it may stand, and whose it is."""
        self._sure: dict[str, float] = {}
        for speaker in dict.fromkeys(nfc(name).strip() for name in speakers):
            for alias, kind in aliases_of(speaker):
                self._add(alias, kind, speaker)
        for name, sure in (found or {}).items():
            self._add_found(name, sure)
        self._automaton = _automaton(self.aliases)
        self.look = FirstLook(self._automaton, list(self.aliases))

    def _add(self, alias: str, kind: Kind, person: str) -> None:
        """Two participants with one given name share a person of that name alone."""
        known = self.aliases.get(alias)
        if known and known[1] != person:
            person = alias
        if known is None or known[1] != person or kind == "full":
            self.aliases[alias] = (kind, person)

    def _add_found(self, name: str, sure: float) -> None:
        """Each form stands for itself, so that the value of a word does not hang on what else the chat holds."""
        given = given_part(name) if len(name) > 2 else ""
        forms: Iterable[tuple[str, Kind]] = full_name_aliases(name, given) if given else [(name, "given")]
        for alias, kind in forms:
            wanted = kind == "full" or alias == name or (kind == "initials" and len(set(alias)) == 3)
            if wanted and alias not in self.aliases and " " not in alias:
                self.aliases[alias], self._sure[alias] = (kind, alias), sure

    def person_of(self, surface: str) -> str:
        """The participant a written form belongs to, or the form itself without spaces."""
        form = re.sub(r"\s+", "", nfc(surface))
        found = self.aliases.get(surface.lower()) or self.aliases.get(form.lower())
        return found[1] if found else form

    def find(self, text: str) -> list[NameHit]:
        """Names in folded text, sorted, not overlapping. A participant outranks a stranger: 지은아 calls 지은, it is no 지 은아."""
        known = list(self._participants(text)) if self.aliases else []
        strangers = [NameHit(at, to, self.person_of(text[at:to]), sure) for at, to, sure in others(text)]
        if len(known) + len(strangers) < 2:
            return known or strangers
        return _first_claims(known, strangers)

    def _participants(self, text: str) -> Iterator[NameHit]:
        lowered = text.lower()
        if len(lowered) != len(text):
            lowered = text
        for last, (alias, kind, person) in self._automaton.iter(lowered):
            sure = self._sure.get(alias)
            for hit in _participant_hits(text, last - len(alias) + 1, last + 1, kind, person):
                if sure is None:
                    yield hit
                elif text[hit.start : hit.end] not in PUBLIC and around.starts_word(text, hit.start):
                    yield NameHit(hit.start, hit.end, hit.person, min(sure, hit.confidence))


@cache
def default_matcher() -> NameMatcher:
    """For text whose speakers are unknown."""
    return NameMatcher()


def _automaton(aliases: Mapping[str, tuple[Kind, str]]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for alias, (kind, person) in aliases.items():
        automaton.add_word(alias, (alias, kind, person))
    automaton.make_automaton()
    return automaton


def _first_claims(*groups: list[NameHit]) -> list[NameHit]:
    """Hits without overlap: an earlier group first, within a group the leftmost and longest."""
    kept: list[NameHit] = []
    for group in groups:
        starts, end = [hit.start for hit in kept], 0
        fresh = []
        for hit in sorted(group, key=lambda h: (h.start, -h.end, -h.confidence)):
            before = bisect_left(starts, hit.end)
            if hit.start >= end and (before == 0 or kept[before - 1].end <= hit.start):
                fresh.append(hit)
                end = hit.end
        kept = sorted([*kept, *fresh], key=lambda h: h.start)
    return kept


def _participant_hits(text: str, start: int, end: int, kind: Kind, person: str) -> Iterator[NameHit]:
    if kind == "full":
        if " " not in text[start:end] or around.starts_word(text, start):
            yield NameHit(start, end, person, 1.0)
    elif kind in ("given", "call"):
        yield from _given_hits(text, start, end, kind, person)
    elif kind == "latin":
        if not _latin(text, start - 1) and not _latin(text, end):
            yield NameHit(*_with_surname(text, start, end), person, 0.95)
    elif kind == "surname":
        if around.starts_word(text, start) and around.worded_title(text, end):
            yield NameHit(start, end, person, 0.8)
    elif kind in ("initials", "short"):
        loose = _loose_jamo(text, start - 1) or _loose_jamo(text, end)
        if not loose and (kind == "initials" or _BEHIND_INITIALS.match(text, end)):
            yield NameHit(start, end, person, 0.6)
    elif around.starts_word(text, start) and (around.person_particle(text, end) or around.strongly_titled(text, end)):
        yield NameHit(start, end, person, 0.8)


def _given_hits(text: str, start: int, end: int, kind: Kind, person: str) -> Iterator[NameHit]:
    """A given name or nickname: at the start of a word, or glued behind a surname, a calling word or before a title."""
    form = text[start:end]
    if around.is_place(text, end, form in PLACES) or is_public(text, start, end):
        return
    if kind == "call":
        if around.starts_word(text, start) and around.ends_word(text, end):
            yield NameHit(start, end, person, 0.7)
    elif around.starts_word(text, start) or around.follows_calling(text, start):
        if _given_fits(text, start, end):
            yield NameHit(start, end, person, 1.0)
    elif text[start - 1] in SURNAMES and around.starts_word(text, start - 1):
        if _given_fits(text, start, end) and full_prior(text[start - 1 : end]) > -3.5:
            yield NameHit(start - 1, end, text[start - 1 : end], 0.8)
    elif around.strongly_titled(text, end) and not _only_a_word(form):
        yield NameHit(start, end, person, 0.8)


def _given_fits(text: str, start: int, end: int) -> bool:
    form = text[start:end]
    if around.strongly_titled(text, end) or around.person_particle(text, end) or around.calls(text, start, end):
        return True
    if _only_a_word(form) or is_verb_form(form, text[end : end + 3]):
        return False
    if not is_syllable(form[-1]):
        return True
    return (
        around.ends_word(text, end)
        or around.particle_agrees(text, end)
        or around.titled(text, end)
        or around.glued_call(text, end)
    )


def _with_surname(text: str, start: int, end: int) -> tuple[int, int]:
    """Chloe Ahn, BAE HANEUL: a Latin surname beside the name belongs to it."""
    before, after = _ROMAN_BEFORE.search(text, max(0, start - 12), start), _ROMAN_AFTER.match(text, end)
    return before.start() if before else start, after.end() if after else end


def _only_a_word(form: str) -> bool:
    """Whether talk uses this form far more often as a word: 하늘, 새벽, 기만."""
    return form in EVERYDAY or (is_word(form) if form not in GIVEN else False) or (form in PUBLIC and is_common(form))


_ROMAN_BEFORE = re.compile(rf"(?<![A-Za-z])(?:{ROMAN_SURNAMES}|{ROMAN_SURNAMES.upper()})[ ,]{{1,2}}$")
_ROMAN_AFTER = re.compile(rf" (?:{ROMAN_SURNAMES}|{ROMAN_SURNAMES.upper()})(?![A-Za-z])")
_BEHIND_INITIALS = re.compile(r"(?:이|아|야|이?가|이?는|이?랑|한테|님|씨|언니|오빠|형|누나)(?![가-힣])")


def _latin(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()


def _loose_jamo(text: str, at: int) -> bool:
    return 0 <= at < len(text) and "ㄱ" <= text[at] <= "ㅣ"
