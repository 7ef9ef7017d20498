"""A finished capsule back into the store it left. Nothing in the file is run, and nothing is believed before it is proven."""

import hmac
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import UserError
from engine.models.loading import SIGNATURE
from engine.store.artifacts import drop_artifacts, save_artifact
from engine.store.capsules import get_capsule, mark_returned
from engine.store.carried import put_metrics
from engine.store.jobs import ask_stop
from engine.store.open import open_store, require_space, writing
from engine.store.runs import add_run, get_run, update_run
from engine.store.samples import add_samples, forget_samples_after
from engine.store.settings import capsule_key
from engine.train.capsule.file import (
    copy_part,
    damaged,
    open_capsule,
    parts,
    read_json,
    read_lines,
    require_sound,
    require_whole,
)
from engine.train.capsule.make import mac_of, store_mark
from engine.train.capsule.unpack import ARTIFACT, METRICS, RESULT, SAMPLES, manifest_of

ARTIFACT_SUFFIXES = (".safetensors", ".json", ".jinja", ".txt", ".model")
"""Of files an artifact may hold: none that can run when it is opened."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=True)


class Returned(_Strict):
    """What a finished run says of itself. Losses in nats per token, memory in 2**30 bytes."""

    run_id: str
    steps_total: int = Field(ge=0)
    steps_done: int = Field(ge=0)
    train_loss: float
    eval_loss: float | None
    best_step: int | None
    peak_gb: float
    tokens_per_second: float | None
    settings: dict[str, Any]
    origins: dict[str, str]
    base_revision: str | None
    base_hash: str | None
    environment: dict[str, Any]
    result: dict[str, Any]
    artifact: "Handed"


class Handed(_Strict):
    """The artifact that comes back."""

    kind: Literal["adapter", "model", "reward"]
    step: int = Field(ge=0)


class Metric(_Strict):
    """One line of the curve."""

    step: int = Field(ge=0)
    at: str
    epoch: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    tokens_per_second: float | None = None
    memory_gb: float | None = None
    extra_json: str | None = None


class Sample(_Strict):
    """What the model said to one row at one step."""

    step: int = Field(ge=0)
    row_id: int
    text: str


def import_capsule(store: Path, path: Path) -> dict[str, Any]:
    """Artifact, metrics, samples and settings of a finished capsule into the store; returns {run_id, artifact_id, …}.

    They go into the run the capsule was made from, or beside it into a new one when that was trained here meanwhile. A second
    import changes nothing. Raises UserError for a capsule of another store, unfinished, altered, damaged, or forgotten.
    """
    with open_capsule(path) as conn:
        require_sound(conn, path)
        return _import(conn, store, path)


def _import(conn: sqlite3.Connection, store: Path, path: Path) -> dict[str, Any]:
    with open_store(store) as db:
        known = _ours(conn, db, path)
        if known["returned_at"]:
            return _told(db, known["returned_run_id"], known["id"], again=True)
        _require_finished(conn, path)
        require_whole(conn, path, "back")
        returned, metrics, samples = _read(conn, path)
        require_space(store, 2 * sum(parts(conn, "back").values()))
        folder = cache_folder(store) / "capsules" / known["id"]
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _unpack_artifact(conn, path, folder, returned)
            run_id = _run_to_fill(db, known, returned)
            _fill(db, known, run_id, returned, metrics, samples, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return _told(db, run_id, known["id"], again=False)


def _ours(conn: sqlite3.Connection, db: Database, path: Path) -> dict[str, Any]:
    """The store's row of the capsule, its outgoing side proven to be what left."""
    key = capsule_key(db)
    require_whole(conn, path, "out")
    digest, mac, mark = conn.execute("SELECT digest, mac, store FROM seals WHERE side = 'out'").fetchone()
    if mark != store_mark(key):
        raise UserError(
            f"캡슐 {path.name}은(는) 다른 저장소에서 나간 것입니다. 그것을 만든 저장소에서 가져오세요(--store).",
            f"The capsule {path.name} left another store. Import it into the store that made it (--store).",
        )
    if not hmac.compare_digest(mac, mac_of(key, digest)):
        raise damaged(path, "seal")
    known = get_capsule(db, str(manifest_of(conn, path)["capsule"]))
    if known is None or known["digest"] != digest:
        raise UserError(
            f"이 저장소에는 캡슐 {path.name}을(를) 내보낸 기록이 없습니다. 그 학습을 지웠거나 옛 백업에서 되돌린 저장소입니다. 캡슐을 새로 "
            "만드세요.",
            f"This store has no record of the capsule {path.name}: its run was removed, or an old backup was restored. Make a new one.",
        )
    if known["forgotten_at"]:
        raise UserError(
            f"캡슐 {path.name}을(를) 내보낸 뒤 그 안의 행에 나오는 사람을 지웠습니다. 그 행으로 배운 모델은 들이지 않습니다. 데이터셋을 "
            "다시 만들어 새로 학습하고, 이 캡슐 파일은 지우세요.",
            f"After the capsule {path.name} left, somebody whose rows are in it was forgotten. A model that learned from them is not "
            "taken in. Build the dataset anew and train again, and delete this file.",
        )
    return known


