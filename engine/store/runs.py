"""Runs and their metrics. It knows nothing of training itself."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing

METRICS = ("epoch", "loss", "eval_loss", "learning_rate", "grad_norm", "tokens_per_second", "memory_gb")
LOOKED = 20_000
"""Steps whose records a curve is made of at most: 50 ms on an idle core."""
DRAWN = ("loss", "learning_rate", "grad_norm", "tokens_per_second", "memory_gb")
VIEW = (
    "SELECT r.*, CASE WHEN t.state <> 'running' THEN 'done' ELSE COALESCE(j.state, 'done') END AS state, j.ending, "
    "j.message_ko, j.message_en, j.heartbeat_at, j.stop, j.progress_json, j.attempt, COALESCE(t.started_at, j.started_at) AS "
    "started_at, COALESCE(t.ended_at, j.ended_at) AS left_at, t.study_id, t.number AS trial, t.state AS trial_state, "
    "EXISTS (SELECT 1 FROM capsules c WHERE c.run_id = r.id AND c.returned_at IS NULL AND c.forgotten_at IS NULL) AS away "
    "FROM runs r LEFT JOIN jobs j ON j.id = r.job_id LEFT JOIN trials t ON t.run_id = r.id"
)
"""A run's state is its job's: one truth. A run without a job was trained elsewhere; a search's job trains many, trial by trial."""
MADE = "EXISTS (SELECT 1 FROM compression_steps s WHERE s.run_id = r.id)"
"""A step of a compression, which ends with it."""
LISTED = f"(r.adapter_id IS NOT NULL OR (t.run_id IS NULL AND NOT {MADE}))"
"""Of a search's trials, and of a compression's steps, only those that left a model stand among the runs."""
TRIAL_STANDINGS = {"done": "done", "pruned": "pruned", "stopped": "out_of_time", "failed": "trial_failed"}


def add_run(
    db: Database,
    *,
    recipe: str,
    dataset_id: str | None,
    base: dict[str, Any],
    preset: str | None,
    settings: dict[str, Any],
    origins: dict[str, str],
    begins: tuple[str, str | None] | None = None,
) -> str:
    """A new run, linked to its dataset; `base` has name, revision, hash. `begins`: (run, artifact) that it goes on from;
    no artifact where that run is yet to learn: it is taken when this one starts. Returns its id."""
    run_id = new_id("run")
    stored = [json.dumps(settings, ensure_ascii=False), json.dumps(origins, ensure_ascii=False)]
    with writing(db):
        db.execute(
            "INSERT INTO runs (id, recipe, dataset_id, base, base_revision, base_hash, preset, settings_json, origins_json, "
            "created_at, from_run, from_artifact) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id, recipe, dataset_id, base["name"], base["revision"], base["hash"], preset, *stored, now(),
                *(begins or (None, None)),
            ],
        )  # fmt: skip
        if begins:
            link(db, "run", begins[0], "run", run_id)
        db.execute(
            "UPDATE runs SET (dataset_fingerprint, forgotten_at_launch) = "
            "(SELECT fingerprint, forgotten_count FROM datasets WHERE datasets.id = runs.dataset_id) WHERE id = ?",
            [run_id],
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


def add_metrics(
    db: Database, run_id: str, step: int, *, extra: Mapping[str, float] | None = None, **values: float | None
) -> None:
    """Insert or complete the metrics of a step, and move the run's step counter: both or neither.

    `extra` joins what the step already holds under other names; numbers that are not finite are left out.
    """
    names = [name for name in METRICS if values.get(name) is not None]
    columns = "".join(f", {name}" for name in names)
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*names, "at"))
    measured = {name: value for name, value in (extra or {}).items() if math.isfinite(value)}
    with writing(db):
        db.execute(
            f"INSERT INTO metrics (run_id, step{columns}, extra_json, at) VALUES (?, ?{', ?' * len(names)}, ?, ?) "
            f"ON CONFLICT (run_id, step) DO UPDATE SET {updates}, extra_json = CASE WHEN excluded.extra_json IS NULL "
            "THEN metrics.extra_json ELSE json_patch(COALESCE(metrics.extra_json, '{}'), excluded.extra_json) END",
            [run_id, step, *(values[name] for name in names), json.dumps(measured) if measured else None, now()],
        )
        reach_step(db, run_id, step)


def reach_step(db: Database, run_id: str, step: int) -> None:
    """A run got at least so far."""
    with writing(db):
        db.execute("UPDATE runs SET steps_done = max(steps_done, ?) WHERE id = ?", [step, run_id])


