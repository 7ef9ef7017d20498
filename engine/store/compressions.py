"""Compressions, their steps and their reports. It knows nothing of models or of what a technique does."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing

STATES = ("waiting", "running", "passed", "failed", "rolled_back", "skipped")
"""Of a step. `failed`: it lost too much and all ends there; `rolled_back`: it did, and what follows goes on from before it."""
VIEW = (
    "SELECT c.*, COALESCE(j.state, 'done') AS state, j.progress_json, j.stop, j.ending, j.message_ko, j.message_en "
    "FROM compressions c LEFT JOIN jobs j ON j.id = c.job_id"
)


def add_compression(
    db: Database,
    *,
    run_id: str,
    recipe: str,
    dataset_id: str,
    settings: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
) -> str:
    """A new compression of a run with its steps {technique, share, how, teacher, added}, all waiting. Returns its id."""
    compression_id = new_id("compress")
    with writing(db):
        db.execute(
            "INSERT INTO compressions (id, run_id, recipe, dataset_id, settings_json, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [compression_id, run_id, recipe, dataset_id, json.dumps(settings, ensure_ascii=False), now()],
        )
        db.conn.executemany(
            "INSERT INTO compression_steps (compression_id, place, technique, share, how, teacher, added, state) "
            "VALUES (:id, :place, :technique, :share, :how, :teacher, :added, 'waiting')",
            [{"id": compression_id, "place": place, **step} for place, step in enumerate(steps)],
        )
        link(db, "run", run_id, "compression", compression_id)
    return compression_id


def update_compression(db: Database, compression_id: str, **facts: Any) -> None:
    """Set columns of a compression; those that end in _json as values."""
    assigned = ", ".join(f"{name} = ?" for name in facts)  # names come from code, never from input
    with writing(db):
        db.execute(f"UPDATE compressions SET {assigned} WHERE id = ?", [*_packed(facts), compression_id])


def update_step(db: Database, compression_id: str, place: int, **facts: Any) -> None:
    """Set columns of a step; `facts_json` as a value. One that ends, or begins, is stamped."""
    state = facts.get("state")
    facts |= {"started_at": now()} if state == "running" else {}
    facts |= {"ended_at": now()} if state in STATES[2:] else {}
    assigned = ", ".join(f"{name} = ?" for name in facts)
    with writing(db):
        sql = f"UPDATE compression_steps SET {assigned} WHERE compression_id = ? AND place = ?"
        db.execute(sql, [*_packed(facts), compression_id, place])


def _packed(facts: Mapping[str, Any]) -> list[Any]:
    return [json.dumps(v, ensure_ascii=False) if name.endswith("_json") else v for name, v in facts.items()]


def read_steps(db: Database, compression_id: str) -> list[dict[str, Any]]:
    """The steps in order, facts decoded."""
    rows = all_rows(db, "SELECT * FROM compression_steps WHERE compression_id = ? ORDER BY place", [compression_id])
    for row in rows:
        row["facts"] = json.loads(row.pop("facts_json"))
        row["added"] = bool(row["added"])
        del row["compression_id"]
    return rows


def get_compression(db: Database, compression_id: str) -> dict[str, Any]:
    """The compression (its id, its job's, or `latest`) with `steps`, `settings`, `result` (the report, None while it runs) and its
    job's `state`. Raises UserError when there is none."""
    if compression_id == "latest":
        row = one_row(db, f"{VIEW} ORDER BY c.created_at DESC, c.rowid DESC LIMIT 1")
    else:
        row = one_row(db, f"{VIEW} WHERE c.id = ? OR c.job_id = ?", [compression_id, compression_id])
    if row is None:
        raise UserError(
            f"압축 '{compression_id}'이(가) 없습니다. `compress list`로 있는 것을 보거나 `compress 학습id --with int8`로 시작하세요.",
            f"There is no compression '{compression_id}'. See `compress list`, or begin one with `compress RUN --with int8`.",
        )
    return {**_decoded(row), "steps": read_steps(db, row["id"])}


def list_compressions(db: Database, run_id: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Compressions, newest first, those at work too; without their steps."""
    sql = f"{VIEW} WHERE ? IS NULL OR c.run_id = ? ORDER BY c.created_at DESC, c.rowid DESC LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [run_id, run_id, limit])]


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("settings", "result", "progress"):
        text = row.pop(f"{name}_json")
        row[name] = json.loads(text) if text else None
    return row


def made_by_compression(db: Database, run_id: str) -> dict[str, Any] | None:
    """{compression_id, place, technique, state} of the step that made a run; None for one that was trained."""
    sql = "SELECT compression_id, place, technique, state FROM compression_steps WHERE run_id = ?"
    return one_row(db, sql, [run_id])
