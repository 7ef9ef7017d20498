"""Terms that the sources spell out themselves, kept in the dictionary: abbreviations of patents, definitions of policies."""

from collections.abc import Iterator, Sequence

from sqlite_utils import Database

from engine.claims.names import groups_in
from engine.store.clause_records import read_clauses
from engine.store.patents import read_cases
from engine.store.sources import get_source
from engine.store.terms import keep_found, search_rules
from engine.terms.definitions import definitions_in
from engine.terms.folding import key_of
from engine.terms.model import Term

ABBREVIATION, DEFINITION = "abbreviation", "definition"
"""Kinds of these terms."""
RULES = "1"
"""Changes when other terms are found: sources are searched anew then."""


def find_terms(db: Database, source_ids: Sequence[str]) -> None:
    """Search the sources that were not searched by these rules yet. What dictionaries brought in is no text to search."""
    for id_ in source_ids:
        source = get_source(db, id_)
        if source["kind"] not in ("terms", "relations") and search_rules(db, id_) != RULES:
            found = [*_abbreviations(db, id_), *_definitions(db, id_)]
            keep_found(db, source["recipe"], id_, RULES, found)


def _abbreviations(db: Database, source_id: str) -> list[Term]:
    texts = (text for _, claim, meta in read_cases(db, source_id) for text in (claim, str(meta.get("product") or "")))
    return [term_of(group) for group in groups_in(texts)]


def term_of(group: Sequence[str]) -> Term:
    """A group of names, what is written short first, as a term called by what it stands for."""
    short, name, *others = group
    return Term(key_of(name), name, ABBREVIATION, tuple(others), (), (short,))


def _definitions(db: Database, source_id: str) -> Iterator[Term]:
    known: dict[str, str] = {}
    for _, text, _ in read_clauses(db, source_id):
        for name, definition in definitions_in(text):
            known.setdefault(name, definition)
    return (Term(key_of(name), name, DEFINITION, definition=text) for name, text in known.items())
