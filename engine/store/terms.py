"""Dictionaries in the store: terms and relations of a recipe, of its sources and the owner's own. It knows no file."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, insert_rows, one_row, path_of, writing
from engine.terms.dictionary import Dictionary
from engine.terms.folding import key_of
from engine.terms.model import Relation, Term, names_of
from engine.terms.shipped import shipped_dictionary

_SHOWN = "(source_id IS NULL OR source_id IN (SELECT id FROM sources WHERE state = 'ready' AND replaced_by IS NULL)) AND (? IS NULL OR recipe = ?)"
"""Of a recipe, or of all: what sources in use brought in, and the owner's own."""


KEPT = 4
"""Dictionaries kept in memory."""
_KEPT: dict[tuple[str, str | None, tuple[Any, ...]], Dictionary] = {}


def add_terms(db: Database, recipe: str, terms: Sequence[Term], source_id: str | None = None) -> None:
    """Append terms in one transaction; `source_id`: whose they are, None for the owner's own."""
    with writing(db):
        first = (one_row(db, "SELECT seq FROM sqlite_sequence WHERE name = 'terms'") or {"seq": 0})["seq"] + 1
        numbered = list(enumerate(terms, first))
        insert_rows(
            db,
            "terms (id, recipe, source_id, name, kind, definition)",
            [(id_, recipe, source_id, one.name, one.kind, one.definition) for id_, one in numbered],
        )
        names = [(id_, n, sort, name) for id_, one in numbered for n, (name, sort) in enumerate(names_of(one))]
        insert_rows(db, "term_names (term_id, place, sort, name)", names)


def add_relations(db: Database, recipe: str, relations: Sequence[Relation], source_id: str | None = None) -> None:
    """Append relations in one transaction; ends are names of terms, known or still to come."""
    with writing(db):
        rows = [(recipe, source_id, one.head, one.relation, one.tail) for one in relations]
        insert_rows(db, "relations (recipe, source_id, head, relation, tail)", rows)


def drop_terms(db: Database, source_id: str) -> None:
    """Delete what a source brought in; its records stay."""
    with writing(db):
        for table in ("terms", "relations"):
            db.execute(f"DELETE FROM {table} WHERE source_id = ?", [source_id])


def set_own_terms(db: Database, recipe: str, kind: str, terms: Sequence[Term]) -> None:
    """Say anew which terms of a kind are the owner's own."""
    with writing(db):
        db.execute("DELETE FROM terms WHERE source_id IS NULL AND recipe = ? AND kind = ?", [recipe, kind])
        add_terms(db, recipe, terms)


def removed_names(db: Database, recipe: str | None) -> list[str]:
    """Names that the owner took out."""
    sql = "SELECT name FROM removed_names WHERE ? IS NULL OR recipe = ? ORDER BY name"
    return [row["name"] for row in all_rows(db, sql, [recipe, recipe])]


def set_removed(db: Database, recipe: str, names: Iterable[str]) -> None:
    """Say anew which names are taken out."""
    with writing(db):
        db.execute("DELETE FROM removed_names WHERE recipe = ?", [recipe])
        db.conn.executemany("INSERT OR IGNORE INTO removed_names VALUES (?, ?)", [(recipe, name) for name in names])


def read_dictionary(db: Database, recipe: str | None) -> Dictionary:
    """The dictionary of a recipe, of all recipes for None; kept in memory until it changes."""
    key = (str(path_of(db)), recipe, _state(db))
    found = _KEPT.get(key) or _read(db, recipe)
    if key not in _KEPT:
        for old in list(_KEPT)[: max(0, len(_KEPT) - KEPT + 1)]:
            _KEPT.pop(old, None)
    _KEPT[key] = found
    return found


def dictionary_of(db: Database, recipe: str | None) -> Dictionary:
    """The dictionary of a recipe; the one that comes with Malmoi while the owner has none."""
    return read_dictionary(db, recipe) if has_terms(db, recipe) else shipped_dictionary()


def dictionary_of_sources(db: Database, source_ids: Sequence[str]) -> Dictionary | None:
    """The dictionary of the recipe that these sources are of; None where it has no term. Without one: one look, 20 µs."""
    found = one_row(db, "SELECT recipe FROM sources WHERE id = ?", [next(iter(source_ids), None)])
    return read_dictionary(db, found["recipe"]) if found and has_terms(db, found["recipe"]) else None


def has_terms(db: Database, recipe: str | None) -> bool:
    """Whether there is any term."""
    return one_row(db, f"SELECT 1 FROM terms WHERE {_SHOWN} LIMIT 1", [recipe, recipe]) is not None


def term_sources(db: Database, recipe: str | None) -> list[dict[str, Any]]:
    """{source_id (None: the owner's own), name, recipe, terms, relations} of everything that brought some in."""
    sql = (
        "SELECT n.source_id, s.name, n.recipe, sum(n.terms) AS terms, sum(n.relations) AS relations FROM ("
        f"SELECT source_id, recipe, 1 AS terms, 0 AS relations FROM terms WHERE {_SHOWN} UNION ALL "
        f"SELECT source_id, recipe, 0, 1 FROM relations WHERE {_SHOWN}) n LEFT JOIN sources s ON s.id = n.source_id "
        "GROUP BY 1, 3 ORDER BY n.source_id IS NOT NULL, s.created_at"
    )
    return all_rows(db, sql, [recipe] * 4)


