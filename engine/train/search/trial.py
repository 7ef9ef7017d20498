"""One trial: a real run of the real trainer, watched by a clock and a pruner. It decides nothing about what is tried.

Its metrics go where every run's go; its checkpoints stay in a folder that goes when it ends.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.config import cache_folder
from engine.errors import Stopped, UserError
from engine.models.bases import ResolvedBase
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.studies import add_report, end_trial, spend
from engine.train.events import StepMetrics
from engine.train.memory import OutOfMemory
from engine.train.objectives import training_of
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings
from engine.train.store_events import StoreEvents

TENTHS = 10
"""Validations are compared at equal tenths of a run: at equal steps a short run with its rate fallen would beat a long one."""


class TrialOver(Exception):
    """A trial that need not go on: `pruned` or `time`."""


@dataclass
class Clock:
    """The budget. `used`: seconds of earlier attempts; this attempt runs since it was made."""

    seconds: float
    used: float
    began: float = field(default_factory=time.monotonic)

    def spent(self) -> float:
        return self.used + time.monotonic() - self.began

    def left(self) -> float:
        return self.seconds - self.spent()


class TrialWork(Work):
    """The job's row as a trial sees it: progress is that of the search, and log lines say which trial speaks."""

    def __init__(self, work: Work, facts: dict[str, Any], clock: Clock) -> None:
        super().__init__(work.store, work.job_id, work.token)
        self.facts = facts
        self.clock = clock

    def progress(self, **facts: Any) -> None:
        """The search's facts, and the trial's own steps beside them."""
        steps = {"step": facts.get("done"), "steps": facts.get("total")}
        super().progress(**self.facts, **steps, seconds_left=max(0, round(self.clock.left())))

    def log(self, text: str, level: str = "info") -> None:
        """One log line. Never chat text."""
        super().log(f"[{self.facts['trial']}] {text}", level)


@dataclass(frozen=True)
class Bench:
    """What every trial of a study shares: base, rows and machine are looked at once."""

    study_id: str
    base: ResolvedBase
    base_hash: str
    environment: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    clock: Clock


class TrialEvents(StoreEvents):
    """A run's events, which end the trial when the budget is used up or the pruner gives it up."""

    def __init__(
        self,
        work: TrialWork,
        run_id: str,
        asked: Sequence[int],
        bench: Bench,
        number: int,
        hopeless: Callable[[dict[int, float]], bool],
    ) -> None:
        super().__init__(work, run_id, asked, {})
        self.bench = bench
        self.number = number
        self.hopeless = hopeless
        self.reports: dict[int, float] = {}
        self.began = time.monotonic()

    def step(self, metrics: StepMetrics) -> None:
        """Keep the numbers, count the time, and ask the pruner after a validation of the tuned model."""
        super().step(metrics)
        self.spend()
        if metrics.eval_loss is None or not 0 < metrics.step < self.total:
            return
        tenth = metrics.step * TENTHS // self.total
        with open_store(self.work.store) as db:
            fresh = add_report(db, self.bench.study_id, self.number, tenth, metrics.step, metrics.eval_loss)
        if fresh:
            self.reports[tenth] = metrics.eval_loss
            if self.hopeless(self.reports):
                raise TrialOver("pruned")

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        """None is kept: a trial that is cut short is begun again."""

    def stop_asked(self) -> Literal["save", "cancel"] | None:
        """The owner's wish, then the clock's: both end the trial after the current step."""
        asked = self.work.stop_asked()
        if asked == "save":
            raise Stopped(saved=True)
        if self.bench.clock.left() <= 0:
            raise TrialOver("time")
        return "cancel" if asked else None

    def spend(self) -> None:
        """Write down how much of the budget is used."""
        spent, own = self.bench.clock.spent(), time.monotonic() - self.began
        with open_store(self.work.store) as db:
            spend(db, self.bench.study_id, self.number, spent, own)


def run_trial(
    bench: Bench,
    work: TrialWork,
    run_id: str,
    number: int,
    settings: TrainSettings,
    hopeless: Callable[[dict[int, float]], bool],
) -> TrainResult | UserError | None:
    """Train and write the trial's ending down. The result of a finished one, whose adapter lies in `trial_folder`; the
    error of one that failed; None for one ended early. Raises Stopped when the owner asked."""
    if bench.clock.left() <= 0:
        with open_store(work.store) as db:
            end_trial(db, bench.study_id, number, "stopped", "time")
        return None
    folder = trial_folder(work, run_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open_store(work.store) as db:
        train, as_trained = training_of(db, settings, bench.base_hash, work.store)
    _, learned = as_trained(bench.rows["train"])
    asked, held_out = as_trained(bench.rows["validation"])
    work.progress()
    events = TrialEvents(work, run_id, asked, bench, number, hopeless)
    try:
        result = train(bench.base, learned, held_out, settings, folder, events, None)
    except TrialOver as over:
        ending, told = ("pruned" if str(over) == "pruned" else "stopped", str(over)), None
    except UserError as error:
        ending, told = ("failed", _why(error)), error
    else:
        events.spend()
        return result
    finally:
        _free_memory()
    events.spend()
    with open_store(work.store) as db:
        end_trial(db, bench.study_id, number, *ending)
    return told


def trial_folder(work: Work, run_id: str) -> Path:
    """Where a trial works; it goes when the trial has ended."""
    return cache_folder(work.store) / "runs" / run_id


def _why(error: UserError) -> str:
    if isinstance(error, OutOfMemory):
        return "out_of_memory"
    return "diverged" if "diverged" in error.en else "refused"


def _free_memory() -> None:
    """Trainer, model and optimiser hold each other in circles: without this the next trial has less room."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def lowest(trials: Sequence[dict[str, Any]]) -> float | None:
    """The lowest loss of finished trials, for the progress line."""
    return min((trial["value"] for trial in trials if trial["state"] == "done"), default=None)
