"""The door: question, shown clauses and answer in; verdict out. It reads Korean; it does not know the world beside the clauses."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.ground.checker import load_checker
from engine.ground.context import Shown
from engine.ground.form import Flaw, find_flaws
from engine.ground.likeness import coverage
from engine.ground.numbers import Amount
from engine.ground.pieces import GROUND, Piece, bare, pieces
from engine.ground.refusals import is_polite, is_refusal, refuses
from engine.ground.signals import PieceSignals, answer_signals, piece_signals, settle_swaps
from engine.ground.suspicion import SURE_OF_ALL, is_sure, suspicion
from engine.ground.verdict import Claim, Kind, Verdict, label_of

MOST_READ = 4_000
"""Code points of an answer whose claims are judged; no honest answer is longer. Form is judged on all of it."""
LEAST_BESIDE_FLAW = 0.7
"""Beside a flaw of form, which decides already, a doubt is no second error."""
STRANGE, BARELY = 0.55, 0.3
"""Share of new words in a piece, and fit to the best unit, from which and to which it is off the topic."""
TOLD = 0.8
"""Share of the question's nouns that the clauses say from which a refusal of unknown right counts as wrong."""
LEAST_COPIED = 8
"""Letters from which a piece counts as copied from a clause."""
MOST_SHOWN = 40_000
"""Code points of each clause that are read."""
ORDER: tuple[Kind, ...] = (
    "contradicted",
    "should_have_refused",
    "unsupported",
    "repetition",
    "tail",
    "foreign_script",
    "cut_off",
)
"""The first of these among the claims is the verdict's kind."""


@dataclass(frozen=True, slots=True)
class Read:
    """One answer with what was found in it."""

    answer: str
    shown: Shown
    flaws: tuple[Flaw, ...]
    parts: tuple[PieceSignals, ...]
    signals: dict[str, float]


def judge(
    question: str,
    context: Sequence[str],
    answer: str,
    *,
    answerable: bool | None = None,
    ended: bool | None = None,
    products: Sequence[str] = (),
) -> Verdict:
    """`answerable`: whether the clauses hold the answer, if known. `ended`: whether the model's end token came, if known.

    `products`: names of products and companies of other clauses; one that is named without standing here is a swap.
    """
    shown = Shown(question[:MOST_READ], [text[:MOST_SHOWN] for text in context])
    told = refusal(answer, shown, answerable)
    if told is not None:
        return told
    read = read_answer(answer, shown, ended)
    claims = [*flaw_claims(read.flaws), *_swapped_names(answer, shown, products)]
    if answerable is False and read.parts:
        claims += [_claim(part.piece.start, part.piece.end, "should_have_refused") for part in read.parts]
    else:
        claims += _judged(read)
    return combined(claims)


def refusal(answer: str, shown: Shown, answerable: bool | None) -> Verdict | None:
    """The verdict on an answer that refuses or is empty; None for one that asserts."""
    if not answer.strip():
        return _verdict("undecided", (), None)
    return _refused(answer, shown, answerable) if is_refusal(answer[:MOST_READ]) else None


def flaw_claims(flaws: Sequence[Flaw]) -> list[Claim]:
    """Flaws of form as claims."""
    return [_claim(flaw.start, flaw.end, flaw.kind) for flaw in flaws]


def read_answer(answer: str, shown: Shown, ended: bool | None) -> Read:
    """Flaws and signals of an answer; what stands in a flaw is judged as a flaw alone."""
    flaws = find_flaws(answer, shown.text, ended)
    kept = [piece for piece in pieces(answer[:MOST_READ]) if _asserts(piece, flaws)]
    said: list[Amount] = [amount for piece in kept for amount in piece.amounts]
    clauses = "\n".join(shown.context)
    parts = [piece_signals(piece, shown, said, clauses, answer[:MOST_READ]) for piece in kept]
    settle_swaps(parts, said)
    return Read(answer, shown, tuple(flaws), tuple(parts), answer_signals(answer[:MOST_READ], parts, shown, said))


def _asserts(piece: Piece, flaws: Sequence[Flaw]) -> bool:
    flawed = any(flaw.start <= piece.start < flaw.end and flaw.kind != "foreign_script" for flaw in flaws)
    return not flawed and not refuses(piece.text) and not is_polite(piece.text)


def _judged(read: Read) -> list[Claim]:
    """Every piece as a claim: all supported, or those that speak against the answer marked."""
    checker = load_checker()
    own = [part for part in read.parts if not _copied(part, read.shown)]
    sure = any(is_sure(part) for part in own) or any(read.signals[name] for name in SURE_OF_ALL)
    least = max(checker.threshold, LEAST_BESIDE_FLAW) if read.flaws else checker.threshold
    if not own or not (sure or checker.chance(read.signals) >= least):
        return [_piece_claim(part, "supported") for part in read.parts]
    kind = checker.kind(read.signals)
    scores = [suspicion(part) if part in own else 0.0 for part in read.parts]
    worst = max(scores)
    return [
        _piece_claim(
            part, _kind_of(part, kind, read) if score >= min(worst, 1.0) and (score > 0 or worst == 0) else "supported"
        )
        for part, score in zip(read.parts, scores, strict=True)
    ]


