"""A comparison made elsewhere becomes an evaluation: its answers, judged here, and its own verdicts beside ours.

Where a row brings no clauses, nothing can be judged, and that is counted; the file's verdict stays.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.policy_options import PolicyOptions
from engine.curate.policy_prompt import policy_prompt
from engine.curate.row import message_json
from engine.evaluate.compare import as_dict, summarise
from engine.evaluate.comparison_file import Compared, ComparisonFile, read_comparison
from engine.evaluate.statistics import estimate_share
from engine.evaluate.suite import Answer, Item, Scores, Suite, SuiteContext
from engine.store.datasets import RowTuple, add_rows
from engine.store.evaluations import (
    add_answers,
    finish_evaluation,
    imported_from,
    read_answers,
    set_scores,
    start_imported,
)
from engine.store.labels import set_label
from engine.store.open import open_store
from engine.store.sources import add_records, drop_source, find_source, finish_source, read_window, start_source

KIND = "comparison"
"""Kind of the source that holds the questions: forgetting it takes questions, answers and evaluation along."""
BY = "imported"
"""Who the file's own verdicts are by, among the labels."""
PLAIN = PolicyOptions()


def adopt_comparison(
    store: Path, path: Path, recipe: str, suite: Suite, told: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Read a file and store it as an evaluation; a file that was read before is told again. Returns what was read and the
    `eval` result. Raises UserError for a file in which no question with an answer is found."""
    file = read_comparison(path, told)
    mark = hashlib.sha256(path.read_bytes() + json.dumps(sorted((told or {}).items())).encode()).hexdigest()
    with open_store(store) as db:
        known = find_source(db, recipe, mark)
        before = imported_from(db, known["id"]) if known else None
        if before:
            return {"evaluation_id": before, "known": True, **_read(file)}
        if known:  # a try that was killed half-way
            drop_source(db, known["id"])
        source_id = _keep_questions(db, recipe, path, mark, file)
        rows = _keep_rows(db, recipe, source_id, file)
        evaluation_id = _keep_answers(db, recipe, suite, path, source_id, rows, file)
        items = [_item(row, item) for row, item in zip(rows, file.items, strict=True)]
        summary = _judge(db, evaluation_id, _with_clauses(suite), items, file)
    return {"evaluation_id": evaluation_id, "known": False, **_read(file), **summary}


def _read(file: ComparisonFile) -> dict[str, Any]:
    """What was made of the file, and the rates its own verdicts give."""
    return {
        "questions": len(file.items),
        "read_models": list(file.models),
        "mapping": file.mapping,
        "unused": file.unused,
        "skipped": file.skipped,
        "without_clauses": sum(not item.contexts for item in file.items),
        "imported_rates": {model: _rate(model, file) for model in file.models if _verdicts(model, file)},
    }


def _verdicts(model: str, file: ComparisonFile) -> list[float]:
    return [float(wrong) for item in file.items if (wrong := item.wrong.get(model)) is not None]


def _rate(model: str, file: ComparisonFile) -> dict[str, Any]:
    """The share of answers that the file calls hallucinated, with Wilson's interval."""
    found = estimate_share(_verdicts(model, file))
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}


def _keep_questions(db: Database, recipe: str, path: Path, mark: str, file: ComparisonFile) -> str:
    source_id = start_source(
        db,
        recipe=recipe,
        kind=KIND,
        name=path.name,
        fingerprint=mark,
        size=path.stat().st_size,
        job_id=f"file {mark[:16]}",
    )
    add_records(db, source_id, 0, [(None, None, "question", item.question, None) for item in file.items])
    report = {"kinds": {"question": len(file.items)}, "mapping": file.mapping, "skipped": file.skipped, "warnings": []}
    finish_source(db, source_id, None, {}, report)
    return source_id


def _keep_rows(db: Database, recipe: str, source_id: str, file: ComparisonFile) -> list[int]:
    """A row per question, as it would be asked here: the question and its clauses stand in it."""
    first = int(read_window(db, source_id, limit=1)[0]["id"])  # ids of one batch are consecutive
    tuples: list[RowTuple] = []
    for place, item in enumerate(file.items):
        said = f"[{', '.join(map(message_json, policy_prompt(item.question, item.contexts, PLAIN)))}]"
        meta = {"question": item.question, **_facts(item), "chunk_id": None}
        spot, group = first + place, f"question {place}"
        kept = json.dumps(meta, ensure_ascii=False)
        tuples.append((recipe, source_id, spot, spot, group, said, item.reference, kept))
    return add_rows(db, tuples)


