"""How many rows to read to know how many are wrong, which ones, and what the decisions so far say of all rows.

Rows are drawn at random, each type of question by its share. A row that was dropped or edited counts as wrong. The interval
is Wilson's with the correction for a finite population, at 95 %: when every row was read, nothing is uncertain any more.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from engine.store.reviews import decisions
from engine.store.rows import kept_by_type

Z = 1.959964
"""Of a normal distribution, for 95 %."""
EXPECTED = 0.1
"""Share of wrong rows a plan is made for: at 10 %, 50 rows tell the rate within 8 points; at 50 % it takes 150."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Share of wrong rows among all kept ones, with its 95 % interval, from `n` rows read."""

    n: int
    wrong: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to read, by type of question, and what those read so far say."""

    rows: int
    chosen: tuple[int, ...]
    by_type: Mapping[str, int]
    margin: float
    expected: float
    estimate: Estimate
    pending: tuple[int, ...]
    """The chosen rows nobody decided on, in the order to read them."""


def plan_review(db: Database, dataset_id: str, margin: float, expected: float = EXPECTED, seed: int = 0) -> Plan:
    """A plan for a dataset; the same for the same seed, and a finer margin keeps the rows of a coarser one.

    margin, expected: shares (0.08 = 8 points).
    """
    types = kept_by_type(db, dataset_id)
    rows = sum(len(ids) for ids in types.values())
    drawn = {kind: _drawn(ids, seed) for kind, ids in types.items()}
    shares = _allotted({kind: len(ids) for kind, ids in types.items()}, sample_size(rows, margin, expected))
    chosen = _dealt({kind: drawn[kind][: shares[kind]] for kind in types})
    made = {one["row_id"]: one["decision"] for one in decisions(db, dataset_id)}
    read = [row for row in chosen if row in made]
    wrong = sum(made[row] != "keep" for row in read)
    pending = tuple(row for row in chosen if row not in made)
    return Plan(rows, tuple(chosen), shares, margin, expected, estimated(wrong, len(read), rows), pending)


def sample_size(rows: int, margin: float, expected: float = EXPECTED) -> int:
    """The fewest rows to read so that the interval reaches at most `margin` to either side, were `expected` of them wrong."""
    low, high = min(1, rows), rows
    while low < high:
        middle = (low + high) // 2
        if _half_width(expected, middle, rows) <= margin:
            high = middle
        else:
            low = middle + 1
    return low


def estimated(wrong: int, read: int, rows: int) -> Estimate:
    """Wilson's interval for `wrong` of `read` rows, drawn from `rows`."""
    if not read:
        return Estimate(0, 0, None, 0.0, 1.0)
    share = wrong / read
    if read >= rows:
        return Estimate(read, wrong, share, share, share)
    low, high = _wilson(share, read * (rows - 1) / (rows - read))
    # rows known to be wrong or right bound the share of all
    return Estimate(read, wrong, share, max(low, wrong / rows), min(high, 1 - (read - wrong) / rows))


def _wilson(share: float, n: float) -> tuple[float, float]:
    square = Z * Z / n
    centre = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(share * (1 - share) / n + square / (4 * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def _half_width(share: float, read: int, rows: int) -> float:
    if read >= rows:
        return 0.0
    low, high = _wilson(share, read * (rows - 1) / (rows - read))
    return (high - low) / 2


def _drawn(ids: Sequence[int], seed: int) -> list[int]:
    return sorted(ids, key=lambda one: hashlib.blake2b(f"{seed}:{one}".encode()).digest())


def _allotted(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """`total` shared out by size, the largest remainders first."""
    rows = sum(sizes.values())
    exact = {kind: total * size / rows for kind, size in sizes.items()} if rows else {}
    shares = {kind: int(part) for kind, part in exact.items()}
    rest = sorted(exact, key=lambda kind: (shares[kind] - exact[kind], kind))
    for kind in rest[: total - sum(shares.values())]:
        shares[kind] += 1
    return shares


def _dealt(by_type: Mapping[str, Sequence[int]]) -> list[int]:
    """All types in turn, so that whoever stops early has read some of each."""
    places = [((place + 0.5) / len(ids), kind, row) for kind, ids in by_type.items() for place, row in enumerate(ids)]
    return [row for *_, row in sorted(places)]
