"""A store with an evaluation in it, made through the engine's own functions from invented answers. No model is asked."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.evaluate.compare import as_dict, summarise
from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.recipes.recipe import load_recipe
from engine.store.artifacts import save_artifact
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.evaluations import add_answers, finish_evaluation, read_answers, set_scores, start_evaluation
from engine.store.jobs import enqueue
from engine.store.open import open_store
from engine.store.runs import add_run, update_run

BASE = "base:starter"


def add_items(store: Path, n: int) -> tuple[str, list[int]]:
    """A frozen dataset with `n` rows to train on and `n` held out; returns its id and the held-out rows."""
    with open_store(store) as db:
        job = enqueue(db, "dataset", {})
        db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
        dataset = start_dataset(db, recipe="persona", style="chat", options={}, masked=True, job_id=job, sources=())
        prompts = [[{"role": "user", "content": f"{i}번째로 묻는 말"}] for i in range(2 * n)]
        rows = add_rows(
            db,
            [
                (
                    "persona",
                    None,
                    None,
                    None,
                    f"day-{i // 4}",
                    json.dumps(said, ensure_ascii=False),
                    f"나의 답 {i} ㅋㅋ",
                    "{}",
                )
                for i, said in enumerate(prompts)
            ],
        )
        add_members(db, dataset, [(i, row, "train" if i < n else "test", None) for i, row in enumerate(rows)])
        freeze_dataset(db, dataset)
    return dataset, rows[n:]


def add_model(store: Path, dataset: str, folder: Path) -> str:
    """A run with an adapter of a few bytes; returns its id."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    with open_store(store) as db:
        base = {"name": "starter", "revision": None, "hash": "x"}
        settings = {"quantisation": "none"}
        run = add_run(
            db, recipe="persona", dataset_id=dataset, base=base, preset="quick", settings=settings, origins={}
        )
        artifact = save_artifact(db, folder, "adapter", run)
        update_run(db, run, adapter_id=artifact)
    return run


def judge(
    store: Path, dataset: str, rows: Sequence[int], answers: Mapping[str, Sequence[str]], *, finish: bool = True
) -> str:
    """An evaluation of these answers, scored by the persona suite; returns its id."""
    suite = load_recipe("persona").suite
    items = [
        Item(
            str(row), ({"role": "user", "content": "묻는 말"},), f"나의 답 {row} ㅋㅋ", row, {"group": f"day-{i // 2}"}
        )
        for i, row in enumerate(rows)
    ]
    given = {
        model: [Answer(text, text + "⏎", 40, 30.0 - 10 * place, 8, True) for text in said]
        for place, (model, said) in enumerate(answers.items())
    }
    settings = {"models": list(answers), "limit": len(rows), "seed": 0, "decoding": {"temperature": 0.7, "stop": []}}
    settings["left_out_as_trained_on"] = 3
    with open_store(store) as db:
        job = enqueue(db, "evaluate", {"models": list(answers)})
        db.execute("UPDATE jobs SET state = ? WHERE id = ?", ["done" if finish else "interrupted", job])
        evaluation = start_evaluation(
            db,
            job_id=job,
            recipe="persona",
            suite=(suite.name, suite.version),
            dataset_id=dataset,
            split="test",
            settings=settings,
            run_ids=[model for model in answers if model.startswith("run-")],
        )
        for model, said in given.items():
            add_answers(db, evaluation, model, [_stored(item, one) for item, one in zip(items, said, strict=True)])
        if finish:
            summary = summarise(suite, items, given, SuiteContext(), draws=20)
            _finish(db, evaluation, items, summary, as_dict(summary))
    return evaluation


def _stored(item: Item, answer: Answer) -> dict[str, Any]:
    scores = {"nll": answer.nll, "tokens": answer.tokens, "ended": answer.ended}
    said = {"answer": answer.text, "raw": answer.raw, "duration_ms": answer.duration_ms}
    return {"item": item.name, "row_id": item.row_id, "scores": scores, **said}


def _finish(db: Any, evaluation: str, items: list[Item], summary: Any, told: dict[str, Any]) -> None:
    for model, each in summary.per_answer.items():
        ids = {row["item"]: row["id"] for row in read_answers(db, evaluation, model)}
        set_scores(db, evaluation, {ids[item.name]: scores for item, scores in zip(items, each, strict=True)})
    names = ("value", "low", "high", "n", "unit")
    scores = [
        {"model": one["model"], "metric": metric, **{name: score[name] for name in names}}
        for one in told["models"]
        for metric, score in one["metrics"].items()
    ]
    method = {"references": told["references"], "method": told["method"]}
    finish_evaluation(db, evaluation, scores, told["paired"], method)
