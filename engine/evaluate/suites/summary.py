"""Summaries beside their references: pieces of letters shared with the nearest one."""

from engine.evaluate import text_metrics as text
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext

CHRF = Metric(
    "similarity_to_answer",
    "chrF 0-1",
    "higher",
    "본보기 요약과 글자 조각이 겹치는 정도(chrF).",
    "Character pieces shared with the reference summary (chrF).",
    (0.0, 1.0),
)


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """The best of several references counts."""
    references = list(item.meta.get("references", ())) or [item.reference]
    return {"similarity_to_answer": max(text.chrf(answer.text, one) for one in references)}


SUITE = Suite(name="summary", version="1", metrics=(CHRF,), score=score)
