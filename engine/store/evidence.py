"""What stands behind an evaluation's numbers: lists of evaluations, and single answers in windows. It judges nothing."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.open import all_rows, one_row

Order = Literal["best", "worst", "change", "unjudged", "made"]
ORDERS: dict[Order, str] = {
    "best": "gain IS NOT NULL ORDER BY gain * :sign DESC, id",
    "worst": "gain IS NOT NULL ORDER BY gain * :sign, id",
    "change": "gain IS NOT NULL ORDER BY abs(gain) DESC, id",
    "unjudged": "gain IS NULL ORDER BY id",
    "made": "1 ORDER BY id",
}
"""Which items, and in which order; `gain` is the second model's score less the first's, or the only model's score."""
GAINS = (
    "WITH pairs AS (SELECT a.id, a.item, a.row_id, json_extract(a.scores_json, :path) AS before, "
    "json_type(a.scores_json, :path) IS NOT NULL AS scored, "
    "CASE WHEN :b IS NULL THEN NULL ELSE json_extract(b.scores_json, :path) END AS after FROM answers a "
    "LEFT JOIN answers b ON b.evaluation_id = a.evaluation_id AND b.model = :b AND b.item = a.item "
    "WHERE a.evaluation_id = :evaluation AND a.model = :a), "
    "gains AS (SELECT *, CASE WHEN :b IS NULL THEN before ELSE after - before END AS gain FROM pairs) "
)


def page_of_evaluations(db: Database, limit: int = 50, offset: int = 0) -> list[dict[str, Any]]:
    """Evaluations with their settings, newest first, those at work or cut short too; `paired` against the first, `items` when whole."""
    sql = (
        "SELECT id, job_id, recipe, suite, suite_version, dataset_id, split, settings_json, state, created_at, "
        "json_extract(method_json, '$.method.items') AS items FROM evaluations WHERE sweep_id IS NULL ORDER BY created_at DESC, id LIMIT ? OFFSET ?"
    )
    found = all_rows(db, sql, [limit, offset])
    tests = _tests(db, [row["id"] for row in found])
    for row in found:
        row["settings"] = json.loads(row.pop("settings_json"))
        first = next(iter(row["settings"]["models"]), None)
        row["paired"] = [test for test in tests if test["evaluation_id"] == row["id"] and test["a"] == first]
    return found


def _tests(db: Database, ids: Sequence[str]) -> list[dict[str, Any]]:
    marks = ",".join("?" * len(ids))
    return all_rows(db, f"SELECT * FROM paired_tests WHERE evaluation_id IN ({marks})", ids)


def seconds_per_answer(db: Database, evaluation_id: str) -> dict[str, float]:
    """{model: mean seconds of one of its answers}."""
    sql = "SELECT model, avg(duration_ms) / 1000.0 AS seconds FROM answers WHERE evaluation_id = ? GROUP BY model"
    return {row["model"]: float(row["seconds"]) for row in all_rows(db, sql, [evaluation_id])}


def answers_apart(db: Database, evaluation_id: str, a: str, b: str) -> int:
    """How many items two models of an evaluation answered in other words."""
    sql = (
        "SELECT count(*) AS n FROM answers x JOIN answers y ON y.evaluation_id = x.evaluation_id AND y.item = x.item AND y.model = ? "
        "WHERE x.evaluation_id = ? AND x.model = ? AND x.answer IS NOT y.answer"
    )
    row = one_row(db, sql, [b, evaluation_id, a])
    return int(row["n"]) if row else 0


def count_evaluations(db: Database) -> int:
    """How many there are, whole or not."""
    row = one_row(db, "SELECT count(*) AS n FROM evaluations WHERE sweep_id IS NULL")
    return int(row["n"]) if row else 0


def newest_of_run(db: Database, run_id: str) -> str | None:
    """The newest whole evaluation that judged this run."""
    sql = (
        "SELECT e.id FROM edges g JOIN evaluations e ON e.id = g.child_id WHERE g.parent_kind = 'run' AND g.parent_id = ? "
        "AND g.child_kind = 'evaluation' AND e.state = 'whole' ORDER BY e.created_at DESC LIMIT 1"
    )
    row = one_row(db, sql, [run_id])
    return str(row["id"]) if row else None


