"""Evaluations with every single answer. It knows nothing of metrics' meaning."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing


def start_evaluation(
    db: Database,
    *,
    job_id: str,
    recipe: str,
    suite: tuple[str, str],
    dataset_id: str,
    split: str,
    settings: dict[str, Any],
    run_ids: Sequence[str] = (),
    cell: tuple[str, int] | None = None,
) -> str:
    """The evaluation of this job: the one a killed try began, or that the job goes on with for more models, else a new one.
    `cell`: (sweep id, place) of one in a sweep, which stands in no list of evaluations."""
    sql = "SELECT id FROM evaluations WHERE job_id = ? AND sweep_id IS ? AND sweep_cell IS ?"
    begun = one_row(db, sql, [job_id, *(cell or (None, None))])
    told = json.dumps(settings, ensure_ascii=False)
    if begun:
        with writing(db):
            db.execute("UPDATE evaluations SET settings_json = ? WHERE id = ?", [told, begun["id"]])
            for run_id in run_ids:
                link(db, "run", run_id, "evaluation", begun["id"])
        return str(begun["id"])
    evaluation_id = new_id("ev")
    with writing(db):
        db.execute(
            "INSERT INTO evaluations (id, job_id, recipe, suite, suite_version, dataset_id, split, settings_json, state, "
            "created_at, sweep_id, sweep_cell) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?)",
            [evaluation_id, job_id, recipe, *suite, dataset_id, split, told, now(), *(cell or (None, None))],
        )
        if cell is None:
            link(db, "dataset", dataset_id, "evaluation", evaluation_id)
        for run_id in run_ids:
            link(db, "run", run_id, "evaluation", evaluation_id)
    return evaluation_id


def start_pooled(
    db: Database, recipe: str, suite: tuple[str, str], settings: dict[str, Any], dataset_id: str, run_ids: Sequence[str]
) -> str:
    """An evaluation of answers that other evaluations made, each on the fold it held out; linked to all runs."""
    evaluation_id = new_id("ev")
    told = json.dumps(settings, ensure_ascii=False)
    with writing(db):
        db.execute(
            "INSERT INTO evaluations (id, recipe, suite, suite_version, dataset_id, split, settings_json, state, created_at) "
            "VALUES (?, ?, ?, ?, ?, 'test', ?, 'running', ?)",
            [evaluation_id, recipe, *suite, dataset_id, told, now()],
        )
        link(db, "dataset", dataset_id, "evaluation", evaluation_id)
        for run_id in run_ids:
            link(db, "run", run_id, "evaluation", evaluation_id)
    return evaluation_id


def start_imported(db: Database, recipe: str, suite: tuple[str, str], settings: dict[str, Any], source_id: str) -> str:
    """An evaluation whose answers were made elsewhere, linked to the source that holds its questions."""
    evaluation_id = new_id("ev")
    told = json.dumps(settings, ensure_ascii=False)
    with writing(db):
        db.execute(
            "INSERT INTO evaluations (id, recipe, suite, suite_version, split, settings_json, state, created_at) "
            "VALUES (?, ?, ?, ?, 'imported', ?, 'running', ?)",
            [evaluation_id, recipe, *suite, told, now()],
        )
        link(db, "source", source_id, "evaluation", evaluation_id)
    return evaluation_id


def imported_from(db: Database, source_id: str) -> str | None:
    """The whole evaluation that was made of a source of answers, or None."""
    sql = (
        "SELECT e.id FROM edges g JOIN evaluations e ON e.id = g.child_id AND e.state = 'whole' "
        "WHERE g.parent_kind = 'source' AND g.parent_id = ? AND g.child_kind = 'evaluation' LIMIT 1"
    )
    found = one_row(db, sql, [source_id])
    return str(found["id"]) if found else None


def set_shown(db: Database, evaluation_id: str, shown: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Keep which clauses {record_id, chunk_id, score} each question is asked with, best first; once per question."""
    rows = [
        (evaluation_id, item, ord_, one["record_id"], one["chunk_id"], one["score"])
        for item, clauses in shown.items()
        for ord_, one in enumerate(clauses)
    ]
    with writing(db):
        db.conn.executemany("INSERT OR IGNORE INTO shown_clauses VALUES (?, ?, ?, ?, ?, ?)", rows)


def read_shown_clauses(db: Database, evaluation_id: str, item: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """{item: [{record_id, chunk_id, score, text, meta}]}, best first. `text` is None for a clause that stands in the row's
    own prompt; one that was forgotten is not there."""
    sql = (
        "SELECT s.item, s.record_id, s.chunk_id, s.score, r.text, r.meta_json FROM shown_clauses s "
        "LEFT JOIN records r ON r.id = s.record_id WHERE s.evaluation_id = ? AND (? IS NULL OR s.item = ?) "
        "ORDER BY s.item, s.ord"
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in all_rows(db, sql, [evaluation_id, item, item]):
        row["meta"] = json.loads(row.pop("meta_json") or "{}")
        found.setdefault(row.pop("item"), []).append(row)
    return found


def answered_items(db: Database, evaluation_id: str, model: str) -> set[str]:
    """Items this model has answered already: a resumed evaluation computes only the gap."""
    sql = "SELECT item FROM answers WHERE evaluation_id = ? AND model = ?"
    return {row["item"] for row in all_rows(db, sql, [evaluation_id, model])}


def add_answers(db: Database, evaluation_id: str, model: str, answers: list[dict[str, Any]]) -> None:
    """Store answers {item, row_id, answer, raw, scores, duration_ms} in one transaction."""
    with writing(db):
        db.conn.executemany(
            "INSERT OR IGNORE INTO answers (evaluation_id, model, row_id, item, answer, raw, scores_json, duration_ms) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    evaluation_id,
                    model,
                    a["row_id"],
                    a["item"],
                    a["answer"],
                    a["raw"],
                    json.dumps(a["scores"]),
                    a["duration_ms"],
                )
                for a in answers
            ],
        )


