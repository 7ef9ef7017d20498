"""Is the right choice named? A first measure, of questions with choices alone."""

from collections.abc import Mapping
from typing import Any

from engine.evaluate.losses import loss_per_token
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext
from engine.sources.choices import place_of

METRICS = (
    Metric("accuracy", "share of questions", "higher", "객관식에서 정답을 고른 비율.", "Share of multiple-choice questions answered right.", (0.0, 1.0)),
    Metric("loss", "nats/token", "lower", "바른 답을 모델이 얼마나 뜻밖으로 여기는지.", "How surprised the model is by the right answer.", (0.0, float("inf"))),
)  # fmt: skip


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer; None where there are no choices."""
    choices, place = item.meta.get("choices"), item.meta.get("answer_index")
    lines = answer.text.strip().splitlines()
    said = place_of(lines[0], choices) if choices and lines else None
    return {"accuracy": float(said == place) if choices else None, "loss": loss_per_token([answer])}


def meta_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `score --in`. Raises KeyError without a question."""
    return {"question": row["question"], "choices": row.get("choices"), "answer_index": row.get("answer_index")}


SUITE = Suite(name="medical", version="0", metrics=METRICS, score=score, meta=meta_of)
