"""Records of dictionaries become terms and relations in the store, and what does not fit together is told."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlite_utils import Database

from engine.sources.relations import RELATION
from engine.sources.terms import TERM
from engine.store.sources import get_source, read_records
from engine.store.terms import add_relations, add_terms, drop_terms, read_dictionary
from engine.terms.folding import key_of
from engine.terms.model import IS_A, Relation, Term

BATCH = 2_000
EXAMPLES = 5
KINDS = ("terms", "relations")
"""Kinds of sources that are dictionaries."""


def keep_dictionary(db: Database, source_id: str) -> dict[str, Any]:
    """Put the records of a source into the dictionary of its recipe, in the place of what an earlier try put there.

    Returns {terms, relations, pending, pending_examples, ambiguous, ambiguous_examples, warnings}: what the recipe's dictionary holds
    now, relations with an end that is no known term (they wait for it), and names that mean several terms.
    """
    source = get_source(db, source_id)
    recipe = source["recipe"]
    drop_terms(db, source_id)
    for metas in _batches(db, source_id, TERM):
        add_terms(db, recipe, [_term(meta) for meta in metas], source_id)
        if above := [Relation(meta["term"], IS_A, parent) for meta in metas for parent in meta["parents"]]:
            add_relations(db, recipe, above, source_id)
    for metas in _batches(db, source_id, RELATION):
        add_relations(db, recipe, [Relation(one["head"], one["relation"], one["tail"]) for one in metas], source_id)
    return _told(db, recipe)


def _batches(db: Database, source_id: str, kind: str) -> Iterator[list[dict[str, Any]]]:
    metas = (json.loads(one["meta_json"]) for one in read_records(db, source_id) if one["kind"] == kind)
    while batch := list(islice(metas, BATCH)):
        yield batch


def _term(meta: dict[str, Any]) -> Term:
    return Term(
        key_of(meta["term"]),
        meta["term"],
        meta["kind"],
        tuple(meta["synonyms"]),
        tuple(meta["lay"]),
        tuple(meta["abbreviations"]),
        meta["definition"],
    )


def _told(db: Database, recipe: str) -> dict[str, Any]:
    terms = read_dictionary(db, recipe)
    ambiguous = terms.ambiguous()
    missing = list(
        dict.fromkeys(end for one in terms.pending for end in (one.head, one.tail) if terms.id_of(end) is None)
    )
    warnings = []
    if missing:
        shown = ", ".join(missing[:EXAMPLES])
        warnings.append(
            f"용어 사전에 없는 말을 가리키는 관계가 {len(terms.pending):,}개 있습니다(예: {shown}). 그 용어를 가져오면 이어지고, 그때까지는 쓰지 않습니다. / {len(terms.pending):,} relations "
            "name what is no term yet. They wait, and join when the term is imported."
        )
    if ambiguous:
        named = ", ".join(f"{name} ({' / '.join(map(terms.named, ids[:3]))})" for name, ids in ambiguous[:EXAMPLES])
        warnings.append(
            f"여러 용어가 함께 쓰는 이름이 {len(ambiguous):,}개 있습니다(예: {named}). 모두 후보로 남깁니다. / {len(ambiguous):,} names mean several terms; all stay as candidates."
        )
    return {
        "dictionary": {"terms": len(terms.terms), "relations": len(terms.relations), "pending": len(terms.pending), "ambiguous": len(ambiguous)},
        "pending_examples": missing[:EXAMPLES],
        "ambiguous_examples": [{"name": name, "terms": list(map(terms.named, ids))} for name, ids in ambiguous[:EXAMPLES]],
        "warnings": warnings,
    }  # fmt: skip
