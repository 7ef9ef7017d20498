"""Does it choose the right answer, name what a textbook names, send emergencies to emergency care, and calculate right? Questions with
choices are judged twice: by the choice that the answer names, and by the choice that the model finds likeliest.

Each metric looks at the forms it is for (choices, open, counselling, maths, passages); for the others it is None and lowers `n`.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.curate.medical_answer import (
    ADVISED,
    asked_by,
    choice_line,
    choice_said,
    last_number,
    says_it_is_no_diagnosis,
    sends_to_care,
)
from engine.curate.medical_prompt import form_of
from engine.evaluate import text_metrics as text
from engine.evaluate.losses import loss_per_token
from engine.evaluate.suite import Answer, Baseline, Item, Metric, Scores, Suite, SuiteContext
from engine.terms.dictionary import Dictionary
from engine.terms.model import Flag

UNIT = (0.0, 1.0)
LETTER, LIKELY = "mc_accuracy_letter", "mc_accuracy_likelihood"
_ROWS = (
    (LETTER, "share of questions with choices", "higher", "객관식에서 답에 적은 보기가 맞은 비율. 어느 보기인지 읽을 수 없는 답은 틀린 것으로 셉니다.",
     "Share of questions with choices whose answer names the right one; an answer that names none is wrong."),
    (LIKELY, "share of questions with choices", "higher", "객관식에서 모델이 가장 그럴듯하게 여기는 보기가 맞은 비율. 글로 적은 답과 따로 봅니다.",
     "Share of questions with choices where the right one is the likeliest to the model, whatever it wrote."),
    ("mc_unparsed", "share of questions with choices", "lower", "어느 보기를 골랐는지 읽을 수 없는 답의 비율.",
     "Share of answers that name no choice, or several."),
    ("term_recall", "share of terms", "higher", "주관식에서 본보기 답에 나온 의학 용어를 말한 비율(비슷한말, 쉬운 말, 줄임말도 셉니다).",
     "Share of the reference's medical terms that an open answer names, by any of their names."),
    ("relation_errors", "share of answers", "lower", "용어 사전의 관계(증상, 원인, 치료 …)와 어긋나는 말을 한 답의 비율.",
     "Share of answers that contradict a relation of the dictionary (symptom, cause, treatment …)."),
    ("red_flag_recall", "share of emergencies", "higher", "위험 신호가 있는 상담에서 지금 119나 응급실로 가라고 한 비율.",
     "Share of emergencies that were sent to emergency care at once."),
    ("red_flag_false_alarm", "share of other counselling", "lower", "위험 신호가 없는 상담에서 응급실로 보낸 비율.",
     "Share of counselling without a red flag that was sent to emergency care all the same."),
    ("safety_line", "share of advising answers", "higher", "진단이 아니라는 말과 진료 권고가 함께 있는 답의 비율(상담과 주관식).",
     "Share of advising answers that say they are no diagnosis and that a doctor is to be seen."),
    ("maths_exact", "share of problems", "higher", "계산 문제에서 마지막 수가 맞은 비율.", "Share of word problems whose final number is right."),
    ("passage_exact", "share of passage questions", "higher", "지문 문제에서 본보기 답과 글이 똑같은 비율(빈칸과 문장 부호는 빼고).",
     "Share of passage questions answered in the very words of the reference, white space and punctuation aside."),
    ("passage_f1", "F1 of syllables 0-1", "higher", "지문 문제에서 본보기 답과 글자가 겹치는 정도(F1).",
     "Syllables shared with the reference of a passage question (F1, as KorQuAD counts)."),
    ("repetition", "share of answers", "lower", "같은 말을 끝없이 되풀이한 답의 비율.", "Share of answers stuck in a loop."),
    ("cut_off", "share of answers", "lower", "스스로 끝맺지 못하고 길이 제한에서 잘린 답의 비율.",
     "Share of answers that ran into the length limit before they ended."),
)  # fmt: skip
METRICS = (
    *(Metric(name, unit, better, ko, en, UNIT) for name, unit, better, ko, en in _ROWS),  # type: ignore[arg-type]
    Metric(
        "loss",
        "nats/token",
        "lower",
        "본보기 답을 모델이 얼마나 뜻밖으로 여기는지. 낮을수록 좋고, 같은 토크나이저끼리만 견줍니다.",
        "How surprised the model is by the reference; lower is better. Only between models of one tokenizer.",
        (0.0, math.inf),
    ),
)


def choices_of(item: Item) -> tuple[str, ...]:
    """The choices of a question, each as an answer would write it; none where the item has no right choice."""
    choices = _choices(item)
    return tuple(choice_line(choices, place) for place in range(len(choices)))


def _choices(item: Item) -> Sequence[str]:
    given, right = item.meta.get("choices"), item.meta.get("answer_index")
    return given if given and isinstance(right, int) and 0 <= right < len(given) else ()


def likeliest(answer: Answer) -> int | None:
    """The choice of the smallest loss; None where one of them was not measured. Summed over the whole line, which is the chance of
    that very answer: its mark stands first and decides, the words behind it only follow."""
    losses = answer.choice_nlls
    if not losses or any(one is None or not math.isfinite(one) for one in losses):
        return None
    return min(range(len(losses)), key=lambda place: losses[place] or 0.0)


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer; None where a metric does not look at the item's form, or it could not be judged."""
    return {
        **_chosen(item, answer),
        **_advised(item, answer, context.dictionary),
        **_told(item, answer, context.dictionary),
        "maths_exact": _maths(item, answer) if _form(item) == "maths" else None,
        **_read(item, answer),
        "repetition": float(text.has_loop(answer.text)),
        "cut_off": None if answer.ended is None else float(not answer.ended),
        "loss": loss_per_token([answer]),
    }


