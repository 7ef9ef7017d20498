"""One evaluation: every model answers every held-out item, then answers become numbers. One model in memory at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.errors import UserError
from engine.evaluate.answering import Pace, Turn, answer_items, answer_of, waiting
from engine.evaluate.compare import Summary, as_dict, summarise
from engine.evaluate.overlap import Kind, counted, trained_on
from engine.evaluate.questions import find_clauses, items_of, with_clauses
from engine.evaluate.suite import Item, Suite, SuiteContext
from engine.retrieve.retriever import open_retriever
from engine.retrieve.settings import RetrievalSettings
from engine.retrieve.terms import RULES
from engine.serve.choose import Model, choose_model, open_model
from engine.serve.decoding import Decoding
from engine.store.clause_index import clause_sources, dataset_sources, named
from engine.store.datasets import get_dataset, read_split
from engine.store.evaluations import (
    finish_evaluation,
    read_answers,
    read_shown_clauses,
    set_scores,
    set_shown,
    start_evaluation,
)
from engine.store.jobs import Work
from engine.store.open import open_store, path_of
from engine.store.vault import all_pseudonyms

PromptOf = Callable[[Database, dict[str, Any] | None], Callable[[Mapping[str, Any]], Sequence[Message]]]
"""(store, run or None) to how that model is asked a {"question", "clauses"}: in the style it learned."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How a recipe that retrieves is judged: the same clauses for every model, each asked in its own style."""

    settings: RetrievalSettings
    prompt_of: PromptOf


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is judged on what."""

    recipe: str
    suite: Suite
    dataset: dict[str, Any]
    split: str
    models: list[Model]
    items: list[Item]
    context: SuiteContext
    left_out: dict[str, Any]
    """What the overlap gate found; part of the evaluation's settings."""


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
    retrieval: Retrieval | None = None,
    allow_overlap: bool = False,
) -> dict[str, Any]:
    """Judge `models` on the dataset's held-out split; returns the `eval` result. A killed one goes on with the gap only.

    `limit` > 0 draws that many items with the seed. What any judged run was trained on is left out and counted, or, with
    `allow_overlap`, kept and marked. Raises UserError when nothing is left.
    """
    with open_store(work.store) as db:
        plan = plan_evaluation(db, recipe, suite, models, dataset_id, limit, seed, allow_overlap)
        settings = {
            "decoding": decoding.model_dump(mode="json"),
            **({"retrieval": retrieval.settings.model_dump(mode="json")} if retrieval else {}),
            "limit": limit,
            "seed": seed,
            "models": [m.name for m in plan.models],
            **plan.left_out,
        }
        evaluation_id = start_evaluation(
            db,
            job_id=work.job_id,
            recipe=recipe,
            suite=(suite.name, suite.version),
            dataset_id=plan.dataset["id"],
            split=plan.split,
            settings=settings,
            run_ids=[m.run["id"] for m in plan.models if m.run],
        )
        if retrieval:
            plan = with_shown(db, evaluation_id, plan, retrieval.settings)
        prompts = {m.name: _prompt(db, m, retrieval) for m in plan.models}
    turns = [(m, Turn(evaluation_id, m.name, decoding, prompts[m.name])) for m in plan.models]
    answer_all(work, turns, plan.items, suite)
    with open_store(work.store) as db:
        summary = judge_answers(db, evaluation_id, plan, [m.name for m in plan.models], seed)
    return {"evaluation_id": evaluation_id, "split": plan.split, **as_dict(summary)}


def plan_evaluation(
    db: Database,
    recipe: str,
    suite: Suite,
    models: Sequence[str],
    dataset_id: str,
    limit: int,
    seed: int,
    allow_overlap: bool,
    split: str | None = None,
) -> Plan:
    """Resolve models and dataset, and draw the questions none of the models was trained on."""
    dataset = get_dataset(db, dataset_id)
    split = split or ("test" if dataset["counts"]["test"] else "validation")
    chosen = [choose_model(db, model, recipe) for model in models]
    held_out = list(read_split(db, dataset["id"], split))
    overlap = _overlap(db, held_out, dataset["id"], chosen)
    rows = held_out if allow_overlap else [row for place, row in enumerate(held_out) if place not in overlap]
    items = items_of(rows, limit, seed)
    _refuse_empty(items, dataset["id"])
    left_out = {
        "left_out_as_trained_on": 0 if allow_overlap else len(overlap),
        "overlap": {**counted(overlap.values()), "kept": allow_overlap and bool(overlap)},
        "training_rows_unknown": [m.name for m in chosen if m.run and not m.run["dataset_id"]],
    }
    pseudonyms = frozenset((kind, text) for (kind, _), text in all_pseudonyms(db).items())
    targets = frozenset(row["target"] for row in read_split(db, dataset["id"], "train"))
    return Plan(recipe, suite, dataset, split, chosen, items, SuiteContext(targets, pseudonyms), left_out)


