"""The owner's decisions on rows of a frozen dataset, in order, with undo. The dataset itself does not change by them.

The newest decision on a row that was not undone counts. It knows nothing of how a new version is frozen from them.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.datasets import get_dataset, row_fingerprint
from engine.store.open import all_rows, now, one_row, writing
from engine.store.review_requests import requested_rows

Decision = Literal["keep", "drop", "edit"]
STANDING = (
    "r.undone_at IS NULL AND r.id = "
    "(SELECT max(id) FROM reviews n WHERE n.dataset_id = r.dataset_id AND n.row_id = r.row_id AND n.undone_at IS NULL)"
)
"""Of the reviews `r`, those that count."""
STANDS = (
    f"SELECT row_id, decision, edited_row_id, created_at, decided_by FROM reviews r WHERE dataset_id = ? AND {STANDING}"
)
"""What counts: one decision per row."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a dataset's review stands. `decided` rows by decision; `unfrozen`: decided or undone since the last new version."""

    decided: dict[str, int]
    unfrozen: int
    can_undo: bool
    can_redo: bool
    version: str | None
    """The newest version made from this dataset."""


def decide(
    db: Database,
    dataset_id: str,
    row_id: int,
    decision: Decision,
    edited_row_id: int | None = None,
    by: str | None = None,
) -> int:
    """Record a decision; returns its id. A second tab's decision on the same row comes later and counts. by: who decided.

    Raises UserError when there is no such dataset, or the row is not in it.
    """
    with writing(db):
        dataset = get_dataset(db, dataset_id)
        require_member(db, dataset["id"], row_id)
        done = db.execute(
            "INSERT INTO reviews (dataset_id, row_id, decision, edited_row_id, created_at, decided_by) VALUES (?, ?, ?, ?, ?, ?)",
            [dataset["id"], row_id, decision, edited_row_id, now(), by],
        )
    return int(done.lastrowid or 0)


def require_member(db: Database, dataset_id: str, row_id: int) -> dict[str, Any]:
    """The row's membership {ord, split, dropped}. Raises UserError when the dataset has no such row."""
    sql = "SELECT ord, split, dropped FROM dataset_rows WHERE row_id = ? AND dataset_id = ?"
    found = one_row(db, sql, [row_id, dataset_id])
    if found is None:
        raise UserError(
            f"데이터셋 {dataset_id}에 행 {row_id}이(가) 없습니다. 지워졌거나 다른 데이터셋의 행입니다.",
            f"Dataset {dataset_id} has no row {row_id}. It was removed, or belongs to another dataset.",
        )
    return found


def add_edited_row(db: Database, row_id: int, messages: list[dict[str, str]], target: str) -> int:
    """The row with other words, as a row of its own that names the old one; the old one's id when nothing differs."""
    old = one_row(db, "SELECT * FROM rows WHERE id = ?", [row_id])
    if old is None:
        raise UserError(f"행 {row_id}이(가) 없습니다. 지워졌습니다.", f"There is no row {row_id}. It was removed.")
    said = json.dumps(messages, ensure_ascii=False)
    if (said, target) == (old["messages_json"], old["target"]):
        return row_id
    records = (old["record_first"], old["record_last"])
    print_ = row_fingerprint(old["recipe"], old["source_id"], records, f"{old['split_group']}\0{said}\0{target}")
    with writing(db):
        db.execute(
            "INSERT OR IGNORE INTO rows (recipe, source_id, record_first, record_last, split_group, messages_json, target, "
            "meta_json, edited_from, fingerprint, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(old[name] for name in ("recipe", "source_id", "record_first", "record_last", "split_group")),
                said, target, old["meta_json"], row_id, print_, now(),
            ],
        )  # fmt: skip
        return int(db.execute("SELECT id FROM rows WHERE fingerprint = ?", [print_]).fetchone()[0])


def undo(db: Database, dataset_id: str) -> dict[str, Any] | None:
    """Take the newest decision back; returns it, or None when there is none left."""
    with writing(db):
        found = one_row(db, f"{_DECISIONS} AND undone_at IS NULL ORDER BY id DESC LIMIT 1", [dataset_id])
        if found:
            place = "(SELECT COALESCE(max(undone_place), 0) + 1 FROM reviews)"
            db.execute(f"UPDATE reviews SET undone_at = ?, undone_place = {place} WHERE id = ?", [now(), found["id"]])
    return found


def redo(db: Database, dataset_id: str) -> dict[str, Any] | None:
    """Let the decision that was undone last count again; None when there is none, or a newer decision was made since."""
    with writing(db):
        found = one_row(db, _REDO, [dataset_id, dataset_id])
        if found:
            db.execute(
                "UPDATE reviews SET undone_at = NULL, undone_place = NULL, created_at = ? WHERE id = ?",
                [now(), found["id"]],
            )
    return found


