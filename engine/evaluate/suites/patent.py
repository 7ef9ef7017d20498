"""Is the verdict whole, and is its risk right? A first cut."""

from collections.abc import Mapping
from typing import Any

from engine.claims.verdict import parse_verdict
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext

UNIT = (0.0, 1.0)
METRICS = (
    Metric(
        "json_valid",
        "share of answers",
        "higher",
        "JSON으로 읽히는 답의 비율.",
        "Share of answers that hold JSON.",
        UNIT,
    ),
    Metric(
        "risk_accuracy", "share of cases", "higher", "위험도를 맞힌 비율.", "Share of cases whose risk was right.", UNIT
    ),
)


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer."""
    parsed = parse_verdict(answer.text)
    right = parsed.verdict is not None and parsed.verdict.risk == item.meta.get("risk_level")
    return {"json_valid": float(parsed.json_valid), "risk_accuracy": float(right)}


def meta_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"claim": row["claim"], "product": row["product"], "risk_level": row.get("risk_level")}


SUITE = Suite(name="patent", version="1", metrics=METRICS, score=score, meta=meta_of, needs_loss=False)
