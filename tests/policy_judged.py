"""A store as an owner of insurance clauses has it: three products, two runs, evaluations before and after settings.

Made through the engine's own functions; the detector judges invented answers of every kind. No model is asked.
"""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from engine.curate.row import Message
from engine.evaluate.plan import Retrieval, plan_evaluation, with_shown
from engine.evaluate.run import judge_answers
from engine.evaluate.suite import Item
from engine.evaluate.sweep import run_sweep
from engine.recipes.asking import prompt_of
from engine.recipes.policy import RECIPE
from engine.retrieve.settings import RetrievalSettings
from engine.serve.backend import Generated
from engine.serve.decoding import Decoding
from engine.store.artifacts import save_artifact
from engine.store.datasets import list_datasets, read_split
from engine.store.evaluations import add_answers, start_evaluation
from engine.store.jobs import Work, claim_next, enqueue, finish_job
from engine.store.open import open_store
from engine.store.runs import add_run, update_run
from engine.store.sources import add_records, finish_source, start_source
from tests.judged import BASE
from tests.policy_material import build_policy
from tests.policy_store import COVERAGES, REFUSAL, as_json, clause

PRODUCTS = (
    ("가온생명", "가온종합보험"),
    ("나래손해보험", "나래실손보험"),
    ("다솜생명", "다솜어린이보험"),
    ("라온생명", "라온암보험"),
    ("마루손해보험", "마루운전자보험"),
    ("바다생명", "바다치아보험"),
    ("사랑손해보험", "사랑여행보험"),
)
HABITS: dict[str, dict[str, float]] = {
    "base": {"contradicted": 0.1, "unsupported": 0.12, "answered": 0.5, "tail": 0.05, "empty": 0.03, "refused": 0.1},
    "v1": {"contradicted": 0.2, "unsupported": 0.15, "answered": 0.9, "tail": 0.15, "foreign": 0.04, "loop": 0.06, "cut": 0.05},
    "v2": {"contradicted": 0.1, "unsupported": 0.06, "answered": 0.2, "tail": 0.12, "cut": 0.03, "refused": 0.08, "foreign": 0.03},
    "tuned": {"contradicted": 0.07, "unsupported": 0.03, "answered": 0.1, "refused": 0.06},
}  # fmt: skip
"""How often an invented model goes wrong, by what; `answered`: of the questions that have no answer."""
TAILS = (
    "이번에 새로 나온 특약도 함께 알아보세요.",
    "지금 바로 상담을 신청해 보세요.",
    "이번엔 다른 상품을 소개합니다.",
)


def add_clauses(store: Path, company: str, product: str, coverages: int = 30) -> str:
    """A source of clauses with four questions on each, one of which no clause answers; returns its id."""
    rng, clauses, asked = random.Random(product), [], []
    for number, coverage in enumerate(COVERAGES[:coverages], start=5):
        text, won, days = clause(number, coverage, rng)
        where = {"chunk_id": f"{product[:2]}-{number:03}", "company": company, "product": product}
        meta = {"article": f"제{number}조", "breadcrumbs": f"{product} > 제2관 보험금의 지급 > 제{number}조"}
        asked += [(len(clauses), where["chunk_id"], *pair) for pair in _pairs(number, coverage, product, won, days)]
        clauses.append((None, None, "chunk", text, as_json({**where, **meta})))
    with open_store(store) as db:
        source = start_source(db, recipe="policy", kind="chunks", name=f"{product} 약관.jsonl", fingerprint=product,
                              size=1, job_id=f"job-{product}")  # fmt: skip
        add_records(db, source, 0, clauses)
        ids = [row[0] for row in db.execute("SELECT id FROM records WHERE source_id = ? ORDER BY seq", [source])]
        pairs = [
            (None, None, "qa", question, as_json({"answerable": True, "chunk": ids[at], "chunk_id": id_, **meta}))
            for at, id_, question, meta in asked
        ]
        add_records(db, source, len(clauses), pairs)
        finish_source(db, source, None, {}, {"speakers": {}, "warnings": []})
    return str(source)


