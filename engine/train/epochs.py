"""A run by epochs, as a table: what training and validation measured in each. It draws nothing."""

from dataclasses import dataclass

from sqlite_utils import Database

from engine.store.runs import read_epochs


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch; 0 is the untuned base. Losses in nats per token, accuracies from 0 to 1; None where nothing was measured."""

    epoch: int
    step: int
    loss: float | None
    eval_loss: float | None
    token_accuracy: float | None
    eval_token_accuracy: float | None


def epochs_of(db: Database, run_id: str) -> list[Epoch]:
    """The epochs of a run; [] for one that told none, or that only ever stood in its first."""
    found = [Epoch(**row) for row in read_epochs(db, run_id)]
    return found if len([one for one in found if one.epoch > 0]) > 1 else []
