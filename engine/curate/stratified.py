"""Whole groups to splits or folds so that every split holds its share of each label. It knows nothing of rows.

Greedy, as scikit-learn's StratifiedGroupKFold: the groups whose labels are least even first, each to where it brings the counts closest
to their shares; unlike there, shares may differ and ties fall by the seed.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping

from engine.curate.split import FEWEST_ROWS


def stratified(labels: Mapping[str, Counter[str]], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Group to split; labels: how many rows of each label a group holds. Empty when there are too few rows or groups to split."""
    wanted = {name: share for name, share in shares.items() if share > 0}
    whole = sum(labels.values(), Counter())
    if len(labels) < len(wanted) or whole.total() < FEWEST_ROWS:
        return {}
    total = sum(wanted.values())
    targets = {name: {label: n * share / total for label, n in whole.items()} for name, share in wanted.items()}
    held = {name: Counter[str]() for name in wanted}
    found: dict[str, str] = {}
    for group in sorted(labels, key=lambda name: (-_unevenness(labels[name], whole), _draw(seed, name))):
        empty = [name for name in wanted if not held[name]]
        open_to = empty if len(empty) == len(labels) - len(found) else list(wanted)
        chosen = min(open_to, key=lambda name: _cost(held[name], labels[group], targets[name]))
        held[chosen] += labels[group]
        found[group] = chosen
    return found


def _cost(held: Counter[str], more: Counter[str], target: Mapping[str, float]) -> float:
    """How much further from its target a split is with the group than without: negative while it still needs it."""
    return sum(((held[k] + more[k] - t) ** 2 - (held[k] - t) ** 2) / max(t, 1e-9) for k, t in target.items())


def _unevenness(labels: Counter[str], whole: Counter[str]) -> float:
    mean = labels.total() / len(whole)
    return sum((labels[label] - mean) ** 2 for label in whole)


def _draw(seed: int, group: str) -> bytes:
    return hashlib.blake2b(f"{seed}:{group}".encode("utf-8", "replace"), digest_size=8).digest()
