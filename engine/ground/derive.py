"""Whether an amount follows from amounts of question, clauses and answer: 하루 3만원 × 10일, 1억원의 50%, 10일 − 3일, sums.

It knows four habits of clauses: days that do not count (3일 초과 1일당), a lowest and a highest amount (최저 20만원, 최고 50만원), the
greater of two (2만원과 20% 중 큰 금액) and limits (20만원 한도). It does not prove that the calculation is the one that is meant.
"""

import re
from collections.abc import Iterable, Sequence

from engine.ground.numbers import UNITS, Amount

_TIMES = ("period", "count", "times", "people", "things", "cases", "nights", "hours", "meals", "bare", "km", "copies")
_NOT_COUNTED = re.compile(
    r"(?:(\d+)일\s?(?:을\s?)?(?:초과|공제)[가-힣\s]{0,12}(?:1일|하루|매일|일당|입원일수)|(\d+)일째\s?(?:입원일)?\s?부터)"
)
MOST_KNOWN = 24
"""Amounts that take part: with more, any sum could be found by chance."""


def derivable(amount: Amount, known: Sequence[Amount], text: str, adds: bool = False) -> bool:
    """Whether `amount` is a calculation over `known`; `text`: the clauses, for days that do not count. `adds`: periods may be summed."""
    few = list({(a.dimension, a.value): a for a in known}.values())[:MOST_KNOWN]
    skipped = {float(n) - (1 if nth else 0) for day, nth in _NOT_COUNTED.findall(text) for n in [day or nth]}
    if adds and amount.dimension != "money":
        alike = [a.value for a in few if a.dimension == amount.dimension]
        if any(abs(x + y - amount.value) < 1e-6 for x in alike for y in alike):
            return True
    close = 1e-6 if amount.value % 10_000 == 0 else 0.003  # a rounded quotient: 약 292만 원 is 2,916,667
    return any(abs(value - amount.value) <= close * max(1.0, amount.value) for value in _values(amount, few, skipped))


def _values(amount: Amount, known: Sequence[Amount], skipped: set[float]) -> set[float]:
    if amount.dimension in ("money", "dollar"):
        return _money(amount.dimension, known, skipped)
    own = {a.value for a in known if a.dimension == amount.dimension}
    found = {abs(x - y) for x in own for y in own if x != y}
    if amount.dimension == "times":
        found |= {a.value / 100 for a in known if a.dimension == "percent"}
    if amount.dimension == "percent":
        points = {a.value for a in known if a.dimension == "point"} | own
        found |= {a.value * 100 for a in known if a.dimension == "times"} | {100 - x for x in own}
        found |= {x + y for x in own for y in points if x != y}
        sums = [a.value for a in known if a.dimension == "money"]
        found |= {round(100 * x / y, 4) for x in sums for y in sums if y > x > 0}
    if amount.dimension in ("nth_day", "period"):
        found |= {a.value + 1 for a in known if a.dimension in ("period", "nth_day")} | {
            a.value - 1 for a in known if a.dimension == "nth_day"
        }
    if amount.dimension == "period":
        shares = [a.value / 100 for a in known if a.dimension == "percent"]
        found |= {x * share for x in own for share in shares} | {x - s for x in own for s in skipped if x > s}
        ages = [a.value for a in known if a.dimension == "age"]
        counts = [_count(a) for a in known if a.dimension in ("count", "things", "times")]
        months = [_count(a) for a in known if a.dimension == "period" and a.unit in ("개월", "달")]
        found |= {x * n for x in own for n in months if x <= 2}
        found |= {abs(x - y) * 365 for x in ages for y in ages} | {x * n for x in own for n in counts}
    if amount.dimension in ("count", "things", "cases"):
        mixed = [_count(a) for a in known if a.dimension in _TIMES]
        found |= {abs(x - y) for x in mixed for y in mixed} | {x * y for x in mixed for y in mixed} | set(mixed)
    return found


def _money(dimension: str, known: Sequence[Amount], skipped: set[float]) -> set[float]:
    sums = {a.value for a in known if a.dimension == dimension}
    counts = {_count(a) for a in known if a.dimension in _TIMES}
    if skipped:
        days = {_count(a) for a in known if a.dimension == "period" and a.unit in ("일", "주", "일간")}
        counts = {n for n in counts if n not in days or any(n + s in days for s in skipped) or n <= max(skipped)}
        counts |= {n - s for n in days for s in skipped if n > s}
    else:
        counts |= {x - y for x in counts for y in counts if x > y}
    shares = {a.value / 100 for a in known if a.dimension == "percent" and a.value > 0}
    shares |= {1 - share for share in shares if share < 1}
    products = {x * n for x in sums for n in counts if n > 0}
    parts = {x * share for x in _first(sums | products, 400) for share in shares}
    plain = {x - y for x in sums for y in sums if x > y} | {x + y for x in sums for y in sums}
    mixed = {x + y for x in products | parts for y in sums} | {abs(x - y) for x in products | parts for y in sums}
    split = {x / n for x in sums | plain for n in counts | {12 * n for n in counts} if n > 1}
    split |= {round(value, -4) for value in split}
    later = {(x - y) * share for x in sums for y in sums if x > y for share in shares}
    return products | parts | plain | mixed | later | split


def _first(values: Iterable[float], most: int) -> list[float]:
    return sorted(values)[:most]


def _count(amount: Amount) -> float:
    """A period counts in its own unit: 3개월 is 3 monthly payments."""
    if amount.dimension == "period" and amount.unit in UNITS:
        return amount.value / UNITS[amount.unit][1]
    return amount.value
