"""Amounts of an answer that are no claims: what it supposes (20만원짜리라면), counts that are mere words (둘 다), dates of a case.

A supposition is known by its ending; one without (40일 전에 쓴 30만원은) is taken for a claim.
"""

import re
from collections.abc import Sequence

from engine.ground.context import Shown
from engine.ground.folding import fold
from engine.ground.numbers import Amount

PLACES = ("article", "paragraph", "item", "chapter")
_PREMISE = re.compile(
    r"^\s?(?:짜리|어치)|^[^.!?\n]{0,34}?(?:다면|라면|[으시이]면|셔도|되어도|나와도|[었았]어도|셨는데|셨으니|[겼졌났샀했]는데)(?=[\s,])"
)
_BOUNDED = re.compile(
    r"^\s?(?:을|를|이|가)?\s?(?:이내|이하|이상|초과|미만|까지|한도|부터|안에|넘|지나|지난|전까지|중\s|당|마다|씩)"
)
_DATES = ("date", "day_of_year", "month", "clock")
_SMALL = ("people", "things", "minutes", "cases", "copies")


def premises_of(answer: str, said: Sequence[Amount], shown: Shown) -> list[Amount]:
    """Amounts that the answer supposes and the clauses do not know: 20만원짜리 방을 닷새 전에 취소하시면 …."""
    supposed = []
    for amount in said:
        rest = fold(answer[amount.end : amount.end + 44])
        if amount.key not in shown.keys and amount.dimension not in PLACES and not _BOUNDED.match(rest):
            supposed += [amount] if _PREMISE.match(rest) else []
    return supposed


def unpledged(amount: Amount, answer: str, shown: Shown) -> bool:
    """Amounts that assert nothing by themselves: 둘 다, 한 분; dates where the clauses tell none (they follow from the case)."""
    words = re.search(r"\d", answer[amount.start : amount.end]) is None
    if amount.dimension in _SMALL and words and amount.value <= 2:
        return True
    return amount.dimension in _DATES and all(a.dimension not in _DATES for _, a in shown.amounts())
