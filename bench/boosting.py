"""Gradient-boosted trees of depth 3 for two classes (Friedman 2001, second-order steps as in Chen & Guestrin 2016), in numpy.

For a few thousand rows: signals are sorted into at most BINS quantile bins once, and a split is sought on sums per bin. It stops
after a fixed number of trees.
"""

from dataclasses import dataclass

import numpy as np

DEPTH = 3
TREES, RATE, ROWS, COLUMNS, LEAST, SHRINK = 300, 0.05, 0.7, 0.3, 8, 3.0
"""Number of trees, step, shares of rows and signals that a tree sees, rows per leaf at least, L2 on leaves."""
BINS = 48


@dataclass
class Forest:
    """Arrays as engine/ground/checker.py reads them."""

    feature: np.ndarray
    cut: np.ndarray
    leaf: np.ndarray
    base: float


def boost(
    rows: np.ndarray, wrong: np.ndarray, seed: int, trees: int = TREES, weights: np.ndarray | None = None
) -> Forest:
    """Fit on `rows` (answers, signals) and `wrong` (answers,) of 0 and 1; `weights` (answers,) count some for less."""
    rng = np.random.default_rng(seed)
    share = np.ones(len(rows)) if weights is None else weights
    base = float(np.log((share * wrong).sum() / (share * (1 - wrong)).sum()))
    odds = np.full(len(rows), base)
    edges = [_edges(column) for column in rows.T]
    bins = np.stack([np.searchsorted(edge, column) for edge, column in zip(edges, rows.T, strict=True)], 1)
    feature = np.zeros((trees, 2**DEPTH - 1), dtype=np.int16)
    cut = np.full((trees, 2**DEPTH - 1), np.inf, dtype=np.float32)
    leaf = np.zeros((trees, 2**DEPTH), dtype=np.float32)
    for tree in range(trees):
        chance = 1 / (1 + np.exp(-odds))
        slope, bend = share * (chance - wrong), share * chance * (1 - chance)
        seen = rng.choice(len(rows), int(ROWS * len(rows)), replace=False)
        columns = rng.choice(rows.shape[1], max(1, int(COLUMNS * rows.shape[1])), replace=False)
        _grow(bins, edges, slope, bend, seen, columns, 0, (feature[tree], cut[tree], leaf[tree]))
        odds = odds + _answers(rows, feature[tree], cut[tree], leaf[tree])
    return Forest(feature, cut, leaf, base)


def _edges(column: np.ndarray) -> np.ndarray:
    """Cuts between the quantiles of a signal (single precision, as they are stored)."""
    values = np.unique(column)
    if len(values) > BINS:
        values = np.unique(np.quantile(column, np.linspace(0, 1, BINS)))
    cuts: np.ndarray = ((values[1:] + values[:-1]) / 2).astype(np.float32).astype(float)
    return cuts


def _grow(
    bins: np.ndarray,
    edges: list[np.ndarray],
    slope: np.ndarray,
    bend: np.ndarray,
    seen: np.ndarray,
    columns: np.ndarray,
    node: int,
    tree: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    feature, cut, leaf = tree
    if node >= 2**DEPTH - 1:
        leaf[node - (2**DEPTH - 1)] = -RATE * slope[seen].sum() / (bend[seen].sum() + SHRINK)
        return
    found = _split(bins, slope, bend, seen, columns)
    left = np.ones(len(seen), dtype=bool)
    if found is not None:
        feature[node], cut[node] = found[0], edges[found[0]][found[1]]
        left = bins[seen, found[0]] <= found[1]
    _grow(bins, edges, slope, bend, seen[left], columns, 2 * node + 1, tree)
    _grow(bins, edges, slope, bend, seen[~left], columns, 2 * node + 2, tree)


def _split(
    bins: np.ndarray, slope: np.ndarray, bend: np.ndarray, seen: np.ndarray, columns: np.ndarray
) -> tuple[int, int] | None:
    """(signal, bin) after which to split for the most gain; None when none leaves LEAST rows on both sides."""
    if len(seen) < 2 * LEAST:
        return None
    at = (bins[np.ix_(seen, columns)] + (BINS + 1) * np.arange(len(columns))).ravel()
    size = (BINS + 1) * len(columns)
    shape = (len(columns), BINS + 1)

    def summed(values: np.ndarray) -> np.ndarray:
        counted = np.bincount(at, np.repeat(values, len(columns)), size).reshape(shape)
        return np.cumsum(counted, axis=1)[:, :-1]

    slopes, bends, rows = summed(slope[seen]), summed(bend[seen]), summed(np.ones(len(seen)))
    total, weight = slope[seen].sum(), bend[seen].sum()
    gain = (
        slopes**2 / (bends + SHRINK) + (total - slopes) ** 2 / (weight - bends + SHRINK) - total**2 / (weight + SHRINK)
    )
    gain[(rows < LEAST) | (rows > len(seen) - LEAST)] = -1.0
    best = int(gain.argmax())
    column, place = divmod(best, BINS)
    return (int(columns[column]), place) if gain[column, place] > 1e-9 else None


def _answers(rows: np.ndarray, feature: np.ndarray, cut: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    node = np.zeros(len(rows), dtype=int)
    for _ in range(DEPTH):
        node = 2 * node + 1 + (rows[np.arange(len(rows)), feature[node]] > cut[node])
    return leaf[node - (2**DEPTH - 1)]
