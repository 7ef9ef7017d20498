"""What was wished of a lighter model (half the size, twice the speed …), and how far the chosen variant got. Arithmetic only."""

from collections.abc import Mapping
from typing import Any

from engine.evaluate.suite import Metric

SIZE, SPEED, MEMORY, ANSWER_S, COST = 0.5, 2.0, 0.7, 3.0, 0.5
"""Half the file; an answer in half the time; 70 % less private memory; seconds of a 64-token answer; half the running cost."""


def targets_of(
    original: Mapping[str, Any],
    best: Mapping[str, Any],
    metric: Metric,
    wanted: float | None,
    api_per_1000: float | None,
) -> list[dict[str, Any]]:
    """[{name, wanted, got, reached, missed, unit}]. `missed`: how far it is from the target, in its unit; None where it was reached or
    nothing could be measured, and then `reached` is None.

    size, memory and cost: share saved; speed: times as fast; accuracy: the gate's metric; answer: seconds at most; staff: never.
    """
    cost_before = original["cost_per_1000"] if api_per_1000 is None else api_per_1000
    found = [
        _at_least("size", SIZE, _saved(original["size_mb"], best["size_mb"]), "share"),
        _at_least("speed", SPEED, _times(best["answer_s"], original["answer_s"]), "times"),
        _at_least("memory", MEMORY, _saved(original["private_mb"], best["private_mb"]), "share"),
    ]
    if wanted is not None and metric.better == "higher":
        found.append(_at_least("accuracy", wanted, (best["metrics"].get(metric.name) or {}).get("value"), "share"))
    found.append(_at_most("answer", ANSWER_S, best["answer_s"], "seconds"))
    against = "cost" if api_per_1000 is None else "cost_api"
    found.append(_at_least(against, COST, _saved(cost_before, best["cost_per_1000"]), "share"))
    found.append({"name": "staff", "wanted": 0.5, "got": None, "reached": None, "missed": None, "unit": "share"})
    return found


def _at_least(name: str, wanted: float, got: float | None, unit: str) -> dict[str, Any]:
    reached = None if got is None else got >= wanted - 1e-9
    missed = wanted - got if got is not None and not reached else None
    return {"name": name, "wanted": wanted, "got": got, "reached": reached, "missed": missed, "unit": unit}


def _at_most(name: str, wanted: float, got: float | None, unit: str) -> dict[str, Any]:
    reached = None if got is None else got <= wanted
    missed = got - wanted if got is not None and not reached else None
    return {"name": name, "wanted": wanted, "got": got, "reached": reached, "missed": missed, "unit": unit}


def _saved(before: float | None, after: float | None) -> float | None:
    return None if not before or after is None else 1 - after / before


def _times(before: float | None, after: float | None) -> float | None:
    return None if not before or after is None else after / before
