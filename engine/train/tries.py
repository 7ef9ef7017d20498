"""One run, tried with ever smaller settings until it fits its memory; each try is recorded, and how near its estimate came.

It knows nothing of how training is done.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.models.bases import ResolvedBase
from engine.models.shapes import shape_of
from engine.store.artifacts import drop_artifacts
from engine.store.datasets import get_dataset
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.runs import forget_metrics_after, get_run, update_run
from engine.store.samples import forget_samples_after
from engine.store.tries import begin_try, end_try, log_estimate
from engine.train.memory import OutOfMemory, give_back
from engine.train.plan.changes import Ground, next_plan
from engine.train.plan.estimate import correction_of, ground_of, sample_rows
from engine.train.plan.machine import this_machine
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings

Attempt = Callable[[TrainSettings, Path | None], TrainResult]
"""Trains with these settings, from this checkpoint or from the start."""
MOST = 8
"""Tries of one run: a ladder of halvings from batch 64 at 4,096 tokens ends before."""


def train_within_memory(
    work: Work, run_id: str, base: ResolvedBase, folder: Path, resume_from: Path | None, attempt: Attempt
) -> TrainResult:
    """Train; where memory runs out, from the start with the next plan, as long as `retry_smaller` allows and there is one.

    The run's settings become those that worked; their origin is `plan:N`, the N-th try after the first. Raises
    OutOfMemory when nothing is left to give up, and all that `attempt` raises.
    """
    while True:
        with open_store(work.store) as db:
            run = get_run(db, run_id)
            settings = TrainSettings(**run["settings"])
            ground = _ground(db, base, run, settings)
            changed = {
                name: run["settings"][name] for name, origin in run["origins"].items() if origin.startswith("plan:")
            }
            place = begin_try(db, run_id, changed, ground.needed(settings) if ground else None)
        plan: dict[str, Any] | None = None
        try:
            result = attempt(settings, resume_from)
        except OutOfMemory as error:
            with open_store(work.store) as db:
                end_try(db, run_id, place, "out_of_memory", error.peak_gb)
            plan = next_plan(ground, settings) if ground and settings.retry_smaller and place + 1 < MOST else None
            if plan is None:
                raise
        else:
            _measured(work, run, base, ground, settings, result, place)
            return result
        give_back()  # outside the handler, which would keep the failed try's frames alive
        _begin_anew(work, run, folder, settings, plan, place + 1)
        resume_from = None


def _ground(db: Database, base: ResolvedBase, run: dict[str, Any], settings: TrainSettings) -> Ground | None:
    """What plans for this run are made on; None when its base's shape cannot be read."""
    shape = shape_of(base)
    if shape is None:
        return None
    rows = sample_rows(db, get_dataset(db, run["dataset_id"]))
    machine = this_machine()
    return ground_of(run["base"], shape, settings, rows, machine, correction_of(db, machine, settings.objective))


def _measured(
    work: Work,
    run: dict[str, Any],
    base: ResolvedBase,
    ground: Ground | None,
    settings: TrainSettings,
    result: TrainResult,
    place: int,
) -> None:
    with open_store(work.store) as db:
        end_try(db, run["id"], place, "fits", result.peak_gb)
        if ground is None:
            return
        log_estimate(
            db,
            kind="run",
            run_id=run["id"],
            device=ground.machine.kind,
            machine=ground.machine.name,
            objective=settings.objective,
            base=run["base"],
            predicted_gb=ground.uncorrected(settings),
            measured_gb=result.peak_gb,
        )


def _begin_anew(
    work: Work, run: dict[str, Any], folder: Path, settings: TrainSettings, plan: dict[str, Any], place: int
) -> None:
    """Forget what the failed try left, and make the plan the run's settings."""
    told = " ".join(f"{name}={value}" for name, value in plan.items())
    work.log(
        f"메모리가 모자랐습니다. 다음 계획으로 처음부터 다시 합니다: {told} / Memory ran out. Next plan, from the start: {told}"
    )
    smaller = settings.model_copy(update=plan).model_dump(mode="json")
    origins = {**run["origins"], **dict.fromkeys(plan, f"plan:{place}")}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open_store(work.store) as db:
        drop_artifacts(db, run["id"], "checkpoint")
        forget_metrics_after(db, run["id"], -1)
        forget_samples_after(db, run["id"], -1)
        update_run(db, run["id"], settings_json=smaller, origins_json=origins)
