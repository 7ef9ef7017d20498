"""Amounts and ranges in a text: 5 내지 20 중량%, 10~30℃, 40 중량% 이상, 12시간 미만. It knows no unit by meaning, only by name."""

import re
from dataclasses import dataclass

_NUMBER = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?"
_UNIT = r"(?:중량\s*%|중량부|부피\s*%|질량\s*%|몰\s*%|wt\s*%|vol\s*%|mol\s*%|%|퍼센트|℃|°C|도|ppm|nm|㎚|μm|㎛|마이크로미터|나노미터|mm|㎜|cm|㎝|km|mg|㎎|kg|㎏|mL|ml|kPa|MPa|GPa|Pa|kHz|MHz|GHz|Hz|mA|mAh|kW|rpm|시간|분|초|일|개|배|회|몰|리터|g|L|l|m|V|A|W|M|N)"
_JOINT = r"\s*(?:내지|에서|~|∼|〜|–|부터|-)\s*"
_RANGE = re.compile(
    rf"(?<![\d.\-])({_NUMBER})\s*({_UNIT})?{_JOINT}({_NUMBER})\s*({_UNIT})?(?:\s*(?:까지|사이))?(?![\d.])"
)
_BOUNDS = re.compile(
    rf"(?<![\d.\-])({_NUMBER})\s*({_UNIT})?\s*(이상|초과)\s*,?\s*({_NUMBER})\s*({_UNIT})?\s*(이하|미만)"
)
_BOUND = re.compile(rf"(?<![\d.\-])({_NUMBER})\s*({_UNIT})?\s*(이상|초과|이하|미만)")
_AMOUNT = re.compile(rf"(?<![\d.\-A-Za-z])({_NUMBER})\s*({_UNIT})(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Range:
    """What a claim allows. None: no bound on that side."""

    low: float | None
    high: float | None
    unit: str
    """As written, without blanks; "" without one."""
    start: int
    end: int
    low_open: bool = False
    """True: 초과, the bound itself is outside."""
    high_open: bool = False

    def holds(self, value: float) -> bool:
        over = self.low is None or (value > self.low if self.low_open else value >= self.low)
        under = self.high is None or (value < self.high if self.high_open else value <= self.high)
        return over and under


@dataclass(frozen=True, slots=True)
class Amount:
    """One number with its unit."""

    value: float
    unit: str
    start: int
    end: int
    """Of the number alone."""


def ranges_in(text: str) -> list[Range]:
    """Ranges in order; none inside another."""
    found: list[Range] = []
    for m in _BOUNDS.finditer(text):
        found.append(Range(_value(m[1]), _value(m[4]), _unit(m[5] or m[2]), *m.span(), m[3] == "초과", m[6] == "미만"))
    for m in _RANGE.finditer(text):
        least, most = _value(m[1]), _value(m[3])
        if most >= least:
            found.append(Range(least, most, _unit(m[4] or m[2]), *m.span()))
    for m in _BOUND.finditer(text):
        value, over = _value(m[1]), m[3] in ("이상", "초과")
        opened = m[3] in ("초과", "미만")
        low, high = (value if over else None), (None if over else value)
        found.append(Range(low, high, _unit(m[2]), *m.span(), over and opened, not over and opened))
    kept: list[Range] = []
    for one in found:
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def amounts_in(text: str) -> list[Amount]:
    """Numbers with a unit that stand in no range."""
    taken = [(one.start, one.end) for one in ranges_in(text)]
    return [
        Amount(_value(m[1]), _unit(m[2]), *m.span(1))
        for m in _AMOUNT.finditer(text)
        if not any(low <= m.start() < high for low, high in taken)
    ]


def written(value: float, like: str) -> str:
    """A number as it would stand beside `like`: no more decimals than needed, a comma where that one has one."""
    text = f"{value:,.3f}" if "," in like else f"{value:.3f}"
    return text.rstrip("0").rstrip(".")


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _unit(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")
