"""Before a run: how much memory it will take, how long, and what to change so that it fits. It loads no model.

Every number is an estimate and says where it comes from. Memory is counted in GB of 2**30 bytes, as a run reports it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from sqlite_utils import Database

from engine.models.bases import catalogued
from engine.models.shapes import Shape, known_shape
from engine.store.datasets import read_dataset
from engine.store.runs import list_runs
from engine.store.tries import measured_ratios
from engine.train.data import plan_steps
from engine.train.plan.changes import Change, Ground, ranked_changes, smallest_plan
from engine.train.plan.footprint import CUDA_BASE_GB, memory_parts
from engine.train.plan.machine import Machine, Verdict, verdict, within
from engine.train.settings import TrainSettings

PER_MESSAGE = 4
"""Tokens a message takes beside its words: role, line break, end."""
USUAL_SYLLABLE = (0.6, 1.0, 1.6)
"""Tokens a Korean syllable where a base was not measured: Korean vocabularies, the middle, byte-level ones."""
JUDGED = 0.5
"""A validated token costs about half of a trained one."""
SAMPLE_WINDOWS, SAMPLE_ROWS = 4, 60
"""Rows looked at, from so many places of a dataset."""
LONGEST = 1.25
"""The longest row of all is about so much longer than the longest of the sample."""
RULE = {"cpu": (6e9, 30e9), "cuda": (3e12, 16e12)}
"""Operations a second that training reaches, a core or a card: low and high of what was measured or reported. An 8 GB
card: 628 tokens/s at 1.5B; two cores: 1,773 tokens/s at 5.3M."""
SPREAD_SAME, SPREAD_SCALED = 1.3, 2.5
"""How far a speed may be off when it was measured with this base, or with another one and scaled."""
START_SECONDS = {"cpu": (8, 25), "cuda": (15, 60)}
"""Libraries and base into memory."""
SCALABLE = 30
"""A speed is scaled to a base at most so many times larger or smaller; beyond that other things limit it."""
USED_RUNS = 5
"""Newest runs whose speed counts."""
CORRECTED = (0.7, 1.5)
"""An estimate is corrected by what this machine measured, at most so far: beyond it something else is wrong."""


@dataclass(frozen=True, slots=True)
class RowSample:
    """A bounded look at a dataset's training rows: (characters without blanks, messages) of each, and how many there are."""

    rows: int
    validation: int
    seen: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PastRun:
    """How fast an earlier run of this machine was, in tokens per second."""

    base: str
    shape: Shape | None
    kind: str
    speed: float


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a speed comes from: `runs` runs of the same base or, scaled by size, of another `base`; or a rule of thumb."""

    kind: Literal["same", "scaled", "rule"]
    runs: int
    base: str
    low: float
    """Tokens per second."""
    high: float


@dataclass(frozen=True, slots=True)
class Correction:
    """What this machine's own measurements make of an estimate: a factor, and of how many measurements."""

    factor: float
    n: int


