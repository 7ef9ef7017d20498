"""Which piece of an ungrounded answer is to be marked: how much its own signals speak against it."""

from engine.ground.signals import PieceSignals

_ALONE = ("absent", "other", "wrong_row", "no_article", "always", "at_once", "novel_names", "opposite")


def suspicion(part: PieceSignals) -> float:
    """1 and more: enough by itself. Below: only in comparison with the other pieces."""
    numbers = part.numbers
    alone = sum(numbers[name] > 0 for name in _ALONE)
    alone += (numbers["wrong_place"] > 0.3) + (numbers["swap"] > 0.28) + (numbers["against"] > 0.28)
    doubt = 0.3 * numbers["novel_mean"] + 0.2 * numbers["swap"] + 0.2 * max(0.0, numbers["against"])
    return alone + doubt + 0.1 * numbers["violates"]