def _require_finished(conn: sqlite3.Connection, path: Path) -> None:
    if conn.execute("SELECT 1 FROM seals WHERE side = 'back'").fetchone() is None:
        raise UserError(
            f"캡슐 {path.name}은(는) 아직 학습이 끝나지 않았습니다. 학습하는 컴퓨터에서 `capsule run {path.name}`을 끝까지 돌린 파일을 "
            "가져오세요.",
            f"The capsule {path.name} was not trained to its end. Run `capsule run {path.name}` to the end there, and bring that file.",
        )


def _read(conn: sqlite3.Connection, path: Path) -> tuple[Returned, list[Metric], list[Sample]]:
    try:
        returned = Returned.model_validate(read_json(conn, RESULT))
        metrics = [Metric.model_validate(row) for row in read_lines(conn, METRICS)]
        samples = [Sample.model_validate(row) for row in read_lines(conn, SAMPLES)]
        for metric in metrics:
            json.loads(metric.extra_json or "{}")
    except (ValueError, ValidationError) as error:
        raise damaged(path, "results") from error
    return returned, metrics, samples


def _unpack_artifact(conn: sqlite3.Connection, path: Path, folder: Path, returned: Returned) -> None:
    """Every file of the artifact, each opened: safetensors and texts alone, of the base that the run names."""
    from safetensors import SafetensorError, safe_open

    names = [name.removeprefix(ARTIFACT) for name in parts(conn, "back", ARTIFACT)]
    weights = [name for name in names if name.endswith(".safetensors")]
    if not weights or any("/" in name or not name.endswith(ARTIFACT_SUFFIXES) for name in names):
        raise damaged(path, "artifact")
    for name in names:
        copy_part(conn, ARTIFACT + name, folder / name)
    try:
        for name in weights:
            with safe_open(str(folder / name), framework="np") as tensors:
                tensors.keys()
        signed = json.loads((folder / SIGNATURE).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError) as error:
        raise damaged(path, "artifact") from error
    if signed != returned.base_hash:
        raise damaged(path, SIGNATURE)


def _run_to_fill(db: Database, known: dict[str, Any], returned: Returned) -> str:
    """The run the capsule was made from when it was never trained here; else a new one beside it."""
    if known["returned_run_id"]:  # an import was killed in the middle
        return str(known["returned_run_id"])
    run = get_run(db, known["run_id"])
    if run["state"] == "queued" and run["job_id"]:
        ask_stop(db, run["job_id"], "cancel")  # it came back trained: nothing is left to do here
        run = get_run(db, run["id"])
    untouched = run["adapter_id"] is None and run["steps_done"] == 0 and run["state"] != "running"
    with writing(db):
        run_id = run["id"] if untouched else _beside(db, run, known["id"])
        db.execute("UPDATE capsules SET returned_run_id = ? WHERE id = ?", [run_id, known["id"]])
    return str(run_id)


def _beside(db: Database, run: dict[str, Any], capsule_id: str) -> str:
    from engine.store.lineage import link

    base = {"name": run["base"], "revision": run["base_revision"], "hash": run["base_hash"]}
    run_id = add_run(
        db, recipe=run["recipe"], dataset_id=run["dataset_id"], base=base, preset=run["preset"], settings=run["settings"],
        origins=run["origins"],
    )  # fmt: skip
    link(db, "capsule", capsule_id, "run", run_id)
    return run_id


def _fill(
    db: Database,
    known: dict[str, Any],
    run_id: str,
    returned: Returned,
    metrics: list[Metric],
    samples: list[Sample],
    folder: Path,
) -> None:
    drop_artifacts(db, run_id, returned.artifact.kind)
    artifact = save_artifact(db, folder, returned.artifact.kind, run_id, returned.artifact.step)
    said: dict[int, dict[int, str]] = {}
    for sample in samples:
        said.setdefault(sample.step, {})[sample.row_id] = sample.text
    names = ("steps_total", "steps_done", "train_loss", "eval_loss", "best_step", "peak_gb", "tokens_per_second")
    environment = {
        **returned.environment,
        "elsewhere": {name: str(returned.environment.get(name, "?")) for name in ("machine", "card")},
    }
    with writing(db):
        put_metrics(db, run_id, [metric.model_dump() for metric in metrics])
        forget_samples_after(db, run_id, -1)
        for step, texts in said.items():
            add_samples(db, run_id, step, texts)
        update_run(
            db, run_id, **{name: returned.model_dump()[name] for name in names}, environment_json=environment,
            settings_json=returned.settings, origins_json=returned.origins, base_revision=returned.base_revision,
            base_hash=returned.base_hash, adapter_id=artifact, job_id=None,
            result_json={**returned.result, "run_id": run_id, "artifact_id": artifact},
        )  # fmt: skip
        mark_returned(db, known["id"], run_id)


def _told(db: Database, run_id: str | None, capsule_id: str, again: bool) -> dict[str, Any]:
    run = get_run(db, run_id) if run_id else None
    facts = {name: run[name] for name in ("adapter_id", "eval_loss", "train_loss", "steps_done")} if run else {}
    elsewhere = run["environment"].get("elsewhere", {}) if run else {}
    return {"run_id": run_id, "capsule_id": capsule_id, "again": again, "elsewhere": elsewhere, **facts}