def standing_of(db: Database, evaluation_id: str) -> dict[str, Any]:
    """How far an evaluation came: {job (id, state, messages; or None), answered: {model: n}}."""
    sql = "SELECT j.id, j.state, j.message_ko, j.message_en FROM evaluations e JOIN jobs j ON j.id = e.job_id WHERE e.id = ?"
    counted = all_rows(
        db, "SELECT model, count(*) AS n FROM answers WHERE evaluation_id = ? GROUP BY model", [evaluation_id]
    )
    return {"job": one_row(db, sql, [evaluation_id]), "answered": {row["model"]: row["n"] for row in counted}}


def evidence(
    db: Database,
    evaluation_id: str,
    metric: str,
    models: tuple[str, str | None],
    order: Order,
    *,
    sign: int = 1,
    limit: int = 10,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """A window of items {item, row_id, before, after, gain} by what the two models scored; `sign` -1: lower is better."""
    sql = (
        f"{GAINS} SELECT item, row_id, before, after, gain FROM gains WHERE {ORDERS[order]} LIMIT :limit OFFSET :offset"
    )
    values = {**_asked(evaluation_id, metric, models), "limit": limit, "offset": offset}
    return all_rows(db, sql, {**values, "sign": sign} if ":sign" in sql else values)


def count_evidence(db: Database, evaluation_id: str, metric: str, models: tuple[str, str | None]) -> dict[str, int]:
    """{judged, unjudged, scored}: items whose difference is known, the others, and those that the metric looked at.

    None is scored by a metric that exists over all answers together only.
    """
    sql = (
        f"{GAINS} SELECT count(gain) AS judged, count(*) - count(gain) AS unjudged, COALESCE(sum(scored), 0) AS scored "
        "FROM gains"
    )
    row = one_row(db, sql, _asked(evaluation_id, metric, models))
    assert row is not None
    return row


def _asked(evaluation_id: str, metric: str, models: tuple[str, str | None]) -> dict[str, Any]:
    path = '$."' + metric.replace('"', "") + '"'  # a name that breaks out of its quotes would be another path
    return {"evaluation": evaluation_id, "path": path, "a": models[0], "b": models[1]}


def read_items(db: Database, evaluation_id: str, items: Sequence[str]) -> dict[str, dict[str, Any]]:
    """{item: {row_id, messages, target, meta, answers: {model: answer with scores}}}; messages are None when the row is gone."""
    marks = ",".join("?" * len(items))
    sql = (
        "SELECT a.item, a.row_id, a.model, a.answer, a.raw, a.scores_json, a.duration_ms, r.messages_json, r.target, "
        f"r.meta_json, r.source_id FROM answers a LEFT JOIN rows r ON r.id = a.row_id WHERE a.evaluation_id = ? AND a.item IN ({marks})"
    )
    found: dict[str, dict[str, Any]] = {}
    for row in all_rows(db, sql, [evaluation_id, *items]):
        messages = json.loads(row["messages_json"]) if row["messages_json"] else None
        empty = {**{name: row[name] for name in ("row_id", "target", "source_id")}, "messages": messages, "answers": {}}
        empty["meta"] = json.loads(row["meta_json"] or "{}")
        said = {name: row[name] for name in ("answer", "raw", "duration_ms")}
        found.setdefault(row["item"], empty)["answers"][row["model"]] = {
            **said,
            "scores": json.loads(row["scores_json"]),
        }
    return found


def read_texts(db: Database, evaluation_id: str, model: str, limit: int) -> list[dict[str, Any]]:
    """The first answers {item, answer, target} whose row is still there."""
    sql = (
        "SELECT a.item, a.answer, r.target FROM answers a JOIN rows r ON r.id = a.row_id "
        "WHERE a.evaluation_id = ? AND a.model = ? ORDER BY a.id LIMIT ?"
    )
    return all_rows(db, sql, [evaluation_id, model, limit])


def bases_of_runs(db: Database, models: Sequence[str]) -> dict[str, str]:
    """{run id: its base} for those of `models` that are runs in this store."""
    marks = ",".join("?" * len(models))
    return {row["id"]: row["base"] for row in all_rows(db, f"SELECT id, base FROM runs WHERE id IN ({marks})", models)}
