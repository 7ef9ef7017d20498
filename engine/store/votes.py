"""Blind votes on pairs of answers: one per item and pair of models. It counts; what counts mean stands in evaluate."""

from typing import Any, Literal

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, now, one_row, writing

Choice = Literal["left", "right", "both", "neither"]
CHOICES: tuple[Choice, ...] = ("left", "right", "both", "neither")
OF_PAIR = "evaluation_id = :evaluation AND :a IN (left_model, right_model) AND :b IN (left_model, right_model)"


def add_vote(
    db: Database, evaluation_id: str, item: str, left: str, right: str, choice: Choice, again: bool = False
) -> bool:
    """Keep the owner's choice. False: the item has a vote for this pair already and `again` is not set; nothing changes.

    Raises UserError when the two models did not both answer the item.
    """
    pair = _pair(evaluation_id, left, right)
    with writing(db):
        sql = "SELECT count(*) AS n FROM answers WHERE evaluation_id = ? AND item = ? AND model IN (?, ?)"
        row = one_row(db, sql, [evaluation_id, item, left, right])
        if row is None or row["n"] != 2:
            raise UserError(
                f"문항 '{item}'에 두 모델의 답이 다 있지 않습니다. 지워졌을 수 있습니다. 다른 문항을 고르세요.",
                f"Item '{item}' does not have answers of both models. They may have been deleted. Choose another item.",
            )
        found = one_row(db, f"SELECT id FROM votes WHERE {OF_PAIR} AND item = :item", {**pair, "item": item})
        if found and not again:
            return False
        if found:
            db.execute(f"DELETE FROM votes WHERE {OF_PAIR} AND item = :item", {**pair, "item": item})
        db.execute(
            "INSERT INTO votes (evaluation_id, item, left_model, right_model, choice, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [evaluation_id, item, left, right, choice, now()],
        )
    return True


def undo_vote(db: Database, evaluation_id: str, a: str, b: str) -> str | None:
    """Take the newest vote of the pair back; returns its item, None when there is no vote."""
    with writing(db):
        found = read_votes(db, evaluation_id, a, b, limit=1)
        if not found:
            return None
        db.execute("DELETE FROM votes WHERE id = ?", [found[0]["id"]])
    return str(found[0]["item"])


def read_votes(db: Database, evaluation_id: str, a: str, b: str, limit: int = 100) -> list[dict[str, Any]]:
    """The newest votes of the pair {id, item, left_model, right_model, choice, won, created_at}; `won`: a, b, both, neither."""
    sql = f"SELECT *, {_WON} AS won FROM votes WHERE {OF_PAIR} ORDER BY id DESC LIMIT :limit"
    return all_rows(db, sql, {**_pair(evaluation_id, a, b), "limit": limit})


def count_votes(db: Database, evaluation_id: str, a: str, b: str) -> dict[str, int]:
    """{a, b, both, neither}: how often each side of the pair was chosen."""
    sql = f"SELECT {_WON} AS won, count(*) AS n FROM votes WHERE {OF_PAIR} GROUP BY 1"
    counted = {row["won"]: row["n"] for row in all_rows(db, sql, _pair(evaluation_id, a, b))}
    return {name: counted.get(name, 0) for name in ("a", "b", "both", "neither")}


def open_items(db: Database, evaluation_id: str, a: str, b: str) -> list[str]:
    """Items without a vote whose two answers differ, in the order they were made."""
    sql = (
        f"{_ANSWERED} AND trim(x.answer) <> trim(y.answer) AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.item = x.item AND "
        "v.evaluation_id = :evaluation AND :a IN (v.left_model, v.right_model) AND :b IN (v.left_model, v.right_model)) "
        "ORDER BY x.id"
    )
    return [row["item"] for row in all_rows(db, f"SELECT x.item {sql}", _pair(evaluation_id, a, b))]


def count_alike(db: Database, evaluation_id: str, a: str, b: str) -> int:
    """Items to which both models said the same: there is nothing to choose."""
    sql = f"SELECT count(*) AS n {_ANSWERED} AND trim(x.answer) = trim(y.answer)"
    row = one_row(db, sql, _pair(evaluation_id, a, b))
    return int(row["n"]) if row else 0


_WON = "CASE WHEN choice IN ('both', 'neither') THEN choice WHEN (choice = 'left') = (left_model = :a) THEN 'a' ELSE 'b' END"
_ANSWERED = (
    "FROM answers x JOIN answers y ON y.evaluation_id = x.evaluation_id AND y.model = :b AND y.item = x.item "
    "WHERE x.evaluation_id = :evaluation AND x.model = :a"
)


def _pair(evaluation_id: str, a: str, b: str) -> dict[str, str]:
    return {"evaluation": evaluation_id, "a": a, "b": b}
