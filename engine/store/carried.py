"""A dataset and its run in a store of their own, as a capsule carries them, and what the training left to be carried back."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlite_utils import Database

from engine.store.lineage import link
from engine.store.open import all_rows, insert_rows, now, writing

TRAINED_META = ("rejected", "rating")
"""What training reads of a row's `meta`; nothing else of it leaves."""
RUN_FACTS = (
    "steps_total", "steps_done", "train_loss", "eval_loss", "best_step", "peak_gb", "tokens_per_second",
)  # fmt: skip
"""Columns of a run that its training fills in."""


def rows_to_carry(db: Database, dataset_id: str) -> Iterable[dict[str, Any]]:
    """{id, ord, split, fingerprint, messages, target, meta} of what a run learns from and is validated on, in order."""
    sql = (
        "SELECT r.id, d.ord, d.split, r.fingerprint, r.messages_json, r.target, r.meta_json FROM dataset_rows d "
        "JOIN rows r ON r.id = d.row_id WHERE d.dataset_id = ? AND d.split IN ('train', 'validation') ORDER BY d.ord"
    )
    for row in all_rows(db, sql, [dataset_id]):
        meta = json.loads(row.pop("meta_json"))
        row["messages"] = json.loads(row.pop("messages_json"))
        row["meta"] = {name: meta[name] for name in TRAINED_META if name in meta}
        yield row


def put_dataset(db: Database, dataset: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """A frozen dataset {id, recipe, style, fingerprint, masked, counts} with its rows, under the ids they had."""
    stamp = now()
    with writing(db):
        db.execute(
            "INSERT INTO datasets (id, recipe, style, options_json, counts_json, dropped_json, masked, fingerprint, state, created_at)"
            " VALUES (?, ?, ?, '{}', ?, '{}', ?, ?, 'building', ?)",
            [dataset["id"], dataset["recipe"], dataset["style"], json.dumps(dataset["counts"]), int(dataset["masked"]), dataset["fingerprint"], stamp],
        )  # fmt: skip
        insert_rows(
            db,
            "rows (id, recipe, split_group, messages_json, target, meta_json, fingerprint, created_at)",
            [
                (
                    row["id"], dataset["recipe"], "", json.dumps(row["messages"], ensure_ascii=False), row["target"],
                    json.dumps(row["meta"], ensure_ascii=False), row["fingerprint"], stamp,
                )
                for row in rows
            ],
        )  # fmt: skip
        members = [(dataset["id"], row["ord"], row["id"], row["split"]) for row in rows]
        insert_rows(db, "dataset_rows (dataset_id, ord, row_id, split)", members)
        db.execute("UPDATE datasets SET state = 'frozen' WHERE id = ?", [dataset["id"]])


def put_run(db: Database, run: dict[str, Any], dataset_id: str | None, parents: Sequence[str] = ()) -> None:
    """A run {id, recipe, preset, base, base_revision, base_hash, settings, origins} that has not begun, under its own id."""
    with writing(db):
        db.execute(
            "INSERT INTO runs (id, recipe, dataset_id, base, base_revision, base_hash, preset, settings_json, origins_json, "
            "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run["id"], run["recipe"], dataset_id, run["base"], run["base_revision"], run["base_hash"], run["preset"],
                json.dumps(run["settings"], ensure_ascii=False), json.dumps(run["origins"], ensure_ascii=False), now(),
            ],
        )  # fmt: skip
        if dataset_id:
            link(db, "dataset", dataset_id, "run", run["id"])
        for parent in parents:
            link(db, "run", parent, "run", run["id"])


def begin_with(db: Database, run_id: str, parent_id: str, artifact_id: str) -> None:
    """The run goes on from that artifact of an earlier one."""
    with writing(db):
        db.execute("UPDATE runs SET from_run = ?, from_artifact = ? WHERE id = ?", [parent_id, artifact_id, run_id])


def artifact_facts(db: Database, artifact_id: str) -> dict[str, Any]:
    """{kind, step} of an artifact."""
    return all_rows(db, "SELECT kind, step FROM artifacts WHERE id = ?", [artifact_id])[0]


def metrics_to_carry(db: Database, run_id: str) -> list[dict[str, Any]]:
    """Every column of a run's metrics but its id, in order."""
    found = all_rows(db, "SELECT * FROM metrics WHERE run_id = ? ORDER BY step", [run_id])
    return [{name: value for name, value in row.items() if name != "run_id"} for row in found]


def samples_to_carry(db: Database, run_id: str) -> list[dict[str, Any]]:
    """{step, row_id, text} of what a run said as it learned, in order."""
    return all_rows(db, "SELECT step, row_id, text FROM run_samples WHERE run_id = ? ORDER BY step, row_id", [run_id])


def put_metrics(db: Database, run_id: str, rows: Iterable[dict[str, Any]]) -> None:
    """A run's whole curve in place of what it had; columns this store does not know are left out."""
    known = [column["name"] for column in all_rows(db, "SELECT name FROM pragma_table_info('metrics')")]
    columns = [name for name in known if name != "run_id"]
    marks = ", ".join("?" * (len(columns) + 1))
    with writing(db):
        db.execute("DELETE FROM metrics WHERE run_id = ?", [run_id])
        db.conn.executemany(
            f"INSERT INTO metrics (run_id, {', '.join(columns)}) VALUES ({marks})",
            [[run_id, *(row.get(name) for name in columns)] for row in rows],
        )
