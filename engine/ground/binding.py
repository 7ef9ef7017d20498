"""Whether an amount of the answer is the clauses' amount of the same thing.

An amount is bound to the words and the other amounts beside it (2등급: 3,000만원). Among the clauses' amounts of its dimension the
one that fits best must have its value: 수술비 30만원 is wrong where the clause gives 30만원 for 입원비. It knows no arithmetic.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.ground.bounds import side, strictness
from engine.ground.context import Shown, Unit
from engine.ground.folding import fold
from engine.ground.likeness import likeness
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, Word

AROUND = 0.35
ASKED = 0.4
"""Weight of words of the question beside the words of the answer (1)."""
BESIDE = 0.5
"""Weight of words in the other pieces of the sentence: 갑상선암이므로 300만원."""
KEY = 1.5
"""Weight of another amount that names the row: 2등급, 42일 이상."""
FOLLOWED = 0.12
"""What the same word behind both amounts adds."""
_THEREAFTER = re.compile(r"그\s?(?:뒤|후|이후|다음)")
"""31일까지는 4%, 그 뒤에는 6%: both sides of the amount are spoken of."""
OTHER_SIDE = 0.8
"""What a place counts whose amount is bounded otherwise (60일까지 is rather 60일을 한도로 than 하루)."""
RATE = re.compile(r"^\s?(?:당|마다|씩|에\s(?!한|대)|기준)")


@dataclass(frozen=True, slots=True)
class Bound:
    """`unit`: best place with the amount's value, `rival_unit`: best with another; `same`, `rival`: how well they fit, −1 without."""

    unit: Unit | None
    same: float
    rival: float
    rival_unit: Unit | None
    rival_amount: Amount | None
    opposite: bool
    stricter: bool

    @property
    def stands(self) -> bool:
        """Whether the value stands in the clauses at all."""
        return self.same >= 0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the answer's amount belongs to: words and keys with their weight."""

    words: tuple[tuple[Word, float], ...]
    keys: tuple[tuple[str, float], ...]


def bind(amount: Amount, piece: Piece, shown: Shown, products: Sequence[str]) -> Bound:
    """How the clauses speak of this amount of the answer's `piece`. `products`: headings that are meant; empty: all."""
    wanted = _wanted(amount, piece, shown)
    best: tuple[float, Unit | None] = (-1.0, None)
    rival: tuple[float, Unit | None, Amount | None] = (-1.0, None, None)
    sides, stricts = set(), set()
    after = _following(piece, amount)
    own, strict = side(piece.text, local(piece, amount)), strictness(piece.text, local(piece, amount))
    for unit, other in _candidates(amount, piece, shown, products):
        there = side(unit.piece.text, local(unit.piece, other))
        fit = _fit(wanted, unit, other, shown) * (1.0 if there == own else OTHER_SIDE)
        fit += FOLLOWED * _followed_alike(after, _following(unit.piece, other))
        if other.same(amount):
            best = max(best, (fit, unit), key=lambda one: one[0])
            sides.add(there)
            stricts.add(strictness(unit.piece.text, local(unit.piece, other)))
        elif not own or there != -own:
            rival = max(rival, (fit, unit, other), key=lambda one: one[0])
    turned = _THEREAFTER.search(shown.clauses) is not None
    opposite, stricter = own != 0 and sides == {-own} and not turned, strict != 0 and stricts == {-strict}
    return Bound(best[1], best[0], rival[0], rival[1], rival[2], opposite, stricter)


def _following(piece: Piece, amount: Amount) -> Word | None:
    """The word behind the amount, in front of the next amount: 10만원을 공제."""
    until = min((a.start for a in piece.amounts if a.start >= amount.end), default=piece.end)
    return next((word for word in piece.words if amount.end <= word.start < until), None)


def _followed_alike(word: Word | None, other: Word | None) -> bool:
    return word is not None and other is not None and likeness(word, other) >= 0.85


def _candidates(amount: Amount, piece: Piece, shown: Shown, products: Sequence[str]) -> list[tuple[Unit, Amount]]:
    """The clauses' amounts of the same dimension; measures (5년마다) apart from values unless the value stands as the other only."""
    found = [
        (unit, other)
        for unit, other in shown.amounts()
        if other.dimension == amount.dimension and not (products and unit.product and unit.product not in products)
    ]
    alike = [(unit, other) for unit, other in found if is_rate(unit.piece, other) == is_rate(piece, amount)]
    stands = any(other.same(amount) for _, other in alike) or not any(other.same(amount) for _, other in found)
    return alike if stands else found


