"""Which habits make up a closeness: how often I do something, how often each model does, and in which items.

Only for the persona suite, whose closeness metrics compare habits; particles need a morphological analyser that takes
seconds, so they stay without a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluate.suite import Answer, Item, Suite
from engine.evaluate.suites import persona

SLOW = frozenset({"particle_closeness"})


@dataclass(frozen=True, slots=True)
class HabitLine:
    """One habit: shares of everything counted, mine and each model's, and the items where each model shows it."""

    feature: str
    mine: float
    shares: Mapping[str, float]
    items: Mapping[str, tuple[str, ...]]


def has_habits(suite: Suite | None, metric: str) -> bool:
    """Whether `habit_lines` can say what lies behind this metric."""
    return suite is persona.SUITE and metric in persona.HABITS and metric not in SLOW


def habit_lines(metric: str, said: Mapping[str, Sequence[Mapping[str, Any]]], model: str) -> list[HabitLine]:
    """From {model: rows {item, answer, target}}; what `model` does most unlike me comes first."""
    found = {name: {habit.feature: habit for habit in _habits(metric, rows)} for name, rows in said.items()}
    features = dict.fromkeys(feature for habits in found.values() for feature in habits)
    lines = [
        HabitLine(
            feature,
            next(habits[feature].mine for habits in found.values() if feature in habits),
            {name: habits[feature].model if feature in habits else 0.0 for name, habits in found.items()},
            {name: habits[feature].items if feature in habits else () for name, habits in found.items()},
        )
        for feature in features
    ]
    return sorted(lines, key=lambda line: -abs(line.mine - line.shares[model]))


def _habits(metric: str, rows: Sequence[Mapping[str, Any]]) -> list[persona.Habit]:
    items = [Item(row["item"], (), row["target"]) for row in rows]
    return persona.habits(metric, items, [Answer(row["answer"], "", 0) for row in rows])
