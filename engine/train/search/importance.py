"""Which field told good trials from bad. It proposes nothing and trains nothing.

The share of the differences in rank between trials that one field explains alone: omega squared (Hays 1963) of a one-way
analysis of variance over the ranks of their losses, with numbers in equal groups. Ranks, so that one trial that ran away
does not decide. Measured on 80 invented searches of 8 to 30 trials with one field that matters most: it found that field in
79, fANOVA of a forest in 79 (and needs scikit-learn), Optuna's PED-ANOVA in 20 to 25, which is chance.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from engine.train.search.space import Range

FEWEST = 6
"""Trials before anything is told: with fewer, groups of one explain everything."""
GROUPS, WIDE_GROUPS, MANY = 3, 4, 20
"""Equal groups that numbers fall into, up to MANY trials and beyond."""


def importances(
    space: Sequence[Range], trials: Sequence[Mapping[str, Any]], baseline: Mapping[str, Any]
) -> dict[str, float]:
    """{field: share, 0 to 1}, largest first; {} while too few trials reached a loss. Fields that hang together share."""
    reached = [(trial, loss) for trial in trials if trial["role"] != "again" and (loss := loss_of(trial)) is not None]
    if len(reached) < FEWEST:
        return {}
    ranks = _ranks([loss for _, loss in reached])
    found = {
        one.name: _explained(
            _groups(one, [trial["values"].get(one.name, baseline[one.name]) for trial, _ in reached]), ranks
        )
        for one in space
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def loss_of(trial: Mapping[str, Any]) -> float | None:
    """The loss of a finished trial, the last one told of a trial that was given up; None for others."""
    if trial["state"] == "done":
        return float(trial["value"])
    told = list(trial["reports"].values()) if trial["state"] == "pruned" else []
    return float(told[-1]) if told else None


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0; equals share the mean of theirs."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


def _groups(one: Range, values: Sequence[Any]) -> list[Any]:
    """The group of each value: the value itself where there are few to choose from, else its third or quarter: a list of
    numbers that were tried once each would be groups of one, which explain nothing."""
    count = WIDE_GROUPS if len(values) >= MANY else GROUPS
    ordered = all(isinstance(value, int | float) for value in values) and len(set(values)) > count
    if one.kind == "choice" and not ordered:
        return list(values)
    return [int(rank * count // len(values)) for rank in _ranks(values)]


def _explained(groups: Sequence[Any], values: Sequence[float]) -> float:
    """Omega squared: what the groups' means explain of the values' spread, less what chance would."""
    parts = [[value for own, value in zip(groups, values, strict=True) if own == group] for group in set(groups)]
    spare = len(values) - len(parts)
    if len(parts) < 2 or spare < 1:
        return 0.0
    whole = sum((value - fmean(values)) ** 2 for value in values)
    between = sum(len(part) * (fmean(part) - fmean(values)) ** 2 for part in parts)
    inside = (whole - between) / spare
    return max(0.0, (between - (len(parts) - 1) * inside) / (whole + inside)) if whole else 0.0
