"""The sample journey of a recipe with several styles and decodings: its steps, its table, and, slowly, the whole of it."""

import pytest

from engine.evaluate.table import rates_text
from engine.jobs.demo import RUNNING, journey_steps
from engine.recipes.recipe import load_recipe
from engine.store.open import open_store
from engine.store.settings import set_setting
from tests.test_journey import shell  # noqa: F401  (a fixture)


def test_a_recipe_that_masks_nothing_has_no_step_of_masking(fresh_store):
    with open_store(fresh_store) as db:
        assert [step["kind"] for step in journey_steps(db)] == ["import", "mask", "dataset", "train", "evaluate"]
        set_setting(db, RUNNING, {"pid": 1, "pid_started_at": 0, "at": "2026-01-01", "recipe": "policy"})
        assert [step["kind"] for step in journey_steps(db)] == ["import", "dataset", "train", "evaluate"]


def score(value, n=120):
    return {"value": value, "low": value - 0.05, "high": value + 0.05, "n": n, "unit": "share", "missing": 0}


def test_the_table_of_rates_has_a_line_for_every_model_and_decoding():
    suite = load_recipe("policy").suite
    name = suite.metrics[0].name
    test = {
        "a": "base:starter",
        "b": "run-1",
        "metric": name,
        "delta": 0.01,
        "low": -0.1,
        "high": 0.1,
        "p": 0.9,
        "test": "t",
    }
    models = [
        {"model": "base:starter", "metrics": {name: score(0.3)}},
        {"model": "run-1", "metrics": {name: score(0.31)}},
    ]
    found = {"models": models, "paired": [test]}
    text = rates_text({"before": found, "after": found}, {"run-1": "rag"}, suite, "en")
    assert text.count("run-1 rag") == text.count("base:starter") == 2
    assert "31% [26%, 36%] n=120" in text and "no detectable difference" in text


@pytest.mark.slow
@pytest.mark.timeout(2400)  # ten minutes on two quiet cores
def test_the_policy_journey_ends_with_a_table_of_three_models_for_each_decoding(shell):  # noqa: F811
    told = shell.run("demo", "--recipe", "policy")
    assert list(told["evaluations"]) == ["before", "after", "no penalty"]
    for evaluation in told["evaluations"].values():
        base, simple, rag = (model["metrics"] for model in evaluation["models"])
        assert all(
            one["hallucination_rate"]["n"] + one["hallucination_rate"]["missing"] >= 100 for one in (base, simple, rag)
        )
        assert rag["hallucination_rate"]["value"] < simple["hallucination_rate"]["value"]
        assert rag["refusal_recall"]["value"] > simple["refusal_recall"]["value"]
    assert shell.run("check")["ok"]
