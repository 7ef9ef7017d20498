"""Which of several candidates is closest to all the others: minimum Bayes risk (Kumar and Byrne 2004; Eikema and Aziz 2020). It knows
no model and no metric: likeness is given to it.

Every candidate is one vote, whoever gave it: a model is heard as often as it drew, and an answer drawn twice has two votes.
"""

from collections.abc import Callable, Sequence

Likeness = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""(candidate, other) pairs to how well the candidate would do if the other were the reference, all in one call."""
NEVER = float("-inf")


def expected(candidates: Sequence[str], likeness: Likeness) -> list[float]:
    """For each candidate the mean likeness to all others; `NEVER` for an empty one, which is no reference for the others
    either. One candidate that is not empty, alone, is worth 0."""
    said = [place for place, text in enumerate(candidates) if text.strip()]
    pairs = [(place, other) for place in said for other in said if place != other]
    alike = likeness([(candidates[place], candidates[other]) for place, other in pairs]) if pairs else []
    worth = [0.0 if text.strip() else NEVER for text in candidates]
    for (place, _), one in zip(pairs, alike, strict=True):
        worth[place] += one / (len(said) - 1)
    return worth


def by(likeness: Likeness) -> Callable[[Sequence[str]], list[float]]:
    """The `utility` of a way of answering."""
    return lambda candidates: expected(candidates, likeness)
