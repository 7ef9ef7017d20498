"""Judged answers of an evaluation without their texts, and windows of those of one kind. It knows nothing of what kinds mean."""

from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, one_row

FIELDS = ("label", "kind", "type", "answerable", "gold_shown", "retrieval_missed")
"""What a suite keeps with an answer beside its scores; see `Suite.explain`."""
ASKED = (*FIELDS, "correct")
"""What answers can be asked for by: `correct` is a score, 1 or 0."""


def judged_answers(db: Database, evaluation_id: str, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """{model, item, row_id, group, *FIELDS, *metrics} of every answer; a metric is None where it was not judged."""
    names = [*FIELDS, *metrics]
    read = ", ".join(f"json_extract(a.scores_json, '$.{name}') AS {name}" for name in names)
    sql = (
        f"SELECT a.model, a.item, a.row_id, r.split_group, {read} FROM answers a LEFT JOIN rows r ON r.id = a.row_id "
        "WHERE a.evaluation_id = ? ORDER BY a.id"
    )
    return all_rows(db, sql, [evaluation_id])


def holds_verdicts(db: Database, evaluation_id: str) -> bool:
    """Whether a suite kept a label with its answers."""
    sql = "SELECT 1 FROM answers WHERE evaluation_id = ? AND scores_json ->> '$.label' IS NOT NULL LIMIT 1"
    return one_row(db, sql, [evaluation_id]) is not None


def answers_where(
    db: Database, evaluation_id: str, wanted: dict[str, Any], *, limit: int = 20, offset: int = 0
) -> list[dict[str, Any]]:
    """A window of answers {item, model, answer, question, label, kind, type}; `wanted`: model, or any of ASKED, to its
    value; unanswerable: whether it is known that no clause answers."""
    where, values = _where(evaluation_id, wanted)
    read = ", ".join(f"json_extract(a.scores_json, '$.{name}') AS {name}" for name in FIELDS)
    sql = (
        f"SELECT a.item, a.model, a.answer, json_extract(r.meta_json, '$.question') AS question, {read} FROM answers a "
        f"LEFT JOIN rows r ON r.id = a.row_id WHERE {where} ORDER BY a.id LIMIT ? OFFSET ?"
    )
    return all_rows(db, sql, [*values, limit, offset])


def count_where(db: Database, evaluation_id: str, wanted: dict[str, Any]) -> int:
    """How many answers `answers_where` goes through."""
    where, values = _where(evaluation_id, wanted)
    row = one_row(db, f"SELECT count(*) AS n FROM answers a WHERE {where}", values)
    return int(row["n"]) if row else 0


def references_of(db: Database, evaluation_id: str) -> list[str]:
    """The reference answers of an evaluation's questions whose row is still there."""
    sql = "SELECT DISTINCT r.target FROM answers a JOIN rows r ON r.id = a.row_id WHERE a.evaluation_id = ?"
    return [row["target"] for row in all_rows(db, sql, [evaluation_id])]


def answer_ids(db: Database, evaluation_id: str, item: str) -> dict[str, int]:
    """{model: id of its answer} of one question."""
    sql = "SELECT model, id FROM answers WHERE evaluation_id = ? AND item = ?"
    return {row["model"]: row["id"] for row in all_rows(db, sql, [evaluation_id, item])}


def judged_labels(db: Database, answers: Sequence[int]) -> dict[int, str | None]:
    """{answer: the judge's label} for these answers."""
    marks = ",".join("?" * len(answers))
    sql = f"SELECT id, json_extract(scores_json, '$.label') AS label FROM answers WHERE id IN ({marks})"
    return {row["id"]: row["label"] for row in all_rows(db, sql, list(answers))}


def item_of_answer(db: Database, answer_id: int) -> tuple[str, str] | None:
    """(item, model) of an answer."""
    row = one_row(db, "SELECT item, model FROM answers WHERE id = ?", [answer_id])
    return (row["item"], row["model"]) if row else None


def _where(evaluation_id: str, wanted: dict[str, Any]) -> tuple[str, list[Any]]:
    wheres: list[str] = ["a.evaluation_id = ?"]
    values: list[Any] = [evaluation_id]
    for name, value in wanted.items():
        if name == "unanswerable":
            wheres.append("COALESCE(json_extract(a.scores_json, '$.answerable'), 1) <> ?")
            values.append(int(value))
            continue
        assert name == "model" or name in ASKED
        wheres.append("a.model = ?" if name == "model" else f"json_extract(a.scores_json, '$.{name}') = ?")
        values.append(value)
    return " AND ".join(wheres), values


def origins_of(db: Database, record_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """{record of an unanswerable question: clauses that answer it all the same}: what it was generated from, and what its source
    asks word for word on another clause."""
    marks = ",".join("?" * len(record_ids))
    made = f"SELECT made_id AS record, from_id AS clause FROM generation_pairs WHERE NOT answerable AND made_id IN ({marks})"
    asked = (
        "SELECT q.id AS record, json_extract(o.meta_json, '$.chunk') AS clause FROM records q JOIN records o "
        "ON o.source_id = q.source_id AND o.kind = 'qa' AND o.id <> q.id AND trim(o.text) = trim(q.text) "
        f"AND json_extract(o.meta_json, '$.answerable') = 1 WHERE q.id IN ({marks})"
    )
    found: dict[int, set[int]] = {}
    for row in [row for sql in (made, asked) for row in all_rows(db, sql, list(record_ids))]:
        if row["clause"] is not None:
            found.setdefault(row["record"], set()).add(row["clause"])
    return {record: frozenset(clauses) for record, clauses in found.items()}


def questions_of(db: Database, evaluation_id: str, items: Sequence[str]) -> dict[str, str]:
    """{item: question} of items whose row is still there."""
    marks = ",".join("?" * len(items))
    sql = (
        "SELECT DISTINCT a.item, json_extract(r.meta_json, '$.question') AS question FROM answers a JOIN rows r "
        f"ON r.id = a.row_id WHERE a.evaluation_id = ? AND a.item IN ({marks})"
    )
    return {row["item"]: row["question"] for row in all_rows(db, sql, [evaluation_id, *items])}
