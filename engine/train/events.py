"""What a run tells while it trains, and what it may be asked. It knows nothing of jobs, stores or screens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

StopKind = Literal["save", "cancel"]


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """Numbers of one optimiser step, None where nothing was measured. One step may be told twice: the training
    numbers first, the validation loss after.

    `loss` is the mean over the steps since the last record, in nats per trained token; `tokens_per_second` counts
    tokens that are not padding, over time spent training; `memory_gb` is in units of 2**30 bytes; `extra` holds what else
    was measured, by name with its unit (`gpu_power_w`).
    """

    step: int
    epoch: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    tokens_per_second: float | None = None
    memory_gb: float | None = None
    extra: Mapping[str, float] = field(default_factory=dict)
    """Further numbers by name: rewards of preference training, `token_accuracy` (0-1); those of a validation begin with `eval_`."""


class TrainEvents(Protocol):
    """The listener of a run. All calls come from the training thread, in order."""

    def planned(self, total_steps: int) -> None:
        """Once, before the first step. A resumed run plans the same total."""

    def step(self, metrics: StepMetrics) -> None:
        """After a record of the loss or a validation. Step 0 holds the validation loss of the untuned base."""

    def said(self, step: int, answers: Mapping[int, str]) -> None:
        """After a validation: what the model says to a few validation rows, by their place among them."""

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        """After a checkpoint was written and proven whole. `best`: its adapter has the lowest validation loss so far.
        The two newest folders stay on disk."""

    def stop_asked(self) -> StopKind | None:
        """Asked after every step."""

    def log(self, text: str) -> None:
        """One line for the owner. Never holds row text."""
