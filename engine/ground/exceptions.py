"""Which statement of the clauses is meant by the question: the rule, or an exception to it (다만, 제외, a bracket)?

An answer that gives the rule's yes, no or amount where the question names what only the exception speaks of passes over it. It
looks at words and signs; whether the case really falls under the exception it cannot prove.
"""

import re
from collections.abc import Sequence

from engine.ground.context import Shown, Unit
from engine.ground.folding import fold
from engine.ground.likeness import met
from engine.ground.pieces import Piece, Word

_EXCEPT = re.compile(r"제외|한하여|한정|다만|단,|아니하|않은\s?경우|불구하고|예외")
_ALSO = re.compile(
    r"(?:이라|더라|라|해|어|아|여|에|까지|것|경우|분|사고|치료)도(?=[\s,])|[가-힣]+도\s(?:포함|보장|보상|지급|인정|가능|되|나)|상관\s?없이|관계\s?없이|이든|든지"
)
_HELD = 0.85


def exception_signals(piece: Piece, sign: int, shown: Shown) -> dict[str, float]:
    """Shares (0 to 1) of the telling words of question and piece that only exceptions say; whether sign or amounts go against them."""
    exceptions = [unit for unit in shown.units if unit.exception or _EXCEPT.search(fold(unit.piece.text)[:12])]
    rules = [unit for unit in shown.units if all(unit is not other for other in exceptions)]
    asked, said = _telling(shown.asked_words), _telling(piece.words)
    unit = max(exceptions, key=lambda one: _only(asked, [one], rules), default=None)
    asked_share = _only(asked, [unit], rules) if unit else 0.0
    said_share = _only(said, [unit], rules) if unit else 0.0
    against = bool(unit and sign and unit.sign and unit.sign != sign)
    amounts = {a.key for a in piece.amounts}
    passed = bool(unit and unit.piece.amounts and amounts and not amounts & {a.key for a in unit.piece.amounts})
    also = _ALSO.search(fold(piece.text)) is not None
    return {
        "asked_exception": asked_share,
        "said_exception": said_share,
        "exception_against": max(asked_share, said_share) * against,
        "exception_amount": asked_share * passed,
        "also": float(also),
        "also_excepted": float(also) * float(_denied_here(said, shown)),
        **_asked_sign(asked, sign, shown),
    }


EXCEPTION_NAMES = (
    "asked_exception", "said_exception", "exception_against", "exception_amount", "also", "also_excepted", "asked_same", "asked_against",
)  # fmt: skip


def _telling(words: Sequence[Word]) -> list[Word]:
    return list({w.form: w for w in words if not w.empty}.values())


def _only(words: Sequence[Word], units: Sequence[Unit], rules: Sequence[Unit]) -> float:
    """Share of the words that `units` meet and `rules` do not."""
    if not words:
        return 0.0
    here = [word for word in words if any(met(word, unit.words) >= _HELD for unit in units)]
    return sum(all(met(word, rule.words) < _HELD for rule in rules) for word in here) / len(words)


def _denied_here(words: Sequence[Word], shown: Shown) -> float:
    """Share of the words met by units that deny."""
    denied = [word for unit in shown.units if unit.sign < 0 for word in unit.words]
    return sum(met(word, denied) >= _HELD for word in words) / len(words) if words else 0.0


def _asked_sign(asked: Sequence[Word], sign: int, shown: Shown) -> dict[str, float]:
    """How well units of the piece's sign, and of the other, meet the question's words."""
    fits = {1: 0.0, -1: 0.0}
    for unit in shown.units:
        if unit.sign and asked:
            weights = [min(2.0, shown.weight(word.concepts[0])) for word in asked]
            held = [max(met(w, unit.words), 0.5 * (w.concepts[0] in unit.around)) for w in asked]
            fit = sum(h * w for h, w in zip(held, weights, strict=True)) / sum(weights)
            fits[unit.sign] = max(fits[unit.sign], fit)
    own = sign or 1
    return {"asked_same": fits[own], "asked_against": (fits[-own] - fits[own]) if sign else 0.0}