_DECISIONS = "SELECT id, row_id, decision, edited_row_id FROM reviews WHERE dataset_id = ?"
_REDO = (
    f"{_DECISIONS} AND undone_at IS NOT NULL AND id > "
    "COALESCE((SELECT max(id) FROM reviews WHERE dataset_id = ? AND undone_at IS NULL), 0) ORDER BY undone_place DESC, id LIMIT 1"
)


def standing(db: Database, dataset_id: str) -> Standing:
    """How many rows are decided, what is not in a version yet, whether there is something to undo or redo."""
    counts = dict(db.execute(f"SELECT decision, count(*) FROM ({STANDS}) GROUP BY 1", [dataset_id]).fetchall())
    child = one_row(
        db,
        "SELECT c.id, c.created_at FROM edges e JOIN datasets c ON c.id = e.child_id AND c.state = 'frozen' "
        "WHERE e.parent_kind = 'dataset' AND e.parent_id = ? AND e.child_kind = 'dataset' ORDER BY c.created_at DESC LIMIT 1",
        [dataset_id],
    )
    since = child["created_at"] if child else ""
    if child:
        sql = "SELECT count(DISTINCT row_id) FROM reviews WHERE dataset_id = ? AND (created_at > ? OR undone_at > ?)"
        unfrozen = db.execute(sql, [dataset_id, since, since]).fetchone()[0]
    else:
        unfrozen = sum(counts.values())
    return Standing(
        decided=counts,
        unfrozen=unfrozen,
        can_undo=bool(counts),
        can_redo=one_row(db, _REDO, [dataset_id, dataset_id]) is not None,
        version=child["id"] if child else None,
    )


def decisions(db: Database, dataset_id: str) -> list[dict[str, Any]]:
    """What counts now, one per decided row: {row_id, decision, edited_row_id, created_at, decided_by}."""
    return all_rows(db, f"{STANDS} ORDER BY row_id", [dataset_id])


def decisions_on(db: Database, dataset_id: str, row_ids: list[int]) -> dict[int, dict[str, Any]]:
    """What counts now for these rows; an edit brings the words it gave: {decision, edited_row_id, target, messages}."""
    marks = ",".join("?" * len(row_ids))
    sql = (
        f"SELECT s.*, e.target, e.messages_json FROM ({STANDS} AND row_id IN ({marks})) s "
        "LEFT JOIN rows e ON e.id = s.edited_row_id"
    )
    found = {row["row_id"]: row for row in all_rows(db, sql, [dataset_id, *row_ids])}
    for row in found.values():
        text = row.pop("messages_json")
        row["messages"] = json.loads(text) if text else None
    return found


def history(db: Database, dataset_id: str, row_id: int, limit: int = 20) -> list[dict[str, Any]]:
    """All decisions on a row, newest first, undone ones too."""
    sql = "SELECT * FROM reviews WHERE dataset_id = ? AND row_id = ? ORDER BY id DESC LIMIT ?"
    return all_rows(db, sql, [dataset_id, row_id, limit])


def next_unreviewed(db: Database, dataset_id: str, dropped: str | None = None, after: int = -1) -> int | None:
    """The id of the first row after `after` that nobody decided on: of the kept rows, or of those `dropped` for a reason.

    From the beginning of the kept rows, those that were sent to review come first.
    """
    if dropped is None and after < 0 and (sent := requested_rows(db, dataset_id)):
        return sent[0]
    chosen = "d.dropped = ?" if dropped else "d.split IS NOT NULL AND ? IS NULL"
    sql = (
        f"SELECT d.row_id FROM dataset_rows d WHERE d.dataset_id = ? AND d.ord > ? AND {chosen} AND NOT EXISTS "
        "(SELECT 1 FROM reviews v WHERE v.dataset_id = d.dataset_id AND v.row_id = d.row_id AND v.undone_at IS NULL) "
        "ORDER BY d.ord LIMIT 1"
    )
    found = one_row(db, sql, [dataset_id, after, dropped])
    return int(found["row_id"]) if found else None


def unreviewed(db: Database, dataset_id: str) -> int:
    """How many kept rows nobody decided on."""
    sql = (
        "SELECT (SELECT count(*) FROM dataset_rows WHERE dataset_id = ? AND split IS NOT NULL) - "
        f"(SELECT count(*) FROM ({STANDS}) s JOIN dataset_rows d ON d.row_id = s.row_id AND d.dataset_id = ? "
        "WHERE d.split IS NOT NULL)"
    )
    return int(db.execute(sql, [dataset_id, dataset_id, dataset_id]).fetchone()[0])


def freezing(db: Database, dataset_id: str) -> str | None:
    """The job that freezes a new version of this dataset right now, or waits to, or None."""
    sql = (
        "SELECT id FROM jobs WHERE state IN ('queued', 'running') AND kind = 'freeze' AND args_json ->> 'dataset' = ? "
        "ORDER BY created_at LIMIT 1"
    )
    found = one_row(db, sql, [dataset_id])
    return str(found["id"]) if found else None
