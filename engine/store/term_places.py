"""Where names stand: rows of datasets, and answers of evaluations. It knows letters, no words: who asks decides what is a mention."""

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, one_row

LOOKED_AT = 20_000
"""Newest rows, and answers, that are looked at: a look over these takes a tenth of a second."""


def rows_with(db: Database, names: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """{row_id, dataset_id, text} of the newest rows in a dataset whose prompt or target holds one of the names."""
    written = [json.dumps(name, ensure_ascii=False)[1:-1] for name in names]
    found = " OR ".join(["instr(r.messages_json, ?) OR instr(r.target, ?)"] * len(names))
    sql = (
        "SELECT r.id AS row_id, (SELECT max(d.dataset_id) FROM dataset_rows d WHERE d.row_id = r.id AND d.split IS NOT NULL) AS dataset_id, "
        f"r.messages_json, r.target FROM rows r WHERE r.id > ? AND ({found}) ORDER BY r.id DESC LIMIT ?"
    )
    values = [value for name, json_name in zip(names, written, strict=True) for value in (json_name, name)]
    rows = all_rows(db, sql, [_newest(db, "rows"), *values, limit]) if names else []
    return [
        {"row_id": row["row_id"], "dataset_id": row["dataset_id"], "text": _said(row)}
        for row in rows
        if row["dataset_id"] is not None
    ]


def answers_with(db: Database, names: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """{evaluation_id, item, model, text} of the newest answers that hold one of the names."""
    found = " OR ".join(["instr(answer, ?)"] * len(names))
    sql = f"SELECT evaluation_id, item, model, answer AS text FROM answers WHERE id > ? AND ({found}) ORDER BY id DESC LIMIT ?"
    return all_rows(db, sql, [_newest(db, "answers"), *names, limit]) if names else []


def _newest(db: Database, table: str) -> int:
    row = one_row(db, f"SELECT coalesce(max(id), 0) AS last FROM {table}")
    assert row
    return int(row["last"]) - LOOKED_AT


def _said(row: dict[str, Any]) -> str:
    turns = json.loads(row["messages_json"])
    return "\n".join([*(str(turn["content"]) for turn in turns), row["target"]])
