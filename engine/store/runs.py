"""Runs and their metrics. It knows nothing of training itself."""

import json
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing

METRICS = ("epoch", "loss", "eval_loss", "learning_rate", "grad_norm", "tokens_per_second", "memory_gb")
VIEW = (
    "SELECT r.*, COALESCE(j.state, 'done') AS state, j.ending, j.message_ko, j.message_en, j.heartbeat_at, j.stop "
    "FROM runs r LEFT JOIN jobs j ON j.id = r.job_id"
)
"""A run's state is its job's: one truth. A run without a job was trained elsewhere."""


def add_run(
    db: Database,
    *,
    recipe: str,
    dataset_id: str | None,
    base: dict[str, Any],
    preset: str | None,
    settings: dict[str, Any],
    origins: dict[str, str],
) -> str:
    """A new run, linked to its dataset; `base` has name, revision, hash. Returns its id."""
    run_id = new_id("run")
    stored = [json.dumps(settings, ensure_ascii=False), json.dumps(origins, ensure_ascii=False)]
    with writing(db):
        db.execute(
            "INSERT INTO runs (id, recipe, dataset_id, base, base_revision, base_hash, preset, settings_json, origins_json, "
            "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [run_id, recipe, dataset_id, base["name"], base["revision"], base["hash"], preset, *stored, now()],
        )
        if dataset_id:
            link(db, "dataset", dataset_id, "run", run_id)
    return run_id


def update_run(db: Database, run_id: str, **facts: Any) -> None:
    """Set columns of a run; dicts are stored as JSON."""
    values = [json.dumps(v, ensure_ascii=False) if isinstance(v, dict) else v for v in facts.values()]
    assigned = ", ".join(f"{name} = ?" for name in facts)  # names come from code, never from input
    with writing(db):
        db.execute(f"UPDATE runs SET {assigned} WHERE id = ?", [*values, run_id])


def add_metrics(db: Database, run_id: str, step: int, **values: float | None) -> None:
    """Insert or complete the metrics of a step, and move the run's step counter: both or neither."""
    names = [name for name in METRICS if values.get(name) is not None]
    columns = "".join(f", {name}" for name in names)
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*names, "at"))
    with writing(db):
        db.execute(
            f"INSERT INTO metrics (run_id, step{columns}, at) VALUES (?, ?{', ?' * len(names)}, ?) "
            f"ON CONFLICT (run_id, step) DO UPDATE SET {updates}",
            [run_id, step, *(values[name] for name in names), now()],
        )
        db.execute("UPDATE runs SET steps_done = max(steps_done, ?) WHERE id = ?", [step, run_id])


def forget_metrics_after(db: Database, run_id: str, step: int) -> None:
    """A resumed run computes the steps after its checkpoint anew; what they said before goes."""
    with writing(db):
        db.execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", [run_id, step])
        db.execute("UPDATE runs SET steps_done = ? WHERE id = ?", [max(step, 0), run_id])


def read_metrics(db: Database, run_id: str, after_step: int = -1) -> list[dict[str, Any]]:
    """Metrics with step > `after_step`, in order."""
    return all_rows(db, "SELECT * FROM metrics WHERE run_id = ? AND step > ? ORDER BY step", [run_id, after_step])


def get_run(db: Database, run_id: str, recipe: str | None = None) -> dict[str, Any]:
    """The run with its job's state; `latest` is the newest with an adapter. Raises UserError when there is none."""
    if run_id == "latest":
        sql = (
            f"{VIEW} WHERE r.adapter_id IS NOT NULL AND (? IS NULL OR r.recipe = ?) ORDER BY r.created_at DESC LIMIT 1"
        )
        row = one_row(db, sql, [recipe, recipe])
    else:
        row = one_row(db, f"{VIEW} WHERE r.id = ? OR r.job_id = ?", [run_id, run_id])
    if row is None:
        raise UserError(
            f"학습 기록 '{run_id}'이(가) 없습니다. `models list`로 있는 것을 보거나 `train`으로 학습하세요.",
            f"There is no run '{run_id}'. See `models list`, or train one with `train`.",
        )
    return _decoded(row)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("settings", "origins", "environment"):
        row[name] = json.loads(row.pop(f"{name}_json"))
    result = row.pop("result_json")
    row["result"] = json.loads(result) if result else None
    return row


def list_runs(db: Database, recipe: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Newest runs first."""
    sql = f"{VIEW} WHERE (? IS NULL OR r.recipe = ?) ORDER BY r.created_at DESC LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [recipe, recipe, limit])]
