"""What speaks for and against an answer, as numbers: one row of signals per piece, and one for the whole answer.

The rules in judge.py read them one by one; the checker (checker.py) weighs those that are doubtful together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.ground.alignment import ALIGNMENT_NAMES, alignment_signals
from engine.ground.arithmetic import wrong_results
from engine.ground.binding import Bound, bind, is_rate, local
from engine.ground.bounds import side
from engine.ground.context import Shown, Unit
from engine.ground.contrasts import CONTRAST_NAMES, contrast_signals
from engine.ground.derive import derivable
from engine.ground.exceptions import EXCEPTION_NAMES, exception_signals
from engine.ground.folding import fold
from engine.ground.habits import HABITS, passed_over
from engine.ground.intervals import holds, rows
from engine.ground.likeness import met
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, Word
from engine.ground.polarity import sign
from engine.ground.premises import PLACES, premises_of, unpledged
from engine.ground.topics import TOPIC_NAMES, topic_signals
from engine.ground.universals import alone

_CONDITION = re.compile(r"다만|단[,\s]|경우|때|하면|으면|[가-힣]면\s|해야|어야|려면|한하여|한해|조건|전제")
_YES = re.compile(r"^\s*(?:네|예|넵|맞(?:아요|습니다)|그렇습니다|그래요|물론)")
_NO = re.compile(r"^\s*(?:아니|아뇨|안\s?됩|안\s?돼|아쉽|죄송|안타깝)")


@dataclass(slots=True)
class PieceSignals:
    """`numbers`: name → value (see NAMES); `worst`: the unit that contradicts; `best`: the unit that fits."""

    piece: Piece
    sign: int
    numbers: dict[str, float]
    best: Unit | None = None
    worst: Unit | None = None
    why: str = ""
    swaps: list[tuple[Amount, Bound, float]] = field(default_factory=list)
    """Amounts that another place of the clauses fits better, with how much better."""


SAID = 0.85  # likeness from which a word counts as said


def piece_signals(piece: Piece, shown: Shown, said: Sequence[Amount], clauses: str, answer: str) -> PieceSignals:
    """All signals of one piece. `said`: amounts of the whole answer; `clauses`: text of the clauses."""
    found = PieceSignals(piece, sign(piece.morphs), {})
    _amount_signals(found, shown, said, clauses, answer)
    _place_signals(found, shown, clauses)
    _word_signals(found, shown)
    _sign_signals(found, shown, shown.products(answer, piece.end, piece.text))
    _one_sided(found, shown, shown.products(answer, piece.end, piece.text))
    universal = alone(piece.text, f"{clauses}\n{shown.question}")
    for name in ("always", "each", "at_once", "full", "only", "must", "never"):
        found.numbers[name] = float(name in universal)
    found.numbers["condition"] = float(_CONDITION.search(fold(piece.text)) is not None)
    found.numbers["condition_novel"] = found.numbers["condition"] * found.numbers["novel"]
    found.numbers |= contrast_signals(piece, found.best, shown) | topic_signals(piece, shown, answer)
    found.numbers |= alignment_signals(piece, shown) | exception_signals(piece, found.sign, shown)
    if found.numbers["flipped"]:
        found.numbers |= dict.fromkeys(("asked_against", "exception_against", "only_denied", "contrast_near"), 0.0)
    return found


def _amount_signals(found: PieceSignals, shown: Shown, said: Sequence[Amount], clauses: str, answer: str) -> None:
    numbers = found.numbers
    numbers |= dict.fromkeys(_COUNTED, 0.0)
    numbers["same_fit"], numbers["margin"] = 1.0, -0.5
    premises = premises_of(answer, said, shown)
    numbers["premises"] = float(len(premises))
    known = [*_asked(shown), *(amount for _, amount in shown.amounts())]
    figures = {a.value for a in known}
    for amount in found.piece.amounts:
        if amount.dimension == "bare" and amount.value not in figures:
            numbers["bare_absent"] = 1.0
        if amount.dimension in (*PLACES, "bare", "nth"):
            continue
        echo = amount in premises or any(amount.same(asked) for asked in _asked(shown))
        right, row = rows(amount, shown)
        if row is not None:
            numbers["wrong_row"] = 1.0
            found.worst = row
        if is_rate(found.piece, amount) and amount.value in (1.0, 30.0, 365.0):
            continue
        products = shown.products(answer, amount.start, found.piece.text)
        counts = bool(premises) or _calculates(answer, shown, said)
        clauses = shown.said_of(products)
        adds = _ADDING.search(found.piece.text) is not None
        if counts and amount.dimension == "money" and derivable(amount, _earlier(said, amount), clauses, adds):
            numbers["derived"] += 1
            continue
        bound = bind(amount, found.piece, shown, products)
        if bound.stands:
            _standing(found, amount, bound, echo or right)
        elif (
            echo
            or unpledged(amount, answer, shown)
            or (amount.value == 1 and amount.dimension in ("count", "period", "things"))
        ):
            numbers["echo"] += 1
            if echo:
                _echoed(found, amount, bound, shown)
        elif counts and derivable(amount, [*known, *_earlier(said, amount)], clauses, adds):
            numbers["derived"] += 1
        else:
            numbers["other" if bound.rival_unit else "absent"] += 1
            found.worst = found.worst or bound.rival_unit


_COUNTED = (
    "absent", "other", "swap", "opposite", "stricter", "derived", "stand", "echo", "miscalculated", "wrong_row", "bare_absent", "flipped", "mutual", "premises", "echo_margin", "echo_bound",
)  # fmt: skip
_ADDING = re.compile(r"더하|더해|합하|합해|합쳐|합산|붙어|붙으|추가|가산|\+")
_CALCULATING = re.compile(
    r"씩|총|모두|합|더하|더해|빼|뺀|곱|나누|나눈|절반|반액|배(?:인|를|가)|[×x*+=]|%|남은|나머지|차액|즉|공제|이미"
)


def _calculates(answer: str, shown: Shown, said: Sequence[Amount]) -> bool:
    """Whether a calculation is to be expected: the question gives an amount, or the answer shows how it counts."""
    if any(_counts(a) for a in _asked(shown)):
        return True
    return len(said) > 1 and _CALCULATING.search(fold(answer)) is not None


def _counts(amount: Amount) -> bool:
    """Whether an asked amount is one to calculate with: 하루 한도 and 1년에 몇 번 ask for none."""
    single = amount.dimension == "period" and amount.value in (1, 7, 30, 365)
    return not single and amount.dimension not in (*PLACES, "grade", "class", "nth")


def _echoed(found: PieceSignals, amount: Amount, bound: Bound, shown: Shown) -> None:
    """An amount that only the question names: does the clauses' amount of the same thing differ, and is it bounded alike?"""
    numbers = found.numbers
    numbers["echo_margin"] = max(numbers["echo_margin"], bound.rival)
    here = side(found.piece.text, local(found.piece, amount))
    there = {
        side(unit.piece.text, local(unit.piece, a)) for unit, a in shown.amounts() if a.dimension == amount.dimension
    }
    behind = fold(found.piece.text[amount.end - found.piece.start :])[:6]
    if here and here in there and _BOUND.match(behind):
        numbers["echo_bound"] = 1.0
        found.worst = found.worst or bound.rival_unit


