"""Calculations an answer shows: 20만원의 30%는 6만원, 하루 3만원씩 10일이면 30만원, 50만원에서 20만원을 뺀 30만원. Are they right?

Only what is written out is checked; derive.py looks for calculations that are left unsaid.
"""

import re
from collections.abc import Iterator, Sequence

from engine.ground.folding import fold
from engine.ground.numbers import UNITS, Amount

_NEAR = 16
"""Code points between two members of one calculation."""


def wrong_results(text: str, amounts: Sequence[Amount]) -> Iterator[Amount]:
    """Results in `text` that are not what their calculation gives. `amounts` lie in `text`, in order."""
    folded = fold(text)
    for at, result in enumerate(amounts):
        if result.dimension not in ("money", "dollar") or at == 0:
            continue
        expected = _expected(folded, amounts[:at], result)
        if expected is not None and all(abs(value - result.value) > max(1.0, 0.002 * value) for value in expected):
            yield result


def _expected(text: str, before: Sequence[Amount], result: Amount) -> set[float] | None:
    """Values the written calculation may give; None when none is written directly in front of `result`."""
    last = before[-1]
    if (total := _total(text, before, result)) is not None:
        return total
    between = text[last.end : result.start]
    if len(between) > _NEAR:
        return None
    earlier = before[-2] if len(before) > 1 and last.start - before[-2].end <= _NEAR else None
    link = text[earlier.end : last.start] if earlier else ""
    if (
        earlier
        and last.dimension == "percent"
        and earlier.dimension == result.dimension
        and re.match(r"\s?(?:의|에서|에|중|×|x|\*)", link)
    ):
        if re.match(
            r"\s?(?:인|은|는|이므로|이라|이니|면|이면|로|=|,|가|에\s?해당하는|만)?\s?(?:즉\s?|약\s?)?$", between
        ):
            return {earlier.value * last.value / 100}
        return None
    if earlier and last.dimension == earlier.dimension == result.dimension:
        return _of_two(link, between, earlier.value, last.value, before)
    if earlier and earlier.dimension == result.dimension and _times(link, between, last):
        return {earlier.value * _count(last)}
    return None


def _total(text: str, before: Sequence[Amount], result: Amount) -> set[float] | None:
    """Sums of two and more of the amounts before, when the text says that it adds (합하면, 더해)."""
    said = [a.value for a in before if a.dimension == result.dimension][-6:]
    adds = re.search(
        r"(?:합하|합해|합쳐|합산|더하|더해|합한|더한|합계)[가-힣,\s]{0,12}(?:총|모두|전부|즉)?\s?$",
        text[before[-1].end : result.start],
    )
    if not adds or len(said) < 2:
        return None
    sums = {0.0}
    for value in said:
        sums |= {total + value for total in sums}
    counts = [_count(a) for a in before if a.dimension in ("count", "things", "period", "people", "times")]
    return (
        sums | {total * n for total in said for n in counts} | {x * n + y for x in said for n in counts for y in said}
    )


def _of_two(link: str, between: str, first: float, second: float, before: Sequence[Amount]) -> set[float] | None:
    if re.match(r"\s?(?:에서|중에서?|-)", link) and re.match(
        r"[을를]?\s?(?:빼|뺀|공제|제외|차감|제한|제하|덜|=)", between
    ):
        return {first - second}
    if re.match(r"\s?(?:와|과|에|하고|이랑|랑|\+)\s?", link) and re.match(
        r"[을를]?\s?(?:더한|더하|더해|합한|합하|합쳐|합친|합산|=)", between
    ):
        total = first + second
        return {total, total + sum(a.value for a in before[:-2] if a.dimension == before[-1].dimension)}
    return None


def _times(link: str, between: str, last: Amount) -> bool:
    multiplies = re.match(r"\s?(?:씩|×|x|\*|의|이\s?|에)\s?(?:총\s?)?$", link) is not None
    concludes = re.match(
        r"\s?(?:이므로|이니까?|이면|면|간|분|치|동안|이라|로|=|,|을|를|인|해서|니까?)?\s?(?:곱하면|곱한)?\s?,?\s?(?:총|모두|합계|즉|전부\s?해서)?\s?$",
        between,
    )
    return (
        multiplies
        and concludes is not None
        and last.dimension in ("period", "count", "things", "people", "times", "cases", "nights")
    )


def _count(amount: Amount) -> float:
    return (
        amount.value / UNITS[amount.unit][1] if amount.dimension == "period" and amount.unit in UNITS else amount.value
    )
