"""Gradient-boosted trees of depth 3 for two classes (Friedman 2001, second-order steps as in Chen & Guestrin 2016), in numpy.

For a few hundred rows: every split of every signal is tried. It stops after a fixed number of trees.
"""

from dataclasses import dataclass

import numpy as np

DEPTH = 3
TREES, RATE, ROWS, COLUMNS, LEAST, SHRINK = 200, 0.05, 0.7, 0.4, 8, 2.0
"""Number of trees, step, shares of rows and signals that a tree sees, rows per leaf at least, L2 on leaves."""


@dataclass
class Forest:
    """Arrays as engine/ground/checker.py reads them."""

    feature: np.ndarray
    cut: np.ndarray
    leaf: np.ndarray
    base: float


def boost(rows: np.ndarray, wrong: np.ndarray, seed: int, trees: int = TREES) -> Forest:
    """Fit on `rows` (answers, signals) and `wrong` (answers,) of 0 and 1."""
    rng = np.random.default_rng(seed)
    base = float(np.log(wrong.mean() / (1 - wrong.mean())))
    odds = np.full(len(rows), base)
    feature = np.zeros((trees, 2**DEPTH - 1), dtype=np.int16)
    cut = np.full((trees, 2**DEPTH - 1), np.inf, dtype=np.float32)
    leaf = np.zeros((trees, 2**DEPTH), dtype=np.float32)
    for tree in range(trees):
        chance = 1 / (1 + np.exp(-odds))
        slope, bend = chance - wrong, chance * (1 - chance)
        seen = rng.choice(len(rows), int(ROWS * len(rows)), replace=False)
        columns = rng.choice(rows.shape[1], max(1, int(COLUMNS * rows.shape[1])), replace=False)
        _grow(rows, slope, bend, seen, columns, 0, (feature[tree], cut[tree], leaf[tree]))
        odds = odds + _answers(rows, feature[tree], cut[tree], leaf[tree])
    return Forest(feature, cut, leaf, base)


def _grow(
    rows: np.ndarray,
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
    found = _split(rows, slope, bend, seen, columns)
    if found is not None:
        feature[node], cut[node] = found
    left = rows[seen, feature[node]] <= cut[node]
    _grow(rows, slope, bend, seen[left], columns, 2 * node + 1, tree)
    _grow(rows, slope, bend, seen[~left], columns, 2 * node + 2, tree)


def _split(
    rows: np.ndarray, slope: np.ndarray, bend: np.ndarray, seen: np.ndarray, columns: np.ndarray
) -> tuple[int, float] | None:
    """The split that gains most; None when none leaves LEAST rows on both sides."""
    best, found = 0.0, None
    total, weight = slope[seen].sum(), bend[seen].sum()
    for column in columns:
        order = np.argsort(rows[seen, column], kind="stable")
        values = rows[seen, column][order]
        slopes, bends = np.cumsum(slope[seen][order]), np.cumsum(bend[seen][order])
        at = np.nonzero(values[:-1] < values[1:])[0]
        at = at[(at >= LEAST - 1) & (at < len(order) - LEAST)]
        if len(at) == 0:
            continue
        gain = slopes[at] ** 2 / (bends[at] + SHRINK) + (total - slopes[at]) ** 2 / (weight - bends[at] + SHRINK)
        most = int(gain.argmax())
        if gain[most] - total**2 / (weight + SHRINK) > best:
            best = gain[most] - total**2 / (weight + SHRINK)
            found = int(column), float((values[at[most]] + values[at[most] + 1]) / 2)
    return found


def _answers(rows: np.ndarray, feature: np.ndarray, cut: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    node = np.zeros(len(rows), dtype=int)
    for _ in range(DEPTH):
        node = 2 * node + 1 + (rows[np.arange(len(rows)), feature[node]] > cut[node])
    return leaf[node - (2**DEPTH - 1)]
