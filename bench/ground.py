"""Groundedness on labelled answers: precision, recall and F1 of "hallucinated", recall per kind, beside numbers alone.

Run as: python bench/ground.py [FILE …] [--cross] (default: bench/ground/*.jsonl)
The peer, in the same run, calls an answer hallucinated when one of its figures stands neither in the clauses nor in the question.
Sets named ground_* are those the checker was fitted on: their figures are no evidence; `--cross` gives them by models that saw no
answer on the same clause. Nothing of a set is printed but totals.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.evaluate.statistics import wilson
from engine.ground import judge as door
from engine.ground.numbers import read_amounts
from engine.ground.verdict import Verdict

SETS = Path(__file__).resolve().parent / "ground"
Labeller = Callable[[dict], tuple[str, str]]
"""Row → (label, kind)."""


def by_rules(row: dict) -> tuple[str, str]:
    """As `ground` judges it."""
    verdict: Verdict = door.judge(row["question"], row["context"], row["answer"])
    return verdict.label, verdict.kind


def by_numbers(row: dict) -> tuple[str, str]:
    """The peer: every amount of the answer must stand in question or clauses, however it is spelled."""
    known = [a for text in (row["question"], *row["context"]) for a in read_amounts(text)]
    strange = any(not any(a.same(b) for b in known) for a in read_amounts(row["answer"]))
    return ("hallucinated", "unsupported") if strange else ("grounded", "supported")


def measure(rows: Sequence[dict], label: Labeller) -> dict:
    """Counts of one labeller on one set."""
    counts = {"hit": 0, "false": 0, "missed": 0, "undecided": 0, "right": 0, "kind": 0}
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    begun = time.perf_counter()
    for row in rows:
        said, kind = label(row)
        wrong = row["label"] == "hallucinated"
        counts["hit"] += wrong and said == "hallucinated"
        counts["false"] += not wrong and said == "hallucinated"
        counts["missed"] += wrong and said != "hallucinated"
        counts["undecided"] += said == "could_not_judge"
        counts["right"] += said == row["label"]
        counts["kind"] += kind == row["kind"]
        kinds[row["kind"]][0] += 1
        kinds[row["kind"]][1] += said == row["label"]
    return {**counts, "kinds": dict(kinds), "n": len(rows), "seconds": time.perf_counter() - begun}


def f1(found: dict) -> float:
    """Harmonic mean of precision and recall of "hallucinated"."""
    return 2 * found["hit"] / max(1, 2 * found["hit"] + found["false"] + found["missed"])


def table(measured: dict[str, tuple[dict, dict]]) -> None:
    """One line per set, then recall per kind, as Markdown."""
    print(
        "| set | n | F1 | precision | recall | could not judge | right label | right kind | ms per answer | F1 by numbers alone |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, (ours, peer) in measured.items():
        precision = ours["hit"] / max(1, ours["hit"] + ours["false"])
        recall = ours["hit"] / max(1, ours["hit"] + ours["missed"])
        low, high = wilson(ours["right"], ours["n"])
        print(
            f"| {name} | {ours['n']} | {f1(ours):.3f} | {precision:.3f} | {recall:.3f} | {ours['undecided'] / ours['n']:.1%} | "
            f"{ours['right'] / ours['n']:.1%} [{low:.1%}, {high:.1%}] | {ours['kind'] / ours['n']:.1%} | "
            f"{1000 * ours['seconds'] / ours['n']:.0f} | {f1(peer):.3f} |"
        )
    print("\nRight label per kind:\n")
    print("| kind | " + " | ".join(measured) + " | numbers alone, all sets |")
    print("| --- | " + " | ".join("---:" for _ in measured) + " | ---: |")
    for kind in sorted({kind for ours, _ in measured.values() for kind in ours["kinds"]}):
        cells = [_cell(ours["kinds"].get(kind)) for ours, _ in measured.values()]
        both = [peer["kinds"].get(kind, [0, 0]) for _, peer in measured.values()]
        print(f"| {kind} | {' | '.join(cells)} | {_cell([sum(b[0] for b in both), sum(b[1] for b in both)])} |")


def _cell(counted: list[int] | None) -> str:
    return f"{counted[1]} of {counted[0]}" if counted and counted[0] else "–"


def crossed(rows: Sequence[dict]) -> Labeller:
    """The rules with a checker per fold, fitted on the other folds' clauses."""
    from bench.train_checker import folds_of, train

    folds = folds_of(rows)
    checkers = {fold: train([row for row, one in zip(rows, folds, strict=True) if one != fold]) for fold in set(folds)}
    fold_of = {id(row): fold for row, fold in zip(rows, folds, strict=True)}

    def label(row: dict) -> tuple[str, str]:
        checker = checkers[fold_of[id(row)]]
        door.load_checker = lambda: replace(checker)  # type: ignore[assignment]
        return by_rules(row)

    return label


def main() -> None:
    """Measure every file and print totals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--cross", action="store_true")
    args = parser.parse_args()
    files = args.files or sorted(SETS.glob("*.jsonl"))
    sets = {path.stem: [json.loads(line) for line in path.read_text("utf-8").splitlines() if line] for path in files}
    if args.cross:
        sets = {"all, cross-validated": [row for rows in sets.values() for row in rows]}
    table(
        {
            name: (measure(rows, crossed(rows) if args.cross else by_rules), measure(rows, by_numbers))
            for name, rows in sets.items()
        }
    )


if __name__ == "__main__":
    main()
