"""Everyday and official words for one idea: "술 먹고 운전" and "음주운전". The table holds words of insurance; it knows no clause.

An idea is a search term of its own: the clause carries it when an official word stands there, the question when either kind
does. So every idea counts once, however many words it has, and bm25 weighs it by how few clauses carry it.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("concepts.txt")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class _Side:
    """Words of one side of the table: which idea each names."""

    morphemes: dict[str, tuple[int, ...]]
    texts: Any
    """Ahocorasick automaton of pieces of text, spaces left out; its values are tuples of ideas."""
    together: tuple[tuple[frozenset[str], int], ...] = ()
    """Words that name an idea only together."""
    parts: frozenset[str] = frozenset()
    """All words of `together`."""

    def ideas(self, text: str, morphemes: Collection[str]) -> set[int]:
        """Ideas named by a text; morphemes: its content morphemes."""
        close = _SPACE.sub("", text)
        found = {idea for morpheme in morphemes for idea in self.morphemes.get(morpheme, ())}
        if close and len(self.texts):
            found |= {idea for _, ideas in self.texts.iter(close) for idea in ideas}
        said = {part for part in self.parts if _says(part, close, morphemes)}
        return found | {idea for parts, idea in self.together if parts <= said}


def _says(word: str, close: str, morphemes: Collection[str]) -> bool:
    return word in morphemes if _is_morpheme(word) else word in close


def _is_morpheme(word: str) -> bool:
    return word.endswith("다") or len(word) == 1


@cache
def _sides() -> tuple[_Side, _Side]:
    """What questions say, what clauses say."""
    lines = list(_lines())
    asked = [(word, idea) for idea, (left, right) in enumerate(lines) for word in (*left, *right)]
    written = [(word, idea) for idea, (_, right) in enumerate(lines) for word in right]
    return _side(asked), _side(written)


def _side(named: list[tuple[str, int]]) -> _Side:
    import ahocorasick

    single: dict[str, tuple[int, ...]] = {}
    for word, idea in named:
        if "+" not in word:
            single[word] = (*single.get(word, ()), idea)
    texts = ahocorasick.Automaton()
    for word, ideas in single.items():
        if not _is_morpheme(word):
            texts.add_word(word, ideas)
    texts.make_automaton()
    together = tuple((frozenset(word.split("+")), idea) for word, idea in named if "+" in word)
    morphemes = {word: ideas for word, ideas in single.items() if _is_morpheme(word)}
    return _Side(morphemes, texts, together, frozenset().union(*(words for words, _ in together)))


def _lines() -> Iterator[tuple[list[str], list[str]]]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            left, _, right = line.partition("|")
            yield left.split(), right.split()


@cache
def table_mark() -> str:
    """Changes with the table: clauses indexed by another one are indexed anew."""
    return sha256(TABLE.read_bytes()).hexdigest()[:8]


def asked_ideas(text: str, morphemes: Collection[str]) -> list[str]:
    """Search terms for the ideas of a question."""
    return [f"idea{idea}" for idea in sorted(_sides()[0].ideas(text, morphemes))]


def written_ideas(text: str, morphemes: Collection[str]) -> list[str]:
    """Search terms for the ideas of a clause, each once."""
    return [f"idea{idea}" for idea in sorted(_sides()[1].ideas(text, morphemes))]
