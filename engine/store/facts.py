"""What a report asks the store for beside the rows themselves. Reads only, in bounded windows."""

import json
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, one_row
from engine.store.runs import phases_before


def evaluations_of(db: Database, run_id: str, limit: int) -> list[str]:
    """Ids of whole evaluations that judged a run, newest first."""
    sql = (
        "SELECT e.id FROM edges l JOIN evaluations e ON e.id = l.child_id WHERE l.parent_kind = 'run' AND l.parent_id = ? "
        "AND l.child_kind = 'evaluation' AND e.state = 'whole' ORDER BY e.created_at DESC LIMIT ?"
    )
    return [row["id"] for row in all_rows(db, sql, [run_id, limit])]


def job_times(db: Database, job_id: str | None) -> dict[str, str | None]:
    """{started_at, ended_at} of a job; both None when there is none."""
    row = one_row(db, "SELECT started_at, ended_at FROM jobs WHERE id = ?", [job_id])
    return row or {"started_at": None, "ended_at": None}


def chain_jobs(db: Database, run_id: str) -> list[dict[str, Any]]:
    """The jobs of the chain that a run belongs to, in the order they were queued: {id, kind, state, phase, run_id}; empty for a
    run of no chain. The last is the evaluation of them all, which has no phase."""
    sql = (
        "SELECT j.id, j.kind, j.state, j.args_json ->> 'phase' AS phase, j.args_json ->> 'run' AS run_id FROM jobs j "
        "WHERE j.args_json ->> 'chain' = (SELECT own.args_json ->> 'chain' FROM jobs own JOIN runs r ON r.job_id = own.id "
        "WHERE r.id = ?) ORDER BY j.created_at, j.rowid"
    )
    return all_rows(db, sql, [run_id])


def samples_of(db: Database, run_id: str, limit: int) -> list[dict[str, Any]]:
    """What a run said while it learned, newest step first: {step, text, messages, target}."""
    sql = (
        "SELECT s.step, s.text, r.messages_json, r.target FROM run_samples s JOIN rows r ON r.id = s.row_id "
        "WHERE s.run_id = ? ORDER BY s.step DESC, s.row_id LIMIT ?"
    )
    found = all_rows(db, sql, [run_id, limit])
    for row in found:
        row["messages"] = json.loads(row.pop("messages_json"))
    return found


def split_groups(db: Database, dataset_id: str) -> dict[str, int]:
    """Distinct groups per split, and under `both` those that lie in more than one."""
    grouped = (
        "SELECT r.source_id, r.split_group, d.split FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
        "WHERE d.dataset_id = ? AND d.split IS NOT NULL GROUP BY 1, 2, 3"
    )
    counts = all_rows(db, f"SELECT split, count(*) AS n FROM ({grouped}) GROUP BY split", [dataset_id])
    both = one_row(
        db,
        f"SELECT count(*) AS n FROM (SELECT 1 FROM ({grouped}) GROUP BY source_id, split_group HAVING count(*) > 1)",
        [dataset_id],
    )
    assert both is not None
    return {**{row["split"]: row["n"] for row in counts}, "both": both["n"]}


def described_sources(db: Database, source_ids: list[str]) -> list[dict[str, Any]]:
    """The sources that are still there, with their speakers' names and what masking counted."""
    found = []
    for source_id in source_ids:
        row = one_row(
            db,
            "SELECT id, name, kind, record_count, licence, created_at, masked_at, mask_report_json FROM sources WHERE id = ?",
            [source_id],
        )
        if row is None:
            continue
        text = row.pop("mask_report_json")
        row["mask_report"] = json.loads(text) if text else None
        sql = "SELECT name FROM speakers WHERE source_id = ?"
        row["speakers"] = [speaker["name"] for speaker in all_rows(db, sql, [source_id])]
        found.append(row)
    return found


def masked_sources_behind(db: Database, model: str) -> list[str]:
    """Ids of the sources of the datasets a run and its earlier phases learned from, of those made from masked material; none
    for a base."""
    ids = phases_before(db, model)
    sql = (
        "SELECT DISTINCT e.parent_id AS id FROM runs r JOIN datasets d ON d.id = r.dataset_id JOIN edges e ON "
        "e.child_kind = 'dataset' AND e.child_id = d.id AND e.parent_kind = 'source' "
        f"WHERE d.masked = 1 AND r.id IN ({', '.join('?' * len(ids))})"
    )
    return [row["id"] for row in all_rows(db, sql, ids)]
