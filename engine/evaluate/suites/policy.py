"""Does it answer from the clauses, and refuse what they do not say? One answer beside its reference."""

from engine.evaluate import text_metrics as text
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext

UNIT = (0.0, 1.0)
METRICS = (
    Metric(
        "similarity_to_answer",
        "chrF 0-1",
        "higher",
        "본보기 답과 글자 조각이 얼마나 겹치는지(chrF).",
        "How many character pieces it shares with the reference answer (chrF).",
        UNIT,
    ),
    Metric(
        "repetition",
        "share of answers",
        "lower",
        "같은 말을 끝없이 되풀이한 답의 비율.",
        "Share stuck in a loop.",
        UNIT,
    ),
    Metric(
        "cut_off",
        "share of answers",
        "lower",
        "스스로 끝맺지 못하고 길이 제한에서 잘린 답의 비율.",
        "Share of answers that ran into the length limit before they ended.",
        UNIT,
    ),
    Metric(
        "foreign_script",
        "share of answers",
        "lower",
        "한글과 로마자가 아닌 글자가 섞인 답의 비율.",
        "Share of answers with letters that are neither Hangul nor Latin.",
        UNIT,
    ),
)


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer."""
    return {
        "similarity_to_answer": text.chrf(answer.text, item.reference) if text.syllables(item.reference) else None,
        "repetition": float(text.has_loop(answer.text)),
        "cut_off": None if answer.ended is None else float(not answer.ended),
        "foreign_script": float(text.foreign_share(answer.text) > 0),
    }


SUITE = Suite(name="policy", version="1", metrics=METRICS, score=score, needs_loss=False)
