"""The shown clauses, cut into pieces, with how rare every meaning is among them."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.ground.folding import fold
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, pieces


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of context[index]; `around`: meanings of its sentence, of the line before it and of its heading."""

    index: int
    piece: Piece
    own: frozenset[str]
    around: frozenset[str]


class Shown:
    """Question and clauses, read once per judgement."""

    def __init__(self, question: str, context: Sequence[str]) -> None:
        self.question = question
        self.context = tuple(context)
        self.asked = [piece for piece in pieces(question)]
        self.units = [unit for index, text in enumerate(context) for unit in _units(index, text)]
        self.text = fold("\n".join([question, *context]))
        self.asked_meanings = frozenset(c for piece in self.asked for word in piece.words for c in word.concepts)
        self.asked_amounts = [amount for piece in self.asked for amount in piece.amounts]
        self.meanings = frozenset(c for unit in self.units for c in unit.own)
        self._rarity = _rarity(self.units)

    def weight(self, concept: str) -> float:
        """How much a shared meaning tells: rare ones more."""
        return self._rarity.get(concept, 1.0)

    def amounts(self) -> list[tuple[Unit, Amount]]:
        """All amounts of the clauses with where they stand."""
        return [(unit, amount) for unit in self.units for amount in unit.piece.amounts]


def _units(index: int, text: str) -> list[Unit]:
    found = pieces(text)
    owns = [frozenset(c for word in piece.words for c in word.concepts) for piece in found]
    units = []
    for at, (piece, own) in enumerate(zip(found, owns, strict=True)):
        around = set(owns[0]) | set(owns[at - 1] if at else ())
        for other, meanings in zip(found, owns, strict=True):
            if other.sentence == piece.sentence:
                around |= meanings
        units.append(Unit(index, piece, own, frozenset(around - own)))
    return units


def _rarity(units: Sequence[Unit]) -> dict[str, float]:
    counts = Counter(c for unit in units for c in unit.own)
    return {concept: 0.3 + math.log((len(units) + 1) / times) for concept, times in counts.items()}
