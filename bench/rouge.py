"""ROUGE in three Korean units beside rouge-score with the same tokens, in turns in the same run.

Run as: python bench/rouge.py [--pairs 10000] [--turns 5] [--seed 0]
Pairs are invented: summaries of the starter corpus, half of them changed a little, half about something else, of one to three sentences.
Both give precision, recall and F1 of ROUGE-1, -2, -L and -Lsum in every unit; analysis into tokens is timed apart, for both need it.
"""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rouge_score import rouge_scorer

from engine.evaluate import rouge
from engine.models.starter_corpus.summaries import scene

Pair = tuple[str, str]
"""(reference, answer)."""


class Given:
    """Tokens of a text in one unit, looked up."""

    def __init__(self, units: dict[str, rouge.Units], unit: str) -> None:
        self.known = {}
        for text, one in units.items():
            sentences = getattr(one, unit)
            self.known[text] = [token for sentence in sentences for token in sentence]
            self.known |= dict(zip(rouge._sentences(text), map(list, sentences), strict=True))

    def tokenize(self, text: str) -> list[str]:
        """As rouge-score asks for them."""
        return self.known[text] if text in self.known else [t for line in text.split("\n") for t in self.known[line]]


def make_pairs(count: int, seed: int) -> list[Pair]:
    """Invented (reference, answer) pairs."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        reference = " ".join(scene(rng)[1] for _ in range(rng.randint(1, 3)))
        answer = reference.replace("했다", "하였다") if rng.random() < 0.5 else scene(rng)[1]
        found.append((reference, answer if rng.random() < 0.5 else f"{answer} {scene(rng)[1]}"))
    return found


def ours(pairs: Sequence[Pair], units: dict[str, rouge.Units]) -> list[dict[str, rouge.Rouge]]:
    """All numbers of every pair."""
    return [rouge.score_units([units[reference]], units[answer]) for reference, answer in pairs]


def theirs(pairs: Sequence[Pair], scorers: dict[str, rouge_scorer.RougeScorer]) -> list[dict[str, rouge.Rouge]]:
    """The same by rouge-score."""
    found = []
    for pair in pairs:
        reference, answer = ("\n".join(rouge._sentences(text)) for text in pair)
        scores = {unit: scorer.score(reference, answer) for unit, scorer in scorers.items()}
        found.append(
            {f"{kind}_{unit}": rouge.Rouge(*score) for unit, one in scores.items() for kind, score in one.items()}
        )
    return found


def main() -> None:
    """Measure, compare to the last digit, and print totals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    pairs = make_pairs(args.pairs, args.seed)
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    rouge.units_of_all(["먼저 읽어 둔다."])  # the analyser is loaded once per process
    wall, cpu = time.perf_counter(), time.process_time()
    units = dict(zip(texts, rouge.units_of_all(texts), strict=True))
    print(f"tokens of {len(texts):,} texts: {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} CPU s")
    scorers = {unit: rouge_scorer.RougeScorer(list(rouge.KINDS), tokenizer=Given(units, unit)) for unit in rouge.UNITS}
    spent = {"ours": 0.0, "rouge-score": 0.0}
    unlike = 0
    size = -(-len(pairs) // args.turns)
    for start in range(0, len(pairs), size):
        some = pairs[start : start + size]
        begun = time.process_time()
        mine = ours(some, units)
        between = time.process_time()
        peer = theirs(some, scorers)
        spent["ours"] += between - begun
        spent["rouge-score"] += time.process_time() - between
        unlike += sum(a != b for a, b in zip(mine, peer, strict=True))
    print(", ".join(f"{name} {seconds:.1f} CPU s" for name, seconds in spent.items()))
    print(f"ratio {spent['rouge-score'] / spent['ours']:.1f}; pairs with another number: {unlike} of {len(pairs):,}")


if __name__ == "__main__":
    main()
