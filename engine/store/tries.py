"""What a run tried when memory ran out, and the log of estimated against measured memory. It estimates nothing itself."""

import json
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.open import all_rows, now, writing

REMEMBERED = 30
"""Newest measurements that a correction is made from."""


def begin_try(db: Database, run_id: str, changed: dict[str, Any], estimated_gb: float | None) -> int:
    """Record that a run begins with these changes, and return the try's place. One that a killed process left is gone on with."""
    ord_ = int(
        db.execute("SELECT count(*) FROM tries WHERE run_id = ? AND ending = 'out_of_memory'", [run_id]).fetchone()[0]
    )
    told = json.dumps(changed, ensure_ascii=False)
    with writing(db):
        db.execute(
            "INSERT INTO tries (run_id, ord, settings_json, estimated_gb, at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (run_id, ord) DO UPDATE SET settings_json = excluded.settings_json, at = excluded.at, "
            "estimated_gb = excluded.estimated_gb, peak_gb = NULL, ending = NULL",
            [run_id, ord_, told, estimated_gb, now()],
        )
    return ord_


def end_try(db: Database, run_id: str, ord_: int, ending: Literal["fits", "out_of_memory"], peak_gb: float) -> None:
    """How a try went, and the memory it had taken until then."""
    with writing(db):
        db.execute(
            "UPDATE tries SET ending = ?, peak_gb = ? WHERE run_id = ? AND ord = ?", [ending, peak_gb, run_id, ord_]
        )


def read_tries(db: Database, run_id: str) -> list[dict[str, Any]]:
    """{ord, settings, estimated_gb, peak_gb, ending, at} of a run in order; `ending` is None while it goes on."""
    rows = all_rows(db, "SELECT * FROM tries WHERE run_id = ? ORDER BY ord", [run_id])
    names = ("ord", "settings", "estimated_gb", "peak_gb", "ending", "at")
    return [{name: {**row, "settings": json.loads(row["settings_json"])}[name] for name in names} for row in rows]


def log_estimate(
    db: Database,
    *,
    kind: Literal["run", "probe"],
    run_id: str | None,
    device: str,
    machine: str,
    objective: str,
    base: str,
    predicted_gb: float,
    measured_gb: float,
) -> None:
    """Remember what was predicted and what was measured; a run that is logged again, after a resume, counts once."""
    with writing(db):
        if run_id:
            db.execute("DELETE FROM estimates WHERE run_id = ?", [run_id])
        db.execute(
            "INSERT INTO estimates (run_id, kind, device, machine, objective, base, predicted_gb, measured_gb, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [run_id, kind, device, machine, objective, base, predicted_gb, measured_gb, now()],
        )


def measured_ratios(db: Database, device: str, machine: str, objective: str) -> list[float]:
    """Measured over predicted memory of the newest runs and probes on that device with that objective, newest first."""
    rows = all_rows(
        db,
        "SELECT measured_gb / predicted_gb AS ratio FROM estimates WHERE device = ? AND machine = ? AND objective = ? "
        "AND predicted_gb > 0 ORDER BY id DESC LIMIT ?",
        [device, machine, objective, REMEMBERED],
    )
    return [float(row["ratio"]) for row in rows]
