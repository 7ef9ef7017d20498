"""Clauses and question-answer pairs as records: read for a report and for a page, token counts kept beside them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, writing

CLAUSE, PAIR = "chunk", "qa"
"""Kinds of records: a clause, a question with its answer."""
WRITTEN = ("chunks", "clauses", "qa")
"""Kinds of sources in which nobody speaks."""
ClauseTuple = tuple[int, str, str]
"""(record id, text, meta_json)"""


@dataclass(frozen=True, slots=True)
class ClauseLook:
    """Which records of a source a page shows."""

    kind: str = CLAUSE
    words: str = ""
    """That the text, the breadcrumbs or the answer holds; "" for all."""
    company: str | None = None
    product: str | None = None
    longer: int | None = None
    """Only clauses of more tokens than this."""


def read_clauses(db: Database, source_id: str) -> list[ClauseTuple]:
    """All clauses of a source in file order."""
    sql = "SELECT id, text, meta_json FROM records WHERE source_id = ? AND kind = 'chunk' ORDER BY seq"
    return db.conn.execute(sql, [source_id]).fetchall()


def set_tokens(db: Database, counts: Iterable[tuple[int, int]]) -> None:
    """Keep (tokens, record id) as `tokens` in each clause's meta. An unchanged count is not written: a write ends its index."""
    sql = (
        "UPDATE records SET meta_json = json_set(meta_json, '$.tokens', ?1) "
        "WHERE id = ?2 AND json_extract(meta_json, '$.tokens') IS NOT ?1"
    )
    with writing(db):
        db.conn.executemany(sql, counts)


def set_clause_report(db: Database, source_id: str, found: dict[str, Any]) -> None:
    """Put `clauses` into the source's report."""
    with writing(db):
        db.execute(
            "UPDATE sources SET report_json = json_set(report_json, '$.clauses', json(?)) WHERE id = ?",
            [json.dumps(found, ensure_ascii=False), source_id],
        )


def count_kinds(db: Database, source_id: str) -> dict[str, int]:
    """Kind of record to how many a source holds now: generated pairs are added after an import."""
    sql = "SELECT kind, count(*) AS n FROM records WHERE source_id = ? GROUP BY kind ORDER BY 2 DESC"
    return {row["kind"]: row["n"] for row in all_rows(db, sql, [source_id])}


def read_looked(
    db: Database, source_id: str, look: ClauseLook, after: int = -1, limit: int = 20
) -> list[dict[str, Any]]:
    """Records with seq > `after` in file order, `meta` decoded."""
    where, values = _where(look)
    sql = (
        "SELECT id, seq, kind, text, meta_json FROM records WHERE source_id = ? AND kind = ? AND seq > ?"
        f"{where} ORDER BY seq LIMIT ?"
    )
    return [_decoded(row) for row in all_rows(db, sql, [source_id, look.kind, after, *values, limit])]


def read_before(db: Database, source_id: str, look: ClauseLook, before: int, limit: int = 20) -> list[dict[str, Any]]:
    """The last records with seq < `before`, in file order."""
    where, values = _where(look)
    sql = (
        "SELECT id, seq, kind, text, meta_json FROM records WHERE source_id = ? AND kind = ? AND seq < ?"
        f"{where} ORDER BY seq DESC LIMIT ?"
    )
    return [_decoded(row) for row in all_rows(db, sql, [source_id, look.kind, before, *values, limit])][::-1]


def count_looked(db: Database, source_id: str, look: ClauseLook) -> int:
    """How many records the look shows."""
    where, values = _where(look)
    sql = f"SELECT count(*) FROM records WHERE source_id = ? AND kind = ?{where}"
    return int(db.execute(sql, [source_id, look.kind, *values]).fetchone()[0])


def _where(look: ClauseLook) -> tuple[str, list[Any]]:
    """A scan over one source: 10,000 clauses take 20 ms."""
    parts: list[str] = []
    values: list[Any] = []
    if look.words:
        inner = " OR ".join(
            f"instr(json_extract(meta_json, '$.{name}'), ?) > 0" for name in ("breadcrumbs", "answer", "chunk_id")
        )
        parts.append(f" AND (instr(text, ?) > 0 OR {inner})")
        values += [look.words] * 4
    for name, value in (("company", look.company), ("product", look.product)):
        if value is not None:
            parts.append(f" AND json_extract(meta_json, '$.{name}') = ?")
            values.append(value)
    if look.longer is not None:
        parts.append(" AND json_extract(meta_json, '$.tokens') > ?")
        values.append(look.longer)
    return "".join(parts), values


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    row["meta"] = json.loads(row.pop("meta_json") or "{}")
    return row
