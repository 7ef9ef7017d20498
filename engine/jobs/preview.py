"""Before a run: its rows as the base will see them, what of them is judged later, how long it takes. It queues nothing.

Without the libraries of models: where a base's tokenizer needs them, the caller hands it in or goes without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.overlap import counted, repeated, trained_on
from engine.models.bases import ResolvedBase, folder_of
from engine.models.light import light_tokenizer
from engine.store.datasets import get_dataset
from engine.store.evaluations import list_evaluations
from engine.store.rows import sample_rows
from engine.train.plan.estimate import PastRun
from engine.train.plan.machine import Machine
from engine.train.preview import Preview, TimeLeft, look_at_rows, time_left
from engine.train.settings import TrainSettings

TRAINING, HELD_OUT = 5_000, 1_000
"""Rows compared at most: some seconds for questions, whose words are analysed."""
OTHERS = 3
"""Newest other datasets that evaluations were made on."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Held-out rows of one dataset that the training rows give away: `kinds` as {group, exact, near: rows}.

    `left_out`: an evaluation leaves these out; rows that only repeat by chance, in the same dataset, stay in.
    """

    dataset: str
    split: str
    rows: int
    kinds: dict[str, int]
    exact: bool
    """Whether all rows of both sides were compared; else it is at least so many."""


def preview_rows(db: Database, dataset: dict[str, Any], base: ResolvedBase, max_length: int) -> Preview | None:
    """The dataset's training rows as `base` sees them; None where only the run itself can read the base's tokenizer."""
    folder = folder_of(base)
    tokenizer = light_tokenizer(folder) if folder else None
    return look_at_rows(db, dataset, tokenizer, max_length) if tokenizer else None


def overlaps(db: Database, dataset: dict[str, Any]) -> list[Overlap]:
    """The training rows against the dataset's own held-out rows, and against those of other datasets that were judged on."""
    whole = dataset["counts"]["train"] <= TRAINING
    training = sample_rows(db, dataset["id"], "train", TRAINING)
    found = [_own(db, dataset, split, training, whole) for split in ("validation", "test") if dataset["counts"][split]]
    others = [
        (one["dataset_id"], one["split"])
        for one in list_evaluations(db, dataset["recipe"])
        if one["dataset_id"] and one["dataset_id"] != dataset["id"]
    ]
    return found + [
        _other(db, *other, training, whole) for other in list(dict.fromkeys(others))[:OTHERS] if _is_there(db, other[0])
    ]


def _is_there(db: Database, dataset_id: str) -> bool:
    try:
        get_dataset(db, dataset_id)
    except UserError:
        return False
    return True


def _own(db: Database, dataset: dict[str, Any], split: str, training: Sequence[dict[str, Any]], whole: bool) -> Overlap:
    held_out = sample_rows(db, dataset["id"], split, HELD_OUT)
    found = repeated(held_out, training) | trained_on(held_out, training, same_dataset=True)
    return Overlap(
        dataset["id"],
        split,
        len(held_out),
        counted(found.values()),
        whole and len(held_out) == dataset["counts"][split],
    )


def _other(db: Database, dataset_id: str, split: str, training: Sequence[dict[str, Any]], whole: bool) -> Overlap:
    held_out = sample_rows(db, dataset_id, split, HELD_OUT)
    found = repeated(held_out, training) | trained_on(held_out, training)
    return Overlap(dataset_id, split, len(held_out), counted(found.values()), whole and len(held_out) < HELD_OUT)


def measured_time(
    found: Preview,
    dataset: dict[str, Any],
    settings: TrainSettings,
    base: str,
    machine: Machine,
    past: Sequence[PastRun],
) -> TimeLeft | None:
    """How long the run takes at the speed of the newest run of this base on this kind of machine; None without one."""
    speed = next((run.speed for run in past if run.base == base and run.kind == machine.kind), None)
    return time_left(found, dataset["counts"]["validation"], settings, speed) if speed else None


def preview_json(found: Preview, overlap: Sequence[Overlap], left: TimeLeft | None) -> dict[str, Any]:
    """Numbers alone, for `plan`: never an id of a row or a word of it."""
    return {
        "rows": found.rows,
        "seen": found.seen,
        "exact": found.exact,
        "tokens": found.tokens,
        "trained_share": round(found.trained_share, 4),
        "truncated": found.truncated,
        "zero_trained": {"rows": found.left_out, "what_happens": "stops" if found.stops else "left_out"},
        "wordless": found.wordless,
        "longest": found.longest,
        "middle": found.middle,
        "tokens_per_syllable": None if found.syllable_tokens is None else round(found.syllable_tokens, 3),
        "byte_share": round(found.part_share, 4),
        "overlap": [
            {"dataset": one.dataset, "split": one.split, "rows": one.rows, "exact": one.exact, **one.kinds}
            for one in overlap
        ],
        "time": None
        if left is None
        else {
            "steps": left.steps,
            "tokens": left.tokens,
            "tokens_per_second": round(left.tokens_per_second, 1),
            "seconds": round(left.seconds),
        },
    }