_BOUND = re.compile(r"\s?(?:이상|이하|이내|미만|초과|한도)")


def _standing(found: PieceSignals, amount: Amount, bound: Bound, sure: bool) -> None:
    numbers = found.numbers
    numbers["stand"] += 1
    numbers["same_fit"] = min(numbers["same_fit"], bound.same)
    if bound.rival > 0 and not sure:
        numbers["margin"] = max(numbers["margin"], bound.rival - bound.same)
    margin = bound.rival - bound.same if bound.rival > 0 else 0.0
    if margin > 0 and not sure:
        found.swaps.append((amount, bound, margin))
    flipped = bound.opposite and bound.unit is not None and found.sign * bound.unit.sign < 0
    numbers["flipped"] = max(numbers["flipped"], float(flipped))  # 2개월이 지나면 못 한다 is 2개월 안에 한다
    numbers["opposite"] += bound.opposite and not flipped
    numbers["stricter"] += bound.stricter
    found.best = found.best or bound.unit


def _asked(shown: Shown) -> list[Amount]:
    """Amounts of the question; a figure without a unit may count tens of thousands of won, as talk does."""
    sums = [
        Amount(a.start, a.end, a.value * (1 if a.value >= 10_000 else 10_000), "money", "원")
        for a in shown.asked_amounts
        if a.dimension == "bare"
    ]
    return [*shown.asked_amounts, *sums]