def _pairs(number: int, coverage: str, product: str, won: int, days: int) -> list[tuple[str, dict[str, Any]]]:
    ground = f"(제{number}조)"
    return [
        (f"{product}에서 {coverage} 보험금은 얼마인가요?", {"answer": f"{won}만원을 지급합니다. {ground}", "type": "fact"}),
        (
            f"지난주에 {coverage} 때문에 {product}에 청구했어요. 며칠까지 보장되나요?",
            {"answer": f"{days}일을 한도로 보장합니다. {ground}", "type": "scenario"},
        ),
        (f"{coverage}, {product}에서 얼마 나와요?", {"answer": f"{won}만원이 지급됩니다. {ground}", "type": "easy"}),
        (
            f"{product} {coverage} 청구를 우체국에서도 받아 주나요?",
            {"answer": REFUSAL, "type": "fact", "answerable": False},
        ),
    ]  # fmt: skip


def add_run_of(store: Path, dataset: str, folder: Path) -> str:
    """A run with an adapter of a few bytes; returns its id."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    base = {"name": "starter", "revision": None, "hash": "x"}
    with open_store(store) as db:
        run = add_run(db, recipe="policy", dataset_id=dataset, base=base, preset="quick",
                      settings={"quantisation": "none"}, origins={})  # fmt: skip
        update_run(db, run, adapter_id=save_artifact(db, folder, "adapter", run))
    return run


def answer(item: Item, habit: Mapping[str, float], rng: random.Random) -> tuple[str, bool]:
    """(what the invented model says, whether it came to an end)."""

    def goes(name: str) -> bool:
        return rng.random() < habit.get(name, 0.0)

    told = item.reference
    if not item.meta["answerable"]:
        told = "네, 가까운 우체국 창구에서 접수하시면 3일 안에 처리됩니다." if goes("answered") else REFUSAL
    elif goes("refused"):
        told = REFUSAL
    elif goes("contradicted"):
        told = told.replace("0만원", "5만원").replace("0일", "5일")
    if goes("unsupported"):
        told += " 가족이 동의하면 전액을 미리 받을 수 있습니다."
    if goes("tail"):
        told += " " + rng.choice(TAILS)
    if goes("foreign"):
        told += " Ich möchte wissen, wie es geht."
    if goes("loop"):
        told += " 보험금을 지급합니다." * 6
    if goes("empty"):
        told = ""
    return (told[: max(6, len(told) // 2)], False) if goes("cut") else (told, True)


def judge(store: Path, dataset: str, models: Mapping[str, str], decoding: Mapping[str, Any], *, limit: int = 120,
          seed: int = 0, finish: bool = True, k: int = 3) -> str:  # fmt: skip
    """An evaluation of invented answers: {model: its habit of HABITS}; returns its id."""
    settings = {"decoding": Decoding(**{**RECIPE.decoding, **decoding}).model_dump(mode="json")}
    settings |= {"retrieval": RetrievalSettings(k=k).model_dump(mode="json"), "limit": limit, "seed": seed}
    with open_store(store) as db:
        job = enqueue(db, "evaluate", {"recipe": "policy", "models": list(models)})
        db.execute("UPDATE jobs SET state = ? WHERE id = ?", ["done" if finish else "interrupted", job])
        plan = plan_evaluation(db, recipe="policy", suite=RECIPE.suite, models=list(models), dataset_id=dataset,
                               limit=limit, seed=seed, allow_overlap=False)  # fmt: skip
        evaluation = start_evaluation(
            db, job_id=job, recipe="policy", suite=(RECIPE.suite.name, RECIPE.suite.version), dataset_id=dataset,
            split=plan.split, settings={**settings, "models": list(models), **plan.left_out},
            run_ids=[model for model in models if model.startswith("run-")],
        )  # fmt: skip
        plan = with_shown(db, evaluation, plan, RetrievalSettings(k=k))
        for model, habit in models.items():
            _say(db, evaluation, model, plan.items, HABITS[habit], seed)
        if finish:
            judge_answers(db, evaluation, plan, list(models), seed)
    return evaluation


def _say(db: Database, evaluation: str, model: str, items: list[Item], habit: Mapping[str, float], seed: int) -> None:
    rng = random.Random(f"{evaluation if seed else ''}{sorted(habit.items())}")
    said = [(item, *answer(item, habit, rng)) for item in items]
    rows = [
        {"item": item.name, "row_id": item.row_id, "answer": text, "raw": text, "duration_ms": 3400,
         "scores": {"nll": None, "tokens": 0, "ended": ended, "shown": None}}
        for item, text, ended in said
    ]  # fmt: skip
    add_answers(db, evaluation, model, rows)


class InventedModel:
    """A backend that errs less the lower the temperature and the longer the stop list; it knows the references."""

    def __init__(self, references: Mapping[str, tuple[str, bool]], model: str) -> None:
        self.references, self.model = references, model

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        often = 0.15 + 0.4 * decoding.temperature + abs(decoding.repetition_penalty - 1.2)
        habit = {"contradicted": often / 2, "answered": often, "tail": 0 if decoding.stop else 0.4}
        rng = random.Random(f"{self.model}{decoding}")
        made = []
        for prompt in prompts:
            seen = "\n".join(message["content"] for message in prompt)
            asked = next(question for question in self.references if question in seen)
            reference, answerable = self.references[asked]
            text, ended = answer(Item("x", (), reference, None, {"answerable": answerable}), habit, rng)
            made.append(Generated(text, text, 2000, 20, ended))
        return made

    def close(self) -> None:
        """Nothing is held."""


def sweep(store: Path, dataset: str, models: Sequence[str], grid: Sequence[Mapping[str, Any]], limit: int) -> str:
    """A sweep as its job makes it, answered by InventedModel; returns its id."""
    now = {"temperature": 0.7, "repetition_penalty": 1.0, "stop": [], "k": 3}
    with open_store(store) as db:
        rows = [row for split in ("validation", "test") for row in read_split(db, dataset, split)]
        told = {row["meta"]["question"]: (row["target"], row["meta"]["answerable"]) for row in rows}
        enqueue(db, "sweep", {"recipe": "policy", "models": list(models)})
        job = claim_next(db, ["gpu", "cpu"])
        assert job is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.evaluate.sweep.open_model", lambda store, model: InventedModel(told, model.name))
        found = run_sweep(
            Work(store, job["id"], job["token"]), recipe="policy", suite=RECIPE.suite, models=models, dataset_id=dataset,
            cells=[{**now, **cell} for cell in grid], now=now, decoding=Decoding(max_new_tokens=256), limit=limit, seed=0,
            retrieval=Retrieval(RetrievalSettings(), lambda db, run: prompt_of(db, RECIPE, run)),
        )  # fmt: skip
    with open_store(store) as db:
        finish_job(db, job["id"], job["token"], "done", "done", found)
    return str(found["sweep_id"])


GRID = [
    {"temperature": t, "repetition_penalty": p, "stop": list(stop)}
    for t in (0.7, 0.1)
    for p in (1.0, 1.2, 1.3, 1.5)
    for stop in ((), TAILS)
]


def fill(
    store: Path, folder: Path, coverages: int = 30, limit: int = 120, products: int = len(PRODUCTS)
) -> dict[str, Any]:
    """The whole store: {simple, rag (datasets), v1, v2 (runs), before, after (evaluations)}."""
    sources = [add_clauses(store, company, product, coverages) for company, product in PRODUCTS[:products]]
    simple = build_policy(store, sources, style="simple")["dataset_id"]
    rag = build_policy(store, sources)["dataset_id"]
    v1, v2 = add_run_of(store, simple, folder / "v1"), add_run_of(store, rag, folder / "v2")
    plain = {"temperature": 0.7, "repetition_penalty": 1.0}
    before = judge(store, rag, {BASE: "base", v1: "v1", v2: "v2"}, plain, limit=limit)
    careful = {"temperature": 0.1, "repetition_penalty": 1.2, "stop": ["이번에 새로 나온", "Este es", "Ich möchte"]}
    after = judge(store, rag, {BASE: "base", v1: "v2", v2: "tuned"}, careful, limit=limit)
    with open_store(store) as db:
        db.execute("UPDATE evaluations SET created_at = '2026-11-25T09:00:00+00:00' WHERE id = ?", [before])
        assert list_datasets(db, "policy")
    return {"simple": simple, "rag": rag, "v1": v1, "v2": v2, "before": before, "after": after}


def main() -> None:
    """python -m tests.policy_judged FOLDER: a store to look at; prints what is in it."""
    import sys

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    made = fill(folder / "store.db", folder)
    made["sweep"] = sweep(folder / "store.db", made["rag"], [made["v1"], made["v2"]], GRID, 40)
    print(json.dumps(made))


if __name__ == "__main__":
    main()
