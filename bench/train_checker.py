"""Fits the checker of engine/ground on the labelled answers in bench/ground and writes engine/ground/checker.safetensors.

Run as: python bench/train_checker.py [--report]
Logistic regression with an L2 penalty, full-batch gradient descent, about half a minute with the signals. `--report` prints
cross-validation by clause first (an answer is never judged by a model that saw another answer on its clause). The threshold is the
one that gave the best F1 in that cross-validation.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.ground.checker import MOST, WEIGHTS, WRONG
from engine.ground.context import Shown
from engine.ground.judge import read_answer
from engine.ground.refusals import is_refusal
from engine.ground.signals import NAMES

SETS = Path(__file__).resolve().parent / "ground"
FOLDS = 10
L2 = 0.03
STEPS, RATE = 1500, 0.3
THRESHOLDS = np.arange(0.3, 0.61, 0.02)


def rows_of(paths: Sequence[Path]) -> list[dict]:
    """All labelled answers of the files."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


def signals_of(rows: Sequence[dict]) -> tuple[list[dict], np.ndarray, np.ndarray]:
    """Rows that the checker decides (no refusal, no flaw of form), their signals, and whether rules decided the others."""
    kept, signals, flawed = [], [], []
    for row in rows:
        if is_refusal(row["answer"]):
            flawed.append(False)
            continue
        read = read_answer(row["answer"], Shown(row["question"], row["context"]), None)
        flawed.append(bool(read.flaws))
        if not read.flaws and read.parts:
            kept.append(row)
            signals.append([read.signals[name] for name in NAMES])
    return kept, np.array(signals), np.array(flawed)


def standardised(signals: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """As checker.py does it."""
    return np.c_[np.clip((signals - mean) / scale, -MOST, MOST), np.ones(len(signals))]


def fit(inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Weights (inputs, classes) of a softmax over `targets` (rows, classes) of 0 and 1."""
    weights = np.zeros((inputs.shape[1], targets.shape[1]))
    for _ in range(STEPS):
        scores = inputs @ weights
        chances = np.exp(scores - scores.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        slope = inputs.T @ (chances - targets) / len(targets)
        slope[:-1] += L2 * weights[:-1]
        weights -= RATE * slope
    return weights


def wrong_weights(inputs: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Log odds of an ungrounded answer, from a softmax over two classes."""
    both = fit(inputs, np.stack([~wrong, wrong], 1).astype(float))
    return both[:, 1] - both[:, 0]


def cross_validated(kept: Sequence[dict], signals: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Chance of every row by a model that saw no row of its clause."""
    folds = np.array([int(hashlib.md5(row["context"][0].encode()).hexdigest(), 16) % FOLDS for row in kept])
    chances = np.zeros(len(kept))
    for fold in range(FOLDS):
        here = folds == fold
        mean, scale = signals[~here].mean(0), signals[~here].std(0) + 1e-6
        weights = wrong_weights(standardised(signals[~here], mean, scale), wrong[~here])
        chances[here] = 1 / (1 + np.exp(-(standardised(signals[here], mean, scale) @ weights)))
    return chances


def f1(gold: np.ndarray, found: np.ndarray) -> float:
    """Harmonic mean of precision and recall."""
    right = (gold & found).sum()
    return float(2 * right / max(1, gold.sum() + found.sum()))


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--sets", nargs="*", type=Path, default=sorted(SETS.glob("ground_*.jsonl")))
    args = parser.parse_args()
    kept, signals, _ = signals_of(rows_of(args.sets))
    wrong = np.array([row["label"] == "hallucinated" for row in kept])
    chances = cross_validated(kept, signals, wrong)
    scores = [(f1(wrong, chances > t), float(t)) for t in THRESHOLDS]
    threshold = max(scores)[1]
    if args.report:
        print(f"{len(kept)} answers, cross-validated F1 by threshold:", [(round(t, 2), round(s, 3)) for s, t in scores])
    mean, scale = signals.mean(0), signals.std(0) + 1e-6
    inputs = standardised(signals, mean, scale)
    bad = [at for at, row in enumerate(kept) if row["kind"] in WRONG]
    kinds = np.array([[float(kept[at]["kind"] == kind) for kind in WRONG] for at in bad])
    tensors = {"mean": mean, "scale": scale, "wrong": wrong_weights(inputs, wrong), "kinds": fit(inputs[bad], kinds)}
    facts = {"names": " ".join(NAMES), "threshold": f"{threshold:.3f}", "answers": str(len(kept))}
    save_file(
        {name: np.ascontiguousarray(t.astype(np.float32)) for name, t in tensors.items()}, WEIGHTS, metadata=facts
    )
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size:,} bytes, threshold {threshold:.2f}, {len(kept)} answers")


if __name__ == "__main__":
    main()
