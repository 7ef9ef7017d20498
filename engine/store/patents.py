"""Patent cases as records: read for a page and a command."""

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

CASE = "patent"
"""The kind of a record that is a case."""


def read_cases(db: Database, source_id: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(record id, claim, meta) of every case in file order."""
    sql = "SELECT id, text, meta_json FROM records WHERE source_id = ? AND kind = ? ORDER BY seq"
    for id_, text, meta in db.conn.execute(sql, [source_id, CASE]):
        yield id_, text, json.loads(meta or "{}")
