"""One run, from its row in the store to its adapter in the store. It knows nothing of recipes."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import Stopped, UserError
from engine.models.bases import ResolvedBase, folder_of, resolve_base
from engine.store.artifacts import drop_all_but, drop_artifacts, save_artifact, unpack_artifact
from engine.store.datasets import get_dataset, read_split
from engine.store.jobs import Work
from engine.store.open import all_rows, open_store
from engine.store.runs import forget_metrics_after, get_run, update_run
from engine.store.samples import forget_samples_after
from engine.store.tries import read_tries
from engine.train.arguments import check_trackers
from engine.train.checkpoints import PREFIX, prove_checkpoint
from engine.train.environment import describe_environment, keep_threads
from engine.train.events import StepMetrics
from engine.train.objectives import kind_of, training_of
from engine.train.phases import settle_start, unpack_start
from engine.train.precision import with_precision
from engine.train.provenance import begun, bound_settings, checkpoints, made_with, require_same, rows_hash
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings
from engine.train.store_events import StoreEvents
from engine.train.together.launch import together
from engine.train.trackers import tracking
from engine.train.tries import train_within_memory


def run_training(work: Work, run_id: str) -> dict[str, Any]:
    """Train, or go on training from the last proven checkpoint; returns the `train` result.

    Raises UserError when base, rows, device or libraries changed since the checkpoint or the rows hold personal data, and
    Stopped when the owner asked.
    """
    with open_store(work.store) as db:
        run = get_run(db, run_id)
        if run["result"]:  # killed between the finished adapter and its ending
            return _tidied(work, run)
        base = fetched(resolve_base(run["base"]), work)
        require_clean(db, run["dataset_id"])
        rows = read_rows(db, run["dataset_id"])
        keep_threads(run["environment"])
        environment = describe_environment()
        made = made_with(db, run, rows=rows_hash(rows), device=environment["device"].partition(":")[0])
        folder = cache_folder(work.store) / "runs" / run_id
        resume_from, step = go_on_from(db, run, made, folder, work)
        forget_metrics_after(db, run_id, step)
        forget_samples_after(db, run_id, step)
        found = made["base"]["hash"]
        update_run(db, run_id, environment_json=environment, base_revision=base.revision, base_hash=found)
        start = unpack_start(db, work.store, settle_start(db, work.store, run, base), found)
        settings = TrainSettings(**run["settings"])
        train, as_trained = training_of(db, settings, found, work.store)
    _, learned = as_trained(rows["train"])
    asked, held_out = as_trained(rows["validation"])
    with trackers_of(work, run, settings, base.name, step) as outside:

        def attempt(settings: TrainSettings, checkpoint: Path | None) -> TrainResult:
            now_made = {**made, "settings": bound_settings(settings.model_dump(mode="json"))}
            events = StoreEvents(work, run_id, asked, now_made, outside)
            settings = with_precision(work.store, settings, environment["device"])
            return together(train)(base, learned, held_out, settings, folder, events, checkpoint, start)

        result = train_within_memory(work, run_id, base, folder, resume_from, attempt)
    told = keep_adapter(work, run_id, result, kind_of(settings))
    if result.stopped == "save":
        raise Stopped(saved=True)
    return _tidied(work, {"id": run_id, "result": told})


def trackers_of(
    work: Work, run: dict[str, Any], settings: TrainSettings, base: str, step: int
) -> AbstractContextManager[Callable[[StepMetrics], None]]:
    """The outside trackers that the run's settings name, if any; they write beside the store."""
    check_trackers(settings)
    facts = {**run["settings"], "base": Path(base).name, "recipe": run["recipe"], "dataset": run["dataset_id"]}
    return tracking(settings.trackers(), cache_folder(work.store) / "trackers", run["id"], facts, step, work.log)


def require_clean(db: Database, dataset_id: str) -> None:
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


def go_on_from(
    db: Database, run: dict[str, Any], made: dict[str, Any], folder: Path, work: Work
) -> tuple[Path | None, int]:
    """(the newest checkpoint in the store that is proven whole, its step), unpacked beside the best one; (None, -1) without.

    Checkpoints half written or of another plan go. Raises UserError when one was made with what has changed since.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    usable = checkpoints(db, run)
    drop_all_but(db, run["id"], "checkpoint", [found["id"] for found in usable])
    step, then = (usable[0]["step"], usable[0]["made"]) if usable else (0, begun(run))
    require_same(run["id"], step, then, made)
    proven = [found["step"] for found in usable if _unpacked(db, found, folder, work)]
    if not proven:
        return None, -1
    work.log(f"{proven[0]}스텝의 저장점에서 이어 배웁니다. / Going on from the checkpoint of step {proven[0]}.")
    return folder / f"{PREFIX}{proven[0]}", proven[0]


def _unpacked(db: Database, found: dict[str, Any], folder: Path, work: Work) -> bool:
    """Whether the checkpoint lies in the folder now, proven; one that cannot be opened is told and passed over."""
    target = folder / f"{PREFIX}{found['step']}"
    try:
        prove_checkpoint(unpack_artifact(db, found["id"], target))
    except (UserError, ValueError) as error:
        shutil.rmtree(target, ignore_errors=True)
        work.log(f"{found['step']}스텝의 저장점을 쓸 수 없어 건너뜁니다. / The checkpoint of step {found['step']} cannot be used: "
                 f"{error.en if isinstance(error, UserError) else error}", "warning")  # fmt: skip
        return False
    return True


def read_rows(db: Database, dataset_id: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of the two splits that a run sees: train and validation."""
    return {split: list(read_split(db, dataset_id, split)) for split in ("train", "validation")}


def keep_adapter(work: Work, run_id: str, result: TrainResult, kind: str) -> dict[str, Any]:
    """Store the adapter as an artifact of that kind, then point the run at it and drop the older one: a run never names an adapter that is not whole."""
    with open_store(work.store) as db:
        old = all_rows(db, "SELECT id FROM artifacts WHERE run_id = ? AND kind = ?", [run_id, kind])
        artifact_id = save_artifact(db, result.adapter, kind, run_id, result.adapter_step)
        told = _result(run_id, artifact_id, result, read_tries(db, run_id))
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
            drop_artifacts(db, run_id, kind, only=row["id"])
    return told


def _result(run_id: str, artifact_id: str, result: TrainResult, tries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "artifact_id": artifact_id,
        "state": "done",
        **result.figures,
        "stopped": result.stopped,
        "notes": result.notes,
        "tries": tries,
    }
