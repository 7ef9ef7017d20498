"""Does it answer from the clauses, and refuse what they do not say? Judged by `engine.ground`, beside the reference answer.

Two yardsticks, never mixed: hallucination looks at the clauses that were SHOWN alone (so an answer copied from a wrong clause is
grounded), `correct` looks at the reference. A question whose own clause was not found is a case apart: refusing it is right.
"""

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from engine.evaluate import text_metrics as text
from engine.evaluate.key_facts import holds_key_facts
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext
from engine.ground.judge import judge
from engine.ground.refusals import is_refusal
from engine.ground.verdict import Kind, Verdict

UNIT = (0.0, 1.0)
REFUSED = ("refused_correctly", "refused_wrongly")
ERRORS: tuple[Kind, ...] = (
    "contradicted",
    "unsupported",
    "should_have_refused",
    "tail",
    "foreign_script",
    "repetition",
    "cut_off",
)
"""Kinds that make an answer hallucinated, each a metric of its own."""

_ROWS = (
    ("hallucination_rate", "judged answers", "lower", "보여 준 조항에 없거나 어긋나는 말을 한 답의 비율(판단한 답 가운데).",
     "Share of judged answers that say what the shown clauses do not, or the contrary."),
    ("could_not_judge", "answers", "lower", "판단하지 못한 답의 비율. 환각 비율에서 빠지므로 함께 보세요.",
     "Share that could not be judged: left out of the hallucination rate, so look at both."),
    ("error_rate", "answers", "lower", "환각이거나, 잘못 거절했거나, 판단할 수 없던 답의 비율. 다 거절해도 낮아지지 않습니다.",
     "Share that hallucinate, refuse wrongly or cannot be judged: refusing everything does not lower it."),
    ("correct", "answerable questions", "higher", "답이 있는 질문 가운데, 조항에 근거하고 본보기 답의 핵심(금액, 기간, 가부)을 담은 비율.",
     "Share of answerable questions answered from the clauses with the key facts of the reference."),
    ("refusal_precision", "refusals", "higher", "거절한 답 가운데 거절이 맞았던 비율(답이 없는 질문이거나 맞는 조항을 못 찾은 질문).",
     "Share of refusals that were right: unanswerable, or the right clause was not shown."),
    ("refusal_recall", "unanswerable questions", "higher", "답이 없는 질문 가운데 거절한 비율.",
     "Share of unanswerable questions that were refused."),
    ("refused_wrongly", "questions whose clause was shown", "lower", "답이 보여 준 조항에 있는데도 거절한 비율.",
     "Share refused although the shown clauses held the answer."),
    ("contradicted", "judged answers", "lower", "조항과 어긋나는 말이 든 답의 비율.", "Share with a claim the clauses contradict."),
    ("unsupported", "judged answers", "lower", "조항에 없는 말이 든 답의 비율.", "Share with a claim the clauses do not make."),
    ("should_have_refused", "judged answers", "lower", "답이 없는 질문에 답해 버린 비율.", "Share that answered an unanswerable question."),
    ("tail", "judged answers", "lower", "답 뒤에 상관없는 말이 붙은 비율.", "Share with unrelated words after the answer."),
    ("foreign_script", "judged answers", "lower", "조항에 없는 외국 글자가 섞인 비율.", "Share with foreign words that are not in the clauses."),
    ("repetition", "judged answers", "lower", "같은 말을 되풀이한 비율.", "Share stuck in a loop."),
    ("cut_off", "judged answers", "lower", "말이 끝나지 않고 잘린 비율.", "Share that was cut off unfinished."),
    ("retrieval_recall", "answerable questions", "higher", "질문의 정답 조항이 보여 준 조항 가운데 있던 비율. 모델이 아니라 찾기의 점수입니다.",
     "Share of answerable questions whose own clause was shown: a score of the search, not of the model."),
    ("similarity_to_answer", "chrF 0-1", "higher", "답이 있는 질문에서 본보기 답과 글자 조각이 겹치는 정도(chrF).",
     "Character pieces shared with the reference answer (chrF), answerable questions only."),
)  # fmt: skip
METRICS = tuple(
    Metric(name, unit if "chrF" in unit else f"share of {unit}", better, ko, en, UNIT)  # type: ignore[arg-type]
    for name, unit, better, ko, en in _ROWS
)


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer; None where the metric does not look at it, or it could not be judged."""
    verdict = verdict_of(item, answer, context)
    answerable, gold = item.meta.get("answerable"), gold_shown(item, answer)
    refused = verdict.kind in REFUSED
    judged = verdict.label != "could_not_judge"
    kinds = {verdict.kind, *(claim.kind for claim in verdict.claims)}
    known = answerable is not None
    return {
        "hallucination_rate": float(verdict.label == "hallucinated") if judged else None,
        "could_not_judge": float(not judged),
        "error_rate": float(verdict.label != "grounded" or verdict.kind == "refused_wrongly"),
        "correct": _correct(item, answer, verdict) if answerable else None,
        "refusal_precision": float(not (answerable and gold)) if refused and known else None,
        "refusal_recall": float(refused) if answerable is False else None,
        "refused_wrongly": float(refused) if answerable and gold else None,
        **{kind: float(kind in kinds) if judged else None for kind in ERRORS},
        "retrieval_recall": float(gold) if answerable and gold is not None else None,
        "similarity_to_answer": text.chrf(answer.text, item.reference) if answerable and item.reference else None,
    }


def explain(item: Item, answer: Answer, context: SuiteContext) -> dict[str, Any]:
    """What stands behind the scores, kept with the answer: a page marks the claims without judging anew."""
    verdict = verdict_of(item, answer, context)
    return {
        "label": verdict.label,
        "kind": verdict.kind,
        "claims": [asdict(claim) for claim in verdict.claims],
        "verdict_evidence": verdict.evidence,
        "reason_ko": verdict.reason_ko,
        "reason_en": verdict.reason_en,
        "type": item.meta.get("type"),
        "answerable": item.meta.get("answerable"),
        "gold_shown": gold_shown(item, answer),
        "retrieval_missed": bool(item.meta.get("answerable")) and gold_shown(item, answer) is False,
        "retrieved": list(item.meta.get("retrieved", ()))[: answer.shown],
    }


def meta_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row {question, context (or clauses): [text] or text, answerable?, type?} of `score --in`. Without `answerable` the reference
    tells: a refusal answers a question that the clauses do not."""
    clauses = next((row[name] for name in ("context", "clauses") if name in row), None)
    clauses = [clauses] if isinstance(clauses, str) else clauses
    if not isinstance(clauses, list) or not clauses or not all(isinstance(clause, str) for clause in clauses):
        raise KeyError("context")
    if not isinstance(row.get("question"), str):
        raise KeyError("question")
    reference = next((row[name] for name in ("reference", "answer") if isinstance(row.get(name), str)), "")
    answerable = row.get("answerable", not is_refusal(reference))
    if not isinstance(answerable, bool):
        raise TypeError("answerable")
    told = {"question": row["question"], "type": row.get("type"), "answerable": answerable, "clauses": tuple(clauses)}
    return {**told, "gold_place": 0 if answerable else None}


