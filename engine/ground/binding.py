"""Whether an amount of the answer is the clauses' amount of the same thing.

An amount is bound to the words beside it. Among the clauses' amounts of its dimension the one whose words fit best must have its
value: 수술비 30만원 is wrong where the clause gives 30만원 for 입원비 and 50만원 for 수술비. It knows no arithmetic (derive.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.ground.context import Shown, Unit
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, Word

MARGIN = 0.35
"""A rival must fit better by this much of the words' weight before the answer's amount counts as swapped."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`unit` and `amount` of the clauses that decided; None where there is none."""

    kind: str  # same, swapped, other, absent
    unit: Unit | None
    amount: Amount | None


def bind(amount: Amount, piece: Piece, shown: Shown) -> Bound:
    """How the clauses speak of this amount of the answer's `piece`."""
    anchors = _anchors(piece.words, amount, piece.amounts)
    asked = {c: 0.4 for c in shown.asked_meanings}
    wanted = {**asked, **anchors}
    candidates = [(unit, other) for unit, other in shown.amounts() if other.dimension == amount.dimension]
    scored = [(_fit(wanted, unit, other, shown), unit, other) for unit, other in candidates]
    same = [one for one in scored if one[2].same(amount)]
    rivals = [one for one in scored if not one[2].same(amount)]
    best = max(same, key=lambda one: one[0], default=None)
    rival = max(rivals, key=lambda one: one[0], default=None)
    if best is None:
        return Bound("other", rival[1], rival[2]) if rival else Bound("absent", None, None)
    if rival and rival[0] - best[0] > MARGIN * max(rival[0], 1e-9) and rival[0] > 1:
        return Bound("swapped", rival[1], rival[2])
    return Bound("same", best[1], best[2])


def _anchors(words: Sequence[Word], amount: Amount, amounts: Sequence[Amount]) -> dict[str, float]:
    """Meaning → how closely it belongs to the amount: before it up to the amount before 1, behind it 0.6, elsewhere 0.25."""
    before = max((a.end for a in amounts if a.end <= amount.start), default=-1)
    after = min((a.start for a in amounts if a.start >= amount.end), default=1 << 30)
    found: dict[str, float] = {}
    for word in words:
        near = 1.0 if before <= word.start < amount.start else 0.6 if amount.end <= word.start < after else 0.25
        for concept in word.concepts:
            found[concept] = max(found.get(concept, 0.0), near)
    return found


def _fit(wanted: dict[str, float], unit: Unit, amount: Amount, shown: Shown) -> float:
    near = _anchors(unit.piece.words, amount, unit.piece.amounts)
    score = 0.0
    for concept, strength in wanted.items():
        held = max(near.get(concept, 0.0), 0.3 * _inside(concept, unit.around), 0.8 * _part(concept, near))
        score += strength * held * shown.weight(concept)
    return score


def _inside(concept: str, held: Iterable[str]) -> float:
    return 1.0 if concept in held else 0.0


def _part(concept: str, near: dict[str, float]) -> float:
    """A compound holds its parts: 골절 in 골절상."""
    if len(concept) < 2:
        return 0.0
    return max(
        (s for held, s in near.items() if held != concept and len(held) >= 2 and (concept in held or held in concept)),
        default=0.0,
    )
