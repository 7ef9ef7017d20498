"""Whether a lighter model may pass: what it lost on one metric, against the original on the same held-out rows. It asks no model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import UserError
from engine.evaluate.suite import Metric, Suite

POINT = 0.01
"""Of a share: the gate is told in points, as owners tell percentages."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found. `delta` is after less before, as a share, with its 95 % interval; `lost` in points, never negative for a gain
    of the wrong sign: more is worse. `proven`: even the worse end of the interval is within what may be lost."""

    before: float | None
    after: float | None
    delta: float | None
    low: float | None
    high: float | None
    p: float | None
    lost: float | None
    passed: bool
    proven: bool

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def gate_metric(suite: Suite, named: str | None = None) -> Metric:
    """What a lighter model of this suite is held to: the metric named, the suite's own, else its first share with a better side.

    Raises UserError for one that the suite does not have, or that is no share: points mean nothing there.
    """
    able = [metric for metric in suite.metrics if metric.span == (0.0, 1.0) and metric.better != "neither"]
    wanted = named or suite.gate or able[0].name
    found = next((metric for metric in able if metric.name == wanted), None)
    if found is None:
        names = ", ".join(metric.name for metric in able)
        raise UserError(
            f"'{wanted}' 지표로는 거를 수 없습니다. '{suite.name}'에서 몫으로 재는 지표: {names}.",
            f"'{wanted}' cannot be held to. Shares that '{suite.name}' measures: {names}.",
        )
    return found


def check_points(points: float) -> None:
    """Raises UserError for what nothing can lose."""
    if not 0 <= points <= 100:
        raise UserError(
            f"--gate {points:g}은(는) 쓸 수 없습니다. 몇 점(0-100)까지 떨어져도 되는지 쓰세요. 보통 3입니다.",
            f"--gate {points:g} cannot be. Say how many points (0-100) may be lost; 3 is usual.",
        )


def judge(result: Mapping[str, Any], original: str, model: str, metric: Metric, points: float) -> Verdict:
    """The verdict on a model of an evaluation's result. What could not be judged does not pass."""
    before, after = (_value(result["models"], name, metric.name) for name in (original, model))
    test = _test(result["paired"], original, model, metric.name)
    delta, low, high, p = (test.get(name) for name in ("delta", "low", "high", "p"))
    if delta is None:
        return Verdict(before, after, None, None, None, None, None, False, False)
    sign = -1 if metric.better == "higher" else 1
    worst = max((sign * end for end in (low, high) if end is not None), default=None)
    lost, room = sign * delta / POINT, points * POINT + 1e-9  # 3 points are 3 points, not 2.9999999
    return Verdict(before, after, delta, low, high, p, lost, sign * delta <= room, worst is not None and worst <= room)


def _value(models: Sequence[Mapping[str, Any]], name: str, metric: str) -> float | None:
    found = next((one for one in models if one["model"] == name), None)
    score = found["metrics"].get(metric) if found else None
    return score["value"] if score else None


def _test(paired: Sequence[Mapping[str, Any]], a: str, b: str, metric: str) -> Mapping[str, Any]:
    return next((one for one in paired if (one["a"], one["b"], one["metric"]) == (a, b, metric)), {})