def settle_swaps(parts: Sequence[PieceSignals], said: Sequence[Amount]) -> None:
    """Sets `swap` of every piece. Where the answer says the rival's value too, both must fit the other's place better."""
    margins = {amount.key: margin for part in parts for amount, _, margin in part.swaps}
    for part in parts:
        for _, bound, margin in part.swaps:
            rival = bound.rival_amount
            if rival is not None and any(rival.same(a) for a in said):
                margin = min(margin, margins.get(rival.key, 0.0))
                part.numbers["mutual"] = max(part.numbers["mutual"], margin)
            if margin > part.numbers["swap"]:
                part.numbers["swap"] = margin
                part.worst = bound.rival_unit if margin > 0.2 else part.worst


def _earlier(said: Sequence[Amount], amount: Amount) -> list[Amount]:
    return [a for a in said if a.end <= amount.start and a.dimension not in PLACES]


def _place_signals(found: PieceSignals, shown: Shown, clauses: str) -> None:
    """Articles and paragraphs that the piece names: do they exist, and is what is said said there?"""
    numbers = found.numbers
    numbers["no_article"] = numbers["wrong_place"] = 0.0
    headings = {unit.article for unit in shown.units if unit.article}
    for amount in found.piece.amounts:
        if amount.dimension == "article" and headings and amount.value not in headings:
            numbers["no_article"] = 1.0
        if amount.dimension == "article" and not headings and f"{amount.value:g}조" not in clauses.replace(" ", ""):
            numbers["no_article"] = 1.0
    cited = {a.dimension: a.value for a in found.piece.amounts if a.dimension in ("article", "paragraph")}
    words = _telling(found.piece.words)
    if cited and words and not numbers["no_article"]:
        here = [u for u in shown.units if _in_place(u, cited)]
        there = [u for u in shown.units if not _in_place(u, cited)]
        if here and there:
            numbers["wrong_place"] = max(0.0, _best(words, there) - _best(words, here))
        if not here and any(u.paragraph for u in shown.units):
            numbers["wrong_place"] = 1.0


def _in_place(unit: Unit, cited: dict[str, float]) -> bool:
    return (
        cited.get("article", unit.article) == unit.article and cited.get("paragraph", unit.paragraph) == unit.paragraph
    )


def _best(words: Sequence[Word], units: Sequence[Unit]) -> float:
    return max(sum(_said_in(word, unit) for word in words) / len(words) for unit in units)


def _said_in(word: Word, unit: Unit) -> float:
    return 1.0 if len(word.form) > 1 and word.form in unit.piece.text else met(word, unit.words)


def _telling(words: Sequence[Word]) -> list[Word]:
    return list({word.form: word for word in words if not word.empty}.values())


def _word_signals(found: PieceSignals, shown: Shown) -> None:
    telling = _telling(found.piece.words)
    nouns = [word for word in telling if word.tag in ("NNG", "NNP", "SL", "XR")]
    asked = _telling(shown.asked_words)
    lacks = [1 - max(shown.holds_word(w), 0.9 * met(w, asked)) for w in nouns]
    strict = [1 - shown.holds_word(w) for w in telling]
    numbers = found.numbers
    numbers["telling"] = float(len(telling))
    numbers["novel"] = max(lacks, default=0.0)
    numbers["novel_count"] = float(sum(lack > 0.6 for lack in lacks))
    numbers["novel_mean"] = sum(lacks) / len(lacks) if lacks else 0.0
    numbers["uncovered"] = sum(strict) / len(strict) if strict else 0.0
    names = [w for w, lack in zip(nouns, lacks, strict=True) if w.tag in ("NNP", "SL") and lack > 0.6]
    numbers["novel_names"] = float(len(names))
    shared = [w for w in nouns if any(w.form == a.form for a in asked)]
    numbers["topic_novel"] = max((1 - shown.holds_word(w) for w in shared), default=0.0)
    numbers["topic_count"] = float(sum(shown.holds_word(w) < 0.7 for w in shared))


