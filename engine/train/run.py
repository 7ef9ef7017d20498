"""One run, from its row in the store to its adapter in the store. It knows nothing of recipes."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import Stopped, UserError
from engine.hardware import device
from engine.models.bases import ResolvedBase, base_hash, folder_of, resolve_base
from engine.store.artifacts import drop_artifacts, latest_artifact, save_artifact, unpack_artifact
from engine.store.datasets import get_dataset, read_split
from engine.store.jobs import Work
from engine.store.open import all_rows, now, open_store
from engine.store.runs import add_metrics, forget_metrics_after, get_run, update_run
from engine.store.samples import add_samples, forget_samples_after
from engine.train.checkpoints import prove_checkpoint
from engine.train.environment import describe_environment
from engine.train.events import StepMetrics
from engine.train.precision import with_precision
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings
from engine.train.sft import train
from engine.train.token_cache import StoredRows


def run_training(work: Work, run_id: str) -> dict[str, Any]:
    """Train, or go on training from the last proven checkpoint; returns the `train` result.

    Raises UserError when the base changed since the run began or the rows hold personal data, and Stopped when the owner asked.
    """
    with open_store(work.store) as db:
        run = get_run(db, run_id)
        if run["result"]:  # killed between the finished adapter and its ending
            return _tidied(work, run)
        base = fetched(resolve_base(run["base"]), work)
        found = base_hash(base)
        _refuse_changed_base(run, found)
        _require_clean(db, run["dataset_id"])
        rows = {split: list(read_split(db, run["dataset_id"], split)) for split in ("train", "validation")}
        folder = cache_folder(work.store) / "runs" / run_id
        resume_from, step = _unpack_checkpoints(db, run_id, folder)
        forget_metrics_after(db, run_id, step)
        forget_samples_after(db, run_id, step)
        update_run(db, run_id, environment_json=describe_environment(), base_revision=base.revision, base_hash=found)
    if resume_from is not None:
        work.log(f"{step}스텝의 저장점에서 이어 배웁니다. / Going on from the checkpoint of step {step}.")
    settings = with_precision(work.store, TrainSettings(**run["settings"]), device())
    events = StoreEvents(work, run_id, [row["id"] for row in rows["validation"]])
    trained, held_out = (StoredRows(work.store, rows[split]) for split in ("train", "validation"))
    result = train(base, trained, held_out, settings, folder, events, resume_from)
    told = _keep(work, run_id, result)
    if result.stopped == "save":
        raise Stopped(saved=True)
    return _tidied(work, {"id": run_id, "result": told})


def _require_clean(db: Database, dataset_id: str) -> None:
    """Raises UserError when personal data is found in what would be trained on, be it by rules made since the freeze."""
    from engine.privacy.gate import require_clean_dataset

    require_clean_dataset(db, get_dataset(db, dataset_id), "train")


def _tidied(work: Work, run: dict[str, Any]) -> dict[str, Any]:
    """A finished run needs no checkpoints and no folder."""
    with open_store(work.store) as db:
        drop_artifacts(db, run["id"], "checkpoint")
    shutil.rmtree(cache_folder(work.store) / "runs" / run["id"], ignore_errors=True)
    return dict(run["result"])


def fetched(base: ResolvedBase, work: Work) -> ResolvedBase:
    """The base with its files on disk: a hub base is downloaded (resumable) and its exact revision taken."""
    from engine.models.loading import local_folder

    if folder_of(base) is not None:
        return base
    work.log(f"downloading {base.name}")
    local_folder(base)
    return resolve_base(base.name)


def _refuse_changed_base(run: dict[str, Any], found: str) -> None:
    if run["base_hash"] and run["base_hash"] != found:
        raise UserError(
            f"기반 모델 {run['base']}이(가) 이 학습을 시작한 뒤 바뀌었습니다. 섞어서 이어 학습하면 결과를 믿을 수 없습니다. 새로 `train` 하세요.",
            f"The base {run['base']} changed since this run began. Continuing on another base would be wrong. Start a new `train`.",
        )


def _unpack_checkpoints(db: Database, run_id: str, folder: Path) -> tuple[Path | None, int]:
    """The folder holds just what the store has proven: (checkpoint to go on from, its step)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    latest = latest_artifact(db, run_id, "checkpoint")
    sql = "SELECT id, step FROM artifacts WHERE run_id = ? AND kind = 'checkpoint' AND state = 'whole'"
    for kept in all_rows(db, sql, [run_id]):
        unpack_artifact(db, kept["id"], folder / f"checkpoint-{kept['step']}")
    return (folder / f"checkpoint-{latest['step']}", latest["step"]) if latest else (None, -1)