def forget_metrics_after(db: Database, run_id: str, step: int) -> None:
    """A resumed run computes the steps after its checkpoint anew; what they said before goes."""
    with writing(db):
        db.execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", [run_id, step])
        db.execute("UPDATE runs SET steps_done = ? WHERE id = ?", [max(step, 0), run_id])


def read_metrics(db: Database, run_id: str, after_step: int = -1) -> list[dict[str, Any]]:
    """Metrics with step > `after_step`, in order."""
    return all_rows(db, "SELECT * FROM metrics WHERE run_id = ? AND step > ? ORDER BY step", [run_id, after_step])


def last_step(db: Database, run_id: str) -> int:
    """The highest step a run has told of; 0 before any."""
    return int(db.execute("SELECT COALESCE(max(step), 0) FROM metrics WHERE run_id = ?", [run_id]).fetchone()[0])


def parting(db: Database, run_id: str, other_id: str) -> int | None:
    """The first step at which the records of two runs differ in anything but time and memory; None when they do not."""
    same = ("epoch", "loss", "eval_loss", "learning_rate", "grad_norm")
    differ = " OR ".join(f"a.{name} IS NOT b.{name}" for name in same)
    sql = (
        "SELECT min(step) FROM (SELECT a.step FROM metrics a LEFT JOIN metrics b ON b.run_id = ? AND b.step = a.step "
        f"WHERE a.run_id = ? AND ({differ} OR b.step IS NULL))"
    )
    found = [db.execute(sql, pair).fetchone()[0] for pair in ([run_id, other_id], [other_id, run_id])]
    return min((step for step in found if step is not None), default=None)


