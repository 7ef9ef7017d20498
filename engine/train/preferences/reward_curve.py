"""What the rewards of a run say: their curves in few points, and red flags. It knows nothing of screens.

Ranges for GRPO and RLOO: axolotl's guide on training stability (docs/training_stability.qmd: kl 0 to 0.5, red above 2; clipped
answers below 0.3, red above 0.8; answers all alike in every group, or lengths that only grow, red). For DPO, TRL's guide to its
logged numbers (margins and accuracies rise), and Razin et al. 2024 (arXiv 2410.08847) on chosen answers that become unlikely.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.store.runs import last_step, read_extras
from engine.train.preferences.reward_numbers import EVAL
from engine.train.settings import ON_POLICY

POINTS = 400
KL_WATCH, KL_RED = 0.5, 2.0
"""Nats per token away from the starting model."""
CLIPPED_RED = 0.8
"""Share of answers cut off at their longest length."""
LONG, GROWN = 0.9, 1.5
"""Answers at this share of their longest length, and so much longer than they began, have run away."""
RECENT = 3
"""Records whose mean is `now`; as many are the beginning."""
ENOUGH = 20
"""Steps after which a reward that has not risen is told: what the same guide waits for."""
CHANCE = 0.5
"""How often a coin calls the better answer better."""
RANGES: Mapping[str, tuple[float, float]] = {"kl": (KL_RED, math.inf), "clipped": (CLIPPED_RED, 1.0)}
"""Red ranges of on-policy training, by number."""
Points = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing to look at: its name, and the number that raised it."""

    name: str
    value: float
    red: bool = True


@dataclass(frozen=True, slots=True)
class Rewards:
    """Curves by name, in training and at validations, and what is wrong with them."""

    objective: str
    trained: Mapping[str, Points]
    validated: Mapping[str, Points]
    flags: Sequence[Flag]


def read_rewards(db: Database, run: Mapping[str, Any]) -> Rewards | None:
    """The rewards of a run that learns from preferences; None for one that does not, or has not told any yet."""
    objective = str(run["settings"].get("objective", "sft"))
    if objective == "sft":
        return None
    every = max(1, math.ceil(last_step(db, run["id"]) / POINTS))
    trained: dict[str, Points] = {}
    validated: dict[str, Points] = {}
    for row in read_extras(db, run["id"], every):
        kind, name = (
            (validated, row["name"].removeprefix(EVAL)) if row["name"].startswith(EVAL) else (trained, row["name"])
        )
        kind.setdefault(name, []).append((row["step"], row["value"]))
    if not trained and not validated:
        return None
    return Rewards(objective, trained, validated, flags_of(objective, trained, validated, run["settings"]))


def flags_of(
    objective: str, trained: Mapping[str, Points], validated: Mapping[str, Points], settings: Mapping[str, Any]
) -> list[Flag]:
    """What an owner should look at, worst first."""
    if objective in ON_POLICY:
        return _on_policy(trained, settings)
    found = [] if objective == "kto" else _compared(trained, validated)
    return found if objective == "reward" else [*found, *_displaced(trained)]


def _on_policy(trained: Mapping[str, Points], settings: Mapping[str, Any]) -> list[Flag]:
    kl, clipped, length = _now(trained, "kl"), _now(trained, "clipped"), _now(trained, "completion_length")
    reward, at_first = _now(trained, "reward"), _first(trained, "reward")
    found = []
    if kl > KL_RED:
        found.append(Flag("hacking" if reward > at_first else "kl_high", kl))
    elif kl > KL_WATCH:
        found.append(Flag("kl_watch", kl, red=False))
    if length > LONG * settings["answer_tokens"] and length > GROWN * _first(trained, "completion_length"):
        found.append(Flag("length", length))
    elif clipped > CLIPPED_RED:
        found.append(Flag("clipped", clipped))
    if (alike := [value for _, value in trained.get("alike", [])[-RECENT:]]) and min(alike) == 1.0:
        found.append(Flag("alike", 1.0))
    steps = trained.get("reward", [])
    if steps and steps[-1][0] >= ENOUGH and reward <= at_first:
        found.append(Flag("no_gain", reward - at_first))
    return found


def _compared(trained: Mapping[str, Points], validated: Mapping[str, Points]) -> list[Flag]:
    """Whether the better of two answers is known for the better one."""
    tuned = [value for step, value in validated.get("accuracy", []) if step > 0]
    if not tuned:
        return []
    if tuned[-1] <= CHANCE:
        return [Flag("coin", tuned[-1])]
    if _now(trained, "accuracy") - tuned[-1] > 0.3:
        return [Flag("learned_by_heart", tuned[-1], red=False)]
    return []


def _displaced(trained: Mapping[str, Points]) -> list[Flag]:
    """The margin can grow while the chosen answers become less likely, too: rejected ones only fall faster."""
    chosen, margin = _now(trained, "rewards_chosen"), _now(trained, "margin")
    return [Flag("chosen_falls", chosen, red=False)] if chosen < 0 < margin else []


def _now(trained: Mapping[str, Points], name: str) -> float:
    return _mean(trained.get(name, [])[-RECENT:])


def _first(trained: Mapping[str, Points], name: str) -> float:
    return _mean(trained.get(name, [])[:RECENT])


def _mean(points: Points) -> float:
    return sum(value for _, value in points) / len(points) if points else math.nan
