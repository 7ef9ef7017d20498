"""The search index of clauses. It knows nothing of how text becomes terms."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.open import all_rows, writing

ClauseTuple = tuple[int, str, str, str, str, str]
"""(record_id, source_id, chunk_id, company, product, rules); '' where the clause names no company or product"""
WordTuple = tuple[int, str, str, str, str]
"""(record_id, body, headings, product, ideas)"""
GramTuple = tuple[int, str, str]
"""(record_id, body, headings)"""


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def is_indexed(db: Database, source_ids: Sequence[str], rules: str) -> bool:
    """Whether every clause of the sources is in the index. A clause that went or changed has left it: counts are enough."""
    marks = _marks(source_ids)
    sql = (
        f"SELECT (SELECT count(*) FROM records WHERE kind = 'chunk' AND source_id IN ({marks})) = "
        f"(SELECT count(*) FROM clauses WHERE source_id IN ({marks}) AND rules = ?)"
    )
    return bool(db.conn.execute(sql, [*source_ids, *source_ids, rules]).fetchone()[0])


def unindexed(db: Database, source_ids: Sequence[str], rules: str, limit: int) -> list[dict[str, Any]]:
    """Clauses not yet in the index, or indexed by other rules: {id, source_id, text, meta_json}."""
    sql = (
        "SELECT r.id, r.source_id, r.text, r.meta_json FROM records r LEFT JOIN clauses c ON c.record_id = r.id "
        f"WHERE r.kind = 'chunk' AND r.source_id IN ({_marks(source_ids)}) AND c.rules IS NOT ? ORDER BY r.id LIMIT ?"
    )
    return all_rows(db, sql, [*source_ids, rules, limit])


def add_clauses(
    db: Database, clauses: Sequence[ClauseTuple], words: Iterable[WordTuple], grams: Iterable[GramTuple]
) -> None:
    """Put clauses into the index in one transaction. What went or was indexed meanwhile by somebody else is left alone."""
    with writing(db):
        ids = [clause[0] for clause in clauses]
        marks, rules = _marks(ids), clauses[0][-1]
        db.execute(f"DELETE FROM clauses WHERE record_id IN ({marks}) AND rules <> ?", [*ids, rules])
        fresh = f"SELECT id FROM records WHERE id IN ({marks}) AND id NOT IN (SELECT record_id FROM clauses)"
        wanted = {row[0] for row in db.conn.execute(fresh, ids)}
        sql = "INSERT INTO clauses SELECT ?, ?, ?, ?, ?, ?, (SELECT COALESCE(max(added), 0) + 1 FROM clauses)"
        db.conn.executemany(sql, [clause for clause in clauses if clause[0] in wanted])
        db.conn.executemany(
            "INSERT INTO clause_words (rowid, body, headings, product, ideas) VALUES (?, ?, ?, ?, ?)",
            [w for w in words if w[0] in wanted],
        )
        db.conn.executemany(
            "INSERT INTO clause_grams (rowid, body, headings) VALUES (?, ?, ?)", [g for g in grams if g[0] in wanted]
        )


Names = Sequence[tuple[str, str]]
"""(company, product); '' where none is named."""


def named(db: Database, source_ids: Sequence[str]) -> Names:
    """Distinct names of the sources' clauses, from one to the next in the index: 10,000 clauses are not read for ten."""
    none = "SELECT 1 FROM clauses WHERE source_id = ? AND company = '' AND product = '' LIMIT 1"
    sql = (
        "SELECT company, product FROM clauses WHERE source_id = ? AND (company, product) > (?, ?) "
        "ORDER BY company, product LIMIT 1"
    )
    found: set[tuple[str, str]] = set()
    for source_id in source_ids:
        last = ("", "")
        if db.conn.execute(none, [source_id]).fetchone():
            found.add(last)
        while row := db.conn.execute(sql, [source_id, *last]).fetchone():
            last = (row[0], row[1])
            found.add(last)
    return sorted(found)


