"""What a run's numbers say: its curve in few points, the verdict on it, its speed. It knows nothing of screens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.runs import read_extra, read_losses, read_validations

POINTS = 400
"""Points of one curve at most: a screen shows no more, and a poll sends them every time."""
TOLERANCE = 0.01
"""Two validation losses nearer than this share of each other count as equal."""
CERTAIN_POINTS = 3
"""Records needed before a speed is told: the first steps warm caches up."""
Course = Literal["none", "early", "falling", "flat", "rising", "unlearned"]
LEARNS = Literal["unknown", "falling", "flat", "diverging"]
FEW_RECORDS = 12
"""Records of the training loss below which nothing is said of it."""
RISEN, DEVIATIONS = 0.1, 4
"""A training loss has risen when the mean of its last tenth is so many nats, and so many standard errors, above its lowest."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the validation loss went. `best` and `last` are (step, loss); None before there are any.

    none: never validated; early: too few to tell; falling: the last is the lowest; flat: about the lowest;
    rising: clearly above the lowest since; unlearned: never got below the untuned base.
    """

    course: Course
    best: tuple[int, float] | None = None
    last: tuple[int, float] | None = None
    level: int | None = None
    """The first step about as low as the lowest: nothing was gained since, when the course is flat."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve of a run: `losses` hold the mean over several records when there are many; `validations` are (step, loss);
    `gauges` what else was measured at a record, by name."""

    losses: list[dict[str, Any]]
    validations: list[tuple[int, float]]
    verdict: Verdict
    training: "Training"
    gauges: list[dict[str, float]]


def read_curve(db: Database, run_id: str, points: int = POINTS) -> Curve:
    """The run's curve in at most `points` points each; infinite losses are left out."""
    losses = read_losses(db, run_id, points)
    validations = [(row["step"], row["eval_loss"]) for row in read_validations(db, run_id) if finite(row["eval_loss"])]
    kept = [row for row in losses if finite(row["loss"])]
    training = judge_training([(row["step"], row["loss"]) for row in kept])
    return Curve(kept, thinned(validations, points), judge(validations), training, read_extra(db, run_id, points))


@dataclass(frozen=True, slots=True)
class Training:
    """How the training loss goes. `lowest`: the step around which it was lowest, None when it is unknown."""

    course: LEARNS
    lowest: int | None = None


def judge_training(losses: Sequence[tuple[int, float]]) -> Training:
    """Compare the mean of the last tenth of (step, loss) with the lowest such mean, and with the one before it.

    diverging: clearly above the lowest; falling: clearly below the tenth before; flat: neither.
    """
    if len(losses) < FEW_RECORDS:
        return Training("unknown")
    values = [loss for _, loss in losses]
    width = max(3, len(values) // 10)
    means = [fmean(values[start : start + width]) for start in range(len(values) - width + 1)]
    # neighbours differ by noise alone: the standard error of a mean, however steep the curve
    error = fmean([abs(later - loss) for loss, later in pairwise(values)]) * 0.886 / math.sqrt(width)
    low = min(range(len(means)), key=means.__getitem__)
    if means[-1] - means[low] > max(RISEN, DEVIATIONS * error):
        return Training("diverging", losses[low + width // 2][0])
    falls = means[-1 - width] - means[-1] > max(TOLERANCE * means[-1], 2 * error)
    return Training("falling" if falls else "flat", losses[low + width // 2][0])


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Exponential moving average: each value counts 1 - `weight`, all before it `weight`. Its bias towards 0 at the start is taken
    out (Kingma & Ba 2015, section 3), so that it begins at the first value. weight: 0 (as it is) to below 1."""
    average, told = 0.0, []
    for count, value in enumerate(values, start=1):
        average = weight * average + (1 - weight) * value
        told.append(average / (1 - weight**count))
    return told


def finite(value: float | None) -> bool:
    """Whether there is a number to draw."""
    return value is not None and math.isfinite(value)


def thinned(points: Sequence[tuple[int, float]], count: int) -> list[tuple[int, float]]:
    """At most `count` of the points: evenly spread, with the ends and the lowest."""
    if len(points) <= count:
        return list(points)
    kept = {round(place * (len(points) - 1) / (count - 2)) for place in range(count - 1)}
    kept.add(min(range(len(points)), key=lambda place: points[place][1]))
    return [points[place] for place in sorted(kept)]


def judge(validations: Sequence[tuple[int, float]]) -> Verdict:
    """Read the curve as somebody who has seen many would. Step 0 is the untuned base."""
    base = next((loss for step, loss in validations if step == 0), None)
    tuned = [(step, loss) for step, loss in validations if step > 0]
    if not tuned:
        return Verdict("early" if validations else "none")
    best, last = min(tuned, key=lambda point: point[1]), tuned[-1]
    if len(tuned) == 1:
        return Verdict("early", best, last)
    if base is not None and best[1] >= base:
        return Verdict("unlearned", best, last)
    as_low = best[1] + TOLERANCE * abs(best[1])  # a reward counts as a negative loss
    level = next(step for step, loss in tuned if loss <= as_low)
    if last[1] > as_low:
        return Verdict("rising", best, last, level)
    return Verdict("falling" if level == last[0] else "flat", best, last, level)


def seconds_left(run: dict[str, Any], recorded: Sequence[dict[str, Any]], now: datetime | None = None) -> float | None:
    """How long the run still takes at the speed of its present attempt; None until that is known.

    `recorded`: {step, at} of the attempt alone, in order. Validation, samples and saving are part of the pace.
    """
    points = [(row["step"], datetime.fromisoformat(row["at"])) for row in recorded]
    if len(points) < CERTAIN_POINTS or not run["steps_total"] or points[-1][0] <= points[0][0]:
        return None
    (first, began), (last, ended) = points[0], points[-1]
    pace = (ended - began).total_seconds() / (last - first)
    passed = ((now or datetime.now(UTC)) - ended).total_seconds()
    return max(0.0, float(pace * (run["steps_total"] - last)) - max(0.0, passed))