def terms_of_sources(db: Database, source_ids: Sequence[str], kind: str) -> list[list[str]]:
    """Names of every term of a kind that these sources brought in, in the order they came; what is written short first."""
    marks = ",".join("?" * len(source_ids))
    return _grouped(db, f"t.source_id IN ({marks}) AND t.kind = ?", [*source_ids, kind])


def own_terms(db: Database, recipe: str, kind: str) -> list[list[str]]:
    """Names of the owner's own terms of a kind."""
    return _grouped(db, "t.source_id IS NULL AND t.recipe = ? AND t.kind = ?", [recipe, kind])


def _grouped(db: Database, where: str, values: Sequence[Any]) -> list[list[str]]:
    sql = f"SELECT n.term_id, n.name FROM terms t JOIN term_names n ON n.term_id = t.id WHERE {where} ORDER BY n.term_id, n.sort <> 'abbreviation', n.place"
    found: dict[int, list[str]] = {}
    for id_, name in db.conn.execute(sql, values):
        found.setdefault(id_, []).append(name)
    return list(found.values())


def search_rules(db: Database, source_id: str) -> str | None:
    """By which rules a source's text was searched for terms; None: not yet."""
    found = one_row(db, "SELECT rules FROM term_searches WHERE source_id = ?", [source_id])
    return str(found["rules"]) if found else None


def keep_found(db: Database, recipe: str, source_id: str, rules: str, terms: Sequence[Term]) -> None:
    """The terms that a source's text spells out, in the place of those of an earlier search."""
    with writing(db):
        db.execute("DELETE FROM terms WHERE source_id = ?", [source_id])
        add_terms(db, recipe, terms, source_id)
        db.execute("INSERT OR REPLACE INTO term_searches VALUES (?, ?)", [source_id, rules])


def _state(db: Database) -> tuple[Any, ...]:
    """Changes whenever a term, a relation, a removed name or the standing of a source does."""
    sql = (
        "SELECT (SELECT count(*) FROM terms), (SELECT max(id) FROM terms), (SELECT count(*) FROM relations), (SELECT max(id) FROM relations), "
        "(SELECT group_concat(recipe || name, char(0)) FROM removed_names), (SELECT group_concat(id || coalesce(replaced_by, '')) FROM sources "
        "WHERE state = 'ready')"
    )
    return tuple(db.conn.execute(sql).fetchone())


def _read(db: Database, recipe: str | None) -> Dictionary:
    where, values = _SHOWN, [recipe, recipe]
    rows = db.conn.execute(f"SELECT id, kind, definition FROM terms WHERE {where} ORDER BY id", values).fetchall()
    sql = f"SELECT term_id, sort, name FROM term_names WHERE term_id IN (SELECT id FROM terms WHERE {where}) ORDER BY term_id, place"
    removed = set(removed_names(db, recipe))
    names: dict[int, list[tuple[str, str]]] = {}
    for id_, sort, name in db.conn.execute(sql, values):
        if name not in removed:
            names.setdefault(id_, []).append((sort, name))
    merged = Merged()
    for id_, kind, definition in rows:
        if id_ in names:
            merged.add(kind, definition, names[id_])
    sql = f"SELECT head, relation, tail FROM relations WHERE {where} ORDER BY id"
    return Dictionary(merged.terms(), [Relation(*row) for row in db.conn.execute(sql, values)])


class Merged:
    """Terms of one name, and of one kind where both tell theirs, become one, whichever source they came from."""

    def __init__(self) -> None:
        self._found: dict[str, list[dict[str, Any]]] = {}

    def add(self, kind: str, definition: str, names: Sequence[tuple[str, str]]) -> None:
        """names: (sort, name), the term's own first."""
        key = key_of(names[0][1])
        same = self._found.setdefault(key, [])
        into = next((one for one in same if not kind or not one["kind"] or one["kind"] == kind), None)
        if into is None:
            into = {"id": f"{key}#{kind}" if same else key, "kind": kind, "definition": definition, "names": {}}
            same.append(into)
        into["kind"] = into["kind"] or kind
        into["definition"] = into["definition"] or definition
        for sort, name in names:
            into["names"].setdefault(key_of(name), (sort, name))

    def terms(self) -> list[Term]:
        return [_term(one) for same in self._found.values() for one in same]


def _term(one: dict[str, Any]) -> Term:
    name, *others = one["names"].values()
    by_sort = {sort: tuple(n for s, n in others if s == sort) for sort in ("synonym", "lay", "abbreviation")}
    return Term(
        one["id"], name[1], one["kind"], by_sort["synonym"], by_sort["lay"], by_sort["abbreviation"], one["definition"]
    )
