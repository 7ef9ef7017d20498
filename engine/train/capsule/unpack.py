"""A capsule on the machine that trains it: into a store of its own there, and the results back into the file.

What is unpacked comes from a file whose digests were checked, never from one that was not.
"""

import platform
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.models.bases import base_hash, catalogued, check_folder, resolve_base
from engine.store.artifacts import save_artifact
from engine.store.blobs import read_blob
from engine.store.carried import artifact_facts, begin_with, metrics_to_carry, put_dataset, put_run, samples_to_carry
from engine.store.datasets import get_dataset
from engine.store.jobs import enqueue, read_log
from engine.store.open import all_rows, open_store, writing
from engine.store.runs import get_run, update_run
from engine.train.capsule.code import code_digest
from engine.train.capsule.file import (
    add_json,
    add_lines,
    add_part,
    change_capsule,
    copy_part,
    damaged,
    open_capsule,
    parts,
    read_json,
    read_lines,
    require_whole,
    seal,
)
from engine.train.capsule.make import BASE, FORMAT, MANIFEST, PARENTS, ROWS

RESULT, METRICS, SAMPLES, LOG = "result.json", "metrics.jsonl", "samples.jsonl", "log.jsonl"
ARTIFACT = "artifact/"
LOG_LINES = 2_000
"""Of the job's log that travel back."""


def read_manifest(path: Path) -> dict[str, Any]:
    """What the capsule holds, its outgoing side proven whole. Raises NotACapsule, and UserError for a newer form."""
    with open_capsule(path) as conn:
        require_whole(conn, path, "out")
        return manifest_of(conn, path)


def manifest_of(conn: sqlite3.Connection, path: Path) -> dict[str, Any]:
    """The manifest of an open capsule. Raises NotACapsule when there is none, UserError when it is of another form."""
    try:
        manifest = dict(read_json(conn, MANIFEST))
    except (ValueError, TypeError) as error:
        raise damaged(path, MANIFEST) from error
    if manifest.get("format") != FORMAT:
        raise UserError(
            f"캡슐 {path.name}은(는) {manifest.get('format')!r}판인데 이 말모이는 {FORMAT}판을 읽습니다. 캡슐을 만든 판의 말모이로 하세요.",
            f"The capsule {path.name} is of form {manifest.get('format')!r}; this Malmoi reads form {FORMAT}. Use the Malmoi that made it.",
        )
    return manifest


def is_finished(path: Path) -> bool:
    """Whether results are in the capsule."""
    with open_capsule(path) as conn:
        return conn.execute("SELECT 1 FROM seals WHERE side = 'back'").fetchone() is not None


def refuse_other_code(manifest: dict[str, Any], path: Path) -> None:
    """Other code could give other numbers: the capsule's own is inside, and the script beside it runs that."""
    if manifest["code"]["digest"] == code_digest():
        return
    commit = manifest["code"]["commit"] or "?"
    raise UserError(
        f"이 말모이의 코드는 캡슐을 만든 코드와 다릅니다(캡슐: 커밋 {commit[:12]}). 캡슐 안의 코드로 돌리려면 함께 만든 스크립트를 쓰세요: "
        f"python {path.stem}.py",
        f"This Malmoi's code is not the code that made the capsule (commit {commit[:12]}). To train with the code inside, use the "
        f"script made beside it: python {path.stem}.py",
    )


def unpack_into(path: Path, store: Path, base_folder: Path | None) -> str:
    """Fill a new store from the capsule and queue its run; returns the job's id. Nothing is left when it fails.

    base_folder: where the base lies when the capsule names a folder without carrying it.
    """
    part = store.with_name("part.db")
    _drop_store(part)
    with open_capsule(path) as conn, open_store(part) as db:
        manifest = manifest_of(conn, path)
        base = _base_here(conn, manifest, store.parent, base_folder)
        _put_rows(conn, db, manifest, path)
        parents = [_put_parent(conn, db, one, manifest["base"], base, store.parent) for one in manifest["parents"]]
        facts = {"base": base, "base_revision": manifest["base"]["revision"], "base_hash": manifest["base"]["hash"]}
        run = {**manifest["run"], **facts}
        with writing(db):
            put_run(db, run, manifest["dataset"]["id"], [parent for parent, _, _ in parents])
            for parent, artifact, begins in parents:
                if begins:
                    begin_with(db, run["id"], parent, artifact)
            job_id = enqueue(db, "train", {"run": run["id"]})
            update_run(db, run["id"], job_id=job_id)
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    part.replace(store)
    return job_id


def base_of(path: Path, folder: Path, given: Path | None) -> str:
    """The name of the capsule's base on this machine, unpacked into `folder` when it is carried. Raises as `unpack_into`."""
    with open_capsule(path) as conn:
        return _base_here(conn, manifest_of(conn, path), folder, given)


def _drop_store(store: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)


