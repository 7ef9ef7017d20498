"""What a run's numbers say: its curve in few points, the verdict on it, its speed. It knows nothing of screens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.runs import last_step, read_losses, read_validations

POINTS = 400
"""Points of one curve at most: a screen shows no more, and a poll sends them every time."""
TOLERANCE = 0.01
"""Two validation losses nearer than this share of each other count as equal."""
CERTAIN_POINTS = 3
"""Records needed before a speed is told: the first steps warm caches up."""
Course = Literal["none", "early", "falling", "flat", "rising", "unlearned"]


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
    """The curve of a run: `losses` hold the mean over several records when there are many; `validations` are (step, loss)."""

    losses: list[dict[str, Any]]
    validations: list[tuple[int, float]]
    verdict: Verdict


def read_curve(db: Database, run_id: str, points: int = POINTS) -> Curve:
    """The run's curve in at most `points` points each; infinite losses are left out."""
    losses = read_losses(db, run_id, max(1, math.ceil(last_step(db, run_id) / points)))
    validations = [(row["step"], row["eval_loss"]) for row in read_validations(db, run_id) if finite(row["eval_loss"])]
    kept = [row for row in losses if finite(row["loss"])]
    return Curve(kept, thinned(validations, points), judge(validations))


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
