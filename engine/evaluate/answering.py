"""One model, or several together, answer the items of an evaluation, batch by batch, each kept as soon as it is made. It judges nothing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.curate.row import Message
from engine.errors import Stopped
from engine.evaluate.suite import Answer, Item, Suite
from engine.serve.backend import Backend
from engine.serve.choose import parts_of
from engine.serve.decoding import Decoding
from engine.serve.way import PLAIN, Way, answers
from engine.store.evaluations import add_answers, answered_items, read_answers
from engine.store.jobs import Work
from engine.store.open import open_store

BATCH = 16
MADE = ("nll", "tokens", "ended", "shown", "choice_nlls")
"""What is kept with an answer when it is made; the scores come later."""
Prompt = Callable[[Item, int | None], Sequence[Message]]
"""(item, how many of its clauses to show) to what this model is asked."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One model under one setting, and the evaluation its answers belong to."""

    evaluation_id: str
    model: str
    decoding: Decoding
    prompts: Sequence[Prompt]
    """Of each model that answers; several answer together."""
    shown: int | None = None
    """How many of each item's clauses it is shown; None: all."""
    way: Way = PLAIN


class Pace:
    """How far the whole job is, and how long it will take by the pace so far."""

    def __init__(self, work: Work, total: int, done: int, what: str = "evaluate") -> None:
        self.work, self.total, self.done, self.what = work, total, done, what
        self.began, self.made = time.monotonic(), 0

    def tell(self, model: str, made: int, **facts: Any) -> None:
        """`made` more answers are kept."""
        self.done, self.made = self.done + made, self.made + made
        spent = time.monotonic() - self.began
        left = round(spent / self.made * (self.total - self.done)) if self.made else None
        self.work.progress(what=self.what, model=model, done=self.done, total=self.total, seconds_left=left, **facts)


def waiting(work: Work, turn: Turn, items: Sequence[Item]) -> list[Item]:
    """Items without an answer yet: a killed evaluation goes on with these."""
    with open_store(work.store) as db:
        done = answered_items(db, turn.evaluation_id, turn.model)
    return [item for item in items if item.name not in done]


def answer_items(
    work: Work, turn: Turn, items: Sequence[Item], suite: Suite, backends: Sequence[Backend], pace: Pace, **facts: Any
) -> None:
    """Answer and keep all of `items`. Raises Stopped between two batches when the owner asks."""
    for start in range(0, len(items), BATCH):
        if asked := work.stop_asked():
            raise Stopped(saved=asked == "save")
        batch = items[start : start + BATCH]
        prompts = [[prompt(item, turn.shown) for item in batch] for prompt in turn.prompts]
        generated = answers(backends, prompts, turn.decoding, turn.way)
        losses: Sequence[tuple[float | None, int]] = [(None, 0)] * len(batch)
        if suite.needs_loss:
            losses = backends[0].losses(list(zip(prompts[0], (item.reference for item in batch), strict=True)))
        chosen = choice_losses(backends[0], suite, batch, prompts[0])
        rows = [
            {
                "item": item.name,
                "row_id": item.row_id,
                "answer": made.text,
                "raw": made.raw,
                "duration_ms": made.duration_ms,
                "scores": {
                    "nll": nll,
                    "tokens": tokens,
                    "ended": made.ended,
                    "shown": turn.shown,
                    "new_tokens": made.new_tokens,
                    **({"choice_nlls": each} if each else {}),
                },
            }
            for item, made, (nll, tokens), each in zip(batch, generated, losses, chosen, strict=True)
        ]
        with open_store(work.store) as db:
            add_answers(db, turn.evaluation_id, turn.model, rows)
        pace.tell(turn.model, len(batch), **facts)


def choice_losses(
    backend: Backend, suite: Suite, items: Sequence[Item], prompts: Sequence[Sequence[Message]]
) -> list[list[float | None]]:
    """For each item the summed loss (nats) of each of its choices given its prompt; empty where it has none."""
    offered = [list(suite.choices(item)) if suite.choices else [] for item in items]
    pairs = [(prompt, text) for prompt, texts in zip(prompts, offered, strict=True) for text in texts]
    measured = iter(backend.losses(pairs) if pairs else [])
    return [[next(measured)[0] for _ in texts] for texts in offered]


def lender_of(turn: Turn, earlier: Sequence[Turn]) -> Turn | None:
    """A turn of the same model whose words this one only finishes otherwise; None: it must answer itself."""
    if turn.way.finish is None:
        return None
    return next((one for one in earlier if one.way.finish is None and _words_of(one) == _words_of(turn)), None)


def _words_of(turn: Turn) -> tuple[Any, ...]:
    """All that the words before `finish` depend on."""
    return (parts_of(turn.model)[0], turn.decoding, turn.shown, turn.way.candidates, turn.way.utility, turn.way.schema)


def finish_items(work: Work, turn: Turn, lender: Turn, items: Sequence[Item], pace: Pace) -> None:
    """Keep the lender's answers as this way finishes them: no model is asked again, so that only the finishing differs."""
    assert turn.way.finish is not None
    with open_store(work.store) as db:
        given = {one["item"]: one for one in read_answers(db, lender.evaluation_id, lender.model)}
        rows = [
            {
                **given[item.name],
                "answer": turn.way.finish(turn.prompts[0](item, turn.shown), given[item.name]["answer"]),
            }
            for item in items
        ]
        rows = [
            {**row, "scores": {name: row["scores"][name] for name in MADE if name in row["scores"]}} for row in rows
        ]
        add_answers(db, turn.evaluation_id, turn.model, rows)
    pace.tell(turn.model, len(items))


def answer_of(row: dict[str, Any]) -> Answer:
    """A stored answer as suites take it."""
    scores = row["scores"]
    made = Answer(
        row["answer"], row["raw"], row["duration_ms"], scores.get("nll"), scores.get("tokens", 0), scores.get("ended")
    )
    return replace(made, shown=scores.get("shown"), choice_nlls=tuple(scores.get("choice_nlls") or ()))
