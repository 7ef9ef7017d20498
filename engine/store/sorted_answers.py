"""Answers by two of the names that a suite keeps with them: how many of each pair, and windows of one pair. It knows no meaning."""

from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows

Pair = tuple[str, str]


def count_sorted(db: Database, evaluation_id: str, truth: str, said: str) -> list[dict[str, Any]]:
    """{model, truth, said, n} for every pair of values; answers without them are not there."""
    sql = (
        "SELECT model, json_extract(scores_json, :truth) AS truth, json_extract(scores_json, :said) AS said, count(*) AS n "
        "FROM answers WHERE evaluation_id = :evaluation AND truth IS NOT NULL AND said IS NOT NULL "
        "GROUP BY 1, 2, 3 ORDER BY min(id)"
    )
    return all_rows(db, sql, {"evaluation": evaluation_id, "truth": _path(truth), "said": _path(said)})


def sorted_items(
    db: Database, evaluation_id: str, model: str, names: Pair, wanted: tuple[str | None, str | None]
) -> list[dict[str, Any]]:
    """{item, row_id, truth, said} of one model's answers, in the order they were made; None among `wanted`: any value."""
    sql = (
        "SELECT item, row_id, json_extract(scores_json, :a) AS truth, json_extract(scores_json, :b) AS said FROM answers "
        "WHERE evaluation_id = :evaluation AND model = :model AND truth IS NOT NULL "
        "AND (:truth IS NULL OR truth = :truth) AND (:said IS NULL OR said = :said) ORDER BY id"
    )
    values = {"evaluation": evaluation_id, "model": model, "a": _path(names[0]), "b": _path(names[1])}
    return all_rows(db, sql, {**values, "truth": wanted[0], "said": wanted[1]})


def count_listed(db: Database, evaluation_id: str, name: str) -> list[dict[str, Any]]:
    """{model, value, n}: in how many answers each value stands in the list kept under `name`."""
    sql = (
        "SELECT a.model, e.value, count(DISTINCT a.id) AS n FROM answers a, json_each(a.scores_json, :path) e "
        "WHERE a.evaluation_id = :evaluation GROUP BY 1, 2 ORDER BY n DESC, e.value"
    )
    return all_rows(db, sql, {"evaluation": evaluation_id, "path": _path(name)})


def _path(name: str) -> str:
    return '$."' + name.replace('"', "") + '"'
