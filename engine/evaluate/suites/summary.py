"""Is it a good summary of the dialogue? ROUGE against one or several references in three Korean units, and what needs no reference:
names and numbers that the dialogue does not have, who is said to have done what, length, copying. Knows nothing of how answers were made.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from engine.evaluate import rouge
from engine.evaluate import text_metrics as text
from engine.evaluate.attribution import Claim, claims_of
from engine.evaluate.faithful import Strange, strange_names, strange_numbers
from engine.evaluate.losses import loss_per_token
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext

UNIT = (0.0, 1.0)
FAITHFUL = ("unsupported_names", "unsupported_numbers", "speaker_errors", "speakers_not_judged", "copied_share")
"""What is judged by the dialogue; an answer to none, or that says nothing, could not be judged."""
TOGETHER = 512
"""Answers scored in one go: morphemes of many texts are analysed on two threads, and only so many are held."""
RUN = 3
"""Words in a row that stand in the dialogue too: they are copied. Two often meet by chance (집에 가서)."""

_KIND_KO = {
    "rouge1": "본보기 요약과 겹치는 정도(하나씩)",
    "rouge2": "본보기 요약과 겹치는 정도(둘씩 이어서)",
    "rougeL": "본보기 요약과 같은 차례로 나오는 정도(글 전체)",
    "rougeLsum": "본보기 요약과 같은 차례로 나오는 정도(문장마다; 한 문장이면 rougeL과 같음)",
}
_KIND_EN = {
    "rouge1": "shared with the reference, one by one",
    "rouge2": "shared with the reference in pairs",
    "rougeL": "shared with the reference in the same order, over the whole text",
    "rougeLsum": "shared with the reference in the same order, sentence by sentence; equals rougeL for one sentence",
}
_UNIT_KO = {"morpheme": "형태소", "syllable": "글자", "word": "어절"}
_UNIT_EN = {"morpheme": "Morphemes", "syllable": "Syllables", "word": "White-space words"}


def _rouge_metric(kind: str, unit: str) -> Metric:
    ko = f"{_UNIT_KO[unit]} 단위로 {_KIND_KO[kind]}의 F1. 본보기가 여럿이면 가장 높은 것."
    en = f"{_UNIT_EN[unit]} {_KIND_EN[kind]} (F1). Of several references the best counts."
    return Metric(f"{kind}_{unit}", f"F1 of {unit}s 0-1", "higher", ko, en, UNIT)


ROUGE = tuple(_rouge_metric(kind, unit) for unit in rouge.UNITS for kind in rouge.KINDS)
_ROWS = (
    ("unsupported_names", "share of answers", "lower", "대화에 없는 이름(사람, 곳, 말하는 이)이 나온 요약의 비율.",
     "Share of summaries with a name (person, place, speaker) that the dialogue does not have."),
    ("unsupported_numbers", "share of answers", "lower", "대화에 없는 숫자, 금액, 날짜, 시각이 나온 요약의 비율. 표기가 달라도 같은 값이면 괜찮습니다.",
     "Share of summaries with a number, amount, date or time that the dialogue does not have, however it is spelled."),
    ("speaker_errors", "share of judged answers", "lower",
     "누가 했는지를 바꿔 쓴 요약의 비율(판단한 요약 가운데). 대화에서 다른 사람의 말임이 분명할 때만 셉니다.",
     "Share of judged summaries that say of one speaker what another did or said; counted only where the dialogue is plain about it."),
    ("speakers_not_judged", "share of answers", "neither", "누가 무엇을 했는지 판단하지 못한 요약의 비율. 위 수에서 빠지므로 함께 보세요.",
     "Share in which who did what could not be judged: left out of the number above, so look at both."),
    ("length_ratio", "times the reference", "neither", "본보기 요약보다 몇 배 긴지(글자 수). 1이면 같은 길이입니다.",
     "How many times as long as the reference (characters); 1 is the same length."),
    ("copied_share", "share of words", "neither", "대화에서 어절 셋 넘게 그대로 옮겨 온 어절의 비율. 1이면 베껴 쓰기만 한 것입니다.",
     "Share of words that stand in the dialogue in runs of three or more; 1 means copied out."),
    ("empty", "share of answers", "lower", "아무 말도 하지 않은 답의 비율.", "Share of answers that say nothing."),
    ("repetition", "share of answers", "lower", "같은 말을 끝없이 되풀이한 답의 비율.", "Share of answers stuck in a loop."),
    ("cut_off", "share of answers", "lower", "스스로 끝맺지 못하고 길이 제한에서 잘린 답의 비율.",
     "Share of answers that ran into the length limit before they ended."),
)  # fmt: skip
METRICS = (
    *ROUGE,
    *(Metric(name, unit, better, ko, en, UNIT if "share" in unit else (0.0, math.inf)) for name, unit, better, ko, en in _ROWS),  # type: ignore[arg-type]
    Metric(
        "loss",
        "nats/token",
        "lower",
        "본보기 요약을 모델이 얼마나 뜻밖으로 여기는지. 낮을수록 좋고, 같은 토크나이저끼리만 견줍니다.",
        "How surprised the model is by the reference; lower is better. Only between models of one tokenizer.",
        (0.0, math.inf),
    ),
)  # fmt: skip


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer; None where there is no dialogue to judge by, or it was not measured."""
    return score_all([item], [answer], context)[0]


