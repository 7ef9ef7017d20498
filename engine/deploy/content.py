"""The store that a bundle starts from: a new one with the few rows that answering needs, copied column by column from a white list.

No message, row, name, path or evaluation of the owner's is among them: of the run what choosing a prompt needs, of its dataset the
options, of clauses their text, of the dictionary its terms.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.recipes.recipe import Recipe
from engine.store.open import all_rows, now, one_row, open_store, writing

FOLDER = "model"
"""What the run's base is called in a bundle: the folder in it, not where it lay on the owner's machine."""
RUN_SETTINGS = ("method", "quantisation", "objective")
"""Of a run's settings, what answering reads."""
SWEEP = {"suite": "", "suite_version": "", "split": "", "settings_json": "{}", "state": "whole"}
SOURCE = ("id", "recipe", "kind", "name", "fingerprint", "bytes", "record_count", "licence", "state", "created_at")


def write_content(
    store: Path,
    out: Path,
    recipe: Recipe | None,
    run: dict[str, Any] | None,
    sources: Sequence[str],
    model: str = "",
    invitations: Sequence[str] = (),
) -> int:
    """The file `out`; returns the number of invitations in it. sources: whose clauses go along, none where nothing is looked up;
    invitations: those that hold there too, for the one model, which the bundle calls `model`."""
    with open_store(store) as db, open_store(out) as made, writing(made):
        if run:
            _carry_run(db, made, run)
            _carry_settings(db, made, run)
        for source_id in sources:
            _carry_clauses(db, made, source_id)
        _carry_dictionary(db, made, recipe)
        guests = _carry_invitations(db, made, model, invitations)
    if recipe and recipe.retrieves and sources:
        from engine.retrieve.retriever import open_retriever
        from engine.retrieve.settings import RetrievalSettings

        open_retriever(out, sources, RetrievalSettings())
    with open_store(out) as made:
        made.conn.execute("PRAGMA journal_mode = DELETE")  # one file, whole
        made.conn.execute("VACUUM")
    for ending in ("-wal", "-shm"):
        out.with_name(out.name + ending).unlink(missing_ok=True)
    out.chmod(
        0o644
    )  # a store is its owner's alone; this is handed over, and another user of the host may have to read it
    return guests


def _carry_run(db: Database, made: Database, run: dict[str, Any]) -> None:
    dataset_id = run["dataset_id"]
    if dataset_id:
        dataset = one_row(db, "SELECT recipe, style, options_json, masked FROM datasets WHERE id = ?", [dataset_id])
        assert dataset is not None
        made.execute(
            "INSERT INTO datasets (id, recipe, style, options_json, counts_json, dropped_json, masked, state, created_at) "
            "VALUES (?, ?, ?, ?, '{}', '{}', ?, 'frozen', ?)",
            [dataset_id, dataset["recipe"], dataset["style"], dataset["options_json"], dataset["masked"], now()],
        )
    settings = {name: run["settings"][name] for name in RUN_SETTINGS if name in run["settings"]}
    made.execute(
        "INSERT INTO runs (id, recipe, dataset_id, base, settings_json, origins_json, created_at) VALUES (?, ?, ?, ?, ?, '{}', ?)",
        [run["id"], run["recipe"], dataset_id, FOLDER, json.dumps(settings), now()],
    )


def _carry_clauses(db: Database, made: Database, source_id: str) -> None:
    source = all_rows(db, f"SELECT {', '.join(SOURCE)} FROM sources WHERE id = ?", [source_id])[0]
    source |= {"name": "clauses", "report_json": "{}"}
    _put(made, "sources", [source])
    sql = "SELECT id, source_id, seq, kind, text, meta_json FROM records WHERE source_id = ? AND kind = 'chunk' ORDER BY id"
    _put(made, "records", all_rows(db, sql, [source_id]))


def _put(made: Database, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Names of tables and columns come from code."""
    if rows:
        names, marks = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
        made.conn.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [list(row.values()) for row in rows])


def _carry_dictionary(db: Database, made: Database, recipe: Recipe | None) -> None:
    """The terms that answers are read and clauses searched with. Those of a source go without it: its rows do not leave."""
    if recipe is None:
        return
    ids = "SELECT id FROM terms WHERE recipe = ?"
    terms = all_rows(
        db, "SELECT id, recipe, name, kind, definition FROM terms WHERE recipe = ? ORDER BY id", [recipe.name]
    )
    _put(made, "terms", terms)
    names = f"SELECT term_id, place, sort, name FROM term_names WHERE term_id IN ({ids})"
    _put(made, "term_names", all_rows(db, names, [recipe.name]))
    sql = "SELECT id, recipe, head, relation, tail FROM relations WHERE recipe = ? ORDER BY id"
    _put(made, "relations", all_rows(db, sql, [recipe.name]))
    _put(made, "removed_names", all_rows(db, "SELECT recipe, name FROM removed_names WHERE recipe = ?", [recipe.name]))


def _carry_invitations(db: Database, made: Database, model: str, ids: Sequence[str]) -> int:
    """Their number. Only the hash of a code is there to be carried. None named: all that hold and name the model.

    Raises UserError for one that is unknown or over.
    """
    holding = all_rows(db, "SELECT * FROM invitations WHERE revoked_at IS NULL ORDER BY created_at, id")
    known = {row["id"]: row for row in holding}
    unknown = next((id_ for id_ in ids if id_ not in known), None)
    if unknown is not None:
        raise UserError(
            f"초대장 '{unknown}'이(가) 없거나 거두어졌습니다. `invite list`로 있는 것을 보세요.",
            f"There is no invitation '{unknown}', or it was revoked. See `invite list`.",
        )
    wanted = [known[id_] for id_ in ids] or [row for row in holding if model in json.loads(row["models_json"])]
    _put(made, "invitations", [{**row, "models_json": json.dumps([model])} for row in wanted])
    return len(wanted)


def _carry_settings(db: Database, made: Database, run: dict[str, Any]) -> None:
    """What a sweep chose for the run, without the sweep."""
    row = one_row(db, "SELECT * FROM best_settings WHERE recipe = ? AND model = ?", [run["recipe"], run["id"]])
    if row is None:
        return
    _put(made, "sweeps", [{**SWEEP, "id": row["sweep_id"], "recipe": run["recipe"], "created_at": row["created_at"]}])
    _put(made, "best_settings", [row])