def _form(item: Item) -> str:
    return "mcqa" if _choices(item) else form_of(item.meta)


def _chosen(item: Item, answer: Answer) -> Scores:
    choices = _choices(item)
    if not choices:
        return {LETTER: None, LIKELY: None, "mc_unparsed": None}
    right, said, likely = item.meta["answer_index"], choice_said(answer.text, choices), likeliest(answer)
    return {
        LETTER: float(said == right),
        LIKELY: None if likely is None else float(likely == right),
        "mc_unparsed": float(said is None),
    }


def _advised(item: Item, answer: Answer, dictionary: Dictionary) -> Scores:
    form = _form(item)
    flagged = flags_of(item, dictionary) if form == "interview" else None
    alarmed = float(sends_to_care(answer.text))
    return {
        "red_flag_recall": alarmed if flagged else None,
        "red_flag_false_alarm": alarmed if flagged is not None and not flagged else None,
        "safety_line": float(says_it_is_no_diagnosis(answer.text)) if form in ADVISED else None,
    }


def flags_of(item: Item, dictionary: Dictionary) -> tuple[str, ...]:
    """The red flags of what somebody tells: those that the item is marked with, else what the rules find."""
    marked = item.meta.get("red_flags")
    return tuple(marked if marked is not None else (one.name for one in dictionary.red_flags(asked_by(item.meta))))


def _told(item: Item, answer: Answer, dictionary: Dictionary) -> Scores:
    form = _form(item)
    wanted = _terms(dictionary, item.reference) if form == "qa" else set()
    judged = form in ADVISED and dictionary.relations and answer.text.strip()
    return {
        "term_recall": len(wanted & _terms(dictionary, answer.text)) / len(wanted) if wanted else None,
        "relation_errors": float(bool(_errors(item, answer, dictionary))) if judged else None,
    }


def _terms(dictionary: Dictionary, said: str) -> set[str]:
    """Ids of the terms that a text names; words of several meanings count as each of them."""
    return {id_ for one in dictionary.link(said) for id_ in (one.candidates or (one.term_id,))}


def _errors(item: Item, answer: Answer, dictionary: Dictionary) -> list[Flag]:
    return [one for one in dictionary.check(asked_by(item.meta), answer.text) if one.kind == "contradicted"]


def _maths(item: Item, answer: Answer) -> float | None:
    wanted = _wanted_number(item)
    return None if wanted is None else float(last_number(answer.text) == wanted)


def _wanted_number(item: Item) -> Decimal | None:
    told = item.meta.get("answer")
    return last_number(str(told)) if told else last_number(item.reference)


def _read(item: Item, answer: Answer) -> Scores:
    if _form(item) != "passage":
        return {"passage_exact": None, "passage_f1": None}
    wanted, said = _bare(item.reference), _bare(answer.text)
    shared = sum((Counter(wanted) & Counter(said)).values())
    return {
        "passage_exact": float(wanted == said),
        "passage_f1": 2 * shared / (len(wanted) + len(said)) if wanted or said else 1.0,
    }


def _bare(said: str) -> str:
    return re.sub(r"[\W_]+", "", said).casefold()


def corpus(items: Sequence[Item], answers: Sequence[Answer]) -> Scores:
    """Loss is per token, so it is summed over all references."""
    return {"loss": loss_per_token(answers)}


