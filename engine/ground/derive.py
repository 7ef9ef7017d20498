"""Whether an amount follows from amounts of question and clauses: 하루 3만원 × 10일, 1억원의 50%, 10일 − 3일, sums of two.

It tries products, shares, differences and sums of at most three amounts that stand there; it does not prove that the
calculation is the one the clause means.
"""

from collections.abc import Sequence

from engine.ground.numbers import Amount

_TIMES = ("period", "count", "times", "people", "things", "cases", "nights", "hours", "bare", "meals", "nth_day")


def derivable(amount: Amount, known: Sequence[Amount]) -> bool:
    """Whether `amount` is a calculation over `known` (amounts of the question and of the clauses)."""
    target = amount.value
    return any(abs(value - target) <= 1e-6 * max(1.0, target) for value in _values(amount.dimension, known))


def _values(dimension: str, known: Sequence[Amount]) -> set[float]:
    if dimension == "money":
        return _money(known)
    own = {a.value for a in known if a.dimension == dimension}
    found = {x - y for x in own for y in own if x > y} | {x + y for x in own for y in own if x != y}
    if dimension == "times":
        found |= {a.value / 100 for a in known if a.dimension == "percent"}
    if dimension == "percent":
        found |= {a.value * 100 for a in known if a.dimension == "times"} | {100 - x for x in own}
        sums = [a.value for a in known if a.dimension == "money"]
        found |= {round(100 * x / y, 4) for x in sums for y in sums if y > 0}
    if dimension in ("nth_day", "period"):
        found |= {a.value + 1 for a in known if a.dimension == "period"}
    return found


def _money(known: Sequence[Amount]) -> set[float]:
    sums = {a.value for a in known if a.dimension == "money"}
    counts = {_count(a) for a in known if a.dimension in _TIMES}
    counts |= {x - y for x in counts for y in counts if x > y} | {x - y + 1 for x in counts for y in counts if x > y}
    shares = {a.value / 100 for a in known if a.dimension == "percent"}
    shares |= {1 - share for share in shares if share < 1}
    products = {x * n for x in sums for n in counts if n > 0}
    parts = {x * share for x in (sums | products) for share in shares}
    differences = {x - y for x in sums for y in sums if x > y}
    added = {x + y for x in sums | products | parts for y in sums if x != y}
    after = {(x - y) * share for x in sums for y in sums if x > y for share in shares}
    less = {x - y for x in sums | parts for y in sums | parts if x > y}
    return products | parts | differences | added | after | less


def _count(amount: Amount) -> float:
    """A period counts in its own unit: 3개월 is 3 monthly payments."""
    from engine.ground.numbers import UNITS

    return (
        amount.value / UNITS[amount.unit][1] if amount.dimension == "period" and amount.unit in UNITS else amount.value
    )