def _sign_signals(found: PieceSignals, shown: Shown, products: Sequence[str]) -> None:
    """How well units that say the same (yes, no) fit, and units that say the opposite."""
    telling = _telling(found.piece.words)
    asked = [w for w in _telling(shown.asked_words) if w.form not in {t.form for t in telling}]
    fits: dict[int, tuple[float, Unit | None]] = {1: (0.0, None), -1: (0.0, None)}
    best, best_unit, joint = 0.0, None, 0.0
    for unit in shown.units:
        if products and unit.product and unit.product not in products:
            continue
        fit = _fit(telling, asked, unit, shown)
        joint = (
            max(joint, _fit(telling, (), unit, shown) * _fit((), asked, unit, shown)) if asked and telling else joint
        )
        said = unit.sign * _met_sign(unit, shown)
        for way in (said,) if said else (1, -1):
            if fit > fits[way][0]:
                fits[way] = (fit, unit)
        if fit > best:
            best, best_unit = fit, unit
    own = found.sign or 1
    same, opposite = fits[own][0], fits[-own][0]
    numbers = found.numbers
    numbers["fit"], numbers["same_sign"], numbers["opposite_sign"] = best, same, opposite
    numbers["against"] = opposite - same if found.sign and telling and not numbers["flipped"] else 0.0
    numbers["denies"] = float(found.sign < 0)
    found.best = found.best or best_unit
    numbers["joint"] = joint
    numbers["violates"] = 0.0
    if best_unit is not None and found.sign and best_unit.sign:
        numbers["violates"] = _violates(found, best_unit, shown, best)
    if numbers["against"] > 0.1:
        found.worst = found.worst or fits[-own][1]


def _one_sided(found: PieceSignals, shown: Shown, products: Sequence[str]) -> None:
    """Nouns of piece and question that only denying units say, though the piece grants; or only granting ones, though it denies."""
    numbers = found.numbers
    numbers["only_denied"] = numbers["only_granted"] = 0.0
    if not found.sign:
        return
    sides: dict[int, list[Word]] = {1: [], -1: []}
    for unit in shown.units:
        if not products or not unit.product or unit.product in products:
            side = unit.sign * _met_sign(unit, shown)
            sides[-1 if side < 0 else 1] += unit.words
    nouns = [w for w in _telling([*found.piece.words, *shown.asked_words]) if w.tag in ("NNG", "NNP", "XR", "SL")]
    denied = [w for w in nouns if met(w, sides[-1]) >= SAID]
    granted = [w for w in nouns if met(w, sides[1]) >= SAID]
    if found.sign > 0:
        numbers["only_denied"] = float(sum(all(w is not g for g in granted) for w in denied))
    else:
        numbers["only_granted"] = float(bool(granted) and not denied)


def _met_sign(unit: Unit, shown: Shown) -> int:
    """−1 when an asked amount does not meet what the unit demands: then it does not grant, or not deny."""
    return -1 if holds(_measures(shown), unit, unit.piece.amounts) is False else 1


def _measures(shown: Shown) -> list[Amount]:
    return [a for a in shown.asked_amounts if a.dimension != "money"]


def _violates(found: PieceSignals, unit: Unit, shown: Shown, fit: float) -> float:
    """Fit of the unit whose demand (4시간 이상) the asked amount does not meet, though the piece says yes; or meets, though no."""
    met_ = holds(_measures(shown), unit, unit.piece.amounts)
    return fit if met_ is not None and found.sign != (unit.sign if met_ else -unit.sign) else 0.0