def read_losses(db: Database, run_id: str, points: int) -> list[dict[str, Any]]:
    """{step, loss, learning_rate, grad_norm, tokens_per_second, memory_gb} of a run in at most `points` places, each the mean over
    the steps since the place before and at the last one's step.

    Of a run beyond LOOKED steps the last ones before each place are looked at: the cost does not grow with the run.
    """
    ends, together = _places(db, run_id, points)
    width = min(together, max(1, LOOKED // points))
    means = ", ".join(f"avg(m.{name}) AS {name}" for name in DRAWN)
    sql = (
        f"SELECT max(m.step) AS step, {means} FROM json_each(:ends) place CROSS JOIN metrics m ON m.run_id = :run "
        "AND m.step > place.value - :width AND m.step <= place.value WHERE m.loss IS NOT NULL GROUP BY place.key ORDER BY 1"
    )
    return all_rows(db, sql, {"run": run_id, "ends": json.dumps(ends), "width": width})


def read_extra(db: Database, run_id: str, points: int) -> list[dict[str, float]]:
    """{step, and what else was measured there, by name}: the last record before each of at most `points` places, not a mean."""
    ends, together = _places(db, run_id, points)
    sql = (
        "SELECT m.step, m.extra_json FROM json_each(:ends) place CROSS JOIN metrics m ON m.run_id = :run AND m.step = (SELECT step "
        "FROM metrics WHERE run_id = :run AND step > place.value - :together AND step <= place.value AND extra_json IS NOT NULL "
        "ORDER BY step DESC LIMIT 1) ORDER BY m.step"
    )
    found = all_rows(db, sql, {"run": run_id, "ends": json.dumps(ends), "together": together})
    return [{"step": row["step"], **json.loads(row["extra_json"])} for row in found]


def _places(db: Database, run_id: str, points: int) -> tuple[list[int], int]:
    """Steps at which a curve is drawn, evenly spread to the last, and how far they lie apart."""
    last = last_step(db, run_id)
    together = max(1, -(-last // points))
    return list(range(together, last + together, together)), together


def read_spent(db: Database, run_id: str, steps: Sequence[int]) -> dict[int, tuple[float | None, float | None]]:
    """{step: (tokens, seconds of training) from the start of the run}; None in runs that did not record them."""
    sql = (
        "SELECT step, tokens, seconds FROM (SELECT step, sum(extra_json ->> '$.tokens') OVER w AS tokens, "
        "sum(extra_json ->> '$.seconds') OVER w AS seconds FROM metrics WHERE run_id = ? WINDOW w AS (ORDER BY step)) "
        "WHERE step IN (SELECT value FROM json_each(?))"
    )
    return {
        row["step"]: (row["tokens"], row["seconds"]) for row in all_rows(db, sql, [run_id, json.dumps(list(steps))])
    }


def training_seconds(db: Database, run_ids: Sequence[str]) -> float | None:
    """Seconds spent in the steps of these runs together, interruptions not counted; None when none was kept."""
    marks = ", ".join("?" * len(run_ids))
    sql = f"SELECT sum(json_extract(extra_json, '$.seconds')) AS spent FROM metrics WHERE run_id IN ({marks})"
    row = one_row(db, sql, list(run_ids))
    return row["spent"] if row else None


def read_extras(db: Database, run_id: str, together: int = 1) -> list[dict[str, Any]]:
    """{step, name, value} of the further numbers of a run, by step; each the mean over `together` steps, at the last one's."""
    sql = (
        "SELECT max(m.step) AS step, e.key AS name, avg(e.value) AS value FROM metrics m, json_each(m.extra_json) e "
        "WHERE m.run_id = ? AND m.extra_json IS NOT NULL AND e.type IN ('real', 'integer') "
        "GROUP BY (m.step - 1) / ?, e.key, m.step = 0 ORDER BY 1"
    )
    return all_rows(db, sql, [run_id, together])


def read_epochs(db: Database, run_id: str) -> list[dict[str, Any]]:
    """The run by epochs {epoch, step, loss, eval_loss, token_accuracy, eval_token_accuracy}; None where nothing was measured.

    Epoch 0 is the untuned base. Training numbers are means over the epoch's steps, those of a validation its last one's.
    """
    sql = (
        "WITH told AS (SELECT step, CASE WHEN step = 0 THEN 0 ELSE CAST(epoch - 1e-6 AS INTEGER) + 1 END AS epoch, loss, eval_loss, "
        "extra_json, CASE WHEN loss IS NULL THEN NULL ELSE step - COALESCE(lag(step) OVER (PARTITION BY loss IS NULL ORDER BY step), 0) "
        "END AS steps FROM metrics WHERE run_id = :run AND (epoch IS NOT NULL OR step = 0)), "
        "validated AS (SELECT epoch, max(step) AS step FROM told WHERE eval_loss IS NOT NULL GROUP BY epoch) "
        "SELECT t.epoch, max(t.step) AS step, sum(t.loss * t.steps) / sum(t.steps) AS loss, "
        "sum((t.extra_json ->> '$.token_accuracy') * t.steps) / "
        "sum(CASE WHEN t.extra_json ->> '$.token_accuracy' IS NOT NULL THEN t.steps END) AS token_accuracy, "
        "max(CASE WHEN t.step = v.step THEN t.eval_loss END) AS eval_loss, "
        "max(CASE WHEN t.step = v.step THEN t.extra_json ->> '$.eval_token_accuracy' END) AS eval_token_accuracy "
        "FROM told t LEFT JOIN validated v ON v.epoch = t.epoch GROUP BY t.epoch ORDER BY t.epoch"
    )
    return all_rows(db, sql, {"run": run_id})


def read_validations(db: Database, run_id: str) -> list[dict[str, Any]]:
    """{step, eval_loss} of every validation of a run, in order."""
    sql = "SELECT step, eval_loss FROM metrics WHERE run_id = ? AND eval_loss IS NOT NULL ORDER BY step"
    return all_rows(db, sql, [run_id])


def read_pace(db: Database, run_id: str, since: str) -> list[dict[str, Any]]:
    """{step, at} of what was recorded since a moment: all that the pace of an attempt is made from, at most 200."""
    sql = (
        "SELECT step, at FROM (SELECT step, at FROM metrics WHERE run_id = ? AND at >= ? ORDER BY step DESC LIMIT 200) "
        "ORDER BY step"
    )
    return all_rows(db, sql, [run_id, since])


def latest_metrics(db: Database, run_id: str) -> dict[str, Any] | None:
    """The newest speed and memory of a run, or None."""
    sql = (
        "SELECT step, epoch, tokens_per_second, memory_gb, at FROM metrics WHERE run_id = ? AND loss IS NOT NULL "
        "ORDER BY step DESC LIMIT 1"
    )
    return one_row(db, sql, [run_id])


def phases_before(db: Database, run_id: str) -> list[str]:
    """The run and those it went on from, itself first: all that it learned from."""
    sql = (
        "WITH RECURSIVE before (id, n) AS (SELECT ?, 0 UNION SELECT r.from_run, n + 1 FROM before b JOIN runs r ON r.id = b.id "
        "WHERE r.from_run IS NOT NULL) SELECT id FROM before ORDER BY n"
    )
    return [row["id"] for row in all_rows(db, sql, [run_id])]


def datasets_learned(db: Database, run_id: str) -> list[str]:
    """Datasets that the run and all its earlier phases were trained on."""
    ids = phases_before(db, run_id)
    sql = f"SELECT DISTINCT dataset_id FROM runs WHERE dataset_id IS NOT NULL AND id IN ({', '.join('?' * len(ids))})"
    return [row["dataset_id"] for row in all_rows(db, sql, ids)]


def newest_run(db: Database) -> str | None:
    """The id of the run begun last, with an adapter or not; None when there is none."""
    sql = f"SELECT r.id FROM runs r LEFT JOIN trials t ON t.run_id = r.id WHERE {LISTED} ORDER BY r.created_at DESC LIMIT 1"
    row = one_row(db, sql)
    return str(row["id"]) if row else None


def newest_judgement(db: Database, run_id: str) -> str | None:
    """The newest whole evaluation that judged this run, or None."""
    sql = (
        "SELECT e.id FROM edges g JOIN evaluations e ON e.id = g.child_id AND e.state = 'whole' WHERE g.parent_kind = 'run' "
        "AND g.parent_id = ? AND g.child_kind = 'evaluation' ORDER BY e.created_at DESC LIMIT 1"
    )
    row = one_row(db, sql, [run_id])
    return str(row["id"]) if row else None


def get_run(db: Database, run_id: str, recipe: str | None = None) -> dict[str, Any]:
    """The run with its job's state; `latest` is the newest with an adapter that answers. Raises UserError when there is none."""
    if run_id == "latest":
        sql = f"{VIEW} WHERE r.adapter_id IS NOT NULL AND r.settings_json ->> 'objective' IS NOT 'reward' AND (? IS NULL OR r.recipe = ?) ORDER BY r.created_at DESC LIMIT 1"
        row = one_row(db, sql, [recipe, recipe])
    else:
        named = f"{VIEW} WHERE r.id = ? OR r.job_id = ? ORDER BY r.adapter_id IS NULL, r.created_at DESC LIMIT 1"
        row = one_row(db, named, [run_id, run_id])
    if row is None:
        raise UserError(
            f"학습 기록 '{run_id}'이(가) 없습니다. `models list`로 있는 것을 보거나 `train`으로 학습하세요.",
            f"There is no run '{run_id}'. See `models list`, or train one with `train`.",
        )
    return _decoded(row)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("settings", "origins", "environment"):
        row[name] = json.loads(row.pop(f"{name}_json"))
    for name in ("result", "progress"):
        text = row.pop(f"{name}_json")
        row[name] = json.loads(text) if text else None
    return row


def standing(run: dict[str, Any]) -> str:
    """Where a run stands and why it ended: waiting, running, stopping; done, early (stopped by itself); away (in a capsule on
    another machine), returned (from there); adopted (trained elsewhere); lost (its job is gone); compressed (a step of a compression), unmade (one that is
    being made, or never was); of a search's trials pruned, out_of_time, trial_failed; else the job's ending: stopped_saved, cancelled, killed, out_of_memory,
    user_error, bug."""
    if run["trial_state"] in TRIAL_STANDINGS:
        return TRIAL_STANDINGS[run["trial_state"]]
    if "compressed" in run["environment"]:
        return "compressed" if run["adapter_id"] else "unmade"
    if run["job_id"] is None:
        if run["adapter_id"]:
            return "returned" if "elsewhere" in run["environment"] else "adopted"
        return "away" if run["away"] else "lost"
    if run["state"] in ("queued", "running"):
        return "waiting" if run["state"] == "queued" else "stopping" if run["stop"] else "running"
    if run["state"] == "done":
        return "early" if (run["result"] or {}).get("stopped") == "early" else "done"
    return str(run["ending"] or "killed")


def speaking_runs(db: Database, recipe: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Newest first, the runs with an adapter that answers: reward models only give scores."""
    return [
        run
        for run in list_runs(db, recipe, limit)
        if run["adapter_id"] and run["settings"].get("objective") != "reward"
    ]


def list_runs(db: Database, recipe: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Newest runs first."""
    sql = f"{VIEW} WHERE (? IS NULL OR r.recipe = ?) AND {LISTED} ORDER BY r.created_at DESC LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [recipe, recipe, limit])]
