"""The small trained part: from signals to the chance that an answer is not grounded, and to the likeliest kind of error.

A linear model and boosted trees over the signals of signals.py vote; both are fitted by `python bench/train_checker.py` on the
labelled answers in bench/ground/ (all invented for this project). The rules name what is wrong; the checker weighs what is doubtful.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.ground.verdict import Kind

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

WEIGHTS = Path(__file__).with_name("checker.safetensors")
WRONG: tuple[Kind, ...] = ("contradicted", "unsupported", "should_have_refused")
MOST = 4.0
"""Standard deviations: a rare signal shall not outvote all others by its size."""
DEPTH = 3


@dataclass(frozen=True, slots=True)
class Checker:
    """`names`: signals in order. `linear` (signals + 1,) and `kinds` (signals + 1, 3) weigh standardised signals and a constant.

    Trees of depth 3: `feature` and `cut` (trees, 7), node i has the children 2i+1 (value ≤ cut) and 2i+2; `leaf` (trees, 8) and
    `base` are log odds.
    """

    names: tuple[str, ...]
    mean: "Array"
    scale: "Array"
    linear: "Array"
    kinds: "Array"
    feature: "Array"
    cut: "Array"
    leaf: "Array"
    base: float
    threshold: float

    def chance(self, signals: Mapping[str, float]) -> float:
        """Probability that the answer is not grounded, 0 to 1: the mean of both models."""
        import numpy as np

        row = np.array([signals[name] for name in self.names])
        return float(self.chances(row[None])[0])

    def chances(self, rows: "Array") -> "Array":
        """The same for rows (answers, signals)."""
        import numpy as np

        odds = self.standardised(rows) @ self.linear
        both: Array = (1 / (1 + np.exp(-odds)) + 1 / (1 + np.exp(-self._tree_odds(rows)))) / 2
        return both

    def kind(self, signals: Mapping[str, float]) -> Kind:
        """The likeliest error, given that there is one."""
        import numpy as np

        row = np.array([signals[name] for name in self.names])
        return WRONG[int((self.standardised(row[None]) @ self.kinds)[0].argmax())]

    def standardised(self, rows: "Array") -> "Array":
        """(answers, signals + 1)."""
        import numpy as np

        held = np.clip((rows - self.mean) / self.scale, -MOST, MOST)
        row: Array = np.concatenate([held, np.ones((len(rows), 1))], axis=1)
        return row

    def _tree_odds(self, rows: "Array") -> "Array":
        import numpy as np

        trees = np.arange(len(self.feature))
        odds = np.full(len(rows), self.base)
        for at, row in enumerate(rows):
            node = np.zeros(len(trees), dtype=int)
            for _ in range(DEPTH):
                node = 2 * node + 1 + (row[self.feature[trees, node]] > self.cut[trees, node])
            odds[at] += self.leaf[trees, node - (2**DEPTH - 1)].sum()
        return odds


@cache
def load_checker() -> Checker:
    """The shipped checker."""
    from safetensors import safe_open

    with safe_open(WEIGHTS, framework="numpy") as file:
        facts = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    return Checker(
        names=tuple(facts["names"].split()),
        base=float(facts["base"]),
        threshold=float(facts["threshold"]),
        **tensors,
    )
