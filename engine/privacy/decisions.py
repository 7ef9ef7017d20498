"""Numbers of values, and what the owner decided about them, as masking needs them. It decides nothing itself."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlite_utils import Database

from engine.korean.hangul import nfc
from engine.privacy.canonical import canonical, key_of
from engine.privacy.detectors import find_spans, with_others
from engine.privacy.labels import WORDS, Span
from engine.privacy.masking import Masker
from engine.privacy.names import NameMatcher
from engine.privacy.normalise import fold
from engine.privacy.residual import NUMBERED, Invented, covered, known_numbers
from engine.store.masks import EVERYWHERE, added_values, added_words, kept_values, number_of
from engine.store.open import all_rows
from engine.store.settings import mask_key
from engine.store.sources import get_speakers, mask_numbers
from engine.store.vault import all_pseudonyms


class Numbers:
    """Placeholder numbers by keyed hash of the value: one value, one number, in every source of the store."""

    def __init__(self, key: bytes, known: dict[tuple[str, str], int]) -> None:
        self.key = key
        self.known = known
        self.new: list[tuple[str, str, int]] = []
        self.highest: Counter[str] = Counter()
        for (label, _), number in known.items():
            self.highest[label] = max(self.highest[label], number)

    def number(self, label: str, canonical: str) -> tuple[str, int]:
        """(value key, number) of a value, new or known."""
        value_key = key_of(self.key, label, canonical)
        return value_key, self.number_of_key(label, value_key)

    def number_of_key(self, label: str, value_key: str) -> int:
        """The number of the value behind a key, new or known."""
        found = self.known.get((label, value_key))
        if found is None:
            self.highest[label] += 1
            found = self.known[label, value_key] = self.highest[label]
            self.new.append((label, value_key, found))
        return found

    def take_new(self) -> list[tuple[str, str, int]]:
        """What was numbered since the last call."""
        new, self.new = self.new, []
        return new


def placeholder_of(label: str, number: int) -> str:
    """PHONE, 1 → [전화번호_1]."""
    return f"[{WORDS[label]}_{number}]"


def value_of_surface(masker: Masker, label: str, surface: str) -> str:
    """The one spelling of a written value: all forms of a participant's name are one."""
    return masker.person(fold(surface).text) if label == "PERSON" else canonical(label, surface)


@dataclass(frozen=True, slots=True)
class AddedWord:
    """A word the owner wants hidden; `word` is folded."""

    word: str
    label: str

    def spots(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it stands in `text`: anywhere, but a word of Latin letters or digits only as a word of its own."""
        folded = fold(text)
        edge = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])" if self.word.isascii() else "{}"
        for found in re.finditer(edge.format(re.escape(self.word)), folded.text, re.IGNORECASE):
            yield folded.original(found.start(), found.end())


def folded_word(word: str) -> str:
    """A typed word as it is looked for."""
    return nfc(fold(word.strip()).text)


@dataclass
class Decisions:
    """What the owner decided, for one source: values that stay visible, words that are hidden."""

    kept: set[tuple[str, str]] = field(default_factory=set)
    words: list[AddedWord] = field(default_factory=list)


def load_decisions(db: Database, source_id: str) -> Decisions:
    """The decisions that hold for a source, also one that was never masked before."""
    words = []
    for label, value_key, where in added_values(db):
        number = number_of(db, label, value_key)
        if number is not None and where in (EVERYWHERE, source_id):
            written = added_words(db, label, value_key, placeholder_of(label, number))
            words += [AddedWord(folded_word(word), label) for word in written]
    return Decisions(kept_values(db), sorted(set(words), key=lambda added: -len(added.word)))


class Leftovers:
    """What is still personal in a masked text, without what the owner wants shown.

    strict: participants' names count in every form, and so do `words` the owner added. invented: (kind, text) of pseudonyms,
    which are no leaks. known: (label, value key) of numbers hidden anywhere in the store; they count without
    any words around them. It pickles small: what it looks with is built at its first use, in each process.
    """

    def __init__(
        self,
        key: bytes,
        kept: set[tuple[str, str]],
        speakers: Sequence[str],
        words: Sequence[AddedWord] = (),
        invented: Collection[tuple[str, str]] = (),
        strict: bool = False,
        known: Collection[tuple[str, str]] = (),
    ) -> None:
        self.key = key
        self.kept = kept
        self.speakers = speakers
        self.words = words
        self.invented = invented
        self.strict = strict
        self.known = known

    @cached_property
    def masker(self) -> Masker:
        """Knows the forms of the speakers' names; built when a kept value is first compared."""
        return Masker(self.speakers)

    @cached_property
    def _cover(self) -> Invented:
        return Invented(self.invented)

    def find(self, masked_text: str, names: NameMatcher | None = None) -> list[Span]:
        """Spans in code points of `masked_text`; with `names` also those people."""
        text = covered(masked_text, self._cover)
        found = find_spans(text, names or (self.masker.names if self.strict else None))
        said = fold(text).text.lower() if self.words else ""
        for added in self.words:
            if added.word.lower() in said:  # looking closer costs 20 times this
                found = with_others(found, [Span(start, end, added.label) for start, end in added.spots(text)])
        if self.known:
            found = with_others(found, known_numbers(text, self._is_known))
        return [span for span in found if not self.is_kept(span.label, masked_text[span.start : span.end])]

    def _is_known(self, label: str, number: str) -> bool:
        return (label, key_of(self.key, label, number)) in self.known

    def is_kept(self, label: str, surface: str) -> bool:
        """Whether the owner said that this is no personal data."""
        if not self.kept:
            return False
        return (label, key_of(self.key, label, value_of_surface(self.masker, label, surface))) in self.kept


def leftovers_of(db: Database, source_ids: Sequence[str]) -> Leftovers:
    """For texts made from these sources: what the owner keeps everywhere or in some place counts as decided."""
    sql = "SELECT DISTINCT label, value_key FROM masks WHERE state = 'rejected' AND decided_by = 'owner'"
    here = {(row["label"], row["value_key"]) for row in all_rows(db, sql)}
    speakers = list(dict.fromkeys(name for source_id in source_ids for name in get_speakers(db, source_id)))
    words = {word: None for source_id in source_ids for word in load_decisions(db, source_id).words}
    invented = [(kind, text) for (kind, _), text in all_pseudonyms(db).items()]
    known = {(label, key) for label, key in mask_numbers(db) if label in NUMBERED}
    return Leftovers(mask_key(db), kept_values(db) | here, speakers, list(words), invented, strict=True, known=known)