def read_answers(db: Database, evaluation_id: str, model: str | None = None) -> list[dict[str, Any]]:
    """All answers of an evaluation, in the order they were made; scores decoded."""
    sql = "SELECT * FROM answers WHERE evaluation_id = ? AND (? IS NULL OR model = ?) ORDER BY id"
    found = all_rows(db, sql, [evaluation_id, model, model])
    for row in found:
        row["scores"] = json.loads(row.pop("scores_json"))
    return found


def set_scores(db: Database, evaluation_id: str, per_answer: dict[int, dict[str, Any]]) -> None:
    """Replace the scores of single answers: {answer id: scores}."""
    with writing(db):
        db.conn.executemany(
            "UPDATE answers SET scores_json = ? WHERE id = ? AND evaluation_id = ?",
            [(json.dumps(scores, ensure_ascii=False), id_, evaluation_id) for id_, scores in per_answer.items()],
        )


def finish_evaluation(
    db: Database, evaluation_id: str, scores: list[dict[str, Any]], paired: list[dict[str, Any]], method: dict[str, Any]
) -> None:
    """Write the numbers and mark the evaluation whole, all in one transaction."""
    with writing(db):
        db.execute("DELETE FROM scores WHERE evaluation_id = ?", [evaluation_id])
        db.execute("DELETE FROM paired_tests WHERE evaluation_id = ?", [evaluation_id])
        db.conn.executemany(
            "INSERT INTO scores VALUES (:evaluation_id, :model, :metric, :value, :low, :high, :n, :unit)",
            [{"evaluation_id": evaluation_id, **score} for score in scores],
        )
        db.conn.executemany(
            "INSERT INTO paired_tests VALUES (:evaluation_id, :a, :b, :metric, :delta, :low, :high, :p, :n, :test)",
            [{"evaluation_id": evaluation_id, **test} for test in paired],
        )
        db.execute(
            "UPDATE evaluations SET state = 'whole', method_json = ? WHERE id = ?",
            [json.dumps(method, ensure_ascii=False), evaluation_id],
        )


def get_evaluation(db: Database, evaluation_id: str) -> dict[str, Any]:
    """The evaluation with `models`, `paired` (against the first) and `steps` (against the one before), as `eval --json` gives
    them; `latest` is accepted. Raises UserError when there is none."""
    if evaluation_id == "latest":
        row = one_row(
            db, "SELECT * FROM evaluations WHERE state = 'whole' AND sweep_id IS NULL ORDER BY created_at DESC LIMIT 1"
        )
    else:
        row = one_row(db, "SELECT * FROM evaluations WHERE id = ?", [evaluation_id])
    if row is None:
        raise UserError(
            f"평가 '{evaluation_id}'이(가) 없습니다. `eval`로 평가를 하세요.",
            f"There is no evaluation '{evaluation_id}'. Make one with `eval`.",
        )
    row["settings"] = json.loads(row.pop("settings_json"))
    row.update(json.loads(row.pop("method_json") or "{}"))
    row["models"] = _models(row["settings"], all_rows(db, "SELECT * FROM scores WHERE evaluation_id = ?", [row["id"]]))
    tests = all_rows(db, "SELECT * FROM paired_tests WHERE evaluation_id = ?", [row["id"]])
    first = next(iter(row["settings"]["models"]), None)
    row["paired"] = [test for test in tests if test["a"] == first]
    row["steps"] = [test for test in tests if test["a"] != first]
    return row


def _models(settings: dict[str, Any], scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In the order they were judged: the first is what the others are compared with."""
    found: dict[str, dict[str, Any]] = {name: {} for name in settings["models"]}
    for score in scores:
        found.setdefault(score["model"], {})[score["metric"]] = {
            k: score[k] for k in ("value", "low", "high", "n", "unit")
        }
    return [{"model": name, "metrics": metrics} for name, metrics in found.items()]


def list_evaluations(db: Database, recipe: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Whole evaluations, newest first."""
    sql = (
        "SELECT id, recipe, suite, suite_version, dataset_id, split, created_at FROM evaluations "
        "WHERE state = 'whole' AND sweep_id IS NULL AND (? IS NULL OR recipe = ?) ORDER BY created_at DESC LIMIT ?"
    )
    return all_rows(db, sql, [recipe, recipe, limit])
