"""Before a run: how much memory it will take, how long, and what to change so that it fits. It loads no model.

Every number is an estimate and says where it comes from. Memory is counted in GB of 2**30 bytes, as a run reports it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from engine.config import ROOT
from engine.hardware import cards, cores, room
from engine.models.bases import catalogued
from engine.models.shapes import Shape, known_shape
from engine.store.datasets import read_dataset
from engine.store.runs import list_runs
from engine.train.arguments import checkpointing
from engine.train.data import plan_steps
from engine.train.memory import GB
from engine.train.settings import TrainSettings

Verdict = Literal["yes", "tight", "no"]

BITS = {"nf4": 0.516, "int8": 1.0}
"""Bytes a quantised weight: nf4 with its doubly quantised scales (one byte a 64, four bytes a 16,384 weights)."""
OPTIMISER = {"adamw_torch": 8, "paged_adamw_8bit": 2, "paged_adamw_32bit": 8}
"""Bytes of state a trained weight."""
CPU_BASE_GB = 0.58
"""Resident memory of a worker with its libraries and a base of next to no size, measured."""
CUDA_BASE_GB = 0.6
"""What the driver's context takes of a card beside all tensors: 0.4 to 0.6 GB by card and driver."""
CPU_WASTE = 1.35
"""Measured on a CPU against the tensors counted below: the allocator gives little back between layers."""
LOSS_TOKENS, LOSS_WORDS = 4096, 32768
"""The loss is computed in tiles of this many tokens and vocabulary entries."""
LOSS_COPIES = {"cpu": 9, "cuda": 3}
"""Copies of a tile alive at once; measured on a CPU, where no fused kernel exists."""
TIGHT, FULL = 0.85, 1.0
"""Shares of the memory up to which a run fits well, and fits at all."""
PER_MESSAGE = 4
"""Tokens a message takes beside its words: role, line break, end."""
USUAL_SYLLABLE = (0.6, 1.0, 1.6)
"""Tokens a Korean syllable where a base was not measured: Korean vocabularies, the middle, byte-level ones."""
JUDGED = 0.5
"""A validated token costs about half of a trained one."""
SHORTEST = 128
"""No plan cuts rows below so many tokens."""
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


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run would take place. `free_gb` is what is free now."""

    kind: Literal["cpu", "cuda"]
    name: str
    total_gb: float
    free_gb: float
    cores: int


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
class Estimate:
    """Memory in GB, seconds, and settings to change (`plan`, empty when it fits as it is)."""

    fits: Verdict
    peak_gb: float
    """As a run reports it: on a card without the driver's own share."""
    needed_gb: float
    parts: dict[str, float]
    plan: dict[str, Any]
    plan_fits: Verdict
    plan_gb: float
    steps: int
    tokens: int
    """Of all epochs, padding aside."""
    seconds_low: float
    seconds_high: float
    basis: Basis
    certain: bool
    """False when the base's shape or its tokens per syllable are guessed."""


def this_machine() -> Machine:
    """The first card that torch could use, else the processor. Free memory is that of this moment."""
    if found := cards():
        return Machine("cuda", found[0]["name"], found[0]["total_gb"], found[0]["free_gb"], cores())
    has = room(ROOT)
    return Machine("cpu", "CPU", has["ram_gb"], has["ram_free_gb"], cores())


def card_of(gigabytes: float) -> Machine:
    """A card of that size, with nothing else on it."""
    return Machine("cuda", f"{gigabytes:g} GB", gigabytes, gigabytes, cores())


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
) -> Estimate:
    """Memory and time of one run of `base` on `machine`; a past run on another kind of device is passed over."""
    known = catalogued(base)
    measured = known.tokens_per_syllable if known else None
    low, middle, high = (measured, measured, measured) if measured else USUAL_SYLLABLE
    row, longest = _row_tokens(sample, middle, settings), _longest(sample, high, settings)
    packs = math.ceil(sample.rows * row / settings.max_length) if settings.packing else sample.rows
    steps = plan_steps(packs, settings)
    seen = steps.total * settings.batch_size * settings.accumulation if settings.max_steps else packs * settings.epochs
    tokens = seen * sample.rows * row / max(1, packs)
    validations = steps.total / steps.eval_every + 1 if sample.validation else 0
    work = tokens + JUDGED * validations * sample.validation * row
    basis = _speed(base, shape, machine, past)
    parts = memory_parts(shape, settings, longest, machine)
    needed = sum(parts.values())
    plan, planned = _plan(shape, settings, longest, machine)
    start = START_SECONDS[machine.kind]
    return Estimate(
        fits=verdict(needed, machine),
        peak_gb=needed - (CUDA_BASE_GB if machine.kind == "cuda" else 0),
        needed_gb=needed,
        parts=parts,
        plan=plan,
        plan_fits=verdict(planned, machine),
        plan_gb=planned,
        steps=steps.total,
        tokens=round(tokens),
        seconds_low=start[0] + work * low / middle / basis.high,
        seconds_high=start[1] + work * high / middle / basis.low,
        basis=basis,
        certain=shape.certain and measured is not None,
    )


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