def is_rate(piece: Piece, amount: Amount) -> bool:
    """Whether the amount is the measure of another: 1회당, 하루 …씩, 1년에."""
    behind = fold(piece.text[amount.end - piece.start : amount.end - piece.start + 6])
    if amount.dimension in ("money", "percent"):
        return False
    return RATE.match(behind) is not None or (amount.value in (1.0, 30.0, 365.0) and _BEFORE.match(behind) is not None)


_BEFORE = re.compile(r"^(?:간)?\s?(?:에\s?)?(?:최대\s?|최고\s?|각\s?|약\s?)?\d")
"""A single unit in front of a figure is its measure: 하루 2만원, 1년 3회."""


def local(piece: Piece, amount: Amount) -> Amount:
    """The amount with its span counted from the piece's begin."""
    return Amount(amount.start - piece.start, amount.end - piece.start, amount.value, amount.dimension, amount.unit)


def _wanted(amount: Amount, piece: Piece, shown: Shown) -> _Wanted:
    words: dict[str, tuple[Word, float]] = {}
    for word in piece.words:
        if not word.empty:
            strength = max(_near(word.start, amount, piece.amounts), _topical(word, amount, piece.words))
            words[word.form] = max(words.get(word.form, (word, 0.0)), (word, strength), key=lambda one: one[1])
    for word in piece.beside:
        if not word.empty:
            words.setdefault(word.form, (word, BESIDE))
    for word in shown.asked_words:
        if not word.empty:
            words.setdefault(word.form, (word, ASKED))
    keys = {
        a.key: KEY * _near(a.start, amount, piece.amounts)
        for a in piece.amounts
        if a.dimension != amount.dimension and not is_rate(piece, a)
    }
    for asked in shown.asked_amounts:
        if asked.dimension in ("grade", "class", "nth", "article", "age"):
            keys.setdefault(asked.key, KEY * ASKED)
    return _Wanted(tuple(words.values()), tuple(keys.items()))


def _near(start: int, amount: Amount, amounts: Sequence[Amount]) -> float:
    """Before the amount, up to the one of its dimension before: 1; behind it up to the next: 0.5; elsewhere: 0.2."""
    alike = [a for a in amounts if a.dimension == amount.dimension]
    before = max((a.end for a in alike if a.end <= amount.start), default=-1)
    after = min((a.start for a in alike if a.start >= amount.end), default=1 << 30)
    return 1.0 if before <= start < amount.start else 0.5 if amount.end <= start < after else 0.2


def _topical(word: Word, amount: Amount, words: Sequence[Word]) -> float:
    """0.9 for the last topic in front of the amount: 주사료는 연간 250만원, 최대 50회."""
    if not word.topic or word.start > amount.start:
        return 0.0
    later = any(w.topic and word.start < w.start < amount.start and w.start - word.end > 4 for w in words)
    return 0.0 if later else 0.9


def _fit(wanted: _Wanted, unit: Unit, amount: Amount, shown: Shown) -> float:
    """Share of what is wanted that stands beside the clauses' amount, 0 to 1."""
    total = score = 0.0
    row = "|" in unit.piece.text
    first = min((a.start for a in unit.piece.amounts), default=0)
    near = [
        (
            word,
            0.9
            if row and word.start < first
            else max(0.35, _near(word.start, amount, unit.piece.amounts), _topical(word, amount, unit.words)),
        )
        for word in unit.words
    ]
    text = unit.piece.text
    for word, strength in wanted.words:
        weight = strength * min(2.0, shown.weight(word.concepts[0]))
        held = max((likeness(word, other) * closeness for other, closeness in near), default=0.0)
        held = max(held, AROUND * any(c in unit.around for c in word.concepts))
        if held < 0.8 and len(word.form) > 1 and (at := text.find(word.form)) >= 0:
            held = max(held, 0.8 * max(0.35, _near(unit.piece.start + at, amount, unit.piece.amounts)))
        total += weight
        score += weight * held
    for key, strength in wanted.keys:
        if key not in shown.keys:
            continue
        held = max(
            (_near(a.start, amount, unit.piece.amounts) for a in unit.piece.amounts if a.key == key), default=0.0
        )
        total += strength
        score += strength * max(held, 0.0)
    return score / total if total else 0.0