def score_all(items: Sequence[Item], answers: Sequence[Answer], context: SuiteContext) -> list[Scores]:
    """As `score` for each, in one go."""
    found: list[Scores] = []
    for start in range(0, len(items), TOGETHER):
        some, said = items[start : start + TOGETHER], answers[start : start + TOGETHER]
        pairs = [(references_of(item), answer.text) for item, answer in zip(some, said, strict=True)]
        for item, answer, each in zip(some, said, rouge.score_pairs(pairs), strict=True):
            found.append({**{name: one.f1 for name, one in each.items()}, **_beside(item, answer)})
    return found


def references_of(item: Item) -> tuple[str, ...]:
    """The right answers of an item: those its meta carries, else its own."""
    return tuple(item.meta.get("references") or (item.reference,))


def _beside(item: Item, answer: Answer) -> Scores:
    """What ROUGE does not see."""
    length = text.syllables(item.reference)
    return {
        **_faithful(item, answer.text),
        "length_ratio": text.syllables(answer.text) / length if length else None,
        "empty": float(not text.syllables(answer.text)),
        "repetition": float(text.has_loop(answer.text)),
        "cut_off": None if answer.ended is None else float(not answer.ended),
        "loss": loss_per_token([answer]),
    }


def _faithful(item: Item, said: str) -> Scores:
    dialogue = item.meta.get("dialogue")
    if not dialogue or not said.strip():
        return dict.fromkeys(FAITHFUL)
    names, numbers, claims = _looked_at(dialogue, said)
    verdicts = {claim.verdict for claim in claims}
    judged = bool(verdicts & {"right", "wrong"})
    return {
        "unsupported_names": float(bool(names)),
        "unsupported_numbers": float(bool(numbers)),
        "speaker_errors": float("wrong" in verdicts) if judged else None,
        "speakers_not_judged": float(not judged),
        "copied_share": copied_share(dialogue, said),
    }


def copied_share(dialogue: str, said: str) -> float | None:
    """Share of the answer's words that lie in a run of RUN or more which the dialogue holds as well; None without words."""
    ours, theirs = text.words(said), text.words(dialogue)
    known = {theirs[at : at + RUN] for at in range(len(theirs) - RUN + 1)}
    copied = {
        place for at in range(len(ours) - RUN + 1) if ours[at : at + RUN] in known for place in range(at, at + RUN)
    }
    return len(copied) / len(ours) if ours else None


def corpus(items: Sequence[Item], answers: Sequence[Answer]) -> Scores:
    """Loss is per token, so it is summed over all references."""
    return {"loss": loss_per_token(answers)}


def explain(item: Item, answer: Answer, context: SuiteContext) -> dict[str, Any]:
    """What was flagged in an answer, with its code points, and what it says about speakers; None where there is no dialogue."""
    dialogue = item.meta.get("dialogue")
    if not dialogue:
        return {"strange_names": None, "strange_numbers": None, "speaker_claims": None}
    names, numbers, claims = _looked_at(dialogue, answer.text)
    return {
        "strange_names": [asdict(one) for one in names],
        "strange_numbers": [asdict(one) for one in numbers],
        "speaker_claims": [asdict(one) for one in claims],
    }


@lru_cache(maxsize=4096)  # `score` and `explain` ask for the same
def _looked_at(dialogue: str, said: str) -> tuple[tuple[Strange, ...], tuple[Strange, ...], tuple[Claim, ...]]:
    names, numbers = strange_names(dialogue, said), strange_numbers(dialogue, said)
    return tuple(names), tuple(numbers), tuple(claims_of(dialogue, said))


def meta_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row {dialogue?, summary | reference | references | output | summary1 … summary9} of `score --in`. Without a dialogue, what is
    judged by it stays unjudged. Raises KeyError for a row without a reference, TypeError for one that is not text."""
    dialogue = row.get("dialogue")
    if dialogue is not None and not isinstance(dialogue, str):
        raise TypeError("dialogue")
    return {"dialogue": dialogue, "references": _references(row)}


def _references(row: Mapping[str, Any]) -> tuple[str, ...]:
    given = row.get("references", row.get("summaries", row["summary"] if isinstance(row.get("summary"), list) else []))
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise TypeError("references")
    named = [row[name] for name in ("summary", "reference", "output", *_NUMBERED) if isinstance(row.get(name), str)]
    found = tuple(dict.fromkeys(one for one in (*given, *named) if one.strip()))
    if not found:
        raise KeyError("summary / reference / references")
    return found


_NUMBERED = tuple(f"summary{number}" for number in range(1, 10))

ABOUT = (
    "ROUGE는 본보기 요약과 겹치는 정도를 형태소, 글자, 어절의 세 단위로 나란히 셉니다(문장 부호는 빼고, 어간 추출은 하지 않음). 본보기가 여럿이면 수마다 "
    "가장 높은 것을 씁니다. 이름과 숫자는 본보기가 아니라 대화에 견줍니다.",
    "ROUGE counts what is shared with the reference in morphemes, syllables and words side by side (no punctuation, no stemmer). Of "
    "several references each number takes the best. Names and numbers are held against the dialogue, not the reference.",
)

SUITE = Suite(
    name="summary",
    version="1",
    metrics=METRICS,
    score=score,
    score_all=score_all,
    corpus=corpus,
    explain=explain,
    meta=meta_of,
    about=ABOUT,
)