def memory_parts(shape: Shape, settings: TrainSettings, longest: int, machine: Machine) -> dict[str, float]:
    """GB of everything that is in memory at the heaviest moment of a run whose longest row has so many tokens."""
    wide = 4 if settings.precision == "fp32" or (settings.precision == "auto" and machine.kind == "cpu") else 2
    waste = CPU_WASTE if machine.kind == "cpu" else 1.0
    trained = _trained(shape, settings)
    tokens = settings.batch_size * longest
    layer = _layer_bytes(shape, settings, wide)
    if checkpointing(settings, "cpu" if machine.kind == "cpu" else "cuda:0"):
        activations = shape.layers * shape.hidden * wide + 2 * layer
    else:
        activations = (shape.layers + 1) * layer
    tile = min(tokens, LOSS_TOKENS) * min(shape.vocabulary, LOSS_WORDS) * 4 * LOSS_COPIES[machine.kind]
    optimiser = settings.optimizer
    if optimiser == "auto":
        optimiser = "adamw_torch" if machine.kind == "cpu" else "paged_adamw_8bit"
    found = {
        "weights": shape.linear * BITS.get(settings.quantisation, wide) + shape.embedding * wide,
        "adapters": trained * 4,
        "gradients": trained * 4,
        "optimiser": trained * OPTIMISER[optimiser],
        "activations": tokens * activations * waste,
        "logits": tile + tokens * shape.hidden * (4 + wide),
    }
    fixed = CPU_BASE_GB if machine.kind == "cpu" else CUDA_BASE_GB
    return {**{name: size / GB for name, size in found.items()}, "overhead": fixed}


def _adapted(shape: Shape, settings: TrainSettings) -> list[tuple[int, int]]:
    """(in, out) of the layers LoRA is put on; names this shape does not know count as all of them."""
    matrices, asked = shape.matrices(), settings.target_names()
    named = [size for name, size in matrices.items() if name in asked]
    return named or list(matrices.values())


def _trained(shape: Shape, settings: TrainSettings) -> int:
    """Weights that are trained: two thin matrices beside each adapted one."""
    return shape.layers * settings.lora_rank * sum(sum(size) for size in _adapted(shape, settings))


def _layer_bytes(shape: Shape, settings: TrainSettings, wide: int) -> float:
    """Bytes that one layer keeps of one token for the way back."""
    adapted = _adapted(shape, settings)
    inputs = 2 * shape.hidden + shape.query + shape.intermediate
    attention = 2 * shape.query + 2 * shape.key
    forward = (3 if shape.gated else 2) * shape.intermediate
    norms = 2 * shape.hidden * 4  # in 32 bits whatever the rest is
    dropped = sum(size[0] for size in adapted) * (wide + 2) if settings.lora_dropout else 0  # its copy and its mask
    return (inputs + attention + forward) * wide + norms + dropped + len(adapted) * settings.lora_rank * 4


def verdict(needed: float, machine: Machine) -> Verdict:
    """Whether so many GB fit into what is free."""
    share = needed / max(machine.free_gb, 0.01)
    return "yes" if share <= TIGHT else "tight" if share <= FULL else "no"


def _plan(shape: Shape, settings: TrainSettings, longest: int, machine: Machine) -> tuple[dict[str, Any], float]:
    """The fewest changes after which the run fits well, or as near as they get: (settings to change, GB with them)."""
    plan: dict[str, Any] = {}
    while True:
        now = settings.model_copy(update=plan)
        needed = sum(memory_parts(shape, now, min(longest, now.max_length), machine).values())
        change = _next_change(now, longest, machine) if verdict(needed, machine) != "yes" else None
        if change is None:
            return _without_idle(plan, shape, settings, longest, machine)
        plan |= change


def _without_idle(
    plan: dict[str, Any], shape: Shape, settings: TrainSettings, longest: int, machine: Machine
) -> tuple[dict[str, Any], float]:
    """The plan without changes that do not alter a verdict other than no; those that cost most were made last and go first."""

    def needed(changes: dict[str, Any]) -> float:
        now = settings.model_copy(update=changes)
        return sum(memory_parts(shape, now, min(longest, now.max_length), machine).values())

    for idle in ("max_length", "optimizer", "quantisation", "gradient_checkpointing"):
        fewer = {name: value for name, value in plan.items() if name != idle}
        if verdict(needed(fewer), machine) == verdict(needed(plan), machine) != "no":
            plan = fewer
    return plan, needed(plan)


def _next_change(settings: TrainSettings, longest: int, machine: Machine) -> dict[str, Any] | None:
    """What to give up next: nothing but time first, then exactness, then the beginnings of long rows."""
    if settings.batch_size > 1:
        half = settings.batch_size // 2
        return {"batch_size": half, "accumulation": settings.accumulation * settings.batch_size // half}
    if not checkpointing(settings, "cpu" if machine.kind == "cpu" else "cuda:0"):
        return {"gradient_checkpointing": "on"}
    if settings.quantisation != "nf4":
        return {"quantisation": "nf4"}
    if machine.kind == "cuda" and settings.optimizer not in ("auto", "paged_adamw_8bit"):
        return {"optimizer": "paged_adamw_8bit"}
    shorter = min(settings.max_length, longest) // 32 * 16
    return {"max_length": shorter} if shorter >= SHORTEST else None


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
