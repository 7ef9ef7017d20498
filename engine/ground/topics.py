"""Is the value of the kind that is asked for, and said of the thing it belongs to? 공제하는 금액은 5년입니다 is nonsense though 5년 stands
in some clause; 위로금은 25%입니다 where the clause of 위로금 knows only won is as well.

It knows a thing by its nouns; a value without any noun is held against the nouns of the question.
"""

import re
from collections.abc import Sequence

from engine.ground.context import Shown, Unit
from engine.ground.folding import fold
from engine.ground.likeness import met
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, Word

_MONEY = frozenset({"money", "percent", "dollar", "euro", "yen", "times", "point"})
_TIME = frozenset({"period", "nth_day", "date", "day_of_year", "hours", "minutes", "month", "age", "cycle", "clock"})
_SHARE = frozenset({"percent", "point", "times", "money"})
_COUNT = frozenset({"count", "things", "nth", "cases", "times", "period"})
_KINDS = (
    (re.compile(r"(?:금액|비용|보험금|[가-힣]{2,}(?:금|비|료|액)|돈)$"), _MONEY),
    (re.compile(r"(?:기간|기한|주기|시한|일수|시점)$"), _TIME),
    (re.compile(r"(?:비율|[가-힣]율|[가-힣]률|금리|퍼센트)$"), _SHARE),
    (re.compile(r"(?:횟수|회수)$"), _COUNT),
    (re.compile(r"(?:나이|연령)$"), frozenset({"age"})),
    (re.compile(r"(?:거리)$"), frozenset({"km", "m", "cm"})),
)
_ASKED = (
    (re.compile(r"얼마(?!\s?(?:동안|[가나]\s?(?:걸|오래|기다|자주|지나|있)|만에|안에))"), _MONEY),
    (re.compile(r"며칠|몇\s?(?:일|달|개월|년|주)(?!\s?차)|언제|얼마\s?(?:동안|[가나]\s?(?:걸|오래|기다|지나|있)|만에|안에)|기한|기간"), _TIME),
    (re.compile(r"몇\s?(?:번|회|차례|개|건)|횟수"), _COUNT),
    (re.compile(r"몇\s?(?:프로|퍼센트|%)|비율"), _SHARE),
    (re.compile(r"몇\s?(?:살|세)|나이"), frozenset({"age"})),
    (re.compile(r"몇\s?(?:km|킬로|미터)"), frozenset({"km", "m"})),
)  # fmt: skip
_COPULA = re.compile(r"^\s?(?:입니다|이다|이에요|예요|이며|이고|인데|임|으로\s?(?:합니다|한다|정)|\.|$)")
_PLACES = ("article", "paragraph", "item", "chapter", "nth", "bare")
_HELD = 0.85
"""Likeness from which a unit speaks of a noun."""


def topic_signals(piece: Piece, shown: Shown, answer: str) -> dict[str, float]:
    """kind_wrong, dims_wrong, elsewhere: 0 or 1 for the worst amount; clause_margin: how much better another clause fits."""
    found = dict.fromkeys(TOPIC_NAMES, 0.0)
    amounts = [a for a in piece.amounts if a.dimension not in _PLACES]
    for amount in amounts:
        topic = _topic(piece, amount)
        kind = _expected(topic.form) if topic else None
        if kind and amount.dimension not in kind and _said_of(piece, amount):
            found["kind_wrong"] = 1.0
        nouns = [topic] if topic else _nouns(shown.asked_words)
        found["dims_wrong"] = max(found["dims_wrong"], _dims_wrong(nouns, amount, shown))
        found["elsewhere"] = max(found["elsewhere"], _elsewhere(nouns, amount, shown))
    asked = {kind for pattern, kinds in _ASKED if pattern.search(fold(shown.question)) for kind in kinds}
    dims = {a.dimension for a in amounts} - {"code"}
    found["kind_unasked"] = float(bool(asked) and bool(dims) and not dims & asked)
    found["clause_margin"] = _clause_margin(piece, amounts, shown)
    return found


TOPIC_NAMES = ("kind_wrong", "dims_wrong", "elsewhere", "kind_unasked", "clause_margin")


def _topic(piece: Piece, amount: Amount) -> Word | None:
    """The last noun marked by 은/는 (or a colon) in front of the amount, in the same piece."""
    before = [w for w in piece.words if w.topic and w.end <= amount.start and w.tag in ("NNG", "NNP", "SL")]
    return before[-1] if before else None


def _expected(form: str) -> frozenset[str] | None:
    return next((kind for pattern, kind in _KINDS if pattern.search(form)), None)


def _said_of(piece: Piece, amount: Amount) -> bool:
    """Whether the amount is what the topic is: a copula follows, and no other amount stands between."""
    return _COPULA.match(fold(piece.text[amount.end - piece.start :])) is not None and len(piece.amounts) == 1


def _nouns(words: Sequence[Word]) -> list[Word]:
    return [w for w in words if w.tag in ("NNG", "NNP", "SL") and not w.empty]


def _holds(unit: Unit, word: Word) -> bool:
    return (
        met(word, unit.words) >= _HELD
        or (len(word.form) > 1 and word.form in unit.piece.text)
        or word.concepts[0] in unit.around
    )


def _dims_wrong(nouns: Sequence[Word], amount: Amount, shown: Shown) -> float:
    """Share of the nouns whose own units hold amounts, but none of this dimension."""
    wrong = known = 0
    for word in nouns:
        dims = {a.dimension for unit in shown.units if _holds(unit, word) for a in unit.piece.amounts}
        known += bool(dims)
        wrong += bool(dims) and amount.dimension not in dims
    return wrong / known if known else 0.0


def _elsewhere(nouns: Sequence[Word], amount: Amount, shown: Shown) -> float:
    """Share of the nouns that the clauses say beside amounts of this dimension, but never beside this value."""
    alike = [(unit, a) for unit, a in shown.amounts() if a.dimension == amount.dimension]
    with_value = [unit for unit, a in alike if a.same(amount)]
    if not with_value:
        return 0.0
    known = [word for word in nouns if any(_holds(unit, word) for unit, _ in alike)]
    missing = [word for word in known if not any(_holds(unit, word) for unit in with_value)]
    return len(missing) / len(known) if known else 0.0


def _clause_margin(piece: Piece, amounts: Sequence[Amount], shown: Shown) -> float:
    """How much better the best clause says what question and piece speak of than the best one that holds the piece's amounts."""
    if len(shown.context) < 2 or not amounts:
        return 0.0
    words = {w.form: w for w in [*piece.words, *shown.asked_words] if not w.empty}.values()
    fits = [_clause_fit(list(words), shown, index) for index in range(len(shown.context))]
    margins = []
    for amount in amounts:
        here = {unit.index for unit, a in shown.amounts() if a.same(amount)}
        if here:
            margins.append(max(fits) - max(fits[index] for index in here))
    return max(margins, default=0.0)


def _clause_fit(words: Sequence[Word], shown: Shown, index: int) -> float:
    text = shown.context[index]
    others = [w for unit in shown.units if unit.index == index for w in unit.words]
    held = [1.0 if len(w.form) > 1 and w.form in text else met(w, others) for w in words]
    weights = [min(2.0, shown.weight(w.concepts[0])) for w in words]
    return sum(h * w for h, w in zip(held, weights, strict=True)) / sum(weights) if weights else 0.0
