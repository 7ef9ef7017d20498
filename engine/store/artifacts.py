"""Folders of files kept in the store: adapters, checkpoints. Folders on disk are caches of them."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.blobs import copy_blob, drop_blobs, is_whole, write_blob
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing


def save_artifact(
    db: Database, folder: Path, kind: str, run_id: str, step: int | None = None, meta: dict[str, Any] | None = None
) -> str:
    """Store every file below `folder`; the artifact counts once its last file is in. Returns its id."""
    artifact_id = new_id("art")
    with writing(db):
        db.execute(
            "INSERT INTO artifacts (id, run_id, kind, step, meta_json, state, created_at) VALUES (?,?,?,?,?,'writing',?)",
            [artifact_id, run_id, kind, step, json.dumps(meta or {}, ensure_ascii=False), now()],
        )
    total = 0
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total += _add_file(db, artifact_id, path.relative_to(folder).as_posix(), path)
    with writing(db):
        db.execute("UPDATE artifacts SET bytes = ?, state = 'whole' WHERE id = ?", [total, artifact_id])
        link(db, "run", run_id, "artifact", artifact_id)
    return artifact_id


def artifact_bytes(db: Database, artifact_id: str) -> int | None:
    """Bytes of all its files; None when there is none of that id."""
    row = one_row(db, "SELECT bytes FROM artifacts WHERE id = ?", [artifact_id])
    return int(row["bytes"]) if row else None


def artifact_meta(db: Database, artifact_id: str) -> dict[str, Any]:
    """What was noted when an artifact was saved; {} when there is none of that id."""
    row = one_row(db, "SELECT meta_json FROM artifacts WHERE id = ?", [artifact_id])
    return dict(json.loads(row["meta_json"])) if row else {}


def _add_file(db: Database, artifact_id: str, name: str, path: Path) -> int:
    """Store one file and name it; written again when its blob was dropped between the two."""
    while True:
        sha256, size = write_blob(db, path)
        with writing(db):
            if is_whole(db, sha256):
                db.execute("INSERT INTO artifact_files VALUES (?, ?, ?, ?)", [artifact_id, name, sha256, size])
                return size


def unpack_artifact(db: Database, artifact_id: str, folder: Path) -> Path:
    """Write the artifact's files to `folder` (kept when already there). Raises UserError when it is not in the store."""
    if folder.is_dir():
        return folder
    files = all_rows(
        db,
        "SELECT f.path, f.sha256 FROM artifact_files f JOIN artifacts a ON a.id = f.artifact_id "
        "WHERE a.id = ? AND a.state = 'whole'",
        [artifact_id],
    )
    if not files:
        raise UserError(
            f"산출물 {artifact_id}이(가) 저장소에 온전히 없습니다. 학습을 다시 하거나 백업에서 되돌리세요.",
            f"Artifact {artifact_id} is not whole in the store. Train again, or restore a backup.",
        )
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    targets = [(part / _safe(file["path"]), file["sha256"]) for file in files]
    try:
        for target, sha256 in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_blob(db, sha256, target)
        _move_into_place(part, folder)
    except ValueError as error:  # gone or altered: the blob tells which
        raise UserError(
            f"산출물 {artifact_id}의 파일이 저장소에 없거나 깨졌습니다({error}). 백업에서 되돌리거나 학습을 다시 하세요.",
            f"Files of artifact {artifact_id} are missing or damaged in the store ({error}). Restore a backup, or train again.",
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _move_into_place(part: Path, folder: Path) -> None:
    try:
        part.rename(folder)
    except OSError:  # another process unpacked the same artifact first
        if not folder.is_dir():
            raise
        shutil.rmtree(part, ignore_errors=True)


def _safe(path: str) -> PurePosixPath:
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or ":" in path or "\\" in path:
        raise ValueError(f"artifact path leaves its folder: {path!r}")
    return relative


def find_artifacts(db: Database, run_id: str, kind: str) -> list[dict[str, Any]]:
    """{id, step} of a run's whole artifacts of a kind, the highest step first."""
    sql = (
        "SELECT id, step FROM artifacts WHERE run_id = ? AND kind = ? AND state = 'whole' "
        "ORDER BY step DESC, created_at DESC"
    )
    return all_rows(db, sql, [run_id, kind])


def artifacts_of(db: Database, run_id: str, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """(id, what was noted) of a run's whole artifacts of a kind, the newest first."""
    sql = (
        "SELECT id, meta_json FROM artifacts WHERE run_id = ? AND kind = ? AND state = 'whole' ORDER BY created_at DESC"
    )
    return [(row["id"], json.loads(row["meta_json"])) for row in all_rows(db, sql, [run_id, kind])]


def holds_whole(db: Database, artifact_id: str, names: Sequence[str]) -> bool:
    """Whether the artifact has these files, and every byte of all its files is in the store."""
    sql = (
        "SELECT f.path, b.state = 'whole' AND b.chunk_count = (SELECT count(*) FROM chunks c WHERE c.sha256 = b.sha256) AS whole "
        "FROM artifact_files f JOIN blobs b ON b.sha256 = f.sha256 WHERE f.artifact_id = ?"
    )
    files = {row["path"]: row["whole"] for row in all_rows(db, sql, [artifact_id])}
    return all(files.values()) and all(name in files for name in names)


def drop_artifacts(db: Database, run_id: str, kind: str, only: str | None = None) -> None:
    """Delete a run's artifacts of a kind, half-written ones too (or `only` one of them); then blobs nobody names."""
    doomed = "SELECT id FROM artifacts WHERE run_id = ? AND kind = ? AND (? IS NULL OR id = ?)"
    values = [run_id, kind, only, only]
    with writing(db):
        files = all_rows(db, f"SELECT DISTINCT sha256 FROM artifact_files WHERE artifact_id IN ({doomed})", values)
        db.execute(f"DELETE FROM edges WHERE child_kind = 'artifact' AND child_id IN ({doomed})", values)
        db.execute(f"DELETE FROM artifacts WHERE id IN ({doomed})", values)
        drop_blobs(db, [file["sha256"] for file in files])


def drop_all_but(db: Database, run_id: str, kind: str, kept: Sequence[str]) -> None:
    """Delete a run's artifacts of a kind, half-written ones too, except those of the ids."""
    for row in all_rows(db, "SELECT id FROM artifacts WHERE run_id = ? AND kind = ?", [run_id, kind]):
        if row["id"] not in kept:
            drop_artifacts(db, run_id, kind, only=row["id"])
