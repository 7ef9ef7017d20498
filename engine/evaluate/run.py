"""One evaluation: every model answers every held-out item, then answers become numbers. One model in memory at a time."""

import random
from collections.abc import Sequence
from typing import Any

from engine.errors import Stopped, UserError
from engine.evaluate.compare import Summary, as_dict, summarise
from engine.evaluate.suite import Answer, Item, Suite, SuiteContext
from engine.serve.choose import Model, choose_model, open_model
from engine.serve.decoding import Decoding
from engine.store.datasets import get_dataset, read_split, trained_groups
from engine.store.evaluations import (
    add_answers,
    answered_items,
    finish_evaluation,
    read_answers,
    set_scores,
    start_evaluation,
)
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.vault import all_pseudonyms

BATCH = 16


def run_evaluation(
    work: Work,
    *,
    recipe: str,
    suite: Suite,
    models: Sequence[str],
    dataset_id: str,
    decoding: Decoding,
    limit: int,
    seed: int,
) -> dict[str, Any]:
    """Judge `models` on the dataset's held-out split; returns the `eval` result. A killed one goes on with the gap only.

    `limit` > 0 draws that many items with the seed. Rows of a group that any judged
    run was trained on are left out and counted. Raises UserError when nothing is left.
    """
    with open_store(work.store) as db:
        dataset = get_dataset(db, dataset_id)
        split = "test" if dataset["counts"]["test"] else "validation"
        chosen = [choose_model(db, model, recipe) for model in models]
        others = {m.run["dataset_id"] for m in chosen if m.run and m.run["dataset_id"]} - {dataset["id"]}
        held_out = list(read_split(db, dataset["id"], split))
        unseen = without_trained(held_out, [trained_groups(db, other) for other in sorted(others)])
        items = _items(unseen, limit, seed)
        _refuse_empty(items, dataset["id"])
        pseudonyms = frozenset((kind, text) for (kind, _), text in all_pseudonyms(db).items())
        targets = frozenset(row["target"] for row in read_split(db, dataset["id"], "train"))
        context = SuiteContext(targets, pseudonyms)
        settings = {
            "decoding": decoding.model_dump(mode="json"),
            "limit": limit,
            "seed": seed,
            "models": [m.name for m in chosen],
            "left_out_as_trained_on": len(held_out) - len(unseen),
        }
        evaluation_id = start_evaluation(
            db,
            job_id=work.job_id,
            recipe=recipe,
            suite=(suite.name, suite.version),
            dataset_id=dataset["id"],
            split=split,
            settings=settings,
            run_ids=[m.run["id"] for m in chosen if m.run],
        )
    for number, model in enumerate(chosen):
        _answer_all(work, evaluation_id, model, items, suite, decoding, (number, len(chosen)))
    summary = _summarise(work, evaluation_id, suite, items, chosen, context, seed)
    return {"evaluation_id": evaluation_id, "split": split, **as_dict(summary)}


def without_trained(rows: list[dict[str, Any]], trained: Sequence[set[tuple[str, str]]]) -> list[dict[str, Any]]:
    """Rows of no group (day, clause …) that one of the judged runs was trained on."""
    return [row for row in rows if not any((row["source_id"], row["split_group"]) in groups for groups in trained)]


def _items(rows: list[dict[str, Any]], limit: int, seed: int) -> list[Item]:
    if limit and len(rows) > limit:
        rows = sorted(random.Random(seed).sample(rows, limit), key=lambda row: row["ord"])
    return [
        Item(
            str(row["id"]),
            tuple(row["messages"]),
            row["target"],
            row["id"],
            {**row["meta"], "group": row["split_group"]},
        )
        for row in rows
    ]


def _refuse_empty(items: list[Item], dataset_id: str) -> None:
    if not items:
        raise UserError(
            f"데이터셋 {dataset_id}에 평가용으로 떼어 둔 행이 없습니다. 자료를 더 넣어 데이터셋을 다시 만드세요.",
            f"Dataset {dataset_id} holds no rows apart for evaluation. Build it again from more material.",
        )


def _answer_all(
    work: Work,
    evaluation_id: str,
    model: Model,
    items: list[Item],
    suite: Suite,
    decoding: Decoding,
    place: tuple[int, int],
) -> None:
    with open_store(work.store) as db:
        done = answered_items(db, evaluation_id, model.name)
    todo = [item for item in items if item.name not in done]
    if not todo:
        return
    backend = open_model(work.store, model)
    try:
        for start in range(0, len(todo), BATCH):
            if work.stop_asked():
                raise Stopped
            batch = todo[start : start + BATCH]
            generated = backend.generate([item.messages for item in batch], decoding)
            losses = (
                backend.losses([(i.messages, i.reference) for i in batch])
                if suite.needs_loss
                else [(None, 0)] * len(batch)
            )
            rows = [
                {
                    "item": item.name,
                    "row_id": item.row_id,
                    "answer": made.text,
                    "raw": made.raw,
                    "duration_ms": made.duration_ms,
                    "scores": {"nll": nll, "tokens": tokens, "ended": made.ended},
                }
                for item, made, (nll, tokens) in zip(batch, generated, losses, strict=True)
            ]
            with open_store(work.store) as db:
                add_answers(db, evaluation_id, model.name, rows)
            answered = place[0] * len(items) + len(done) + start + len(batch)
            work.progress(what="evaluate", model=model.name, done=answered, total=place[1] * len(items))
    finally:
        backend.close()


def _summarise(
    work: Work,
    evaluation_id: str,
    suite: Suite,
    items: list[Item],
    models: list[Model],
    context: SuiteContext,
    seed: int,
) -> Summary:
    with open_store(work.store) as db:
        stored = {m.name: {a["item"]: a for a in read_answers(db, evaluation_id, m.name)} for m in models}
        answers = {name: [_answer(rows[item.name]) for item in items] for name, rows in stored.items()}
        summary = summarise(suite, items, answers, context, seed)
        for name, rows in stored.items():
            scored = zip(items, summary.per_answer[name], strict=True)
            set_scores(db, evaluation_id, {rows[i.name]["id"]: {**rows[i.name]["scores"], **s} for i, s in scored})
        scores = [
            {"model": name, "metric": metric, "value": s.value, "low": s.low, "high": s.high, "n": s.n, "unit": s.unit}
            for name, metrics in summary.scores.items()
            for metric, s in metrics.items()
        ]
        told = as_dict(summary)
        method = {"references": told["references"], "method": told["method"]}
        finish_evaluation(db, evaluation_id, scores, told["paired"], method)
    return summary


def _answer(row: dict[str, Any]) -> Answer:
    return Answer(
        row["answer"],
        row["raw"],
        row["duration_ms"],
        row["scores"]["nll"],
        row["scores"]["tokens"],
        row["scores"]["ended"],
    )