def _where(source_ids: Sequence[str], names: Names | None) -> tuple[str, list[Any]]:
    """Clauses of the sources and, when names are given, of those (company, product)."""
    sql, values = f"c.source_id IN ({_marks(source_ids)})", list[Any](source_ids)
    if names is not None:
        sql += f" AND (c.company, c.product) IN (VALUES {','.join(['(?, ?)'] * len(names))})" if names else " AND 0"
        values += [part for pair in names for part in pair]
    return sql, values


COMMON = 1 / 5
"""A term that a larger share of all clauses carries is left out: bm25 gives it little weight (none from a half on), and
reading those clauses is most of what a search costs (p95 at 10,000: 22 ms of processor with a third, 19 with a fifth)."""
FEW = 1000
"""As many are read in no time, common or not."""


def telling(db: Database, table: Literal["clause_words", "clause_grams"], terms: Sequence[str]) -> list[str]:
    """Terms that few enough clauses carry; of words, at least the rarest that occurs."""
    most = max(FEW, db.conn.execute("SELECT count(*) FROM clauses").fetchone()[0] * COMMON)
    sql = f"SELECT doc FROM {table.removesuffix('s')}_counts WHERE term = ?"
    counts = {term: row[0] for term in terms if (row := db.conn.execute(sql, [term]).fetchone())}
    rarest = min(counts.values(), default=0) if table == "clause_words" else 0
    return [term for term, count in counts.items() if count <= most or count == rarest]


def search_words(
    db: Database,
    source_ids: Sequence[str],
    terms: Sequence[str],
    names: Names | None,
    weights: Sequence[float],
    limit: int,
) -> list[tuple[int, float]]:
    """(record id, bm25) over morphemes, best and highest first. weights: of body, headings, product, ideas."""
    return _search(db, "clause_words", source_ids, terms, names, weights, limit)


def search_grams(
    db: Database,
    source_ids: Sequence[str],
    terms: Sequence[str],
    names: Names | None,
    weights: Sequence[float],
    limit: int,
) -> list[tuple[int, float]]:
    """(record id, bm25) over character n-grams, best and highest first. weights: of body, headings."""
    return _search(db, "clause_grams", source_ids, terms, names, weights, limit)


def _search(
    db: Database,
    table: Literal["clause_words", "clause_grams"],
    source_ids: Sequence[str],
    terms: Sequence[str],
    names: Names | None,
    weights: Sequence[float],
    limit: int,
) -> list[tuple[int, float]]:
    match = " OR ".join(f'"{term}"' for term in telling(db, table, terms))
    if not match:
        return []
    where, values = _where(source_ids, names)
    sql = (
        f"SELECT f.rowid, -bm25({table}, {_marks(weights)}) AS score FROM {table} f JOIN clauses c ON c.record_id = f.rowid "
        f"WHERE {table} MATCH ? AND {where} ORDER BY score DESC, f.rowid LIMIT ?"
    )
    return db.conn.execute(sql, [*weights, match, *values, limit]).fetchall()


