"""What a run tells goes into its store at once. It trains nothing, and knows nothing of rows but their ids."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from engine.resources import count_tokens
from engine.store.artifacts import drop_artifacts, save_artifact
from engine.store.jobs import Work
from engine.store.open import all_rows, now, open_store
from engine.store.runs import add_metrics, reach_step, update_run
from engine.store.samples import add_samples
from engine.train.checkpoints import prove_checkpoint
from engine.train.events import StepMetrics


class StoreEvents:
    """What training reports goes into the store at once: steps, sample answers, checkpoints, log lines.

    `row_ids` are those of the validation rows, in the order the run got them; `made` is kept with each checkpoint.
    """

    def __init__(
        self,
        work: Work,
        run_id: str,
        row_ids: Sequence[int],
        made: dict[str, Any],
        outside: Callable[[StepMetrics], None] = lambda metrics: None,
    ) -> None:
        self.work = work
        self.run_id = run_id
        self.row_ids = row_ids
        self.made = made
        self.outside = outside
        """Is told every step too."""
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
                extra=metrics.extra,
            )
        count_tokens(metrics.extra.get("tokens", 0))
        self.outside(metrics)
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
                save_artifact(db, folder, "checkpoint", self.run_id, step, {"best": best, "made": self.made})
            drop_superseded(db, self.run_id, step, best)
            reach_step(db, self.run_id, step)

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
