"""An evaluation as a ladder: every step against the one before it and against the first. It computes no statistics anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.compare import Language, PairedTest, verdict
from engine.evaluate.suite import Metric, Suite
from engine.store.evidence import answers_apart, seconds_per_answer

STEPS: Mapping[str, tuple[str, str]] = {
    "better": ("{ko}보다 좋아졌습니다.", "Better than {en}."),
    "worse": ("도움이 되지 않았습니다: {ko}보다 나빠졌습니다.", "No help: worse than {en}."),
    "changed": ("{ko}에 견주어 달라졌습니다.", "Different from {en}."),
    "same": ("도움이 되었다고 할 수 없습니다: {ko}에 견주어 구별되지 않습니다.", "No help that could be shown: not told apart from {en}."),
    "unknown": ("{ko}에 견줄 수 없습니다.", "Cannot be compared with {en}."),
    "idle": ("도움이 되지 않았습니다: 바뀐 답이 하나도 없습니다.", "No help: it changed no answer."),
}  # fmt: skip
BEFORE = {"ko": "앞 단계", "en": "the step before"}
UNFINISHED = {"ko": "다듬지 않은 답", "en": "answers as they came"}


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder, on one metric."""

    name: str | None
    """What the owner called the step; None: it is known by its model."""
    model: str
    score: Mapping[str, Any]
    """value, low, high, n, unit."""
    gained: PairedTest | None
    """Against the step before (`alone`: the first); None for the first, and where that was never measured."""
    overall: PairedTest | None
    """Against the first step."""
    seconds: float | None
    """Of one answer."""
    changed: int | None
    """Answers that differ from those it is compared with; None for the first."""
    alone: bool
    """True: a single step of finishing, measured by itself against the answers as they came."""

    def verdict(self, metric: Metric) -> str:
        """Against the step before: better, worse, changed, same or unknown."""
        return verdict(self.gained, metric) if self.gained else "unknown"

    def sentence(self, metric: Metric, language: Language) -> str:
        """What the step did, said as it is; nothing for the first."""
        if self.gained is None:
            return ""
        said = "idle" if self.changed == 0 else self.verdict(metric)
        return STEPS[said][language == "en"].format(**(UNFINISHED if self.alone else BEFORE))


def ladder(db: Database, evaluation: Mapping[str, Any], metric: str, alone: bool = False) -> list[Rung]:
    """The steps in the order they were judged in. `evaluation`: as `eval` gives it or the store keeps it, with its id under
    `evaluation_id` or `id`; alone: every line is compared with the first, not with the one before."""
    id_ = evaluation.get("evaluation_id") or evaluation["id"]
    models = [model["model"] for model in evaluation["models"]]
    scores = {model["model"]: model["metrics"].get(metric, {}) for model in evaluation["models"]}
    told = [test for test in (*evaluation["paired"], *evaluation.get("steps", ())) if test["metric"] == metric]
    tests = {(t["a"], t["b"]): PairedTest(**{name: t[name] for name in PairedTest.__slots__}) for t in told}
    names = evaluation.get("names") or evaluation.get("settings", {}).get("names", {})
    seconds = seconds_per_answer(db, id_)
    rungs = [Rung(names.get(models[0]), models[0], scores[models[0]], None, None, seconds.get(models[0]), None, alone)]
    for before, model in pairwise(models):
        against = models[0] if alone else before
        rungs.append(
            Rung(
                names.get(model),
                model,
                scores[model],
                tests.get((against, model)),
                tests.get((models[0], model)),
                seconds.get(model),
                answers_apart(db, id_, against, model),
                alone,
            )
        )
    return rungs


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
