"""Audits and canaries as the store keeps them. It knows nothing of how either is made."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, new_id, now, one_row, writing


def add_audit(
    db: Database,
    *,
    model: str,
    run_id: str | None,
    target: str | None,
    content: str | None,
    verdict: str,
    findings: Sequence[dict[str, Any]],
) -> str:
    """Keep what an audit found; returns its id."""
    audit_id = new_id("audit")
    told = json.dumps(list(findings), ensure_ascii=False)
    with writing(db):
        db.execute(
            "INSERT INTO audits (id, model, run_id, target, content, verdict, findings_json, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [audit_id, model, run_id, target, content, verdict, told, now()],
        )
    return audit_id


def get_audit(db: Database, audit_id: str) -> dict[str, Any]:
    """One audit, its findings decoded. Raises UserError when there is none."""
    row = one_row(db, "SELECT * FROM audits WHERE id = ?", [audit_id])
    if row is None:
        raise UserError(
            f"감사 '{audit_id}'이(가) 없습니다. `audit`으로 먼저 살피세요.",
            f"There is no audit '{audit_id}'. Look first with `audit`.",
        )
    return _decoded(row)


def audits_of(db: Database, model: str, limit: int = 20) -> list[dict[str, Any]]:
    """Audits of a model, newest first."""
    sql = "SELECT * FROM audits WHERE model = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [model, limit])]


def audit_since(db: Database, model: str, artifact_id: str | None) -> dict[str, Any] | None:
    """The newest audit of a model since its weights were written, None where there is none: a run that went on has others."""
    sql = (
        "SELECT * FROM audits WHERE model = ? AND created_at >= (SELECT created_at FROM artifacts WHERE id = ?) "
        "ORDER BY created_at DESC, rowid DESC LIMIT 1"
    )
    row = one_row(db, sql, [model, artifact_id])
    return _decoded(row) if row else None


def has_passed(db: Database, content: str) -> bool:
    """Whether the newest audit of these very files (as `content_of` tells them) is not red, or the owner said why it may pass."""
    row = one_row(
        db,
        "SELECT verdict, override_reason FROM audits WHERE content = ? ORDER BY created_at DESC, rowid DESC LIMIT 1",
        [content],
    )
    return row is not None and (row["verdict"] != "red" or row["override_reason"] is not None)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "findings": json.loads(row.pop("findings_json"))}


def allow_audit(db: Database, audit_id: str, reason: str) -> None:
    """Record that the owner lets pass what was found, and why. The first reason stays."""
    with writing(db):
        db.execute(
            "UPDATE audits SET override_reason = ?, overridden_at = ? WHERE id = ? AND override_reason IS NULL",
            [reason, now(), audit_id],
        )


def add_canaries(db: Database, planted: Iterable[tuple[int, str]]) -> None:
    """Note (row id, secret) of planted rows."""
    with writing(db):
        db.conn.executemany("INSERT OR IGNORE INTO canaries VALUES (?, ?, ?)", [(*one, now()) for one in planted])


def canaries_in(db: Database, dataset_ids: Sequence[str]) -> list[dict[str, Any]]:
    """{row_id, secret, messages, target} of canaries that stand in the training split of any of these datasets."""
    sql = (
        "SELECT DISTINCT c.row_id, c.secret, r.messages_json, r.target FROM canaries c JOIN rows r ON r.id = c.row_id "
        "JOIN dataset_rows d ON d.row_id = r.id WHERE d.split = 'train' AND d.dataset_id IN (SELECT value FROM json_each(?)) "
        "ORDER BY c.row_id"
    )
    found = all_rows(db, sql, [json.dumps(list(dataset_ids))])
    return [{**row, "messages": json.loads(row.pop("messages_json"))} for row in found]


def stands_openly(db: Database, words: str, recipes: Sequence[str]) -> bool:
    """Whether words stand in material of these recipes that was never masked: there everybody may read them."""
    sql = (
        "SELECT 1 AS found FROM records r JOIN sources s ON s.id = r.source_id WHERE s.masked_at IS NULL "
        "AND s.recipe IN (SELECT value FROM json_each(?)) AND instr(r.text, ?) LIMIT 1"
    )
    return one_row(db, sql, [json.dumps(list(recipes)), words]) is not None
