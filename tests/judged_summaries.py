"""A store with an evaluation of summaries in it, made from invented dialogues and answers. No model is asked."""

from pathlib import Path
from typing import Any

from engine.evaluate.compare import as_dict, summarise
from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.evaluate.suites.summary import SUITE
from engine.store.evaluations import add_answers, finish_evaluation, read_answers, set_scores, start_evaluation
from engine.store.jobs import enqueue
from engine.store.open import open_store
from tests.judged import BASE, add_items, add_model

DIALOGUE = (
    "지우: 이번 주말에 전주 가는 표 아직 있을까?\n민수: 내가 오늘 밤에 표 두 장 예매할게. 한 장에 3만 원이래.\n"
    "지우: 고마워. 그럼 나는 한옥 숙소를 알아볼게.\n민수: 좋아. 토요일 오전 9시에 {place}에서 보자."
)
REFERENCE = (
    "지우와 민수는 토요일 9시에 {place}에서 만나 전주에 가며, 민수가 표를 예매하고 지우가 숙소를 알아보기로 했다."
)
WRONG = "지우는 밤에 표를 예매하기로 했다. 둘은 일요일 10시에 부산에서 만난다."
PLACES = (
    "서울역",
    "용산역",
    "버스 터미널",
    "학교 앞",
    "시청 앞",
    "카페",
    "도서관",
    "공원",
    "회사 앞",
    "은행 앞",
    "백화점",
    "약국 앞",
)


def judge_summaries(store: Path, folder: Path) -> tuple[str, str]:
    """(evaluation, its tuned run): a base that gets names, numbers and speakers wrong, and a run that says the reference."""
    dataset, rows = add_items(store, len(PLACES))
    run = add_model(store, dataset, folder)
    items = [_item(place, row) for place, row in zip(PLACES, rows, strict=True)]
    said = {BASE: [WRONG] * (len(items) - 1) + [""], run: [item.reference for item in items]}
    given = {model: [Answer(one, one, 40, 30.0, 8, True) for one in texts] for model, texts in said.items()}
    with open_store(store) as db:
        job = enqueue(db, "evaluate", {"models": list(said)})
        db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
        settings = {"models": list(said), "limit": len(items), "seed": 0, "decoding": {"temperature": 0.0, "stop": []}}
        told = {"recipe": "summary", "suite": (SUITE.name, SUITE.version), "dataset_id": dataset, "split": "test"}
        evaluation = start_evaluation(db, job_id=job, settings=settings, run_ids=[run], **told)
        for model, answers in given.items():
            add_answers(db, evaluation, model, [_row(*one) for one in zip(items, answers, strict=True)])
        _finish(db, evaluation, items, given)
    return evaluation, run


def _item(place: str, row: int) -> Item:
    dialogue = DIALOGUE.format(place=place)
    meta = {"dialogue": dialogue, "references": [REFERENCE.format(place=place)], "group": place}
    return Item(str(row), ({"role": "user", "content": dialogue},), REFERENCE.format(place=place), row, meta)


def _row(item: Item, answer: Answer) -> dict[str, Any]:
    scores = {"nll": answer.nll, "tokens": answer.tokens, "ended": answer.ended}
    said = {"answer": answer.text, "raw": answer.raw, "duration_ms": answer.duration_ms}
    return {"item": item.name, "row_id": item.row_id, "scores": scores, **said}


def _finish(db: Any, evaluation: str, items: list[Item], given: dict[str, list[Answer]]) -> None:
    summary = summarise(SUITE, items, given, SuiteContext(), draws=20)
    assert SUITE.explain
    for model, each in summary.per_answer.items():
        ids = {row["item"]: row["id"] for row in read_answers(db, evaluation, model)}
        judged = zip(items, given[model], each, strict=True)
        set_scores(
            db,
            evaluation,
            {ids[i.name]: {**SUITE.explain(i, answer, SuiteContext()), **scores} for i, answer, scores in judged},
        )
    scores = [
        {"model": model, "metric": name, **{key: getattr(s, key) for key in ("value", "low", "high", "n", "unit")}}
        for model, metrics in summary.scores.items()
        for name, s in metrics.items()
    ]
    told = as_dict(summary)
    method = {"references": told["references"], "method": told["method"]}
    finish_evaluation(db, evaluation, scores, told["paired"], method)
