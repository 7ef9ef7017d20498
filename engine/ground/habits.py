"""Habits of clauses that an answer may pass over: a lowest and a highest amount, the greater of two, a limit, a reduction in the
first year. Each is looked for in one paragraph of the clauses and held against the amounts of question and answer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from engine.ground.binding import is_rate
from engine.ground.bounds import side
from engine.ground.context import Shown, Unit
from engine.ground.folding import fold
from engine.ground.numbers import Amount, read_amounts

_GREATER = re.compile(r"중\s?(?:에서?\s?)?(?:더\s?)?(?:큰|많은|높은)")
_LESSER = re.compile(r"중\s?(?:에서?\s?)?(?:더\s?)?(?:작은|적은|낮은)")
_LOWEST = re.compile(r"(?:최저|최소|하한)\s?(?:금액|한도|액)?(?:액)?\s?(?:은|는|인|:)?\s?$")
_HIGHEST = re.compile(r"(?:최고|최대|상한)\s?(?:금액|한도|액)?(?:액)?\s?(?:은|는|인|:)?\s?$")
_BELOW = re.compile(r"^\s?(?:보다|에)\s?(?:적|작|낮|미달|못\s?미)")
_ABOVE = re.compile(r"^\s?(?:보다\s?(?:많|크|클|높)|을\s?(?:넘|초과))")
_LIMIT = re.compile(r"^\s?(?:을|를)?\s?(?:한도|까지|이내|범위)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Units that stand together, their text and amounts."""

    unit: Unit
    text: str
    amounts: tuple[Amount, ...]


def passed_over(shown: Shown, said: Sequence[Amount]) -> Iterator[tuple[str, Unit]]:
    """(habit, unit) for every habit that the answer's amounts `said` break (names in HABITS)."""
    money = [a.value for a in said if a.dimension == "money"]
    bases = [a.value for a in shown.asked_amounts if a.dimension == "money"]
    for paragraph in _paragraphs(shown):
        shares = [a for a in paragraph.amounts if a.dimension == "percent"]
        if bases and money:
            yield from ((habit, paragraph.unit) for habit in _limits(paragraph, shares, bases, money[-1]))
        if shares and not bases and money:
            yield from ((habit, paragraph.unit) for habit in _reductions(shown, paragraph, shares, said))
        if money:
            yield from ((habit, paragraph.unit) for habit in _counts(shown, paragraph, said))


HABITS = ("floor", "ceiling", "greater", "lesser", "over_limit", "over_count", "reduction", "no_reduction")


def _paragraphs(shown: Shown) -> Iterator[Paragraph]:
    for _, group in groupby(shown.units, key=lambda unit: (unit.index, unit.article, unit.paragraph)):
        units = list(group)
        for at, unit in enumerate(units):
            if any(a.dimension == "percent" for a in unit.piece.amounts) or any(
                _LIMIT.match(unit.piece.text[a.end - unit.piece.start :]) for a in unit.piece.amounts
            ):
                together = units[at : at + 3]
                text = fold(" ".join(one.piece.text for one in together))
                yield Paragraph(unit, text, read_amounts(text))


def _limits(paragraph: Paragraph, shares: Sequence[Amount], bases: Sequence[float], final: float) -> Iterator[str]:
    text = paragraph.text
    fixed = [a for a in paragraph.amounts if a.dimension == "money"]
    for base in bases:
        for share in shares:
            part = base * share.value / 100
            meant = {part, base - part}
            for amount in fixed:
                before, behind = text[: amount.start][-9:], text[amount.end :][:10]
                if final in meant and part < amount.value and (_LOWEST.search(before) or _BELOW.match(behind)):
                    yield "floor"
                if final in meant and part > amount.value and (_HIGHEST.search(before) or _ABOVE.match(behind)):
                    yield "ceiling"
                if final == part > amount.value and _LIMIT.match(behind):
                    yield "over_limit"
                bigger, smaller = max(part, amount.value), min(part, amount.value)
                if amount.start < share.start and share.start - amount.end < 25 and bigger != smaller:
                    after = text[share.end : share.end + 20]
                    if _GREATER.search(after) and final in (smaller, base - smaller):
                        yield "greater"
                    if _LESSER.search(after) and final in (bigger, base - bigger):
                        yield "lesser"


def _counts(shown: Shown, paragraph: Paragraph, said: Sequence[Amount]) -> Iterator[str]:
    """연간 3개 한도: the asked number lies above, the answer multiplies by it and never names the limit."""
    final = [a.value for a in said if a.dimension == "money"][-1]
    unit_prices = {a.value * share for _, a in shown.amounts() if a.dimension == "money" for share in (1.0, 0.5)}
    for limit in paragraph.amounts:
        if limit.dimension not in ("things", "count", "period") or not _LIMIT.match(paragraph.text[limit.end :][:10]):
            continue
        for asked in shown.asked_amounts:
            beyond = asked.dimension == limit.dimension and asked.unit == limit.unit and asked.value > limit.value
            if beyond and final / asked.value in unit_prices and not any(a.same(limit) for a in said):
                yield "over_count"


def _reductions(shown: Shown, paragraph: Paragraph, shares: Sequence[Amount], said: Sequence[Amount]) -> Iterator[str]:
    """계약일부터 1년 미만에는 50%: does the asked time fall in it, and does the answer reduce?"""
    gates = [a for a in paragraph.unit.piece.amounts if a.dimension == "period"]
    times = [a for piece in shown.asked for a in piece.amounts if a.dimension == "period" and not is_rate(piece, a)]
    if len(gates) != 1 or len(times) != 1 or shares[0].value >= 100 or not shares[0].value:
        return
    start = paragraph.unit.piece.start
    gate = Amount(gates[0].start - start, gates[0].end - start, gates[0].value, "period", gates[0].unit)
    if side(paragraph.unit.piece.text, gate) != 1:
        return
    full = {a.value for _, a in shown.amounts() if a.dimension == "money"}
    values = {a.value for a in said if a.dimension == "money"}
    reduced = any(value / (shares[0].value / 100) in full for value in values) or any(a.same(shares[0]) for a in said)
    if times[0].value < gate.value and not reduced and values & full:
        yield "reduction"
    if times[0].value > gate.value and reduced and not values & full:
        yield "no_reduction"
