"""Which piece of an ungrounded answer is to be marked: how much its own signals speak against it."""

from engine.ground.habits import HABITS
from engine.ground.signals import PieceSignals

_ALONE = ("absent", "other", "wrong_row", "no_article", "always", "at_once", "novel_names", "opposite")
SURE_OF_ALL = ("miscalculated", *HABITS)
"""Signals of the whole answer that are errors by themselves."""


def is_sure(part: PieceSignals) -> bool:
    """Whether the piece is wrong whatever else speaks for the answer: an amount or an article that the clauses do not know."""
    numbers = part.numbers
    return (
        any(numbers[name] > 0 for name in ("other", "absent", "no_article"))
        or numbers["wrong_place"] > 0.3
        or _of_another_kind(part)
    )


def _of_another_kind(part: PieceSignals) -> bool:
    """위로금은 25%입니다 where the clauses know 위로금 in won only, and another clause fits better than the one that says 25%."""
    return part.numbers["dims_wrong"] >= 1 and part.numbers["clause_margin"] > 0.3


def suspicion(part: PieceSignals) -> float:
    """1 and more: enough by itself. Below: only in comparison with the other pieces."""
    numbers = part.numbers
    alone = sum(numbers[name] > 0 for name in _ALONE)
    alone += (numbers["wrong_place"] > 0.3) + (numbers["swap"] > 0.28) + (numbers["against"] > 0.28)
    doubt = 0.3 * numbers["novel_mean"] + 0.2 * numbers["swap"] + 0.2 * max(0.0, numbers["against"])
    return alone + doubt + 0.1 * numbers["violates"]
