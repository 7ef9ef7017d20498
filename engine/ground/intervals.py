"""Does an amount fall within what a clause demands: 3시간 does not meet 4시간 이상; 5,000km falls in 3,000km 초과 7,000km 이하."""

import re
from collections.abc import Iterable, Sequence

from engine.ground.binding import is_rate, local
from engine.ground.bounds import side, strictness
from engine.ground.context import Shown, Unit
from engine.ground.numbers import Amount

MOST_BOUNDS = 2
"""More bounds of one dimension in a unit are steps of a list, which no single amount meets all."""
_EITHER = re.compile(r"또는|거나|혹은")
MOST_APART = 12
"""8년 is no answer to 60일 이내: amounts further apart measure different things."""
_MEASURED = (
    "period",
    "hours",
    "age",
    "km",
    "percent",
    "count",
    "grade",
    "nth_day",
    "cc",
    "cm",
    "kg",
    "m",
    "things",
    "people",
)


def holds(asked: Sequence[Amount], unit: Unit, bounds: Iterable[Amount]) -> bool | None:
    """Whether the asked amounts meet all bounded amounts among `bounds`; None when none of them is comparable."""
    judged: list[bool] = []
    for bound in bounds:
        where, strict = (
            side(unit.piece.text, local(unit.piece, bound)),
            strictness(unit.piece.text, local(unit.piece, bound)),
        )
        compared = _comparable(asked, bound)
        if where and compared:
            judged.append(any(_meets(a.value, bound.value, where, strict) for a in compared))
    if len(judged) > MOST_BOUNDS:
        return None
    return (any(judged) if _EITHER.search(unit.piece.text) else all(judged)) if judged else None


def _comparable(asked: Sequence[Amount], bound: Amount) -> list[Amount]:
    """Of one dimension and order of size; those in the bound's own unit alone where there are any (6주 against 4주, not 9일)."""
    alike = [a for a in asked if a.dimension == bound.dimension and bound.dimension in _MEASURED and _near(a, bound)]
    return [a for a in alike if a.unit == bound.unit] or alike


def _near(a: Amount, b: Amount) -> bool:
    return max(a.value, b.value) <= MOST_APART * min(a.value, b.value)


def _meets(value: float, bound: float, where: int, strict: int) -> bool:
    return (value - bound) * where < 0 or (value == bound and strict <= 0)


def rows(amount: Amount, shown: Shown) -> tuple[bool, Unit | None]:
    """(whether a row with this value holds the asked amounts, else the unit of another row that does).

    A row is an amount with the bounds in front of it: 7,000km 초과 12,000km 이하 15%.
    """
    asked = [a for a in shown.asked_amounts if a.dimension != amount.dimension]
    same: list[bool | None] = []
    other: list[Unit] = []
    for unit, candidate in shown.amounts():
        if candidate.dimension != amount.dimension or is_rate(unit.piece, candidate):
            continue
        fits = holds(asked, unit, _gate(unit, candidate))
        if candidate.same(amount):
            same.append(fits)
        elif fits:
            other.append(unit)
    return any(same), other[0] if same and other and all(fit is False for fit in same) else None


def _gate(unit: Unit, amount: Amount) -> Iterable[Amount]:
    """The amounts of other dimensions between `amount` and the one of its dimension before it."""
    alike = [a.end for a in unit.piece.amounts if a.dimension == amount.dimension and a.end <= amount.start]
    before = max(alike, default=-1)
    return (a for a in unit.piece.amounts if before <= a.start < amount.start and a.dimension != amount.dimension)
