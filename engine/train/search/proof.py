"""Does the best beat the baseline beyond noise? Both are repeated with the same other seeds, and the differences judged."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any, Literal

PAIRS = 3
"""Other seeds that both are repeated with, unless told otherwise: with two the interval is 12.7 standard errors wide."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Proof:
    """`difference`: mean of best minus baseline, in nats a token, over `pairs` seeds that played no part in choosing the
    best; `low` and `high` bound it (paired t interval), None below two pairs.

    proven: the interval lies below 0; noise: it holds 0; worse: it lies above 0; one_seed: no pair; few: too few pairs to tell;
    same: the best is the baseline.
    """

    verdict: Literal["proven", "noise", "worse", "one_seed", "few", "same"]
    pairs: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def prove(trials: Sequence[Mapping[str, Any]], best: int) -> Proof:
    """The seed that the best was chosen with is left out: of many trials the luckiest wins."""
    if best == 0:
        return Proof("same", 0)
    found = [repeated(trials, best), repeated(trials, 0)]
    seeds = sorted(found[0].keys() & found[1].keys())
    differences = [found[0][seed] - found[1][seed] for seed in seeds]
    if not differences:
        return Proof("one_seed", 0)
    mean = fmean(differences)
    if len(differences) < 2:
        return Proof("few", 1, mean)
    from scipy.stats import t

    half = float(t.ppf(0.5 + LEVEL / 2, len(differences) - 1)) * stdev(differences) / math.sqrt(len(differences))
    low, high = mean - half, mean + half
    verdict: Literal["proven", "noise", "worse", "few"] = "proven" if high < 0 else "worse" if low > 0 else "noise"
    return Proof(
        "few" if len(differences) < PAIRS and verdict == "noise" else verdict, len(differences), mean, low, high
    )


def repeated(trials: Sequence[Mapping[str, Any]], number: int) -> dict[int, float]:
    """{seed: loss} of the finished repetitions of a trial."""
    return {
        trial["values"]["seed"]: trial["value"]
        for trial in trials
        if trial["role"] == "again" and trial["of_number"] == number and trial["state"] == "done"
    }
