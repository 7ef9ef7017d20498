"""What a number would be without looking: guessing, or always the same answer. Beside every value that has such a floor."""

from collections.abc import Mapping
from typing import Any

from ui import frame
from ui.frame import t
from ui.leaderboard import amount, suite_of


def of(evaluation: Mapping[str, Any], metric: str) -> dict[str, float]:
    """{baseline: its value} of one metric."""
    found = {name: scores.get(metric) for name, scores in evaluation.get("baselines", {}).items()}
    return {name: score["value"] for name, score in found.items() if score and score["value"] is not None}


def words(evaluation: Mapping[str, Any], metric: str) -> str:
    """The floors of one metric in a line; empty where it has none. Not escaped."""
    return " · ".join(
        f"{name_of(evaluation, name)} {amount(value, _unit(evaluation, name, metric))}"
        for name, value in of(evaluation, metric).items()
    )


def _unit(evaluation: Mapping[str, Any], name: str, metric: str) -> str:
    return str(evaluation["baselines"][name][metric]["unit"])


def name_of(evaluation: Mapping[str, Any], name: str) -> str:
    """A baseline as an owner reads it. Not escaped."""
    suite = suite_of(evaluation["recipe"])
    known = suite.baselines.get(name) if suite else None
    if known is None:
        return t("evaluate.chance") if name == "chance" else name
    return known.en if frame.english() else known.ko