class StoreEvents:
    """What training reports goes into the store at once: steps, sample answers, checkpoints, log lines.

    `row_ids` are those of the validation rows, in the order the run got them.
    """

    def __init__(self, work: Work, run_id: str, row_ids: Sequence[int]) -> None:
        self.work = work
        self.run_id = run_id
        self.row_ids = row_ids
        self.total = 0
        self.since = now()
        """When this attempt began: its speed is not that of an earlier one."""

    def planned(self, total_steps: int) -> None:
        """The number of optimiser steps the whole run will take."""
        self.total = total_steps
        with open_store(self.work.store) as db:
            update_run(db, self.run_id, steps_total=total_steps)

    def step(self, metrics: StepMetrics) -> None:
        """One step, or one evaluation, was finished."""
        with open_store(self.work.store) as db:
            add_metrics(
                db,
                self.run_id,
                metrics.step,
                epoch=metrics.epoch,
                loss=metrics.loss,
                eval_loss=metrics.eval_loss,
                learning_rate=metrics.learning_rate,
                grad_norm=metrics.grad_norm,
                tokens_per_second=metrics.tokens_per_second,
                memory_gb=metrics.memory_gb,
            )
        if metrics.eval_loss is not None:
            ko = f"스텝 {metrics.step}: 검증 손실 {metrics.eval_loss:.3f}"
            self.work.log(f"{ko} / step {metrics.step}: validation loss {metrics.eval_loss:.3f}")
        self.work.progress(what="train", run=self.run_id, done=metrics.step, total=self.total, since=self.since)

    def said(self, step: int, answers: Mapping[int, str]) -> None:
        """What the model says to a few validation rows, by their place."""
        with open_store(self.work.store) as db:
            add_samples(db, self.run_id, step, {self.row_ids[place]: text for place, text in answers.items()})

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        """A checkpoint was written: prove it, store it, keep the latest and the best."""
        prove_checkpoint(folder)
        with open_store(self.work.store) as db:
            sql = "SELECT id, step FROM artifacts WHERE run_id = ? AND kind = 'checkpoint' AND state = 'whole'"
            known = {row["step"] for row in all_rows(db, sql, [self.run_id])}
            if step not in known:
                save_artifact(db, folder, "checkpoint", self.run_id, step, {"best": best})
            drop_superseded(db, self.run_id, step, best)

    def stop_asked(self) -> Literal["save", "cancel"] | None:
        """What the owner asked for, if anything."""
        asked = self.work.stop_asked()
        return "save" if asked == "save" else "cancel" if asked else None

    def log(self, text: str) -> None:
        """One log line. Never chat text."""
        self.work.log(text)


def drop_superseded(db: Database, run_id: str, latest_step: int, latest_is_best: bool) -> None:
    """Delete checkpoints that are neither the latest nor the best so far."""
    sql = "SELECT id, step, json_extract(meta_json, '$.best') AS best FROM artifacts WHERE run_id = ? AND kind = 'checkpoint'"
    found = all_rows(db, sql, [run_id])
    best = max((row["step"] for row in found if row["best"]), default=None)
    for row in found:
        if row["step"] != latest_step and (latest_is_best or row["step"] != best):
            drop_artifacts(db, run_id, "checkpoint", only=row["id"])


def _keep(work: Work, run_id: str, result: TrainResult) -> dict[str, Any]:
    """Store the adapter, then point the run at it and drop the older one: a run never names an adapter that is not whole."""
    with open_store(work.store) as db:
        old = all_rows(db, "SELECT id FROM artifacts WHERE run_id = ? AND kind = 'adapter'", [run_id])
        artifact_id = save_artifact(db, result.adapter, "adapter", run_id, result.adapter_step)
        told = _result(run_id, artifact_id, result)
        update_run(
            db,
            run_id,
            adapter_id=artifact_id,
            train_loss=result.train_loss,
            eval_loss=result.eval_loss,
            best_step=result.best_step,
            peak_gb=result.peak_gb,
            tokens_per_second=result.tokens_per_second,
            result_json=None if result.stopped == "save" else told,
        )
        for row in old:
            drop_artifacts(db, run_id, "adapter", only=row["id"])
    return told


def _result(run_id: str, artifact_id: str, result: TrainResult) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "artifact_id": artifact_id,
        "state": "done",
        "steps": result.steps,
        "total_steps": result.total_steps,
        "train_loss": result.train_loss,
        "eval_loss": result.eval_loss,
        "best_step": result.best_step,
        "peak_gb": result.peak_gb,
        "tokens_per_second": result.tokens_per_second,
        "stopped": result.stopped,
        "notes": result.notes,
    }
