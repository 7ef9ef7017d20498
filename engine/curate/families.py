"""Which texts say nearly the same, by chains of two. It knows nothing of what the texts are."""

from collections.abc import Sequence

from engine.korean.near import near_duplicates


def families(texts: Sequence[str], threshold: float) -> list[int]:
    """For every text the index of the first of its family; `threshold` as in `near_duplicates`, 1 finds the same letters only."""
    first = list(range(len(texts)))
    for earlier, later, _ in near_duplicates(texts, threshold):
        low, high = sorted((_root(first, earlier), _root(first, later)))
        first[high] = low
    return [_root(first, at) for at in range(len(texts))]


def _root(first: list[int], at: int) -> int:
    while first[at] != at:
        first[at] = first[first[at]]
        at = first[at]
    return at
