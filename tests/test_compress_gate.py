"""The gate: what a lighter model lost, in points, against the original; invented evaluations."""

from typing import Any

import pytest

from engine.compress.gate import check_points, gate_metric, judge
from engine.errors import UserError
from engine.evaluate.suite import Metric
from engine.recipes.recipe import load_recipe

UP = Metric("right", "share", "higher", "", "", (0.0, 1.0))
DOWN = Metric("wrong", "share", "lower", "", "", (0.0, 1.0))


def result(metric: str, before: float, after: float, delta: float | None, low: float | None, high: float | None) -> Any:
    models = [
        {"model": "run-a", "metrics": {metric: {"value": before}}},
        {"model": "run-b", "metrics": {metric: {"value": after}}},
    ]
    other = {"a": "run-a", "b": "run-c", "metric": metric, "delta": -0.9, "low": -1, "high": -0.8, "p": 0.0}
    own = {"a": "run-a", "b": "run-b", "metric": metric, "delta": delta, "low": low, "high": high, "p": 0.2}
    return {"models": models, "paired": [other, own]}


def test_a_loss_within_the_points_passes_and_one_beyond_does_not():
    assert judge(result("right", 0.8, 0.77, -0.03, -0.1, 0.04), "run-a", "run-b", UP, 3.0).passed
    found = judge(result("right", 0.8, 0.769, -0.031, -0.1, 0.04), "run-a", "run-b", UP, 3.0)
    assert not found.passed
    assert found.lost == pytest.approx(3.1)
    assert (found.before, found.after) == (0.8, 0.769)


def test_where_lower_is_better_a_rise_is_the_loss():
    assert not judge(result("wrong", 0.1, 0.15, 0.05, 0.0, 0.1), "run-a", "run-b", DOWN, 3.0).passed
    assert judge(result("wrong", 0.1, 0.02, -0.08, -0.1, 0.0), "run-a", "run-b", DOWN, 0.0).passed


def test_proven_means_that_the_worse_end_is_within_too():
    assert judge(result("right", 0.8, 0.81, 0.01, -0.02, 0.04), "run-a", "run-b", UP, 3.0).proven
    assert not judge(result("right", 0.8, 0.81, 0.01, -0.04, 0.06), "run-a", "run-b", UP, 3.0).proven


def test_what_could_not_be_judged_does_not_pass():
    assert not judge(result("right", 0.8, 0.8, None, None, None), "run-a", "run-b", UP, 100.0).passed
    assert not judge({"models": [], "paired": []}, "run-a", "run-b", UP, 100.0).passed


def test_every_recipe_has_something_to_be_held_to():
    assert gate_metric(load_recipe("persona").suite).name == "similarity_to_reply"
    assert gate_metric(load_recipe("patent").suite).name == "risk_accuracy"
    assert gate_metric(load_recipe("policy").suite, "correct").name == "correct"
    with pytest.raises(UserError, match="loss"):
        gate_metric(load_recipe("persona").suite, "loss")


@pytest.mark.parametrize("points", [-1.0, 101.0, float("nan")])
def test_points_that_nothing_can_lose_are_refused(points: float) -> None:
    with pytest.raises(UserError):
        check_points(points)
