"""A store of policy evaluations for bench/pages.py: one dataset of questions, 40 evaluations of 300 answers by three models, a sweep.

Answers are invented and labelled by lot; no detector and no model is asked.
"""

import json
import random
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.evaluate.suites.policy import ERRORS, METRICS
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.evaluations import add_answers, finish_evaluation, set_shown, start_evaluation
from engine.store.jobs import enqueue
from engine.store.open import open_store
from engine.store.runs import add_run
from engine.store.sources import add_records, finish_source, start_source
from engine.store.sweeps import finish_sweep, start_sweep

ANSWERS, EVALUATIONS = 300, 40
GRID = [(t, p) for t in (0.1, 0.3, 0.7) for p in (1.0, 1.1, 1.2, 1.3, 1.5)]
NOW = {"temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.0, "max_new_tokens": 256, "stop": [], "k": 3}
CLAUSE = "제{n}조(입원 보험금) 회사는 피보험자가 입원한 때에는 1일당 {n}만원을 {n}일을 한도로 지급합니다. " * 4
SAID = "1일당 {n}만원을 지급합니다. (제{n}조) 이번에 새로 나온 특약도 알아보세요."


def fill_policy(store: Path) -> dict[str, str]:
    """{evaluation, item, sweep, run}: the newest evaluation, a question in it, the sweep, a run."""
    with open_store(store) as db:
        source = _clauses(db)
        dataset, rows = _dataset(db, source)
        runs = [add_run(db, recipe="policy", dataset_id=dataset, base={"name": "starter", "revision": None, "hash": None},
                        preset="quick", settings={"quantisation": "none"}, origins={}) for _ in range(2)]  # fmt: skip
        models = ["base:starter", *runs]
        for number in range(EVALUATIONS):
            evaluation = _evaluation(db, dataset, rows, models, number)
        sweep = _sweep(db, dataset, rows[:60], runs[0])
    return {"evaluation": evaluation, "item": str(rows[0]), "sweep": sweep, "run": runs[0]}


def _clauses(db: Database) -> str:
    source = start_source(
        db, recipe="policy", kind="chunks", name="약관.jsonl", fingerprint="bench-policy", size=1, job_id="job-b"
    )
    add_records(
        db, source, 0,
        [(None, None, "chunk", CLAUSE.format(n=n), json.dumps({"chunk_id": f"C{n}"})) for n in range(ANSWERS)],
    )  # fmt: skip
    finish_source(db, source, None, {}, {"speakers": {}, "warnings": []})
    return str(source)


def _dataset(db: Database, source: str) -> tuple[str, list[int]]:
    job = enqueue(db, "dataset", {})
    db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
    dataset = start_dataset(db, recipe="policy", style="rag", options={}, masked=True, job_id=job, sources=[source])
    types = ("fact", "scenario", "easy")
    batch: list[Any] = [
        ("policy", None, None, None, f"C{n // 2}", json.dumps([{"role": "user", "content": f"{n}번째 질문"}]), SAID.format(n=n),
         json.dumps({"question": f"{n}번째 질문은 얼마인가요?", "type": types[n % 3], "answerable": n % 4 > 0, "chunk_id": f"C{n}"}))
        for n in range(ANSWERS)
    ]  # fmt: skip
    rows = add_rows(db, batch)
    add_members(db, dataset, [(place, row, "test", None) for place, row in enumerate(rows)])
    freeze_dataset(db, dataset)
    return dataset, rows


def _evaluation(db: Database, dataset: str, rows: list[int], models: list[str], number: int, cell: Any = None,
                decoding: dict[str, Any] | None = None) -> str:  # fmt: skip
    job = enqueue(db, "evaluate", {"recipe": "policy", "models": models})
    db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
    told = {**NOW, "temperature": (0.7, 0.1)[number % 2], **(decoding or {})}
    settings = {"models": models, "limit": len(rows), "seed": 0, "decoding": told, "retrieval": {"k": 3}}
    evaluation = start_evaluation(db, job_id=job, recipe="policy", suite=("policy", "2"), dataset_id=dataset, split="test",
                                  settings=settings, run_ids=[m for m in models if not m.startswith("base")], cell=cell)  # fmt: skip
    set_shown(db, evaluation, {str(row): [{"record_id": n % ANSWERS + 1, "chunk_id": f"C{n}", "score": 1.0}
                                          for n in range(place, place + 3)] for place, row in enumerate(rows)})  # fmt: skip
    for model in models:
        rng = random.Random(f"{model}{number}")
        add_answers(db, evaluation, model, [_answer(row, place, rng) for place, row in enumerate(rows)])
    names = [metric.name for metric in METRICS]
    scores = [{"model": m, "metric": n, "value": 0.3, "low": 0.2, "high": 0.4, "n": len(rows), "unit": "share"}
              for m in models for n in names]  # fmt: skip
    pairs = [{"a": models[0], "b": m, "metric": n, "delta": -0.1, "low": -0.2, "high": 0.01, "p": 0.06, "n": len(rows),
              "test": "sign_flip_groups"} for m in models[1:] for n in names]  # fmt: skip
    finish_evaluation(db, evaluation, scores, pairs, {"references": {}, "method": {}})
    return str(evaluation)


def _answer(row: int, place: int, rng: random.Random) -> dict[str, Any]:
    label = rng.choice(("grounded", "grounded", "hallucinated"))
    kind = rng.choice(ERRORS) if label == "hallucinated" else "supported"
    claims = [
        {
            "start": 0,
            "end": 12,
            "kind": kind,
            "evidence": "1일당",
            "context_index": 0,
            "reason_ko": "까닭",
            "reason_en": "why",
        }
    ] * 2
    scores = {metric.name: rng.choice((0.0, 1.0)) for metric in METRICS} | {
        "label": label,
        "kind": kind,
        "claims": claims,
    }
    scores |= {"type": ("fact", "scenario", "easy")[place % 3], "answerable": place % 4 > 0, "gold_shown": True,
               "retrieval_missed": False, "reason_ko": "까닭", "reason_en": "why", "verdict_evidence": None}  # fmt: skip
    said = SAID.format(n=place)
    return {"item": str(row), "row_id": row, "answer": said, "raw": said, "scores": scores, "duration_ms": 3000}


def _sweep(db: Database, dataset: str, rows: list[int], run: str) -> str:
    cells = [{**NOW, "temperature": t, "repetition_penalty": p} for t, p in GRID]
    job = enqueue(db, "sweep", {"models": [run]})
    db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
    sweep, _ = start_sweep(db, job_id=job, recipe="policy", suite=("policy", "2"), dataset_id=dataset, split="validation",
                           settings={"models": [run], "cells": cells, "now": NOW}, run_ids=[run])  # fmt: skip
    for place, cell in enumerate(cells):
        _evaluation(db, dataset, rows, [run], place, (sweep, place), cell)
    stops = [{"phrase": "이번에 새로 나온", "answers": 40, "models": [run]}]
    finish_sweep(db, sweep, {"cells": [], "best": {run: cells[0]}, "gain": {}, "proposed_stops": stops})
    return sweep
