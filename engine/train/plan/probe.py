"""A short measured look at a run before it is begun: three optimiser steps of the real trainer, the longest rows first.

It leaves no run, no checkpoint and no adapter; only how near the estimate came is remembered.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.config import cache_folder
from engine.errors import Stopped
from engine.hardware import device
from engine.models.bases import base_hash, resolve_base
from engine.models.shapes import shape_of
from engine.privacy.gate import require_clean_dataset
from engine.store.datasets import get_dataset, read_split
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.tries import log_estimate
from engine.train.data import plan_steps
from engine.train.events import StepMetrics
from engine.train.memory import OutOfMemory, peak_gb
from engine.train.objectives import training_of
from engine.train.plan.changes import Ground, next_plan
from engine.train.plan.estimate import correction_of, ground_of, sample_rows
from engine.train.plan.machine import this_machine
from engine.train.run import fetched
from engine.train.settings import TrainSettings

STEPS = 3
PACKED_ROWS = 20_000
"""Rows read to fill the packs of three steps."""


@dataclass
class ProbeEvents:
    """Listens to the first steps and ends them."""

    work: Work
    losses: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    peak_gb: float = 0.0

    def planned(self, total_steps: int) -> None:
        """The number of steps is that of the probe: nothing to tell."""

    def step(self, metrics: StepMetrics) -> None:
        """After every step. Raises Stopped when enough was measured: before anything is saved."""
        if metrics.loss is None:
            return
        self.losses.append(round(metrics.loss, 4))
        self.speeds.append(metrics.tokens_per_second or 0.0)
        self.times.append(time.perf_counter())
        self.peak_gb = peak_gb(device())
        self.work.progress(what="probe", done=metrics.step, total=STEPS)
        if metrics.step >= STEPS:
            raise Stopped

    def said(self, step: int, answers: Mapping[int, str]) -> None:
        """Nothing is validated, so nothing is said."""

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        """Ended before the first."""

    def stop_asked(self) -> Literal["save", "cancel"] | None:
        """Whatever the owner asked for, there is nothing to save."""
        return "cancel" if self.work.stop_asked() else None

    def log(self, text: str) -> None:
        """One log line. Never chat text."""
        self.work.log(text)


def probe(work: Work, dataset_id: str, base_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Measure three steps: {fits, peak_gb, estimated_gb, seconds_per_step, tokens_per_second, losses, steps, seconds_left, plan}.

    Running out of memory is an answer, not an ending: `fits` is False and `plan` holds what to change. Raises UserError when
    rows, settings or machine do not go together, and Stopped when the owner asked.
    """
    settings = TrainSettings(**given)
    folder = cache_folder(work.store) / "probes" / work.job_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    base = fetched(resolve_base(base_name), work)
    with open_store(work.store) as db:
        dataset = get_dataset(db, dataset_id)
        require_clean_dataset(db, dataset, "train")
        train, as_trained = training_of(db, settings, base_hash(base), work.store)
        rows = list(read_split(db, dataset_id, "train"))
        machine, shape = this_machine(), shape_of(base)
        sample, correction = sample_rows(db, dataset), correction_of(db, machine, settings.objective)
    ground = ground_of(base_name, shape, settings, sample, machine, correction) if shape else None
    events = ProbeEvents(work)
    _, learned = as_trained(heaviest(rows, settings))
    short = settings.model_copy(
        update={"max_steps": STEPS + 1, "log_every": 1, "early_stop_patience": 0, "save_every": 1000}
    )
    try:
        train(base, learned, [], short, folder, events, None)
    except OutOfMemory as error:
        plan = next_plan(ground, settings) if ground else None
        return _told(ground, settings, events, error.peak_gb, fits=False) | {"plan": plan or {}}
    except Stopped:
        if len(events.losses) < STEPS:
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _remember(work, base_name, ground, settings, events)
    told = _told(ground, settings, events, events.peak_gb, fits=True)
    steps = plan_steps(len(rows), settings).total if not settings.packing else None
    return told | _pace(events) | {"steps": steps, "plan": {}}


def heaviest(rows: list[dict[str, Any]], settings: TrainSettings) -> list[dict[str, Any]]:
    """Rows enough for the steps of a probe: two batches of the longest, and for the rest rows from all over the dataset."""
    if settings.packing:
        return rows[:PACKED_ROWS]
    needed = (STEPS + 1) * settings.batch_size * settings.accumulation
    longest = sorted(range(len(rows)), key=lambda place: -_letters(rows[place]))[: 2 * settings.batch_size]
    spread = range(0, len(rows), max(1, len(rows) // needed))
    return [rows[place] for place in dict.fromkeys([*longest, *spread])]


def _letters(row: dict[str, Any]) -> int:
    return len(row["target"]) + sum(len(message["content"]) for message in row["messages"])


def _told(
    ground: Ground | None, settings: TrainSettings, events: ProbeEvents, peak: float, *, fits: bool
) -> dict[str, Any]:
    return {
        "state": "done",
        "fits": fits,
        "peak_gb": round(peak, 3),
        "estimated_gb": round(ground.peak(settings), 3) if ground else None,
        "losses": events.losses,
        "seconds_per_step": None,
        "tokens_per_second": None,
    }


def _pace(events: ProbeEvents) -> dict[str, float]:
    """Of the steps after the first, which warms up."""
    return {
        "seconds_per_step": round((events.times[-1] - events.times[0]) / (len(events.times) - 1), 3),
        "tokens_per_second": round(sum(events.speeds[1:]) / len(events.speeds[1:]), 1),
    }


def _remember(work: Work, base: str, ground: Ground | None, settings: TrainSettings, events: ProbeEvents) -> None:
    if ground is None:
        return
    with open_store(work.store) as db:
        log_estimate(
            db,
            kind="probe",
            run_id=None,
            device=ground.machine.kind,
            machine=ground.machine.name,
            objective=settings.objective,
            base=base,
            predicted_gb=ground.uncorrected(settings),
            measured_gb=events.peak_gb,
        )
