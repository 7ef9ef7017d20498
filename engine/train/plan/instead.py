"""What fits where a base does not: smaller bases of the list, and whether the base could at least answer there. It runs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.models.catalogue import BASES
from engine.models.shapes import PUBLISHED, Shape
from engine.train.plan.estimate import Correction, PastRun, RowSample, estimate
from engine.train.plan.footprint import CUDA_BASE_GB
from engine.train.plan.machine import Machine, Verdict, verdict
from engine.train.settings import TrainSettings

OFFERED = 4
NF4_BYTES = 0.53
"""Of a weight in 4 bits with its scales; embeddings stay in 16."""
ANSWER_TOKENS = 2048
"""Of a conversation, whose keys and values are held in 16 bits."""


@dataclass(frozen=True, slots=True)
class Instead:
    """A smaller base that fits: with the same settings, or with those changed in `plan`."""

    base: str
    parameters: int
    needed_gb: float
    fits: Verdict
    plan: dict[str, Any]


def smaller_bases(
    like: Shape,
    settings: TrainSettings,
    sample: RowSample,
    machine: Machine,
    past: Sequence[PastRun],
    correction: Correction,
) -> list[Instead]:
    """Usable bases of the list that are smaller and fit, at most OFFERED: those of the same architecture first, the largest first."""
    found = []
    for base in sorted(BASES, key=lambda one: (one.architecture != like.family, -one.parameters)):
        shape = PUBLISHED.get(base.name)
        if shape is None or base.status != "usable" or base.parameters >= like.parameters:
            continue
        told = estimate(base.name, shape, settings, sample, machine, past, correction)
        if told.plan_fits != "no":
            changed = told.fits == "no"
            needed, fits = (told.plan_gb, told.plan_fits) if changed else (told.needed_gb, told.fits)
            found.append(Instead(base.name, base.parameters, needed, fits, told.plan if changed else {}))
    return found[:OFFERED]


def answering(shape: Shape, machine: Machine) -> tuple[float, Verdict]:
    """(GB, whether that fits) to answer only, in 4 bits on a card and in 8 on a processor, with a long conversation."""
    per_weight, fixed = (NF4_BYTES, CUDA_BASE_GB) if machine.kind == "cuda" else (1.05, 0.3)
    conversation = 2 * shape.layers * shape.key * ANSWER_TOKENS * 2
    needed = (shape.linear * per_weight + shape.embedding * 2 + conversation) / 2**30 + fixed
    return needed, verdict(needed, machine)