def read_clauses(db: Database, record_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """{record id: {id, chunk_id, company, product, text, meta_json}}."""
    sql = (
        "SELECT r.id, c.chunk_id, c.company, c.product, r.text, r.meta_json FROM clauses c "
        f"JOIN records r ON r.id = c.record_id WHERE r.id IN ({_marks(record_ids)})"
    )
    return {row["id"]: row for row in all_rows(db, sql, list(record_ids))}


def products_of(db: Database, record_ids: Sequence[int]) -> dict[int, str]:
    """{record id: product}, '' where the clause names none."""
    sql = f"SELECT record_id, product FROM clauses WHERE record_id IN ({_marks(record_ids)})"
    return dict(db.conn.execute(sql, list(record_ids)).fetchall())


def unembedded(db: Database, source_ids: Sequence[str], model: str, limit: int) -> list[dict[str, Any]]:
    """Indexed clauses without a vector of this model: {id, text, meta}."""
    sql = (
        "SELECT r.id, r.text, r.meta_json FROM clauses c JOIN records r ON r.id = c.record_id "
        f"WHERE c.source_id IN ({_marks(source_ids)}) AND NOT EXISTS (SELECT 1 FROM clause_vectors v "
        "WHERE v.model = ? AND v.record_id = c.record_id) ORDER BY r.id LIMIT ?"
    )
    found = all_rows(db, sql, [*source_ids, model, limit])
    return [{"id": row["id"], "text": row["text"], "meta": json.loads(row["meta_json"] or "{}")} for row in found]


def add_vectors(db: Database, model: str, vectors: Sequence[tuple[int, bytes]]) -> None:
    """Store (record id, vector); clauses that went meanwhile are left out."""
    sql = "INSERT OR REPLACE INTO clause_vectors SELECT record_id, ?, ? FROM clauses WHERE record_id = ?"
    with writing(db):
        db.conn.executemany(sql, [(model, vector, id_) for id_, vector in vectors])


def read_vectors(db: Database, source_ids: Sequence[str], model: str) -> list[tuple[int, bytes]]:
    """(record id, vector) of the sources' clauses, in order of their ids."""
    sql = (
        "SELECT v.record_id, v.vector FROM clause_vectors v JOIN clauses c ON c.record_id = v.record_id "
        f"WHERE v.model = ? AND c.source_id IN ({_marks(source_ids)}) ORDER BY v.record_id"
    )
    return db.conn.execute(sql, [model, *source_ids]).fetchall()


def vectors_state(db: Database) -> tuple[int, int]:
    """Changes whenever a clause comes, changes or goes."""
    sql = "SELECT count(*), COALESCE(max(added), 0) FROM clauses"
    found: tuple[int, int] = db.conn.execute(sql).fetchone()
    return found


def clauses_named(db: Database, source_ids: Sequence[str], names: Names) -> set[int]:
    """Record ids of the clauses of these (company, product)."""
    where, values = _where(source_ids, names)
    return {row[0] for row in db.conn.execute(f"SELECT c.record_id FROM clauses c WHERE {where}", values)}


def keep_shown(db: Database, chat_id: str, seq: int, record_ids: Sequence[int]) -> None:
    """Remember which clauses an answer of a chat was given with, best first. Clauses forgotten meanwhile are left out."""
    sql = "INSERT INTO chat_clauses (chat_id, seq, ord, record_id) SELECT ?, ?, ?, id FROM records WHERE id = ?"
    with writing(db):
        db.conn.executemany(sql, [(chat_id, seq, ord_, id_) for ord_, id_ in enumerate(record_ids)])


def read_shown(db: Database, chat_id: str) -> dict[int, list[dict[str, Any]]]:
    """{seq of an answer: [{chunk_id, breadcrumbs, article, text}]}, best clause first; nothing that was forgotten."""
    sql = (
        "SELECT s.seq, r.text, r.meta_json FROM chat_clauses s JOIN records r ON r.id = s.record_id "
        "WHERE s.chat_id = ? ORDER BY s.seq, s.ord"
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in all_rows(db, sql, [chat_id]):
        meta = json.loads(row["meta_json"] or "{}")
        told = {name: meta.get(name) or "" for name in ("chunk_id", "breadcrumbs", "article")}
        found.setdefault(row["seq"], []).append({**told, "text": row["text"]})
    return found


def clause_sources(db: Database, recipe: str) -> list[str]:
    """Ids of the recipe's ready sources that hold clauses, oldest first."""
    sql = (
        "SELECT id FROM sources s WHERE recipe = ? AND state = 'ready' AND replaced_by IS NULL "
        "AND EXISTS (SELECT 1 FROM records r WHERE r.source_id = s.id AND r.kind = 'chunk') ORDER BY created_at, id"
    )
    return [row["id"] for row in all_rows(db, sql, [recipe])]


def dataset_sources(db: Database, dataset_id: str) -> list[str]:
    """Ids of the sources a dataset was built from."""
    sql = "SELECT parent_id AS id FROM edges WHERE child_kind = 'dataset' AND child_id = ? AND parent_kind = 'source'"
    return [row["id"] for row in all_rows(db, sql, [dataset_id])]
