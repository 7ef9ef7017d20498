"""What a dictionary is made of: terms, relations, and what is found with them in a text. It reads no file."""

from typing import Literal, NamedTuple

RELATIONS = ("symptom", "cause", "treatment", "test", "complication", "contraindication")
"""Relations that are understood: HEAD (an illness, a drug) has TAIL as its symptom, cause … Others are kept and drawn."""
IS_A = "is_a"
"""HEAD is a kind of TAIL."""
RED_FLAG = "red_flag"
"""The kind of a term whose names are an owner's own emergency phrases."""


class Term(NamedTuple):
    """One idea under all its names."""

    id: str
    name: str
    kind: str = ""
    """disease, symptom, drug, test, body, treatment, red_flag, definition, abbreviation, or the owner's own word; "" unknown."""
    synonyms: tuple[str, ...] = ()
    lay: tuple[str, ...] = ()
    """Everyday words."""
    abbreviations: tuple[str, ...] = ()
    definition: str = ""


class Relation(NamedTuple):
    """HEAD has TAIL as its symptom, cause …; ends are ids of terms, or any of their names."""

    head: str
    relation: str
    tail: str


Sort = Literal["name", "abbreviation", "synonym", "lay"]
SORTS: tuple[Sort, ...] = ("name", "abbreviation", "synonym", "lay")
"""Kinds of names; of two terms with one name, the one that stands first here is meant sooner."""


class Mention(NamedTuple):
    """A term in a text, at text[start:end]."""

    start: int
    end: int
    term_id: str
    surface: str
    candidates: tuple[str, ...] = ()
    """Ids of all terms that the words may mean, the likeliest first; empty where they mean one."""


class Expansion(NamedTuple):
    """Words that were added to a question, because `surface` stands there."""

    term_id: str
    surface: str
    added: tuple[str, ...]


class Flag(NamedTuple):
    """A relation that an answer claims at answer[start:end] and the dictionary does not know, or says otherwise. Ends are names."""

    kind: Literal["unknown_relation", "contradicted"]
    head: str
    relation: str
    tail: str
    start: int
    end: int


class RedFlag(NamedTuple):
    """An emergency that somebody tells of at text[start:end]."""

    name: str
    start: int
    end: int
    surface: str


def names_of(term: Term) -> list[tuple[str, Sort]]:
    """Every name with its sort, the name first."""
    sorted_names: list[tuple[str, Sort]] = [(term.name, "name")]
    sorted_names += [(name, "abbreviation") for name in term.abbreviations]
    sorted_names += [(name, "synonym") for name in term.synonyms]
    return [*sorted_names, *((name, "lay") for name in term.lay)]
