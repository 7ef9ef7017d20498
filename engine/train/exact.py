"""What makes a run that was stopped and resumed the unbroken one, bit for bit. It knows nothing of losses and rows.

The library keeps weights, optimiser, schedule and the generators' state. Beyond that: a validation must not draw from those
generators, one that a stop put off is made up for, and the mean loss of a record spans the stop.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.train.checkpoints import STATE
from engine.train.data import StepPlan

SINCE = "records_since"
"""Mark of what a checkpoint between two records keeps: the step of the last record, and the sum of the losses after it."""


class NothingLeft(Exception):
    """The validation that a resumed run made up for ended its patience."""


def validation_due(checkpoint: Path, plan: StepPlan) -> bool:
    """Whether the run was stopped in place of the validation of its checkpoint's step."""
    state = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    step = int(state["global_step"])
    validated = any(entry["step"] == step for entry in state["log_history"] if "eval_loss" in entry)
    return step % plan.eval_every == 0 and not validated


def exactly_resumed(kind: type, plan: StepPlan) -> Any:
    """`kind`, a transformers Trainer or a descendant, whose resumed runs are the unbroken ones."""
    from torch.random import fork_rng

    class ExactTrainer(kind):  # type: ignore[misc]
        def train(self, resume_from_checkpoint: Any = None, *args: Any, **kwargs: Any) -> Any:
            if resume_from_checkpoint and self.eval_dataset is not None:
                self.args.eval_on_start = validation_due(Path(resume_from_checkpoint), plan)
            with suppress(NothingLeft):
                return super().train(resume_from_checkpoint, *args, **kwargs)

        def _evaluate(self, *args: Any, **kwargs: Any) -> Any:
            cards = [self.args.device.index] if self.args.device.type == "cuda" else []
            with fork_rng(cards):  # reading rows in order draws a number too: dropout must not depend on validations
                return super()._evaluate(*args, **kwargs)

        def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
            if self._globalstep_last_logged < self.state.global_step:
                since = {SINCE: self._globalstep_last_logged, "sum": self._tr_loss.item()}
                self.state.log_history.append({"step": self.state.global_step, **since})
            super()._save_checkpoint(*args, **kwargs)

    return ExactTrainer


def resuming(trainer: Any, recorder: Any) -> Any:
    """A callback that takes up the record a stop left half made, and ends a run whose patience is over before its next step.
    `recorder`: a RunRecorder."""
    from transformers import TrainerCallback

    class Resuming(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.log_history and SINCE in state.log_history[-1]:
                kept = state.log_history.pop()
                trainer._globalstep_last_logged = kept[SINCE]
                trainer._tr_loss += kept["sum"]

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if recorder.stopped == "early":
                raise NothingLeft

    return Resuming()
