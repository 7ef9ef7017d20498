"""`near_duplicates(texts, threshold=0.8, size=3) -> [(earlier, later, similarity)]`: texts that say nearly the same, letter for letter.

It compares runs of letters, so it knows no meaning: a paraphrase is no near-duplicate, and "30만원" against "50만원" is one.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    Hashes = NDArray[np.uint64]

THRESHOLD = 0.8
"""Shared runs of letters, of all runs in either text, from which two clauses count as nearly the same."""
MOST_PARTNERS = 20
"""Earlier partners told per text, the most similar: a form letter 1,000 times over must not become half a million pairs."""
_HASHES = 256
"""Signature length. The estimate's standard deviation at 0.8 is 0.025."""
_MARGIN = 0.1
"""How far below the threshold an estimate may lie before the pair is left uncounted: four deviations."""
_MISSED = 0.01
"""Share of pairs exactly at the threshold that banding may miss."""
_MOST_IN_BAND = 200
"""Texts of one band that are paired with each other; what follows is paired with these alone."""
_DROPPED = re.compile(r"[^\w]+|_")
_MIX = np.uint64(0x9E3779B97F4A7C15)


def near_duplicates(texts: Sequence[str], threshold: float = THRESHOLD, size: int = 3) -> list[tuple[int, int, float]]:
    """Pairs (earlier index, later index, similarity 0..1), in order; 1.0 = the same but for spaces, punctuation and letter forms.

    threshold: Jaccard similarity of the sets of runs of `size` letters (2 suits questions of one line, 3 clauses). Texts that are the
    same are paired with the first of them only; each text with at most MOST_PARTNERS earlier ones. Texts without a letter have no pair.
    MinHash (Broder 1997) with banding finds candidates, of which about 1 in 100 at the very threshold is missed; the similarity told is
    counted, not estimated. 10,000 clauses of 500 letters take about 1.5 s on one core.
    """
    plain = [_plain(text) for text in texts]
    first: dict[str, int] = {}
    same = [(first.setdefault(text, at), at) for at, text in enumerate(plain) if text]
    pairs = [(one, other, 1.0) for one, other in same if one != other]
    kept = sorted(first.values())
    sets = [_runs(plain[at], size) for at in kept]
    pairs += [(kept[one], kept[other], found) for one, other, found in _similar(sets, threshold)]
    return sorted(pairs)


def _plain(text: str) -> str:
    """Letters and digits alone, in one form: spacing and punctuation are no difference."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _runs(text: str, size: int) -> "Hashes":
    """Sorted distinct hashes of all runs of `size` letters; a shorter text is one run."""
    letters = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    size = min(size, len(letters))
    runs = np.zeros(len(letters) - size + 1, dtype=np.uint64)
    for start in range(size):
        runs = (runs ^ letters[start : start + len(runs)]) * _MIX
        runs ^= runs >> np.uint64(29)
    return np.unique(runs)


def _similar(sets: Sequence["Hashes"], threshold: float) -> Iterator[tuple[int, int, float]]:
    if len(sets) < 2:
        return
    signatures = _signatures(sets)
    for later, earlier in _candidates(signatures, threshold).items():
        among = np.array(sorted(earlier))
        guessed = (signatures[among] == signatures[later]).mean(axis=1)
        found = [(_jaccard(sets[one], sets[later]), one) for one in among[guessed >= threshold - _MARGIN].tolist()]
        best = sorted((pair for pair in found if pair[0] >= threshold), key=lambda pair: (-pair[0], pair[1]))
        yield from ((one, later, round(shared, 4)) for shared, one in best[:MOST_PARTNERS])


def _signatures(sets: Sequence["Hashes"]) -> NDArray[np.uint32]:
    """One row of _HASHES per set."""
    from rensa import RMinHash

    ends = np.cumsum([0, *(len(found) for found in sets)], dtype=np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(sets), ends, _HASHES, 7)
    return np.array(matrix.to_rows(), dtype=np.uint32)


def _candidates(signatures: NDArray[np.uint32], threshold: float) -> dict[int, set[int]]:
    """Each text to the earlier ones that share a band of its signature."""
    rows = next((n for n in (16, 8, 4, 2) if (1 - threshold**n) ** (_HASHES // n) <= _MISSED), 1)
    found: dict[int, set[int]] = defaultdict(set)
    for start in range(0, _HASHES, rows):
        band = np.ascontiguousarray(signatures[:, start : start + rows])
        seen: dict[bytes, list[int]] = defaultdict(list)
        for at, part in enumerate(band):
            others = seen[part.tobytes()]
            if others:
                found[at].update(others)
            if len(others) < _MOST_IN_BAND:
                others.append(at)
    return found


def _jaccard(one: "Hashes", other: "Hashes") -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
