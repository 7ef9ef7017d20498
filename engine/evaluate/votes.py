"""Blind votes: who stands on which side, and what the counts say. Knows counts and names; reads no store.

The exact interval and the exact test are computed here by hand: scipy takes a second to import, and a page shows them.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.evaluate.compare import ALPHA
from engine.evaluate.statistics import LEVEL

HALVINGS = 40
"""Bisection steps: the interval's ends are exact to 1e-12."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a pair's votes say. `share` is b's among the decided ones; the interval is exact, None when none is decided."""

    a: int
    b: int
    both: int
    neither: int
    share: float | None
    low: float | None
    high: float | None
    p: float | None

    @property
    def n(self) -> int:
        """All votes."""
        return self.a + self.b + self.both + self.neither

    @property
    def decided(self) -> int:
        """Votes for one of the two."""
        return self.a + self.b

    @property
    def verdict(self) -> Literal["a", "b", "same", "none"]:
        """Whose answers are preferred; `same` means that no difference could be shown."""
        if self.p is None:
            return "none"
        return "same" if self.p >= ALPHA else "a" if self.a > self.b else "b"


def tally(counts: Mapping[str, int]) -> Tally:
    """From {a, b, both, neither}."""
    a, b = counts["a"], counts["b"]
    if a + b == 0:
        return Tally(a, b, counts["both"], counts["neither"], None, None, None, None)
    low, high = exact_interval(b, a + b)
    return Tally(a, b, counts["both"], counts["neither"], b / (a + b), low, high, sign_test(a, b))


def sign_test(a: int, b: int) -> float:
    """Exact two-sided p of so uneven a count, were both sides equally liked (binomial at 1/2)."""
    return min(1.0, 2 * at_most(min(a, b), a + b, 0.5)) if a + b else 1.0


def exact_interval(successes: int, n: int) -> tuple[float, float]:
    """Clopper & Pearson's interval of a share: never covers less than it says. (0, 1) when there is nothing."""
    tail = (1 - LEVEL) / 2
    low = 0.0 if successes == 0 else _where(lambda p: 1 - at_most(successes - 1, n, p) >= tail)
    high = 1.0 if successes == n else _where(lambda p: at_most(successes, n, p) < tail)
    return low, high


def _where(reached: Callable[[float], bool]) -> float:
    """The smallest share at which `reached` holds; it stays so above."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return (low + high) / 2


def at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) of the binomial, summed from logarithms so that thousands of votes do not overflow."""
    if p <= 0.0 or k >= n:
        return 1.0
    if p >= 1.0:
        return 0.0
    yes, no, whole = math.log(p), math.log1p(-p), math.lgamma(n + 1)
    terms = (
        math.exp(whole - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * yes + (n - i) * no) for i in range(k + 1)
    )
    return min(1.0, math.fsum(terms))


def in_chance_order(evaluation_id: str, items: Iterable[str]) -> list[str]:
    """Items in an order that looks random and stays the same after a refresh and in another tab."""
    return sorted(items, key=lambda item: _hash("order", evaluation_id, item))


def sides(evaluation_id: str, item: str, a: str, b: str) -> tuple[str, str]:
    """(left, right): a coin thrown per item that falls alike after a refresh and in another tab."""
    first, second = sorted((a, b))
    heads = _hash("side", evaluation_id, item, first, second)[0] % 2
    return (first, second) if heads else (second, first)


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