def _kind_of(part: PieceSignals, kind: Kind, read: Read) -> Kind:
    """The checker's kind, but for a last sentence that has nothing to do with question and clauses: that is a tail."""
    last = part.piece.sentence == read.parts[-1].piece.sentence > read.parts[0].piece.sentence
    strange = part.numbers["novel_mean"] > STRANGE and part.numbers["fit"] < BARELY
    return "tail" if last and strange and not part.numbers["stand"] else kind


def _copied(part: PieceSignals, shown: Shown) -> bool:
    """Whether a piece of some length stands in a clause word for word, and the place it names is the right one."""
    if part.numbers["no_article"] or part.numbers["wrong_place"] > 0.1:
        return False
    letters = bare(GROUND.sub("", part.piece.text))
    return len(letters) >= LEAST_COPIED and any(letters in bare(text) for text in shown.context)


def _piece_claim(part: PieceSignals, kind: Kind) -> Claim:
    unit = part.best if kind == "supported" else part.worst or part.best
    if unit is None or kind in ("unsupported", "should_have_refused"):
        return _claim(part.piece.start, part.piece.end, kind)
    return _claim(part.piece.start, part.piece.end, kind, unit.piece.text, unit.index)


def _swapped_names(answer: str, shown: Shown, products: Sequence[str]) -> list[Claim]:
    held = shown.text.replace(" ", "")
    return [
        _claim(at, at + len(name), "contradicted")
        for name in products
        if len(name) > 1 and name.replace(" ", "") not in held and (at := answer.find(name)) >= 0
    ]


def _refused(answer: str, shown: Shown, answerable: bool | None) -> Verdict:
    told = answerable if answerable is not None else _tells(shown)
    kind: Kind = "refused_wrongly" if told else "refused_correctly"
    return _verdict(kind, (_claim(0, len(answer), kind),), None)


def _tells(shown: Shown) -> bool:
    """Whether the clauses seem to answer the question: they say most of what it is about. Right in 5 of 6 labelled refusals."""
    asked = [word for word in shown.asked_words if not word.empty and word.tag in ("NNG", "NNP", "SL")]
    return bool(shown.units) and coverage(asked, shown.words) >= TOLD


def combined(claims: Sequence[Claim]) -> Verdict:
    """The verdict that follows from the claims: the worst kind decides."""
    ordered = tuple(sorted(claims, key=lambda claim: (claim.start, claim.end)))
    if not ordered:
        return _verdict("undecided", (), None)
    for kind in ORDER:
        worst = next((claim for claim in ordered if claim.kind == kind), None)
        if worst is not None:
            return _verdict(kind, ordered, worst.evidence)
    return _verdict("supported", ordered, next((c.evidence for c in ordered if c.evidence), None))


_REASONS: dict[Kind, tuple[str, str]] = {
    "supported": ("약관에 있는 내용입니다.", "The clauses say so."),
    "contradicted": ("약관과 다릅니다.", "The clauses say something else."),
    "unsupported": ("보여 준 약관에 없는 내용입니다.", "The shown clauses do not say this."),
    "should_have_refused": (
        "약관이 답하지 않는 질문인데 답했습니다.",
        "The clauses do not answer the question, yet it was answered.",
    ),
    "refused_correctly": ("약관에 없어 답하지 않았습니다.", "Refused: the clauses do not tell."),
    "refused_wrongly": ("약관에 답이 있는데 없다고 했습니다.", "Refused although the clauses tell."),
    "tail": ("답 뒤에 상관없는 말이 붙었습니다.", "Unrelated words follow the answer."),
    "foreign_script": ("약관에 없는 외국어가 섞였습니다.", "Foreign words that are not in the clauses."),
    "repetition": ("같은 말을 되풀이합니다.", "It repeats itself."),
    "cut_off": ("문장이 끝나지 않았습니다.", "The sentence is unfinished."),
    "undecided": ("판단할 내용이 없습니다.", "There is nothing to judge."),
}


def _claim(start: int, end: int, kind: Kind, evidence: str | None = None, index: int | None = None) -> Claim:
    return Claim(start, end, kind, evidence, index, *_REASONS[kind])


def _verdict(kind: Kind, claims: tuple[Claim, ...], evidence: str | None) -> Verdict:
    return Verdict(label_of(kind), kind, claims, evidence, *_REASONS[kind])
