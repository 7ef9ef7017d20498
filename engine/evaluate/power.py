"""How many more questions or votes would tell: sample sizes from what was seen so far. Knows numbers; reads no store, imports nothing heavy.

Planning needs a guess of the truth: what was seen is taken for it, so the answer is a size to aim at, not a promise. Power is 80 % at the
level of the tests (0.05), as is usual (Cohen 1988).
"""

import math

from engine.evaluate.compare import ALPHA
from engine.evaluate.statistics import Z
from engine.evaluate.votes import Tally, at_most

POWER = 0.8
Z_POWER = 0.8416212335729143
"""The normal quantile of POWER."""
MOST = 800
"""More is not asked of anybody: that small a difference does not matter to a reader."""
WIDTH = 0.05
"""Half the width of an interval worth aiming at: ± 5 points."""
CLEAR = 0.65
"""A preference that most readers would call clear: 65 of 100."""


def for_width(share: float, half: float = WIDTH) -> int:
    """Answers until the 95 % interval of such a share is about ± `half` (normal approximation, Wald; never fewer than the score interval
    of a share at its bound needs). Raises ValueError for a share or a width outside of 0 to 1."""
    if not 0 <= share <= 1 or not 0 < half < 1:
        raise ValueError(f"share {share}, half {half}")
    at_bound = Z * Z * (1 - 2 * half) / (2 * half)  # Wilson at 0 of n: width z²/(n + z²) = 2·half
    return math.ceil(max(Z * Z * share * (1 - share) / (half * half), at_bound))


def for_difference(gained: float, lost: float) -> int | None:
    """Questions until two models that differ as these do are told apart by McNemar's test (Connor 1987). gained, lost: shares of the
    questions that only the second, and only the first, has right. None: no difference, or more than MOST."""
    difference, differing = abs(gained - lost), gained + lost
    if difference == 0:
        return None
    root = Z * math.sqrt(differing) + Z_POWER * math.sqrt(max(0.0, differing - difference * difference))
    needed = math.ceil((root / difference) ** 2)
    return needed if needed <= MOST else None


def votes_for(share: float) -> int | None:
    """Decided votes until the exact sign test tells such a preference from a coin. None: it is a coin, or takes more than MOST."""
    share = max(share, 1 - share)
    if share <= 0.5 or (near := _normal(share)) > MOST:
        return None
    return next((n for n in range(max(6, int(0.95 * near)), 2 * MOST) if _power(n, share) >= POWER), None)


def votes_left(said: Tally) -> tuple[int, int] | None:
    """(votes needed in all, how many of them are still to come) until so strong a preference would be told from a coin, ties counted
    in as often as they came so far. None: nothing is decided yet, or the two are too alike to be told apart by MOST votes."""
    needed = votes_for(said.share) if said.share is not None else None
    if needed is None:
        return None
    whole = math.ceil(needed * said.n / said.decided)
    return whole, max(0, whole - said.n)


def _normal(share: float) -> float:
    """The same by the normal approximation, where the search begins."""
    return ((Z * 0.5 + Z_POWER * math.sqrt(share * (1 - share))) / (share - 0.5)) ** 2


def _power(n: int, share: float) -> float:
    """Chance that the two-sided sign test over n votes says a difference, were `share` the truth."""
    edge = int(n / 2 - Z * math.sqrt(n) / 2) + 1
    while edge >= 0 and 2 * at_most(edge, n, 0.5) >= ALPHA:
        edge -= 1
    return 0.0 if edge < 0 else at_most(edge, n, 1 - share) + at_most(edge, n, share)
