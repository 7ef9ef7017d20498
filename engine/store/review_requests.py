"""Rows sent to review: they stand first in the queue until a decision is made after they were sent."""

from sqlite_utils import Database

from engine.store.open import all_rows, now, one_row, writing

WAITING = (
    "SELECT q.row_id, q.created_at FROM review_requests q WHERE q.dataset_id = ? AND NOT EXISTS (SELECT 1 FROM reviews v WHERE "
    "v.dataset_id = q.dataset_id AND v.row_id = q.row_id AND v.undone_at IS NULL AND v.id > q.after_review)"
)


def request_review(db: Database, dataset_id: str, row_id: int) -> None:
    """Put a row first in the queue, though it was decided on before."""
    newest = "(SELECT COALESCE(max(id), 0) FROM reviews)"
    with writing(db):
        db.execute(
            f"INSERT OR REPLACE INTO review_requests (dataset_id, row_id, after_review, created_at) VALUES (?, ?, {newest}, ?)",
            [dataset_id, row_id, now()],
        )


def withdraw_request(db: Database, dataset_id: str, row_id: int) -> None:
    """Let a row take its usual place again."""
    with writing(db):
        db.execute("DELETE FROM review_requests WHERE dataset_id = ? AND row_id = ?", [dataset_id, row_id])


def is_requested(db: Database, dataset_id: str, row_id: int) -> bool:
    """Whether the row was sent and waits."""
    return one_row(db, f"{WAITING} AND q.row_id = ?", [dataset_id, row_id]) is not None


def requested_rows(db: Database, dataset_id: str) -> list[int]:
    """Rows that were sent and wait, in the order they were sent."""
    return [row["row_id"] for row in all_rows(db, f"{WAITING} ORDER BY q.created_at, q.row_id", [dataset_id])]
