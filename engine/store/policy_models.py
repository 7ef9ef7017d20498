"""In which style runs learned, and which evaluations can stand beside one. It knows nothing of what styles or settings mean."""

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows

BESIDE = 30
"""Newest evaluations offered beside one."""


def styles_of_runs(db: Database, models: Sequence[str]) -> dict[str, str]:
    """{run id: style of the dataset it learned from} for those of `models` that are runs with a dataset."""
    marks = ",".join("?" * len(models))
    sql = f"SELECT r.id, d.style FROM runs r JOIN datasets d ON d.id = r.dataset_id WHERE r.id IN ({marks})"
    return {row["id"]: row["style"] for row in all_rows(db, sql, list(models))}


def evaluations_beside(db: Database, evaluation_id: str) -> list[dict[str, Any]]:
    """Whole evaluations {id, created_at, settings} of the same suite, dataset and split with a model in common, newest first."""
    sql = (
        "SELECT o.id, o.created_at, o.settings_json FROM evaluations e JOIN evaluations o ON o.id <> e.id AND o.suite = e.suite "
        "AND o.dataset_id IS e.dataset_id AND o.split = e.split AND o.sweep_id IS NULL AND o.state = 'whole' WHERE e.id = ? "
        "AND EXISTS (SELECT 1 FROM scores a JOIN scores b ON b.model = a.model AND b.evaluation_id = o.id WHERE a.evaluation_id = e.id) "
        "ORDER BY o.created_at DESC, o.id LIMIT ?"
    )
    found = all_rows(db, sql, [evaluation_id, BESIDE])
    for row in found:
        row["settings"] = json.loads(row.pop("settings_json"))
    return found
