"""A store with an evaluation of patent verdicts in it, made through the engine's own functions from invented answers. No model is asked."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.claims.verdict import RISKS, Comparison, Verdict, to_json
from engine.evaluate.plan import Plan
from engine.evaluate.run import judge_answers
from engine.evaluate.suite import Item, SuiteContext
from engine.recipes.recipe import load_recipe
from engine.store.datasets import add_members, add_rows, freeze_dataset, get_dataset, start_dataset
from engine.store.evaluations import add_answers, start_evaluation
from engine.store.jobs import enqueue
from engine.store.open import open_store

ELEMENTS = ("온도 센서", "제어부", "무선 통신 모듈")
CLAIM = "온도 센서; 상기 온도 센서에 연결된 제어부; 및 무선 통신 모듈(WCM)을 포함하는 화분."
MATCHES = {
    "높음": ("일치", "일치", "일치"),
    "애매": ("일치", "불명확", "일치"),
    "낮음": ("불일치", "일치", "일치"),
}


def verdict(risk: str, reason: str = "온도 센서와 제어부를 견주었다.") -> str:
    """The right verdict of a case of that risk."""
    pairs = zip(ELEMENTS, MATCHES[risk], strict=True)
    return to_json(Verdict(risk, tuple(Comparison(name, f"제품의 {name}", match) for name, match in pairs), reason))


def add_cases(store: Path, n: int) -> tuple[str, list[tuple[int, str]]]:
    """A frozen dataset of `n` held-out cases, risks in turn; (its id, (row id, risk) of each)."""
    risks = [RISKS[place % 3] for place in range(n)]
    with open_store(store) as db:
        job = enqueue(db, "dataset", {})
        db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
        dataset = start_dataset(db, recipe="patent", style="chat", options={}, masked=True, job_id=job, sources=())
        prompts = json.dumps([{"role": "user", "content": "사건"}], ensure_ascii=False)
        rows = add_rows(
            db,
            [
                ("patent", None, None, None, f"claim-{place // 2}", prompts, verdict(risk), json.dumps(_meta(place), ensure_ascii=False))
                for place, risk in enumerate(risks)
            ],
        )  # fmt: skip
        add_members(db, dataset, [(place, row, "test", None) for place, row in enumerate(rows)])
        freeze_dataset(db, dataset)
    return dataset, list(zip(rows, risks, strict=True))


def _meta(place: int) -> dict[str, Any]:
    used = "WCM" if place % 2 else "무선 통신 모듈"
    return {"claim": CLAIM, "product": f"{place}번 화분은 {used}을 갖추었다.", "field": ("가전", "농업")[place % 2]}


def judge(
    store: Path, dataset: str, cases: Sequence[tuple[int, str]], answers: Mapping[str, Sequence[str]], costs: Any = None
) -> str:
    """An evaluation of these answers, scored by the patent suite; returns its id."""
    suite = load_recipe("patent").suite
    items = [
        Item(str(row), (), verdict(risk), row, {**_meta(place), "group": f"claim-{place // 2}"})
        for place, (row, risk) in enumerate(cases)
    ]
    settings = {"models": list(answers), "limit": len(cases), "seed": 0, "decoding": {}}
    with open_store(store) as db:
        job = enqueue(db, "evaluate", {"models": list(answers)})
        db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
        evaluation = start_evaluation(
            db, job_id=job, recipe="patent", suite=(suite.name, suite.version), dataset_id=dataset, split="test", settings=settings
        )  # fmt: skip
        for model, said in answers.items():
            rows = [
                {
                    "item": item.name,
                    "row_id": item.row_id,
                    "answer": text,
                    "raw": text,
                    "duration_ms": 1500,
                    "scores": {"nll": 4.0, "tokens": 8, "ended": True, "new_tokens": 30},
                }
                for item, text in zip(items, said, strict=True)
            ]
            add_answers(db, evaluation, model, rows)
        plan = Plan("patent", suite, get_dataset(db, dataset), "test", [], items, SuiteContext(), {})
        judge_answers(db, evaluation, plan, list(answers), 0, {"costs": costs} if costs else None)
    return evaluation
