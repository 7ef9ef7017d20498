"""What a reader of the table must know to read it rightly. It changes no number."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.compress.gate import POINT
from engine.evaluate.suite import Metric

WIDE = 0.5
"""A gate that lets go of so much of the original's own score holds nothing."""


def notes_of(
    variants: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]], metric: Metric, points: float
) -> list[dict[str, str]]:
    """[{ko, en}]: a gate too wide for this metric, a pass that is not proven, sizes that stand against 16 bits."""
    found = []
    score = variants[0]["metrics"].get(metric.name) or {}
    value, items = score.get("value"), score.get("n", 0)
    if value == 0 and metric.better == "higher":
        found.append(_nothing(metric.name))
    elif value and metric.better == "higher" and points * POINT >= WIDE * value:
        found.append(_wide(metric.name, value, points))
    if any(not one["proven"] for one in _passed(steps)):
        found.append(_unproven(items, points))
    size, weights = variants[0]["size_mb"], variants[0]["parameters"]
    if size and weights and size < 3 * weights / 2**20:
        found.append(_half(weights))
    return found


def _passed(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The verdicts of what passed."""
    told = [step["facts"].get("verdict") for step in steps]
    told += [form.get("verdict") for step in steps for form in step["facts"].get("engines", {}).values()]
    return [verdict for verdict in told if verdict and verdict["passed"]]


def _wide(name: str, value: float, points: float) -> dict[str, str]:
    share = f"{points * POINT / value:.0%}"
    return {
        "ko": f"원본의 {name}이(가) {value:.3f}뿐이라 {points:g}점은 그 {share}입니다. 이 거름은 느슨합니다: --gate를 낮추거나 --metric으로 다른 지표를 고르세요.",
        "en": f"The original's {name} is only {value:.3f}, so {points:g} points are {share} of it. This gate is loose: lower --gate, or name another --metric.",
    }


def _nothing(name: str) -> dict[str, str]:
    return {
        "ko": f"원본의 {name}이(가) 0이라 잃을 것이 없습니다. 이 거름은 아무것도 말해 주지 않습니다: --metric으로 다른 지표를 고르거나 더 배운 모델로 하세요.",
        "en": f"The original's {name} is 0: there is nothing to lose, and this gate says nothing. Name another --metric, or take a model that learned more.",
    }


def _unproven(items: int, points: float) -> dict[str, str]:
    return {
        "ko": f"통과한 것 가운데 {points:g}점 안이라고 증명되지는 않은 것이 있습니다: 문항 {items}개로는 구간이 더 넓습니다. --limit을 늘리거나(0은 모두) 시험 행을 더 모으세요.",
        "en": f"Not all that passed is proven to be within {points:g} points: with {items} items the interval is wider. Raise --limit (0 for all), or gather more test rows.",
    }


def _half(weights: int) -> dict[str, str]:
    full = f"{4 * weights / 2**20:,.0f} MB"
    return {
        "ko": f"원본 파일은 16비트라서 크기는 16비트에 견준 것입니다. 메모리에 32비트로 펴면 {full}입니다.",
        "en": f"The original's file holds 16 bits, so sizes stand against 16 bits. In 32 bits, as it is computed with here, it is {full}.",
    }
