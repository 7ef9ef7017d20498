"""Labels that people gave to answers of an evaluation: who, what, when, and undo. What they say of a judge stands in evaluate."""

from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, now, one_row, writing

LABELS = ("grounded", "hallucinated")
_STANDS = (
    "l.undone_at IS NULL AND l.id = (SELECT max(n.id) FROM answer_labels n WHERE n.answer_id = l.answer_id "
    "AND n.labelled_by = l.labelled_by AND n.undone_at IS NULL)"
)
"""What counts: one label per answer and person."""


def set_label(db: Database, answer_id: int, label: str, kind: str | None, by: str) -> int:
    """Record a label; returns its id. The person's earlier label stays and comes back by undo.

    Raises UserError for an unknown label, without a person, or when the answer is gone. Kinds are checked in evaluate/labelling.py.
    """
    _require_known(label)
    if not by.strip():
        raise UserError("누가 붙였는지 이름이 필요합니다(--by).", "Say who labels (--by).")
    with writing(db):
        if one_row(db, "SELECT id FROM answers WHERE id = ?", [answer_id]) is None:
            raise UserError(
                f"답 {answer_id}이(가) 없습니다. 지워졌을 수 있습니다. `labels next`로 다음 답을 보세요.",
                f"There is no answer {answer_id}; it may have been deleted. See the next with `labels next`.",
            )
        done = db.execute(
            "INSERT INTO answer_labels (answer_id, label, kind, labelled_by, created_at) VALUES (?, ?, ?, ?, ?)",
            [answer_id, label, kind, by.strip(), now()],
        )
    return int(done.lastrowid or 0)


def _require_known(label: str) -> None:
    if label not in LABELS:
        raise UserError(
            f"'{label}'은(는) 표시가 아닙니다. {', '.join(LABELS)} 가운데 고르세요.",
            f"'{label}' is no label. Choose one of {', '.join(LABELS)}.",
        )


def undo_label(db: Database, evaluation_id: str, by: str) -> int | None:
    """Take back the person's newest label in this evaluation; returns the answer's id, None when there is none."""
    sql = (
        "SELECT l.id, l.answer_id FROM answer_labels l JOIN answers a ON a.id = l.answer_id WHERE a.evaluation_id = ? "
        "AND l.labelled_by = ? AND l.undone_at IS NULL ORDER BY l.id DESC LIMIT 1"
    )
    with writing(db):
        found = one_row(db, sql, [evaluation_id, by.strip()])
        if found is None:
            return None
        db.execute("UPDATE answer_labels SET undone_at = ? WHERE id = ?", [now(), found["id"]])
    return int(found["answer_id"])


def read_labels(db: Database, evaluation_id: str, by: str | None = None) -> list[dict[str, Any]]:
    """Labels that count {answer_id, model, item, label, kind, labelled_by, created_at}, in the order they were given."""
    sql = (
        "SELECT l.answer_id, a.model, a.item, l.label, l.kind, l.labelled_by, l.created_at FROM answer_labels l "
        f"JOIN answers a ON a.id = l.answer_id WHERE a.evaluation_id = ? AND (? IS NULL OR l.labelled_by = ?) AND {_STANDS} ORDER BY l.id"
    )
    return all_rows(db, sql, [evaluation_id, by, by])


def unlabelled(db: Database, evaluation_id: str, by: str, model: str | None = None) -> list[int]:
    """Ids of answers that this person has not labelled, in the order they were made."""
    sql = (
        "SELECT a.id FROM answers a WHERE a.evaluation_id = ? AND (? IS NULL OR a.model = ?) AND NOT EXISTS (SELECT 1 FROM "
        "answer_labels l WHERE l.answer_id = a.id AND l.labelled_by = ? AND l.undone_at IS NULL) ORDER BY a.id"
    )
    return [row["id"] for row in all_rows(db, sql, [evaluation_id, model, model, by.strip()])]