def verdict_of(item: Item, answer: Answer, context: SuiteContext) -> Verdict:
    """The detector's verdict on an answer, given the clauses that were shown with the question."""
    clauses = tuple(item.meta.get("clauses", ()))[: answer.shown]
    answerable = item.meta.get("answerable")
    if answerable and gold_shown(item, answer) is False:
        # Its own clause is not there. Other clauses may tell nonetheless: what is said is judged, a refusal is right.
        answerable = False if is_refusal(answer.text) else None
    shown = item.meta.get("named", frozenset())
    others = tuple(
        name for name in context.products if name not in shown
    )  # a clause's own text seldom names its product
    return _judged(_question(item.meta), clauses, answer.text, answerable, answer.ended, others)


def gold_shown(item: Item, answer: Answer) -> bool | None:
    """Whether the question's own clause was among those shown; None when that is not known."""
    place: int | None = item.meta.get("gold_place")
    if place is None:
        return None
    return 0 <= place < (answer.shown if answer.shown is not None else place + 1)


@lru_cache(maxsize=8192)  # `score` and `explain` ask for the same
def _judged(
    question: str,
    clauses: tuple[str, ...],
    answer: str,
    answerable: bool | None,
    ended: bool | None,
    products: tuple[str, ...],
) -> Verdict:
    return judge(question, clauses, answer, answerable=answerable, ended=ended, products=products)


def _question(meta: Mapping[str, Any]) -> str:
    return str(meta.get("question", ""))


def _correct(item: Item, answer: Answer, verdict: Verdict) -> float | None:
    """None only when it could not be judged although it holds what the reference says."""
    if verdict.kind in REFUSED or not holds_key_facts(_question(item.meta), item.reference, answer.text):
        return 0.0
    return None if verdict.label == "could_not_judge" else float(verdict.label == "grounded")


ABOUT = (
    "환각은 질문과 함께 보여 준 조항 전체만 놓고 판단합니다(모든 모델에 같은 조항이며, simple 형식의 모델은 그 앞부분만 봅니다). 틀린 조항을 "
    "찾아 그대로 옮긴 답은 환각이 아니지만 correct에서는 틀린 것입니다. correct는 본보기 답의 금액, 기간, 가부를 담았는지 봅니다. 정답 조항을 못 "
    "찾은 질문은 retrieval_missed로 따로 세고, 그때의 거절은 맞는 거절입니다.",
    "Hallucination is judged against the whole clauses shown with the question alone (the same for every model; one of the simple style "
    "sees their beginning only). An answer copied from a wrongly found clause is no hallucination, but counts as wrong in `correct`, "
    "which looks for the reference's amounts, periods and yes or no. Questions whose own clause was not found are counted apart as "
    "retrieval_missed; refusing them is right.",
)

SUITE = Suite(
    name="policy",
    version="2",
    metrics=METRICS,
    score=score,
    explain=explain,
    meta=meta_of,
    about=ABOUT,
    needs_loss=False,
    subsets=frozenset({"refusal_precision"}),
)