def _put_rows(conn: sqlite3.Connection, db: Database, manifest: dict[str, Any], path: Path) -> None:
    from engine.privacy.decisions import leftovers_of
    from engine.privacy.gate import remember_clean

    try:
        put_dataset(db, manifest["dataset"], read_lines(conn, ROWS))
    except (ValueError, KeyError, TypeError, sqlite3.IntegrityError) as error:
        raise damaged(path, ROWS) from error
    # what is personal was asked at home, where the owner's decisions are
    remember_clean(db, get_dataset(db, manifest["dataset"]["id"]), leftovers_of(db, []))


def _put_parent(
    conn: sqlite3.Connection, db: Database, parent: dict[str, Any], facts: dict[str, Any], base: str, folder: Path
) -> tuple[str, str, bool]:
    """A run whose model the training needs, with that model: (run, artifact, whether the training goes on from it)."""
    put_run(db, {**parent, "base": base, "base_revision": facts["revision"], "base_hash": facts["hash"]}, None)
    files, below = folder / "parent", f"{PARENTS}{parent['id']}/"
    for name in parts(conn, "out", below):
        copy_part(conn, name, files / name.removeprefix(below))
    artifact = save_artifact(db, files, parent["kind"], parent["id"], parent["step"])
    update_run(db, parent["id"], adapter_id=artifact)
    shutil.rmtree(files)
    return str(parent["id"]), artifact, bool(parent["begins"])


def _base_here(conn: sqlite3.Connection, manifest: dict[str, Any], folder: Path, given: Path | None) -> str:
    """The base's name on this machine. Raises UserError when it is not here, or another."""
    base = manifest["base"]
    if base["carried"]:
        target = folder / "base"
        for name in parts(conn, "out", BASE):
            copy_part(conn, name, target / name.removeprefix(BASE))
        return _same_base(str(target), base)
    if base["source"] == "folder":
        if given is None:
            raise UserError(
                f"이 캡슐의 기반 모델 '{base['name']}'은(는) 폴더에 있던 것이라 들어 있지 않습니다. --base 폴더로 알려 주거나, 캡슐을 "
                "--with-base로 다시 만드세요.",
                f"This capsule's base '{base['name']}' was a folder and is not inside. Name it with --base FOLDER, or make the "
                "capsule again with --with-base.",
            )
        check_folder(given)
        return _same_base(str(given.resolve()), base)
    if base["source"] == "hub":
        known = catalogued(base["name"])
        name = (known.hub_id if known else base["name"]).partition("@")[0]
        return f"{name}@{base['revision']}" if base["revision"] else name
    return _same_base(base["name"], base)


def _same_base(name: str, base: dict[str, Any]) -> str:
    if base["hash"] and base_hash(resolve_base(name)) != base["hash"]:
        raise UserError(
            f"여기 있는 기반 모델 '{base['name']}'은(는) 캡슐을 만든 모델과 다릅니다. 같은 모델을 쓰세요.",
            f"The base '{base['name']}' that is here is not the one the capsule was made for. Use the same model.",
        )
    return name


def write_back(path: Path, store: Path, run_id: str) -> dict[str, Any]:
    """The finished run's artifact, numbers and samples into the capsule, sealed, all or nothing; returns the result."""
    with open_store(store) as db, change_capsule(path) as conn:
        run = get_run(db, run_id)
        result = {**_result(run), "artifact": artifact_facts(db, run["adapter_id"])}
        add_json(conn, "back", RESULT, result)
        add_lines(conn, "back", METRICS, metrics_to_carry(db, run_id))
        add_lines(conn, "back", SAMPLES, samples_to_carry(db, run_id))
        add_lines(conn, "back", LOG, read_log(db, run["job_id"], limit=LOG_LINES))
        sql = "SELECT path, sha256 FROM artifact_files WHERE artifact_id = ? ORDER BY path"
        for file in all_rows(db, sql, [run["adapter_id"]]):
            add_part(conn, "back", ARTIFACT + file["path"], read_blob(db, file["sha256"]))
        seal(conn, "back")
    return result


def _result(run: dict[str, Any]) -> dict[str, Any]:
    names = ("steps_total", "steps_done", "train_loss", "eval_loss", "best_step", "peak_gb", "tokens_per_second")
    return {
        "run_id": run["id"],
        **{name: run[name] for name in names},
        "settings": run["settings"],
        "origins": run["origins"],
        "base_revision": run["base_revision"],
        "base_hash": run["base_hash"],
        "environment": {**run["environment"], "machine": platform.node() or "?", "card": card_name()},
        "result": {name: value for name, value in run["result"].items() if name != "artifact_id"},
        "started_at": run["started_at"],
    }


def card_name() -> str:
    """The graphics card's name, or the processor's kind."""
    import torch

    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name(0))
    return platform.processor() or platform.machine()
