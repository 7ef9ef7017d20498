"""How surprised a model is by the right answers, from what was measured with each answer."""

import math
from collections.abc import Sequence

from engine.evaluate.suite import Answer


def nll_of(answer: Answer) -> float | None:
    """The summed loss (nats) when it was measured and is a number; a half-precision overflow is not."""
    return answer.nll if answer.nll is not None and answer.tokens and math.isfinite(answer.nll) else None


def loss_per_token(answers: Sequence[Answer]) -> float | None:
    """Nats over tokens of all answers that were measured; None when none was."""
    measured = [(nll, answer.tokens) for answer in answers if (nll := nll_of(answer)) is not None]
    tokens = sum(count for _, count in measured)
    return sum(nll for nll, _ in measured) / tokens if tokens else None
