"""An evaluation line by line, for a page: values, verdicts against the first model, what I myself would score.

Reads what `store.evaluations.get_evaluation` gives; knows nothing of pages, and computes no statistics anew.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.evaluate.compare import PairedTest, verdict
from engine.evaluate.suite import Metric, Suite

Verdict = Literal["better", "worse", "changed", "same", "unknown"]
HEALTH = ("empty", "repetition", "cut_off", "foreign_script", "leftover_personal_data", "verbatim_copy")
"""Metrics that say whether something is wrong with the answers, not how good they are."""


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of an evaluation."""

    metric: Metric
    health: bool
    scores: Mapping[str, Mapping[str, Any]]
    """{model: {value, low, high, n, unit}}; a model that was not judged is absent."""
    tests: Mapping[str, PairedTest]
    """{model: its test against the first}."""
    mine: float | None
    """What my real replies score."""

    def verdict(self, model: str) -> Verdict:
        """The model against the first."""
        return verdict(self.tests[model], self.metric) if model in self.tests else "unknown"

    @property
    def n(self) -> int:
        """Answers that could be judged, of the model with the fewest."""
        return min((int(score["n"]) for score in self.scores.values()), default=0)

    @property
    def sign(self) -> int:
        """-1 where lower is better."""
        return -1 if self.metric.better == "lower" else 1


def board(evaluation: Mapping[str, Any], suite: Suite | None) -> list[Line]:
    """The evaluation's metrics in the suite's order; those that only the store knows (an older suite's) come last."""
    return [_line(evaluation, metric) for metric in _metrics(evaluation, suite)]


def _metrics(evaluation: Mapping[str, Any], suite: Suite | None) -> list[Metric]:
    stored = {name: score for model in evaluation["models"] for name, score in model["metrics"].items()}
    known = [metric for metric in suite.metrics if metric.name in stored] if suite else []
    names = {metric.name for metric in known}
    others = sorted(set(stored) - names)
    return [*known, *(Metric(name, stored[name]["unit"], "neither", "", "") for name in others)]


def _line(evaluation: Mapping[str, Any], metric: Metric) -> Line:
    first = evaluation["models"][0]["model"]
    scores = {m["model"]: m["metrics"][metric.name] for m in evaluation["models"] if metric.name in m["metrics"]}
    tests = {
        row["b"]: PairedTest(**{name: row[name] for name in PairedTest.__slots__})
        for row in evaluation["paired"]
        if row["metric"] == metric.name and row["a"] == first
    }
    mine = evaluation.get("references", {}).get(metric.name)
    return Line(metric, metric.name in HEALTH, scores, tests, mine["value"] if mine else None)


def items_judged(evaluation: Mapping[str, Any]) -> int:
    """How many items every model answered; 0 when that was not kept."""
    return int(evaluation.get("method", {}).get("items", 0))


def verdicts(lines: Sequence[Line], model: str) -> Counter[Verdict]:
    """How many metrics got better, worse, or cannot be told."""
    return Counter(line.verdict(model) for line in lines)


def verdicts_of(paired: Sequence[Mapping[str, Any]], suite: Suite | None) -> Counter[Verdict]:
    """The same from stored tests alone, of all models against the first together: for lists of evaluations."""
    known = {metric.name: metric for metric in suite.metrics} if suite else {}
    blank = Metric("", "", "neither", "", "")
    tests = (PairedTest(**{name: row[name] for name in PairedTest.__slots__}) for row in paired)
    return Counter(verdict(test, known.get(test.metric, blank)) for test in tests)