UNCORRECTED = Correction(1.0, 0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Memory in GB, seconds, and settings to change (`plan`, empty when it fits as it is)."""

    fits: Verdict
    peak_gb: float
    """As a run reports it: on a card without the driver's own share."""
    needed_gb: float
    free_gb: float
    """What is free for it: of the machine, or as much as the owner allows."""
    parts: dict[str, float]
    plan: dict[str, Any]
    plan_fits: Verdict
    plan_gb: float
    changes: list[Change]
    """Single changes that save memory, those that fit first."""
    correction: "Correction"
    steps: int
    tokens: int
    """Of all epochs, padding aside."""
    seconds_low: float
    seconds_high: float
    basis: Basis
    certain: bool
    """False when the base's shape or its tokens per syllable are guessed."""


def sample_rows(db: Database, dataset: Mapping[str, Any]) -> RowSample:
    """Look at rows from the beginning to the end of a dataset; the cost does not grow with it."""
    members = sum(dataset["counts"].values()) + sum(dataset["dropped"].values())
    seen: dict[int, tuple[int, int]] = {}
    for window in range(SAMPLE_WINDOWS):
        after = members * window // SAMPLE_WINDOWS - 1
        for row in read_dataset(db, dataset["id"], "train", after=after, limit=SAMPLE_ROWS):
            said = [*(message["content"] for message in row["messages"]), row["target"]]
            seen[row["ord"]] = (sum(len("".join(text.split())) for text in said), len(said))
    return RowSample(dataset["counts"]["train"], dataset["counts"]["validation"], tuple(seen.values()))


def past_runs(db: Database) -> list[PastRun]:
    """Runs of this machine whose speed was measured, newest first."""
    return [
        PastRun(
            run["base"],
            known_shape(run["base"]),
            "cuda" if str(run["environment"].get("device")).startswith("cuda") else "cpu",
            run["tokens_per_second"],
        )
        for run in list_runs(db, limit=50)
        if run["tokens_per_second"] and run["job_id"] is not None
    ]


def estimate(
    base: str,
    shape: Shape,
    settings: TrainSettings,
    sample: RowSample,
    machine: Machine,
    past: Sequence[PastRun] = (),
    correction: Correction = UNCORRECTED,
) -> Estimate:
    """Memory and time of one run of `base` on `machine`; a past run on another kind of device is passed over."""
    measured, (low, middle, high) = _per_syllable(base)
    row = _row_tokens(sample, middle, settings)
    packs = math.ceil(sample.rows * row / settings.max_length) if settings.packing else sample.rows
    steps = plan_steps(packs, settings)
    seen = steps.total * settings.batch_size * settings.accumulation if settings.max_steps else packs * settings.epochs
    tokens = seen * sample.rows * row / max(1, packs)
    validations = steps.total / steps.eval_every + 1 if sample.validation else 0
    work = tokens + JUDGED * validations * sample.validation * row
    basis = _speed(base, shape, machine, past)
    ground = ground_of(base, shape, settings, sample, machine, correction)
    parts = memory_parts(shape, settings, ground.longest, machine)
    parts = {name: size * correction.factor for name, size in parts.items()}
    needed = sum(parts.values())
    plan, planned = smallest_plan(ground, settings)
    start = START_SECONDS[machine.kind]
    return Estimate(
        fits=verdict(needed, ground.machine),
        peak_gb=needed - (CUDA_BASE_GB if machine.kind == "cuda" else 0),
        needed_gb=needed,
        free_gb=ground.machine.free_gb,
        parts=parts,
        plan=plan,
        plan_fits=verdict(planned, ground.machine),
        plan_gb=planned,
        changes=ranked_changes(ground, settings),
        correction=correction,
        steps=steps.total,
        tokens=round(tokens),
        seconds_low=start[0] + work * low / middle / basis.high,
        seconds_high=start[1] + work * high / middle / basis.low,
        basis=basis,
        certain=shape.certain and measured,
    )


def ground_of(
    base: str,
    shape: Shape,
    settings: TrainSettings,
    sample: RowSample,
    machine: Machine,
    correction: Correction = UNCORRECTED,
) -> Ground:
    """What plans for this run are made on."""
    _, (_, _, high) = _per_syllable(base)
    return Ground(shape, _longest(sample, high, settings), within(machine, settings.memory_limit_gb), correction.factor)


def correction_of(db: Database, machine: Machine, objective: str) -> Correction:
    """The middle of what this machine's runs and probes took over what was predicted, within `CORRECTED`."""
    ratios = measured_ratios(db, machine.kind, machine.name, objective)
    if not ratios:
        return UNCORRECTED
    return Correction(min(max(median(ratios), CORRECTED[0]), CORRECTED[1]), len(ratios))


def _per_syllable(base: str) -> tuple[bool, tuple[float, float, float]]:
    """(whether it was measured, low, middle and high tokens a syllable)."""
    known = catalogued(base)
    measured = known.tokens_per_syllable if known else None
    return measured is not None, (measured, measured, measured) if measured else USUAL_SYLLABLE


def _row_tokens(sample: RowSample, per_syllable: float, settings: TrainSettings) -> float:
    """Tokens of a middling row, cut to `max_length` as training does."""
    lengths = [min(float(settings.max_length), _tokens(row, per_syllable)) for row in sample.seen]
    return sum(lengths) / len(lengths) if lengths else settings.max_length / 2


def _longest(sample: RowSample, per_syllable: float, settings: TrainSettings) -> int:
    """Tokens a row of the heaviest batch is padded to."""
    if settings.packing or not sample.seen:
        return settings.max_length
    return min(settings.max_length, math.ceil(LONGEST * max(_tokens(row, per_syllable) for row in sample.seen)))


def _tokens(row: tuple[int, int], per_syllable: float) -> float:
    characters, messages = row
    return characters * per_syllable + messages * PER_MESSAGE


def _comparable(theirs: Shape, ours: Shape) -> bool:
    return 1 / SCALABLE < theirs.parameters / ours.parameters < SCALABLE


def _speed(base: str, shape: Shape, machine: Machine, past: Sequence[PastRun]) -> Basis:
    """Tokens per second: measured with this base, else scaled from the base nearest in size, else a rule of thumb."""
    here = [run for run in past if run.kind == machine.kind]
    if same := [run.speed for run in here if run.base == base][:USED_RUNS]:
        return Basis("same", len(same), base, min(same) / SPREAD_SAME, max(same) * SPREAD_SAME)
    scaled = [(run, run.shape) for run in here if run.shape and _comparable(run.shape, shape)]
    if scaled:
        near, theirs = min(scaled, key=lambda pair: abs(math.log(pair[1].parameters / shape.parameters)))
        used = [run.speed for run in here if run.base == near.base][:USED_RUNS]
        ratio = theirs.parameters / shape.parameters
        return Basis(
            "scaled", len(used), near.base, min(used) * ratio / SPREAD_SCALED, max(used) * ratio * SPREAD_SCALED
        )
    low, high = RULE[machine.kind]
    share = (machine.cores if machine.kind == "cpu" else 1) / (6 * shape.parameters)
    return Basis("rule", 0, base, low * share, high * share)
