"""What a model says to the same prompts as it learns. It knows nothing of how it was asked."""

import json
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, writing

SHOWN = 12
"""Steps whose answers are read at most."""


def add_samples(db: Database, run_id: str, step: int, said: Mapping[int, str]) -> None:
    """Store the answers of a step: {row id: text}. Rows that were forgotten meanwhile are left out."""
    with writing(db):
        db.conn.executemany(
            "INSERT OR REPLACE INTO run_samples (run_id, step, row_id, text) SELECT ?, ?, id, ? FROM rows WHERE id = ?",
            [(run_id, step, text, row_id) for row_id, text in said.items()],
        )


def forget_samples_after(db: Database, run_id: str, step: int) -> None:
    """A resumed run asks again after its checkpoint; what was said there before goes."""
    with writing(db):
        db.execute("DELETE FROM run_samples WHERE run_id = ? AND step > ?", [run_id, step])


def read_samples(db: Database, run_id: str, steps: int = SHOWN) -> list[dict[str, Any]]:
    """[{row_id, messages, target, said: [{step, text}]}]: at most `steps` answers each, first and last among them."""
    shown = _spread([row["step"] for row in all_rows(db, _STEPS, [run_id])], steps)
    marks = ",".join("?" * len(shown))
    sql = (
        "SELECT s.row_id, s.step, s.text, r.messages_json, r.target FROM run_samples s JOIN rows r ON r.id = s.row_id "
        f"WHERE s.run_id = ? AND s.step IN ({marks}) ORDER BY s.row_id, s.step"
    )
    found: dict[int, dict[str, Any]] = {}
    for row in all_rows(db, sql, [run_id, *shown]):
        if row["row_id"] not in found:
            messages = json.loads(row["messages_json"])
            found[row["row_id"]] = {"row_id": row["row_id"], "messages": messages, "target": row["target"], "said": []}
        found[row["row_id"]]["said"].append({"step": row["step"], "text": row["text"]})
    return list(found.values())


_STEPS = "SELECT DISTINCT step FROM run_samples WHERE run_id = ? ORDER BY step"


def _spread(steps: list[int], count: int) -> list[int]:
    """`count` of the steps, evenly spread, both ends kept."""
    if len(steps) <= count:
        return steps
    return [steps[round(place * (len(steps) - 1) / (count - 1))] for place in range(count)]
