"""The small trained part: from signals to the chance that an answer is not grounded, and to the likeliest kind of error.

Two linear models over the signals of signals.py, fitted by `python bench/train_checker.py` on the labelled answers in
bench/ground/ (all invented for this project). The rules name what is wrong; the checker weighs what is only doubtful.
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


@dataclass(frozen=True, slots=True)
class Checker:
    """`names`: signals in order; weights apply to standardised signals; the last row is the constant."""

    names: tuple[str, ...]
    mean: "Array"
    scale: "Array"
    wrong: "Array"
    """(signals + 1,): log odds of an ungrounded answer."""
    kinds: "Array"
    """(signals + 1, 3): log odds of the kinds in WRONG."""
    threshold: float

    def chance(self, signals: Mapping[str, float]) -> float:
        """Probability that the answer is not grounded, 0 to 1."""
        import numpy as np

        return float(1 / (1 + np.exp(-(self._row(signals) @ self.wrong))))

    def kind(self, signals: Mapping[str, float]) -> Kind:
        """The likeliest error, given that there is one."""
        return WRONG[int((self._row(signals) @ self.kinds).argmax())]

    def weight(self, name: str) -> float:
        """Log odds per unit of one signal."""
        at = self.names.index(name)
        return float(self.wrong[at] / self.scale[at])

    def _row(self, signals: Mapping[str, float]) -> "Array":
        import numpy as np

        row = (np.array([signals[name] for name in self.names]) - self.mean) / self.scale
        return np.append(np.clip(row, -MOST, MOST), 1.0)


MOST = 4.0
"""Standard deviations: a rare signal shall not outvote all others by its size."""


@cache
def load_checker() -> Checker:
    """The shipped checker."""
    from safetensors import safe_open

    with safe_open(WEIGHTS, framework="numpy") as file:
        facts = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    return Checker(
        tuple(facts["names"].split()),
        tensors["mean"],
        tensors["scale"],
        tensors["wrong"],
        tensors["kinds"],
        float(facts["threshold"]),
    )
