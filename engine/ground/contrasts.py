"""Things that exclude each other: the greater of two and the smaller, together and each, per person and per accident, days counted
from the decision and from the receipt. An answer that says the one where the clauses say only the other contradicts them.

It compares wordings, it does not understand: two true statements with different values in one answer pass.
"""

import re
from collections.abc import Sequence

from engine.ground.context import Shown, Unit
from engine.ground.folding import fold
from engine.ground.likeness import likeness
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, Word

_OF_TWO = r"(?:중|가운데|중에서)\s?(?:더\s?)?"
_CLASSES: dict[str, tuple[str, ...]] = {
    "greater": (rf"{_OF_TWO}(?:큰|많은|높은)|더\s?(?:큰|많은|높은)\s", rf"{_OF_TWO}(?:작은|적은|낮은)|더\s?(?:작은|적은|낮은)\s"),
    "together": (r"합하|합해|합쳐|합산|통산|합한", r"각각|따로|별도로|별개|개별"),
    "actual": (r"실제|실손|실비|한도|범위|까지", r"정액|일괄"),
    "next_day": (r"전일|전날", r"다음\s?날|익일|이튿날|다음날", r"당일"),
    "must": (r"[해하여]야\s?(?:합|하|해|한|됩|되|돼)|의무|필수|반드시", r"[을ㄹ할될릴줄칠]\s?수(?:도|는)?\s?있|임의|선택|않아도"),
    "whole": (r"전부|전액|모두|전체", r"일부|부분|절반"),
    "once": (r"최초|한\s?번만|1회에\s?한|1회만|1회\s?한|첫\s?번째", r"때\s?마다|매번|번번이|[가-힣]시마다"),
    "stay": (r"입원", r"통원|외래"),
    "benefit": (r"(?<!비)급여(?!금)", r"비급여"),
    "abroad": (r"국내", r"해외|국외"),
    "cause": (r"질병|병", r"상해|재해|사고"),
    "damaged": (r"대인|신체", r"대물|재물|물건"),
    "order": (r"먼저|우선|미리", r"나중|사후|추후"),
    "weight": (r"경증|경도|가벼", r"중증|중도|중등도|심한"),
    "direct": (r"직접", r"간접"),
    "party": (r"보험?수익자", r"피보험자", r"보험계약자|(?<!보험)계약자", r"회사|보험사", r"피해자|상대방"),
    "interest": (r"단리", r"복리"),
    "extreme": (r"최고|최대|상한", r"최저|최소|하한"),
    "permission": (r"서면|문서", r"구두|말로|전화"),
    "who": (r"배우자", r"자녀", r"부모", r"형제|자매"),
    "yes": (r"포함", r"제외"),
    "cost": (r"무료|무상", r"유료|유상|수수료"),
    "fault": (r"고의", r"과실|실수"),
}  # fmt: skip
_COMPILED = {name: tuple(re.compile(value) for value in values) for name, values in _CLASSES.items()}
_RATES = {
    name: re.compile(pattern)
    for name, pattern in {
        "person": r"(?:1|한|일)?\s?(?:인|명|사람)\s?(?:당|마다|에)", "accident": r"사고\s?(?:한\s?건|1건|1회)?\s?(?:당|마다|에)|건당|건에",
        "time": r"(?:회|번)\s?(?:당|마다|에)|방문", "day": r"하루|매일|1일|일당", "month": r"매월|매달|월\s|한\s?달|달마다",
        "year": r"연간|매년|1년|연\s|해마다", "item": r"(?:개|대|가지|치아)\s?당",
    }.items()
}  # fmt: skip
_NEAR = 14
"""Code points in front of an amount in which its measure stands: 1인당 · 하루 · 사고 한 건에."""
_FROM = re.compile(r"부터\s?(?:그\s?날을\s?포함하여\s?|기산하여\s?|계산하여\s?)?(?:약\s?|최대\s?|만\s?)?$")
_BACK = 18
"""Code points in front of 부터 that hold the event days are counted from."""


def contrast_signals(piece: Piece, best: Unit | None, shown: Shown) -> dict[str, float]:
    """Classes in which the piece differs from all clauses (`contrast`), from its best unit (`contrast_near`); measures, events."""
    said = _values(piece.text)
    held, asked = _values(shown.clauses), _values(shown.question)
    near = _values(best.piece.text) if best else {}
    rates = [_other_rate(piece, amount, shown) for amount in piece.amounts]
    starts = [_other_start(piece, amount, shown) for amount in piece.amounts]
    return {
        "contrast": float(_apart(said, held, asked)),
        "contrast_near": float(_apart(said, near, {})),
        "greater_smaller": float(_apart({"greater": said.get("greater", set())}, held, {})),
        "other_rate": float(any(rates)),
        "other_start": max(starts, default=0.0),
    }


CONTRAST_NAMES = ("contrast", "contrast_near", "greater_smaller", "other_rate", "other_start")


def _values(text: str) -> dict[str, set[int]]:
    """Class → which of its values the text says."""
    folded = fold(text)
    found = {
        name: {at for at, value in enumerate(values) if value.search(folded)} for name, values in _COMPILED.items()
    }
    return {name: values for name, values in found.items() if values}


def _apart(said: dict[str, set[int]], held: dict[str, set[int]], asked: dict[str, set[int]]) -> int:
    return sum(
        1
        for name, values in said.items()
        if values and name in held and not values & (held[name] | asked.get(name, set()))
    )


def _rates(text: str, start: int) -> set[str]:
    before = fold(text[max(0, start - _NEAR) : start])
    return {name for name, pattern in _RATES.items() if pattern.search(before)}


def _other_rate(piece: Piece, amount: Amount, shown: Shown) -> bool:
    """Whether the amount is measured by something else in every place of the clauses: 1건당 for 1인당."""
    if amount.dimension != "money":
        return False
    said = _rates(piece.text, amount.start - piece.start)
    there = [
        _rates(unit.piece.text, other.start - unit.piece.start) for unit, other in shown.amounts() if other.same(amount)
    ]
    return bool(said) and bool(there) and all(rates and not rates & said for rates in there)


def _start_words(text: str, words: Sequence[Word], offset: int, amount: Amount) -> list[Word]:
    """The event in 결정한 날부터 7일: content words close before 부터."""
    at = amount.start - offset
    found = _FROM.search(fold(text[max(0, at - 24) : at]))
    if found is None:
        return []
    end = offset + max(0, at - 24) + found.start()
    return [word for word in words if end - _BACK <= word.start < end and not word.empty][-2:]


def _other_start(piece: Piece, amount: Amount, shown: Shown) -> float:
    """How unlike the event is that the clauses count the same amount from; 0 where either names none."""
    said = _start_words(piece.text, piece.words, piece.start, amount)
    there = [
        _start_words(unit.piece.text, unit.words, unit.piece.start, other)
        for unit, other in shown.amounts()
        if other.same(amount)
    ]
    if not said or not there or not all(there):
        return 0.0
    return 1 - max(likeness(one, other) for one in said for words in there for other in words)
