"""Capsules that left this store: whose run, what was in them, whether they came back. It knows nothing of the file's form."""

from typing import Any

from sqlite_utils import Database

from engine.store.lineage import link
from engine.store.open import all_rows, now, one_row, writing


def add_capsule(db: Database, capsule_id: str, run: dict[str, Any], path: str | None, size: int, digest: str) -> None:
    """Note what leaves; `path`: where the owner put it, None for a download."""
    with writing(db):
        db.execute(
            "INSERT INTO capsules (id, run_id, dataset_id, path, bytes, digest, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [capsule_id, run["id"], run["dataset_id"], path, size, digest, now()],
        )
        link(db, "run", run["id"], "capsule", capsule_id)


def get_capsule(db: Database, capsule_id: str) -> dict[str, Any] | None:
    """The capsule's row, or None."""
    return one_row(db, "SELECT * FROM capsules WHERE id = ?", [capsule_id])


def capsules_of(db: Database, run_id: str) -> list[dict[str, Any]]:
    """Capsules made from a run or brought back into it, newest first."""
    sql = "SELECT * FROM capsules WHERE run_id = ? OR returned_run_id = ? ORDER BY created_at DESC"
    return all_rows(db, sql, [run_id, run_id])


def mark_returned(db: Database, capsule_id: str, run_id: str) -> None:
    """The capsule's results are in the store now, in that run."""
    with writing(db):
        sql = "UPDATE capsules SET returned_run_id = ?, returned_at = ? WHERE id = ?"
        db.execute(sql, [run_id, now(), capsule_id])


HOLDING = (
    "SELECT DISTINCT c.id, c.path, c.created_at FROM capsules c JOIN dataset_rows d ON d.dataset_id = c.dataset_id "
    "AND d.split IN ('train', 'validation') JOIN rows ON rows.id = d.row_id WHERE "
)


def capsules_holding(db: Database, where: str, values: list[Any]) -> list[dict[str, Any]]:
    """{id, path, created_at} of capsules that left with rows of which `where` (a condition on `rows`) is true."""
    return all_rows(db, f"{HOLDING}{where} ORDER BY c.created_at", values)  # the condition comes from code


def mark_forgotten(db: Database, where: str, values: list[Any]) -> list[dict[str, Any]]:
    """Capsules with such rows may not come back; returns them. To be called before the rows go."""
    found = capsules_holding(db, where, values)
    with writing(db):
        for capsule in found:
            sql = "UPDATE capsules SET forgotten_at = COALESCE(forgotten_at, ?) WHERE id = ?"
            db.execute(sql, [now(), capsule["id"]])
    return found
