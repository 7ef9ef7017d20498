"""Backup and check of the whole store."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.datasets import membership_fingerprint
from engine.store.lineage import TABLES
from engine.store.open import all_rows, now, require_space, writing
from engine.store.tokens import token_problems


def backup(db: Database, target: Path) -> dict[str, Any]:
    """Copy the living store to a new file; whole or absent. Returns {path, bytes}.

    In one step: copied in parts, SQLite begins anew whenever somebody writes. In WAL mode no writer has to wait.

    Raises UserError when the target exists or cannot be written.
    """
    if target.exists():
        raise UserError(
            f"{target.name} 파일이 이미 있습니다. 백업은 덮어쓰지 않습니다. 다른 이름을 주세요.",
            f"{target.name} exists already. A backup never overwrites. Give another name.",
        )
    if not target.parent.is_dir():
        raise UserError(
            f"백업을 둘 폴더가 없습니다: {target.parent}. 폴더를 먼저 만들거나 다른 곳을 고르세요.",
            f"The backup's folder does not exist: {target.parent}. Make it first, or choose another place.",
        )
    page, pages = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
    require_space(target, page * pages)
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)  # what a killed backup left
        os.close(os.open(part, os.O_CREAT | os.O_RDWR, 0o600))  # as private as the store itself
        copy = sqlite3.connect(str(part))
        try:
            db.conn.backup(copy, pages=-1)
        finally:
            copy.close()
        os.replace(part, target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise UserError(
            f"백업을 {target.name}에 쓸 수 없습니다({error}). 폴더 권한과 남은 공간을 확인하세요.",
            f"The backup {target.name} cannot be written ({error}). Check the folder's permission and free space.",
        ) from error
    size = target.stat().st_size
    with writing(db):
        db.execute("INSERT OR REPLACE INTO backups VALUES (?, ?, ?)", [str(target), size, now()])
    return {"path": str(target), "bytes": size}


def backup_into(db: Database, store: Path, folder: Path, stamp: str) -> dict[str, Any]:
    """A backup named after the store and `stamp` in a folder, which is made when only its last part is missing.

    Raises UserError as `backup` does, and when the folder cannot be made.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"'{folder}' 폴더를 만들거나 쓸 수 없습니다({error.strerror}). 있는 폴더의 전체 경로를 주세요.",
            f"The folder '{folder}' cannot be made or used ({error.strerror}). Give the whole path of an existing one.",
        ) from error
    return backup(db, folder / f"{store.stem}-{stamp}.db")


def check(db: Database) -> list[str]:
    """Every problem found, in plain words; an empty list means clean. Half-done work of living jobs is no problem."""
    found = [f"integrity: {row[0]}" for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    found += [f"foreign key: {row[0]} row {row[1]}" for row in db.execute("PRAGMA foreign_key_check")]
    return (
        found
        + _blob_problems(db)
        + _edge_problems(db)
        + _dataset_problems(db)
        + _source_problems(db)
        + _run_problems(db)
        + token_problems(db)
    )


def _blob_problems(db: Database) -> list[str]:
    sql = (
        "SELECT b.sha256, b.chunk_count, b.bytes, count(c.ord) AS n, COALESCE(sum(length(c.data)), 0) AS size FROM blobs b "
        "LEFT JOIN chunks c ON c.sha256 = b.sha256 WHERE b.state = 'whole' GROUP BY b.sha256 HAVING n <> chunk_count OR size <> bytes"
    )
    found = [f"blob {r['sha256'][:12]}: {r['n']} of {r['chunk_count']} chunks" for r in all_rows(db, sql)]
    sql = (
        "SELECT f.artifact_id, f.path FROM artifact_files f JOIN artifacts a ON a.id = f.artifact_id "
        "JOIN blobs b ON b.sha256 = f.sha256 WHERE a.state = 'whole' AND b.state <> 'whole'"
    )
    return found + [f"artifact {r['artifact_id']}: {r['path']} is not whole" for r in all_rows(db, sql)]


def _edge_problems(db: Database) -> list[str]:
    found = []
    for kind, table in TABLES.items():
        for side in ("parent", "child"):
            sql = f"SELECT DISTINCT {side}_id AS id FROM edges WHERE {side}_kind = ? AND {side}_id NOT IN (SELECT id FROM {table})"
            found += [f"edge: {side} {kind} {row['id']} does not exist" for row in all_rows(db, sql, [kind])]
    return found


def _dataset_problems(db: Database) -> list[str]:
    rows = all_rows(db, "SELECT id, fingerprint FROM datasets WHERE state = 'frozen' AND forgotten_count = 0")
    return [
        f"dataset {row['id']}: membership differs from its fingerprint"
        for row in rows
        if membership_fingerprint(db, row["id"]) != row["fingerprint"]
    ]


def _source_problems(db: Database) -> list[str]:
    sql = (
        "SELECT s.id, s.record_count, count(r.id) AS n FROM sources s LEFT JOIN records r ON r.source_id = s.id "
        "WHERE s.state = 'ready' GROUP BY s.id HAVING n <> s.record_count"
    )
    found = [f"source {r['id']}: {r['n']} of {r['record_count']} records" for r in all_rows(db, sql)]
    try:
        db.execute("INSERT INTO records_fts (records_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        found.append(f"full-text index: {error}")
    return found


def _run_problems(db: Database) -> list[str]:
    sql = (
        "SELECT r.id FROM runs r JOIN jobs j ON j.id = r.job_id WHERE j.state = 'done' AND "
        "(r.adapter_id IS NULL OR r.adapter_id NOT IN (SELECT id FROM artifacts WHERE state = 'whole')) "
        # of a search's trials only the best keeps its adapter
        "AND (r.id NOT IN (SELECT run_id FROM trials WHERE run_id IS NOT NULL) "
        "OR r.id IN (SELECT json_extract(result_json, '$.best.run_id') FROM studies WHERE result_json IS NOT NULL))"
    )
    return [f"run {row['id']}: done without a whole adapter" for row in all_rows(db, sql)]
