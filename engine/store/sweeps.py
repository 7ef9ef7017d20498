"""Sweeps over settings, their cells, and the setting chosen for a model. It knows nothing of what settings mean."""

import json
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing


def start_sweep(
    db: Database,
    *,
    job_id: str,
    recipe: str,
    suite: tuple[str, str],
    dataset_id: str,
    split: str,
    settings: dict[str, Any],
    run_ids: list[str],
) -> tuple[str, dict[str, Any]]:
    """(id, settings) of this job's sweep: the one a killed try began, whose settings stand, else a new one."""
    begun = one_row(db, "SELECT id, settings_json FROM sweeps WHERE job_id = ?", [job_id])
    if begun:
        return begun["id"], json.loads(begun["settings_json"])
    sweep_id = new_id("sweep")
    told = json.dumps(settings, ensure_ascii=False)
    with writing(db):
        db.execute(
            "INSERT INTO sweeps (id, job_id, recipe, suite, suite_version, dataset_id, split, settings_json, state, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)",
            [sweep_id, job_id, recipe, *suite, dataset_id, split, told, now()],
        )
        link(db, "dataset", dataset_id, "sweep", sweep_id)
        for run_id in run_ids:
            link(db, "run", run_id, "sweep", sweep_id)
    return sweep_id, settings


def finish_sweep(db: Database, sweep_id: str, result: dict[str, Any]) -> None:
    """Keep the result and make its best settings those of the models, in one transaction."""
    with writing(db):
        sweep = get_sweep(db, sweep_id)
        db.execute(
            "UPDATE sweeps SET state = 'whole', result_json = ? WHERE id = ?",
            [json.dumps(result, ensure_ascii=False), sweep_id],
        )
        for model, settings in result["best"].items():
            _choose(db, sweep, model, settings)


def choose_settings(db: Database, sweep_id: str, model: str, settings: dict[str, Any]) -> None:
    """Make other settings of a sweep, chosen by the owner, those of the model."""
    with writing(db):
        _choose(db, get_sweep(db, sweep_id), model, settings)


def _choose(db: Database, sweep: dict[str, Any], model: str, settings: dict[str, Any]) -> None:
    values = [sweep["recipe"], model, sweep["id"], json.dumps(settings, ensure_ascii=False), now()]
    db.execute("INSERT OR REPLACE INTO best_settings VALUES (?, ?, ?, ?, ?)", values)


def get_sweep(db: Database, sweep_id: str) -> dict[str, Any]:
    """The sweep with `settings` and `result` (None while it runs) decoded; `latest` is accepted. Raises UserError for none."""
    if sweep_id == "latest":
        row = one_row(db, "SELECT * FROM sweeps WHERE state = 'whole' ORDER BY created_at DESC LIMIT 1")
    else:
        row = one_row(db, "SELECT * FROM sweeps WHERE id = ?", [sweep_id])
    if row is None:
        raise UserError(
            f"설정 훑기 '{sweep_id}'이(가) 없습니다. `sweep`으로 먼저 훑어 보세요.",
            f"There is no sweep '{sweep_id}'. Make one with `sweep`.",
        )
    return _decoded(row)


def list_sweeps(db: Database, recipe: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Sweeps, newest first, those at work too."""
    sql = "SELECT * FROM sweeps WHERE ? IS NULL OR recipe = ? ORDER BY created_at DESC LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [recipe, recipe, limit])]


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    row["settings"] = json.loads(row.pop("settings_json"))
    text = row.pop("result_json")
    row["result"] = json.loads(text) if text else None
    return row


def cells_of(db: Database, sweep_id: str) -> list[dict[str, Any]]:
    """Its cells so far {id, sweep_cell, state, settings}, in order: each is an evaluation."""
    sql = "SELECT id, sweep_cell, state, settings_json FROM evaluations WHERE sweep_id = ? ORDER BY sweep_cell"
    found = all_rows(db, sql, [sweep_id])
    for row in found:
        row["settings"] = json.loads(row.pop("settings_json"))
    return found


def best_settings(db: Database, recipe: str, model: str) -> dict[str, Any] | None:
    """{settings, sweep_id} of a model: decoding fields and `k`; None when no sweep chose any."""
    sql = "SELECT settings_json, sweep_id FROM best_settings WHERE recipe = ? AND model = ?"
    row = one_row(db, sql, [recipe, model])
    return {"settings": json.loads(row["settings_json"]), "sweep_id": row["sweep_id"]} if row else None


def asked_items(db: Database, sweep_id: str) -> set[str]:
    """Questions a sweep chose by: a report on the chosen setting leaves them out."""
    sql = "SELECT DISTINCT a.item FROM evaluations e JOIN answers a ON a.evaluation_id = e.id WHERE e.sweep_id = ?"
    return {row["item"] for row in all_rows(db, sql, [sweep_id])}


def newest_proposals(db: Database, recipe: str) -> list[str]:
    """Stop phrases that the newest whole sweep of a recipe proposed, most frequent first."""
    sql = "SELECT result_json FROM sweeps WHERE recipe = ? AND state = 'whole' ORDER BY created_at DESC LIMIT 1"
    row = one_row(db, sql, [recipe])
    return [one["phrase"] for one in json.loads(row["result_json"])["proposed_stops"]] if row else []