def _overlap(db: Database, held_out: list[dict[str, Any]], dataset_id: str, models: Sequence[Model]) -> dict[int, Kind]:
    found: dict[int, Kind] = {}
    for other in sorted({m.run["dataset_id"] for m in models if m.run and m.run["dataset_id"]}):
        found |= trained_on(held_out, read_split(db, other, "train"), same_dataset=other == dataset_id)
    return found


def _refuse_empty(items: list[Item], dataset_id: str) -> None:
    if not items:
        raise UserError(
            f"데이터셋 {dataset_id}에 평가용으로 떼어 둔 행이 없습니다. 자료를 더 넣어 데이터셋을 다시 만드세요.",
            f"Dataset {dataset_id} holds no rows apart for evaluation. Build it again from more material.",
        )


def with_shown(db: Database, evaluation_id: str, plan: Plan, settings: RetrievalSettings) -> Plan:
    """The plan with the clauses found for each item: looked up once, kept, and the same for every model and after a kill."""
    searched = _searched(db, plan)
    retriever = open_retriever(path_of(db), searched, settings) if searched else None
    kept = read_shown_clauses(db, evaluation_id)
    missing = [item for item in plan.items if item.name not in kept]
    set_shown(
        db, evaluation_id, {item.name: find_clauses(item, retriever, settings.k, frozenset()) for item in missing}
    )
    kept = read_shown_clauses(db, evaluation_id)
    names = {name for pair in named(db, searched, RULES) for name in pair if name}
    items = [with_clauses(item, kept.get(item.name, [])) for item in plan.items]
    return replace(plan, items=items, context=replace(plan.context, products=tuple(sorted(names))))


def _searched(db: Database, plan: Plan) -> list[str]:
    """Sources whose clauses are looked up: those of the dataset that hold any, else all of the recipe's; none in the worst case."""
    known = clause_sources(db, plan.recipe)
    behind = dataset_sources(db, plan.dataset["id"])
    return [source for source in known if source in behind] or known


def _prompt(db: Database, model: Model, retrieval: Retrieval | None) -> Callable[[Item, int | None], Sequence[Message]]:
    if retrieval is None:
        return lambda item, _: item.messages
    ask = retrieval.prompt_of(db, model.run)
    return lambda item, k: ask({"question": item.meta["question"], "clauses": item.meta["clauses"][:k]})


def answer_all(work: Work, turns: Sequence[tuple[Model, Turn]], items: list[Item], suite: Suite) -> None:
    """What is missing of every turn; a model is loaded once for all of its turns that stand side by side."""
    gaps = [waiting(work, turn, items) for _, turn in turns]
    total = len(turns) * len(items)
    pace = Pace(work, total, total - sum(map(len, gaps)))
    loaded: tuple[str, Any] | None = None
    try:
        for (model, turn), gap in zip(turns, gaps, strict=True):
            if not gap:
                continue
            if loaded is None or loaded[0] != model.name:
                if loaded:
                    loaded[1].close()
                    loaded = None
                loaded = (model.name, open_model(work.store, model))
            answer_items(work, turn, gap, suite, loaded[1], pace)
    finally:
        if loaded:
            loaded[1].close()


def judge_answers(db: Database, evaluation_id: str, plan: Plan, models: Sequence[str], seed: int) -> Summary:
    """Score what is stored, keep the numbers with every answer, and mark the evaluation whole."""
    suite, context, items = plan.suite, plan.context, plan.items
    stored = {name: {a["item"]: a for a in read_answers(db, evaluation_id, name)} for name in models}
    answers = {name: [answer_of(rows[item.name]) for item in items] for name, rows in stored.items()}
    summary = summarise(suite, items, answers, context, seed)
    for name, rows in stored.items():
        judged: dict[int, dict[str, Any]] = {}
        for item, answer, each in zip(items, answers[name], summary.per_answer[name], strict=True):
            more = suite.explain(item, answer, context) if suite.explain else {}
            judged[rows[item.name]["id"]] = {**rows[item.name]["scores"], **more, **each}
        set_scores(db, evaluation_id, judged)
    scores = [
        {"model": name, "metric": metric, "value": s.value, "low": s.low, "high": s.high, "n": s.n, "unit": s.unit}
        for name, metrics in summary.scores.items()
        for metric, s in metrics.items()
    ]
    told = as_dict(summary)
    finish_evaluation(
        db, evaluation_id, scores, told["paired"], {"references": told["references"], "method": told["method"]}
    )
    return summary