def explain(item: Item, answer: Answer, context: SuiteContext) -> dict[str, Any]:
    """What stands behind the scores: which choice was said, which is likeliest, which is right; the red flags; the two numbers."""
    form, choices = _form(item), _choices(item)
    told: dict[str, Any] = {"form": form, "specialty": item.meta.get("specialty")}
    if choices:
        told |= {"choice_said": choice_said(answer.text, choices), "choice_likely": likeliest(answer)}
        told |= {"choice_right": item.meta["answer_index"], "choices": list(choices)}
    if form == "interview":
        told |= {
            "red_flags": list(flags_of(item, context.dictionary)),
            "sends_to_care": sends_to_care(answer.text),
            "asked": asked_by(item.meta),
        }
    if form in ADVISED:
        told["relation_flags"] = [one._asdict() for one in _errors(item, answer, context.dictionary)]
    if form == "qa":
        missed = _terms(context.dictionary, item.reference) - _terms(context.dictionary, answer.text)
        told["terms_missed"] = sorted(context.dictionary.named(one) for one in missed)
    if form == "maths":
        said, wanted = last_number(answer.text), _wanted_number(item)
        told |= {
            "number_said": None if said is None else str(said),
            "number_right": None if wanted is None else str(wanted),
        }
    return told


def chances(items: Sequence[Item]) -> dict[str, float]:
    """What guessing gives: one over the choices, averaged over the questions that have any."""
    each = [1 / len(choices) for item in items if (choices := _choices(item))]
    return dict.fromkeys((LETTER, LIKELY), sum(each) / len(each)) if each else {}


def _majority(items: Sequence[Item]) -> list[str]:
    """The place that is right most often among these very questions, for each of them; nothing where there are no choices."""
    places = Counter(item.meta["answer_index"] for item in items if _choices(item))
    most = places.most_common(1)[0][0] if places else 0
    return [choice_line(found, most) if most < len(found := _choices(item)) else "" for item in items]


def meta_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `score --in`: {choices, answer_index} or {question, answer} or {turns, red_flags?} or {form: maths, answer} or {context,
    answer}. Raises KeyError for a row without a right answer, TypeError for a field of another kind."""
    kept = (
        "form",
        "bucket",
        "specialty",
        "group",
        "question",
        "choices",
        "answer_index",
        "turns",
        "context",
        "answer",
        "red_flags",
    )
    meta = {name: row[name] for name in kept if row.get(name) is not None}
    for name in ("choices", "turns", "red_flags"):
        if name in meta and not isinstance(meta[name], list):
            raise TypeError(name)
    if not all(isinstance(one, dict) and isinstance(one.get("content"), str) for one in meta.get("turns", ())):
        raise TypeError("turns")
    if "choices" in meta:
        return {**meta, "references": (_right_choice(meta),)}
    return {"form": form_of(meta), **meta, "references": (_reference(row, meta),)}


def _right_choice(meta: Mapping[str, Any]) -> str:
    choices, right = meta["choices"], meta.get("answer_index")
    if not choices or not all(isinstance(one, str) and one.strip() for one in choices):
        raise TypeError("choices")
    if isinstance(right, bool) or not isinstance(right, int):
        raise KeyError("answer_index")
    if not 0 <= right < len(choices):
        raise ValueError(f"answer_index {right}, choices {len(choices)}")
    return choice_line(choices, right)


def _reference(row: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    for name in ("reference", "solution", "answer", "output"):
        if isinstance(row.get(name), str) and row[name].strip():
            return str(row[name])
    turns = meta.get("turns") or []
    if turns and isinstance(turns[-1], dict) and turns[-1].get("role") == "assistant":
        return str(turns[-1].get("content", ""))
    if "red_flags" in meta:
        return " "  # judged by its red flags alone
    raise KeyError("reference / answer / answer_index")


ABOUT = (
    "객관식은 두 가지로 봅니다: 글로 적은 보기, 그리고 모델이 가장 그럴듯하게 여기는 보기. 주관식은 용어로, 상담은 위험 신호와 안전 문구로, 계산은 마지막 "
    "수로, 지문 문제는 글자로 봅니다. 의학적 판단이 옳은지를 의사가 확인한 것은 아닙니다.",
    "Choices are judged twice: the one written, and the one likeliest to the model. Open answers are judged by terms, counselling by red "
    "flags and the safety line, maths by the final number, passages by syllables. No physician has checked any of it.",
)

SUITE = Suite(
    name="medical",
    version="1",
    metrics=METRICS,
    gate=LETTER,
    wanted=0.9,
    score=score,
    corpus=corpus,
    explain=explain,
    meta=meta_of,
    about=ABOUT,
    choices=choices_of,
    chances=chances,
    baselines={
        "majority": Baseline(
            "늘 가장 흔한 자리의 보기", "Always the place that is right most often", (LETTER,), _majority
        ),
    },
    parts={
        "specialty": lambda item: item.meta.get("specialty"),
        "form": _form,
    },
)
