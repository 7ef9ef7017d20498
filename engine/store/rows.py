"""Windows of a dataset's rows: by split, by reason, by text, by length, next to each other. It changes nothing."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, one_row, writing

SPLITS = ("train", "validation", "test")
SCAN = 8_000
"""Rows one search looks through: about 0.1 s on two cores. The next search goes on where it ended."""
COLUMNS = (
    "d.ord, d.split, d.dropped, r.id, r.source_id, r.record_first, r.record_last, r.split_group, r.messages_json, r.target, "
    "r.meta_json, r.edited_from"
)
_FROM = "SELECT ord, row_id, split, dropped FROM dataset_rows"
_INDEXED = f"{_FROM} INDEXED BY dataset_rows_by_split WHERE dataset_id = :id"  # else SQLite walks all rows for one in a hundred
_NEXT = "AND ord > :after ORDER BY ord LIMIT :limit"
ORDS = {
    "kept": " UNION ALL ".join(
        f"SELECT * FROM ({_INDEXED} AND split = '{s}' AND dropped IS NULL {_NEXT})" for s in SPLITS
    ),
    "split": f"{_INDEXED} AND split = :split AND dropped IS NULL {_NEXT}",
    "dropped": f"{_FROM} WHERE dataset_id = :id AND dropped IS NOT NULL {_NEXT}",
    "decided": f"{_FROM} INDEXED BY dataset_rows_by_row WHERE dataset_id = :id AND row_id IN (SELECT row_id FROM reviews WHERE dataset_id = :id "
    f"AND undone_at IS NULL) {_NEXT}",
    "reason": f"{_INDEXED} AND split IS NULL AND dropped = :reason {_NEXT}",
}
"""Members in order; each walks an index and stops at its limit."""


@dataclass(frozen=True, slots=True)
class Which:
    """Which rows: of a split (None: all kept), or dropped (`any` or a reason); with `text`; at most or least so long."""

    split: str | None = None
    dropped: str | None = None
    text: str = ""
    shortest: int = 0
    """Fewest letters of the target."""
    speech: str | None = None
    """Speech level of the target, as kept rows name it."""
    decided: bool = False
    """Only rows the owner decided on, kept or dropped."""
    kind: str | None = None
    """Type of the question, as its pair named it."""

    @property
    def members(self) -> str:
        """SQL for its members."""
        if self.decided:
            return ORDS["decided"]
        if self.dropped:
            return ORDS["dropped" if self.dropped == "any" else "reason"]
        return ORDS["split" if self.split else "kept"]


@dataclass(frozen=True, slots=True)
class Window:
    """Rows found, and where to go on (None: that was the end). `scanned_to`: the ord the search has looked at last."""

    rows: list[dict[str, Any]]
    after: int | None


def find_rows(db: Database, dataset_id: str, which: Which, after: int = -1, limit: int = 10) -> Window:
    """The next rows after an ord. A search looks through at most SCAN rows and may come back with fewer, or none."""
    values = {"id": dataset_id, "after": after, "split": which.split, "reason": which.dropped}
    if which.text or which.shortest or which.speech or which.kind:
        return _search(db, which, values, limit)
    sql = (
        f"SELECT {COLUMNS} FROM (SELECT * FROM ({which.members}) ORDER BY ord LIMIT :limit) d JOIN rows r ON r.id = d.row_id "
        "ORDER BY d.ord"
    )
    found = all_rows(db, sql, {**values, "limit": limit + 1})
    rows = [_decoded(row) for row in found[:limit]]
    return Window(rows, rows[-1]["ord"] if len(found) > limit else None)


def _search(db: Database, which: Which, values: dict[str, Any], limit: int) -> Window:
    """A bounded scan; the text is first looked for in the whole JSON, then in what was said."""
    scan = f"SELECT * FROM ({which.members}) ORDER BY ord LIMIT :limit"
    last = one_row(db, f"SELECT max(ord) AS ord, count(*) AS n FROM ({scan})", {**values, "limit": SCAN})
    assert last is not None
    sql = (
        f"SELECT {COLUMNS} FROM ({scan}) d JOIN rows r ON r.id = d.row_id WHERE length(r.target) >= :shortest AND (:speech IS NULL OR r.meta_json ->> 'speech' = :speech) "
        "AND (:kind IS NULL OR r.meta_json ->> 'type' = :kind) AND (:text = '' "
        "OR instr(r.target, :text) > 0 OR (instr(r.messages_json, :quoted) > 0 AND EXISTS (SELECT 1 FROM "
        "json_each(r.messages_json) m WHERE instr(m.value ->> 'content', :text) > 0))) ORDER BY d.ord LIMIT :found"
    )
    quoted = json.dumps(which.text, ensure_ascii=False)[1:-1]
    sought = {
        "text": which.text,
        "quoted": quoted,
        "shortest": which.shortest,
        "speech": which.speech,
        "kind": which.kind,
        "found": limit + 1,
    }
    found = all_rows(db, sql, {**values, **sought, "limit": SCAN})
    rows = [_decoded(row) for row in found[:limit]]
    if len(found) > limit:
        return Window(rows, rows[-1]["ord"])
    return Window(rows, last["ord"] if last["n"] == SCAN else None)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    row["messages"] = json.loads(row.pop("messages_json"))
    row["meta"] = json.loads(row.pop("meta_json"))
    return row


def get_row(db: Database, dataset_id: str, row_id: int) -> dict[str, Any] | None:
    """One row of a dataset with its membership, or None."""
    sql = f"SELECT {COLUMNS} FROM dataset_rows d JOIN rows r ON r.id = d.row_id WHERE d.row_id = ? AND d.dataset_id = ? LIMIT 1"
    found = one_row(db, sql, [row_id, dataset_id])
    return _decoded(found) if found else None


def next_row(db: Database, dataset_id: str, which: Which, ord_: int) -> int | None:
    """The id of the next such row; a search ends after SCAN rows."""
    found = find_rows(db, dataset_id, which, ord_, 1).rows
    return int(found[0]["id"]) if found else None


def previous_row(db: Database, dataset_id: str, which: Which, ord_: int) -> int | None:
    """The id of the row before, of the same split or reason; a search text is not looked at."""
    back = "AND ord < :ord ORDER BY ord DESC LIMIT 1"
    if which.decided:
        decided = "SELECT row_id FROM reviews WHERE dataset_id = :id AND undone_at IS NULL"
        sql = f"{_FROM} WHERE dataset_id = :id AND row_id IN ({decided}) {back}"
    elif which.dropped == "any":
        sql = f"{_FROM} WHERE dataset_id = :id AND dropped IS NOT NULL {back}"
    elif which.dropped:
        sql = f"{_INDEXED} AND split IS NULL AND dropped = :dropped {back}"
    else:
        splits = [which.split] if which.split in SPLITS else SPLITS
        each = (f"SELECT * FROM ({_INDEXED} AND split = '{split}' AND dropped IS NULL {back})" for split in splits)
        sql = f"{' UNION ALL '.join(each)} ORDER BY ord DESC LIMIT 1"
    found = one_row(db, sql, {"id": dataset_id, "dropped": which.dropped, "ord": ord_})
    return int(found["row_id"]) if found else None


def speech_levels(db: Database, dataset_id: str) -> dict[str, int]:
    """{speech level: kept rows}; rows made before levels were noted are not counted."""
    sql = (
        "SELECT r.meta_json ->> 'speech' AS level, count(*) AS n FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
        "WHERE d.dataset_id = ? AND d.split IN ('train', 'validation', 'test') AND level IS NOT NULL GROUP BY 1"
    )
    return {row["level"]: row["n"] for row in all_rows(db, sql, [dataset_id])}


def question_types(db: Database, dataset_id: str) -> dict[str, tuple[int, int]]:
    """{type of question: (rows kept, rows dropped)}, most kept first; empty where rows have none."""
    sql = (
        "SELECT r.meta_json ->> 'type' AS kind, count(d.split) AS kept, count(d.dropped) AS dropped FROM dataset_rows d "
        "JOIN rows r ON r.id = d.row_id WHERE d.dataset_id = ? AND kind IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return {row["kind"]: (row["kept"], row["dropped"]) for row in all_rows(db, sql, [dataset_id])}


def buckets_of(db: Database, dataset_id: str, split: str, dropped: str) -> tuple[dict[str, int], dict[str, int]]:
    """({part of a mix: rows kept in that split}, {part: rows dropped for that reason}), by `bucket` in the rows' meta."""
    sql = (
        "SELECT r.meta_json ->> 'bucket' AS bucket, count(*) FILTER (WHERE d.split = ?) AS kept, "
        "count(*) FILTER (WHERE d.dropped = ?) AS dropped FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
        "WHERE d.dataset_id = ? AND bucket IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    found = list(all_rows(db, sql, [split, dropped, dataset_id]))
    return (
        {row["bucket"]: row["kept"] for row in found if row["kept"]},
        {row["bucket"]: row["dropped"] for row in found if row["dropped"]},
    )


def kept_by_type(db: Database, dataset_id: str) -> dict[str, list[int]]:
    """{type of question: ids of the kept rows}; one nameless type where rows have none."""
    sql = (
        "SELECT COALESCE(r.meta_json ->> 'type', '') AS kind, r.id FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
        "WHERE d.dataset_id = ? AND d.split IS NOT NULL ORDER BY d.ord"
    )
    found: dict[str, list[int]] = {}
    for kind, row_id in db.conn.execute(sql, [dataset_id]):
        found.setdefault(kind, []).append(row_id)
    return found


def count_refusing(db: Database, dataset_id: str, word: str) -> tuple[int, int, int]:
    """(kept rows, those built as unanswerable, answers among the others that begin with `word`)."""
    sql = (
        "SELECT count(*), count(*) FILTER (WHERE NOT r.meta_json ->> 'answerable'), count(*) FILTER (WHERE "
        "r.meta_json ->> 'answerable' AND (r.target = :word OR substr(r.target, 1, length(:word) + 1) = :word || ' ')) "
        "FROM dataset_rows d JOIN rows r ON r.id = d.row_id WHERE d.dataset_id = :id AND d.split IS NOT NULL"
    )
    rows, refusing, alike = db.execute(sql, {"id": dataset_id, "word": word}).fetchone()
    return int(rows), int(refusing), int(alike)


def note_speech(db: Database, levels: Iterable[tuple[int, str]]) -> None:
    """Note the level of rows (id, level) that an earlier dataset already made without: what they say does not change."""
    sql = "UPDATE rows SET meta_json = json_set(meta_json, '$.speech', ?2) WHERE id = ?1 AND meta_json ->> 'speech' IS NOT ?2"
    with writing(db):
        db.conn.executemany(sql, levels)


def sample_rows(db: Database, dataset_id: str, split: str, count: int) -> list[dict[str, Any]]:
    """Up to `count` rows of a split, evenly spread from its first to its last."""
    sql = "SELECT ord FROM dataset_rows WHERE dataset_id = ? AND split = ? AND dropped IS NULL ORDER BY ord"
    ords = [row[0] for row in db.conn.execute(sql, [dataset_id, split])]
    chosen = ords if len(ords) <= count else [ords[i * len(ords) // count] for i in range(count)]
    marks = ",".join("?" * len(chosen))
    sql = f"SELECT {COLUMNS} FROM dataset_rows d JOIN rows r ON r.id = d.row_id WHERE d.dataset_id = ? AND d.ord IN ({marks}) ORDER BY d.ord"
    return [_decoded(row) for row in all_rows(db, sql, [dataset_id, *chosen])]