def _fit(telling: Sequence[Word], asked: Sequence[Word], unit: Unit, shown: Shown) -> float:
    total = score = 0.0
    for words, share in ((telling, 1.0), (asked, 0.5)):
        for word in words:
            weight = share * (1.0 if word.tag in ("NNG", "NNP", "SL") else 0.6)
            held = max(met(word, unit.words), 0.5 * any(c in unit.around for c in word.concepts))
            weight *= min(1.5, shown.weight(word.concepts[0]))
            total += weight
            score += weight * held
    return score / total if total else 0.0


def answer_signals(
    answer: str, parts: Sequence[PieceSignals], shown: Shown, said: Sequence[Amount]
) -> dict[str, float]:
    """The whole answer: extremes over its pieces, and what concerns the question."""
    found: dict[str, float] = {}
    for name in PIECE_NAMES:
        values = [part.numbers[name] for part in parts] or [0.0]
        found[name] = min(values) if name in LEAST else max(values)
    asked = _telling(shown.asked_words)
    nouns = [w for w in asked if w.tag in ("NNG", "NNP", "SL")]
    lacks = [1 - shown.holds_word(w) for w in nouns]
    found["asked_novel"] = max(lacks, default=0.0)
    found["asked_mean"] = sum(lacks) / len(lacks) if lacks else 0.0
    found["miscalculated"] = float(sum(1 for _ in wrong_results(answer, said)))
    found["pieces"] = float(min(6, len(parts)))
    found["yes"] = float(_YES.match(answer) is not None)
    found["no"] = float(_NO.match(answer) is not None)
    found["no_numbers"] = float(not said)
    found["clause_numbers"] = float(min(8, len(shown.amounts())) / 8)
    habits = {habit for habit, _ in passed_over(shown, said)}
    for name in HABITS:
        found[name] = float(name in habits)
    found["certain"] = float(any(found[name] for name in CERTAIN) or found["wrong_place"] > 0.3)
    found["swapped"], found["opposed"] = float(found["swap"] > 0.28), float(found["against"] > 0.28)
    found["topic_lost"] = float(found["topic_novel"] > 0.8)
    found["many_novel"] = float(found["novel_count"] >= 2)
    yes_no = found["yes"] - found["no"]
    first = next((part for part in parts if part.sign), None)
    found["yes_against"] = yes_no * (first.numbers["against"] if first and yes_no * first.sign > 0 else 0.0) * yes_no
    found["fit_mean"] = sum(p.numbers["fit"] for p in parts) / len(parts) if parts else 0.0
    found["last_fit"] = parts[-1].numbers["fit"] if parts else 0.0
    found["last_novel"] = parts[-1].numbers["novel_mean"] if parts else 0.0
    return found


PIECE_NAMES = (
    "absent", "other", "swap", "opposite", "stricter", "derived", "stand", "echo", "same_fit", "margin", "no_article", "wrong_place",
    "telling", "novel", "novel_count", "novel_mean", "uncovered", "novel_names", "fit", "same_sign", "opposite_sign", "against",
    "joint", "only_denied", "only_granted", "wrong_row", "violates", "topic_novel", "topic_count", "denies", "always", "each", "at_once", "full", "only", "must", "never", "condition", "condition_novel",
    "bare_absent", "flipped", "mutual", "premises", "echo_margin", "echo_bound", *CONTRAST_NAMES, *TOPIC_NAMES, *ALIGNMENT_NAMES, *EXCEPTION_NAMES,
)  # fmt: skip
LEAST = (
    "fit",
    "same_sign",
    "same_fit",
    "ordered",
    "grams",
    "asked_same",
)  # lowest over the pieces, of others the highest
CERTAIN = (
    "absent", "other", "wrong_row", "no_article", "miscalculated", "always", "at_once", "novel_names", *HABITS,
)  # fmt: skip
"""Signals that were never or hardly ever raised by a grounded answer of the development sets."""
NAMES = (
    *PIECE_NAMES, "asked_novel", "asked_mean", "miscalculated", "pieces", "yes", "no", "no_numbers", "clause_numbers", *HABITS, "yes_against",
    "fit_mean", "last_fit", "last_novel",
    "certain", "swapped", "opposed", "topic_lost", "many_novel",
)  # fmt: skip
