"""Rows as tokens, kept for the next run. It knows nothing of tokenizers: what decides the tokens comes in as one print."""

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, insert_rows, now, one_row, writing

ENCODINGS, ROWS = 6, 2_000_000
"""At most so many encodings and rows are kept, the longest unused encoding going first: 2 million chat rows are about 200 MB."""
BATCH = 20_000
"""Rows read or written at a time: another writer waits for no more than that."""

TokenRow = tuple[int, int, int, int, int, bytes]
"""(row id, tokens of the prompt, target whole, prompt cut, bytes a token, ids)"""


def recall_tokens(db: Database, print_: str, row_ids: Sequence[int]) -> list[TokenRow]:
    """What is kept of these rows under this encoding, in no order."""
    sql = (
        "SELECT t.row_id, t.prompt, t.whole, t.cut, t.width, t.ids FROM encodings e JOIN row_tokens t ON t.encoding_id = e.id "
        "WHERE e.print = ? AND t.row_id IN (SELECT value FROM json_each(?))"
    )
    found: list[TokenRow] = []
    for first in range(0, len(row_ids), BATCH):
        found += db.conn.execute(sql, [print_, json.dumps(row_ids[first : first + BATCH])]).fetchall()
    return found


def remember_tokens(db: Database, print_: str, rows: Sequence[TokenRow]) -> None:
    """Keep rows under this encoding, and let the longest unused encodings go. Rows forgotten meanwhile are passed over."""
    for first in range(0, len(rows), BATCH):
        with writing(db):
            stamp = now()
            db.execute(
                "INSERT INTO encodings (print, used_at) VALUES (?, ?) ON CONFLICT (print) DO UPDATE SET used_at = ?",
                [print_, stamp, stamp],
            )
            encoding = one_row(db, "SELECT id FROM encodings WHERE print = ?", [print_])
            assert encoding
            part = rows[first : first + BATCH]
            wanted = _wanted(db, encoding["id"], [row[0] for row in part])
            columns = "row_tokens (encoding_id, row_id, prompt, whole, cut, width, ids)"
            insert_rows(db, columns, [(encoding["id"], *row) for row in part if row[0] in wanted])
    _drop_oldest(db)


def touch_encoding(db: Database, print_: str) -> None:
    """Note that an encoding was of use."""
    with writing(db):
        db.execute("UPDATE encodings SET used_at = ? WHERE print = ?", [now(), print_])


def _wanted(db: Database, encoding_id: int, row_ids: Sequence[int]) -> set[int]:
    """Rows that still exist and that no other process has kept meanwhile."""
    sql = (
        "SELECT id FROM rows WHERE id IN (SELECT value FROM json_each(?)) "
        "AND NOT EXISTS (SELECT 1 FROM row_tokens t WHERE t.row_id = rows.id AND t.encoding_id = ?)"
    )
    return {row["id"] for row in all_rows(db, sql, [json.dumps(row_ids), encoding_id])}


def _drop_oldest(db: Database) -> None:
    sql = (
        "SELECT e.id, (SELECT count(*) FROM row_tokens t WHERE t.encoding_id = e.id) AS n FROM encodings e "
        "ORDER BY e.used_at DESC, e.id DESC"
    )
    kept = 0
    with writing(db):
        for place, encoding in enumerate(all_rows(db, sql)):
            kept += encoding["n"]
            if place and (place >= ENCODINGS or kept > ROWS):  # never the one just used
                db.execute("DELETE FROM encodings WHERE id = ?", [encoding["id"]])


def token_problems(db: Database) -> list[str]:
    """Kept tokens that cannot be read back, in plain words."""
    sql = (
        "SELECT row_id FROM row_tokens WHERE width NOT IN (2, 4) OR length(ids) % width <> 0 OR length(ids) = 0 "
        "OR prompt < 0 OR prompt * width > length(ids) LIMIT 20"
    )
    problems: list[dict[str, Any]] = all_rows(db, sql)
    return [f"tokens of row {row['row_id']}: not whole" for row in problems]