def _facts(item: Compared) -> dict[str, Any]:
    return {"type": item.kind or "unknown", "answerable": item.answerable}


def _keep_answers(
    db: Database, recipe: str, suite: Suite, path: Path, source_id: str, rows: Sequence[int], file: ComparisonFile
) -> str:
    told = {"models": list(file.models), "imported": path.name, "mapping": file.mapping}
    settings = {**told, "limit": 0, "seed": 0, "decoding": {}}
    evaluation_id = start_imported(db, recipe, (suite.name, suite.version), settings, source_id)
    for model in file.models:
        answers = [
            {
                "item": str(row),
                "row_id": row,
                "answer": item.answers.get(model, ""),
                "raw": item.answers.get(model, ""),
                "scores": {"imported": _label(item.wrong.get(model)), "missing": model not in item.answers},
                "duration_ms": 0,
            }
            for row, item in zip(rows, file.items, strict=True)
        ]
        add_answers(db, evaluation_id, model, answers)
    return evaluation_id


def _label(wrong: bool | None) -> str | None:
    return None if wrong is None else "hallucinated" if wrong else "grounded"


def _item(row: int, item: Compared) -> Item:
    meta = {
        "question": item.question,
        **_facts(item),
        "clauses": item.contexts,
        "retrieved": tuple(str(place) for place in range(1, len(item.contexts) + 1)),
        "group": str(row),
    }
    return Item(str(row), policy_prompt(item.question, item.contexts, PLAIN), item.reference, row, meta)


def _with_clauses(suite: Suite) -> Suite:
    """The suite, but an answer whose clauses are not known, or that is missing, is judged by nothing."""

    def judgeable(item: Item, answer: Answer) -> bool:
        return bool(item.meta["clauses"] and answer.text.strip())

    def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
        if judgeable(item, answer):
            return suite.score(item, answer, context)
        return {**dict.fromkeys(metric.name for metric in suite.metrics), "could_not_judge": 1.0}

    def explain(item: Item, answer: Answer, context: SuiteContext) -> dict[str, Any]:
        if suite.explain and judgeable(item, answer):
            return suite.explain(item, answer, context)
        return {"label": "could_not_judge", "kind": "undecided", "claims": [], "type": item.meta["type"]}

    return replace(suite, score=score, score_all=None, explain=explain)


def _judge(
    db: Database, evaluation_id: str, suite: Suite, items: Sequence[Item], file: ComparisonFile
) -> dict[str, Any]:
    said = {model: [item.answers.get(model, "") for item in file.items] for model in file.models}
    answers = {model: [Answer(text, text, 0) for text in texts] for model, texts in said.items()}
    summary = summarise(suite, items, answers, SuiteContext())
    for model in file.models:
        stored = {row["item"]: row for row in read_answers(db, evaluation_id, model)}
        judged = {}
        for item, answer, each in zip(items, answers[model], summary.per_answer[model], strict=True):
            more = suite.explain(item, answer, SuiteContext()) if suite.explain else {}
            judged[stored[item.name]["id"]] = {**stored[item.name]["scores"], **more, **each}
        set_scores(db, evaluation_id, judged)
        for item, compared in zip(items, file.items, strict=True):
            if label := _label(compared.wrong.get(model)):
                set_label(db, stored[item.name]["id"], label, None, BY)
    scores = [
        {"model": name, "metric": metric, "value": s.value, "low": s.low, "high": s.high, "n": s.n, "unit": s.unit}
        for name, metrics in summary.scores.items()
        for metric, s in metrics.items()
    ]
    told = as_dict(summary)
    method = {"references": told["references"], "method": told["method"]}
    finish_evaluation(db, evaluation_id, scores, [*told["paired"], *told["steps"]], method)
    return {**told, "agreement": _agreement(file, summary.per_answer)}


def _agreement(file: ComparisonFile, scores: Mapping[str, Sequence[Scores]]) -> dict[str, int]:
    """Our verdict beside the file's: {"hallucinated/grounded": n, …}, ours first; what one does not judge is left out."""
    found = Counter[str]()
    for model, each in scores.items():
        for item, score in zip(file.items, each, strict=True):
            ours, theirs = score.get("hallucination_rate"), item.wrong.get(model)
            if ours is not None and theirs is not None:
                found[f"{_label(bool(ours))}/{_label(theirs)}"] += 1
    return dict(found)
