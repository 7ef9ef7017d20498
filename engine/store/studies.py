"""Studies, their trials and what each reported. It knows nothing of training, samplers or what a setting means."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing

JSON_COLUMNS = ("settings", "origins", "space", "grid", "skipped", "result")


def add_study(db: Database, **facts: Any) -> str:
    """A new study linked to its dataset; `facts` are its columns, those that end in _json as values. Returns its id."""
    study_id = new_id("study")
    values = {name: _packed(value) if name.endswith("_json") else value for name, value in facts.items()}
    columns = ", ".join(values)  # names come from code, never from input
    with writing(db):
        db.execute(
            f"INSERT INTO studies (id, {columns}, created_at) VALUES (?{', ?' * (len(values) + 1)})",
            [study_id, *values.values(), now()],
        )
        link(db, "dataset", facts["dataset_id"], "search", study_id)
    return study_id


def _packed(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def update_study(db: Database, study_id: str, **facts: Any) -> None:
    """Set columns of a study; those that end in _json as values."""
    values = [_packed(value) if name.endswith("_json") else value for name, value in facts.items()]
    assigned = ", ".join(f"{name} = ?" for name in facts)
    with writing(db):
        db.execute(f"UPDATE studies SET {assigned} WHERE id = ?", [*values, study_id])


VIEW = (
    "SELECT s.*, COALESCE(j.state, 'done') AS state, j.progress_json, j.stop, j.message_ko, j.message_en "
    "FROM studies s LEFT JOIN jobs j ON j.id = s.job_id"
)


def get_study(db: Database, study_id: str) -> dict[str, Any]:
    """The study (its id, its job's, or `latest`) with its job's state. Raises UserError when there is none."""
    if study_id == "latest":
        row = one_row(db, f"{VIEW} ORDER BY s.created_at DESC, s.rowid DESC LIMIT 1")
    else:
        row = one_row(db, f"{VIEW} WHERE s.id = ? OR s.job_id = ?", [study_id, study_id])
    if row is None:
        raise UserError(
            f"설정 탐색 '{study_id}'이(가) 없습니다. `search list`로 있는 것을 보거나 `search`로 새로 시작하세요.",
            f"There is no search '{study_id}'. See `search list` for what exists, or begin one with `search`.",
        )
    return _decoded(row)


def list_studies(db: Database, dataset_id: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Studies, newest first, those at work too."""
    sql = f"{VIEW} WHERE ? IS NULL OR s.dataset_id = ? ORDER BY s.created_at DESC, s.rowid DESC LIMIT ?"
    return [_decoded(row) for row in all_rows(db, sql, [dataset_id, dataset_id, limit])]


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    for name in (*JSON_COLUMNS, "progress"):
        text = row.pop(f"{name}_json")
        row[name] = json.loads(text) if text else None
    return row


def add_trial(
    db: Database, study_id: str, *, run_id: str, role: str, values: Mapping[str, Any], of_number: int | None = None
) -> int:
    """A new running trial; returns its number, 0 for the first."""
    with writing(db):
        sql = "SELECT COALESCE(max(number), -1) + 1 FROM trials WHERE study_id = ?"
        number = int(db.execute(sql, [study_id]).fetchone()[0])
        db.execute(
            "INSERT INTO trials (study_id, number, run_id, role, of_number, values_json, state, started_at) "
            "VALUES (?, ?, ?, ?, ?, ?, 'running', ?)",
            [study_id, number, run_id, role, of_number, json.dumps(values, ensure_ascii=False), now()],
        )
    return number


def begin_again(db: Database, study_id: str, number: int) -> None:
    """A trial whose process died starts from its beginning: what it reported goes."""
    with writing(db):
        db.execute("DELETE FROM trial_reports WHERE study_id = ? AND number = ?", [study_id, number])
        db.execute(
            "UPDATE trials SET state = 'running', why = NULL, tries = tries + 1, seconds = 0, ended_at = NULL WHERE study_id = ? AND number = ?",
            [study_id, number],
        )


def end_trial(
    db: Database, study_id: str, number: int, state: str, why: str | None = None, value: float | None = None
) -> None:
    """The one ending of a trial."""
    with writing(db):
        db.execute(
            "UPDATE trials SET state = ?, why = ?, value = ?, ended_at = ? WHERE study_id = ? AND number = ?",
            [state, why, value, now(), study_id, number],
        )


def spend(db: Database, study_id: str, number: int, seconds: float, trial_seconds: float) -> None:
    """How much of the budget is used, by the whole study and by its trial at work: both or neither."""
    with writing(db):
        db.execute("UPDATE studies SET seconds = ? WHERE id = ?", [seconds, study_id])
        db.execute("UPDATE trials SET seconds = ? WHERE study_id = ? AND number = ?", [trial_seconds, study_id, number])


def add_report(db: Database, study_id: str, number: int, tenth: int, step: int, value: float) -> bool:
    """Note a validation loss, unless the tenth has one; returns whether it was noted."""
    with writing(db):
        sql = "INSERT OR IGNORE INTO trial_reports (study_id, number, tenth, step, value) VALUES (?, ?, ?, ?, ?)"
        return bool(db.execute(sql, [study_id, number, tenth, step, value]).rowcount)


def read_trials(db: Database, study_id: str) -> list[dict[str, Any]]:
    """The trials in their order, each with `values`, `reports` {tenth: loss}, and its run's steps and peak memory."""
    sql = (
        "SELECT t.*, r.steps_done, r.steps_total, r.peak_gb, r.adapter_id FROM trials t LEFT JOIN runs r ON r.id = t.run_id "
        "WHERE t.study_id = ? ORDER BY t.number"
    )
    found = {row["number"]: {**row, "reports": {}} for row in all_rows(db, sql, [study_id])}
    for row in found.values():
        row["values"] = json.loads(row.pop("values_json"))
    for report in all_rows(db, "SELECT * FROM trial_reports WHERE study_id = ? ORDER BY tenth", [study_id]):
        found[report["number"]]["reports"][report["tenth"]] = report["value"]
    return list(found.values())


def count_skipped(db: Database, study_id: str, reason: str) -> None:
    """One more combination that was not tried, for this reason."""
    with writing(db):
        skipped = get_study(db, study_id)["skipped"]
        update_study(db, study_id, skipped_json={**skipped, reason: skipped.get(reason, 0) + 1})


def best_trial(trials: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The finished trial with the lowest loss, the earliest of equals; repetitions with other seeds do not count."""
    done = [trial for trial in trials if trial["state"] == "done" and trial["role"] != "again"]
    return min(done, key=lambda trial: (trial["value"], trial["number"]), default=None)
