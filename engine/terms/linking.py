"""Names in a text: the longest that stand there as words. It knows nothing of what they mean.

All names are searched at once (Aho-Corasick, pyahocorasick), so that a text costs the same with 10 names and 100,000.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from engine.terms.edges import ENGLISH, begins, ends, is_korean, joins, stands_bare
from engine.terms.folding import Folded, fold, gaps_of, key_of
from engine.terms.model import SORTS, Mention, Sort, Term, names_of

SPLIT = 4
"""Letters that a name must have to be found with a space that it is not written with: 할 수 두 번 is no 수두."""
WIDEST_GAP = 3
"""Characters between two letters of a name."""
WORD = 12
"""Letters before and behind a name that are looked at."""


class Named(NamedTuple):
    """One term under one of its names."""

    place: int
    """Of the term in the dictionary."""
    sort: Sort


class Key(NamedTuple):
    """A name's letters, where it may be spaced, and whom it may mean, the likeliest first."""

    name: str
    """As it is first written."""
    letters: str
    gaps: frozenset[int]
    named: tuple[Named, ...]


class Linker:
    """Finds the names of some terms."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = terms

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """Every name once, by its letters."""
        found: dict[str, list[Named]] = {}
        gaps: dict[str, frozenset[int]] = {}
        written: dict[str, str] = {}
        for place, term in enumerate(self.terms):
            for name, sort in names_of(term):
                if key := key_of(name):
                    found.setdefault(key, []).append(Named(place, sort))
                    written.setdefault(key, name)
                    gaps[key] = gaps.get(key, frozenset()) | gaps_of(name)
        return {key: Key(written[key], key, gaps[key], _likeliest_first(named)) for key, named in found.items()}

    @cached_property
    def _automaton(self) -> Any:
        import ahocorasick

        made = ahocorasick.Automaton()
        for key in self.keys.values():
            made.add_word(key.letters, key)
        made.make_automaton()
        return made

    def meant(self, name: str) -> tuple[str, ...]:
        """Ids of the terms with this name, the likeliest first."""
        key = self.keys.get(key_of(name))
        return tuple(self.terms[named.place].id for named in key.named) if key else ()

    def link(self, text: str) -> list[Mention]:
        """Mentions in order, none inside or across another: of two that overlap, the longer, then the earlier."""
        if not self.keys:
            return []
        folded = fold(text)
        found = [
            (end + 1 - len(key.letters), end + 1, key)
            for end, key in self._automaton.iter(folded.letters)
            if _stands(folded, text, end + 1 - len(key.letters), end + 1, key)
        ]
        return [self._mention(folded, text, *one) for one in _longest(found)]

    def _mention(self, folded: Folded, text: str, start: int, end: int, key: Key) -> Mention:
        first, last = folded.starts[start], folded.ends[end - 1]
        ids = tuple(self.terms[named.place].id for named in key.named)
        return Mention(first, last, ids[0], text[first:last], ids if len(ids) > 1 else ())


def _likeliest_first(named: Sequence[Named]) -> tuple[Named, ...]:
    """Each term once, by the sort of its name; then as the dictionary has them."""
    if len(named) == 1:
        return tuple(named)
    best: dict[int, Named] = {}
    for one in sorted(named, key=lambda one: (SORTS.index(one.sort), one.place)):
        best.setdefault(one.place, one)
    return tuple(best.values())


def _longest(found: Iterable[tuple[int, int, Key]]) -> list[tuple[int, int, Key]]:
    taken: set[int] = set()
    kept = []
    for start, end, key in sorted(found, key=lambda one: (one[0] - one[1], one[0])):
        if not any(at in taken for at in (start, end - 1)):  # a shorter one inside would hold one of a longer's ends
            taken.update(range(start, end))
            kept.append((start, end, key))
    return sorted(kept, key=lambda one: one[0])


def _stands(folded: Folded, text: str, start: int, end: int, key: Key) -> bool:
    """Whether a name's letters stand there as a word."""
    return (
        folded.is_whole(start, end)
        and _is_spaced_well(folded, start, end, key)
        and _is_spelled_well(folded, text, start, end, key)
        and _begins(folded, start)
        and _ends(folded, text, start, end)
    )


def _is_spaced_well(folded: Folded, start: int, end: int, key: Key) -> bool:
    for at in range(start + 1, end):
        gap = folded.starts[at] - folded.ends[at - 1]
        if gap > WIDEST_GAP or (gap > 0 and len(key.letters) < SPLIT and at - start not in key.gaps):
            return False
    return True


def _is_spelled_well(folded: Folded, text: str, start: int, end: int, key: Key) -> bool:
    return key.letters not in ENGLISH or text[folded.starts[start] : folded.ends[end - 1]].isupper()


def _begins(folded: Folded, start: int) -> bool:
    if folded.gap_before(start):
        return True
    letters = folded.letters
    if not is_korean(letters[start]):
        return not joins(letters[start - 1], letters[start])
    return begins(_word(folded, start - 1, -1))


def _ends(folded: Folded, text: str, start: int, end: int) -> bool:
    letters = folded.letters
    if end == len(letters) or folded.gap_before(end):
        return stands_bare(letters[start:end], text[folded.ends[end - 1] :][:WORD])
    if not is_korean(letters[end - 1]):
        return not joins(letters[end - 1], letters[end])
    return ends(letters[start:end], _word(folded, end, 1))


def _word(folded: Folded, at: int, step: int) -> str:
    """Korean letters from a place on, back (-1) or forth (1), up to the next space, sign or other letter."""
    found: list[str] = []
    while 0 <= at < len(folded.letters) and is_korean(folded.letters[at]) and len(found) < WORD:
        found.append(folded.letters[at])
        if folded.gap_before(at if step < 0 else min(at + 1, len(folded.letters) - 1)):
            break
        at += step
    return "".join(found[::step])
