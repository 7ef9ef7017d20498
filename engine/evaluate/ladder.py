"""An evaluation as a ladder: every step against the one before it and against the first. It computes no statistics anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import UserError
from engine.evaluate.compare import Language, PairedTest, verdict
from engine.evaluate.suite import Metric, Suite

STEPS: Mapping[str, tuple[str, str]] = {
    "better": ("앞 단계보다 좋아졌습니다.", "Better than the step before."),
    "worse": ("도움이 되지 않았습니다: 앞 단계보다 나빠졌습니다.", "No help: worse than the step before."),
    "changed": ("앞 단계와 달라졌습니다.", "Different from the step before."),
    "same": (
        "도움이 되었다고 할 수 없습니다: 앞 단계와 구별되지 않습니다.",
        "No help that could be shown: not told apart from the step before.",
    ),
    "unknown": ("앞 단계와 견줄 수 없습니다.", "Cannot be compared with the step before."),
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder, on one metric."""

    name: str | None
    """What the owner called the step; None: it is known by its model."""
    model: str
    score: Mapping[str, Any]
    """value, low, high, n, unit."""
    gained: PairedTest | None
    """Against the step before; None for the first, and where that was never measured."""
    overall: PairedTest | None
    """Against the first step."""
    seconds: float | None
    """Of one answer."""

    def verdict(self, metric: Metric) -> str:
        """Against the step before: better, worse, changed, same or unknown."""
        return verdict(self.gained, metric) if self.gained else "unknown"

    def sentence(self, metric: Metric, language: Language) -> str:
        """What the step did, said as it is; nothing for the first."""
        return "" if self.gained is None else STEPS[self.verdict(metric)][language == "en"]


def ladder(evaluation: Mapping[str, Any], metric: str, seconds: Mapping[str, float]) -> list[Rung]:
    """The steps in the order they were judged in. `evaluation`: as `eval` gives it or the store keeps it."""
    models = [model["model"] for model in evaluation["models"]]
    scores = {model["model"]: model["metrics"].get(metric, {}) for model in evaluation["models"]}
    told = [test for test in (*evaluation["paired"], *evaluation.get("steps", ())) if test["metric"] == metric]
    tests = {(t["a"], t["b"]): PairedTest(**{name: t[name] for name in PairedTest.__slots__}) for t in told}
    names = evaluation.get("names") or evaluation.get("settings", {}).get("names", {})
    return [
        Rung(
            names.get(model),
            model,
            scores[model],
            tests.get((models[place - 1], model)) if place else None,
            tests.get((models[0], model)) if place else None,
            seconds.get(model),
        )
        for place, model in enumerate(models)
    ]


def metric_of(suite: Suite, name: str | None) -> Metric:
    """The metric of that name, the suite's first where none is named. Raises UserError for one the suite has not."""
    found = next((metric for metric in suite.metrics if metric.name == (name or suite.metrics[0].name)), None)
    if found is None:
        known = ", ".join(metric.name for metric in suite.metrics)
        raise UserError(
            f"'{suite.name}' 평가에는 '{name}' 지표가 없습니다. 있는 지표: {known}.",
            f"The suite '{suite.name}' has no metric '{name}'. It has: {known}.",
        )
    return found
