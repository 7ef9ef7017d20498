"""The door: question, shown clauses and answer in; verdict out. It reads Korean; it does not know the world beside the clauses."""

from collections.abc import Sequence

from engine.ground.binding import bind
from engine.ground.context import Shown
from engine.ground.derive import derivable
from engine.ground.form import Flaw, find_flaws
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, pieces
from engine.ground.refusals import is_polite, is_refusal, refuses
from engine.ground.verdict import Claim, Kind, Verdict, label_of

MOST_READ = 20_000
"""Code points of an answer that are judged; no honest answer is longer."""
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
    if not answer.strip():
        return _verdict("undecided", (), None)
    read = answer[:MOST_READ]
    shown = Shown(question, context)
    if is_refusal(read):
        return _refused(read, shown, answerable)
    flaws = find_flaws(read, shown.text, ended if len(read) == len(answer) else False)
    claims = [_flaw_claim(flaw) for flaw in flaws]
    for piece in pieces(read):
        if any(flaw.start <= piece.start < flaw.end and flaw.kind != "foreign_script" for flaw in flaws):
            continue
        if not refuses(piece.text) and not is_polite(piece.text):
            claims.append(_judge_piece(piece, shown))
    return _combined(claims, answerable)


def _refused(answer: str, shown: Shown, answerable: bool | None) -> Verdict:
    told = answerable if answerable is not None else _tells(shown)
    kind: Kind = "refused_wrongly" if told else "refused_correctly"
    return _verdict(kind, (_claim(0, len(answer), kind),), None)


def _tells(shown: Shown) -> bool:
    """Whether the clauses seem to answer the question: every telling word of it stands in them."""
    asked = [word for piece in shown.asked for word in piece.words if not word.empty]
    return bool(asked) and all(any(c in shown.meanings for c in word.concepts) for word in asked)


def _judge_piece(piece: Piece, shown: Shown) -> Claim:
    known: list[Amount] = [*shown.asked_amounts, *(amount for _, amount in shown.amounts())]
    for amount in piece.amounts:
        if amount.dimension == "bare" or any(amount.same(asked) for asked in shown.asked_amounts):
            continue
        bound = bind(amount, piece, shown)
        if bound.kind == "same" or (bound.kind != "swapped" and derivable(amount, known)):
            continue
        kind: Kind = "unsupported" if bound.kind == "absent" else "contradicted"
        evidence = bound.unit.piece.text if bound.unit else None
        return _claim(piece.start, piece.end, kind, evidence, bound.unit.index if bound.unit else None)
    return _claim(piece.start, piece.end, "supported")


def _flaw_claim(flaw: Flaw) -> Claim:
    return _claim(flaw.start, flaw.end, flaw.kind)


def _combined(claims: Sequence[Claim], answerable: bool | None) -> Verdict:
    ordered = tuple(sorted(claims, key=lambda claim: (claim.start, claim.end)))
    if not ordered:
        return _verdict("undecided", (), None)
    if answerable is False:
        return _verdict("should_have_refused", ordered, None)
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
