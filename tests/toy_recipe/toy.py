"""toy: one question, one answer per table row. A whole recipe in one file, to keep the contract honest."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.curate.row import Message, Row, SourceView
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext
from engine.recipes.recipe import Recipe


class ToyOptions(BaseModel):
    """Options of the toy recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    question: str = "question"
    """물음이 든 열. / The column that holds the question."""
    answer: str = "answer"
    """답이 든 열. / The column that holds the answer."""


def build(source: SourceView, options: ToyOptions) -> Iterator[Row]:
    """One row per record; each is its own group. Dropped: `no_answer`."""
    for record in source.records:
        columns = record.meta or {}
        answer = str(columns.get(options.answer, ""))
        messages = prompt({"question": columns.get(options.question, "")}, options)
        yield Row(messages, answer, f"row {record.id}", record.id, record.id, dropped=None if answer else "no_answer")


def prompt(item: Mapping[str, Any], options: ToyOptions) -> tuple[Message, ...]:
    """{"question": …} as the rows carry it."""
    return (Message(role="user", content=str(item["question"])),)


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """1 when the answer is the reference, letter by letter."""
    return {"exact_match": float(answer.text.strip() == item.reference.strip())}


EXACT = Metric(
    "exact_match", "share of answers", "higher", "답이 글자까지 같은 비율.", "Share of equal answers.", (0.0, 1.0)
)

RECIPE = Recipe(
    name="toy",
    ko="계약을 시험하는 장난감 레시피",
    en="A toy recipe that tests the contract",
    source_kinds=("table",),
    options=ToyOptions,
    build=build,
    prompt=prompt,
    suite=Suite("toy", "1", (EXACT,), score),
    presets={"quick": {"quantisation": "none", "learning_rate": 2e-3, "epochs": 2, "batch_size": 8, "max_length": 128}},
    decoding={"temperature": 0.0, "max_new_tokens": 16},
)
