"""Who is judged on which questions: models resolved, held-out rows drawn, what was trained on left out, clauses looked up."""

import hashlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.errors import UserError
from engine.evaluate.overlap import Kind, counted, trained_on
from engine.evaluate.questions import Shown, find_clauses, items_of, with_clauses
from engine.evaluate.suite import Item, Suite, SuiteContext
from engine.retrieve.retriever import open_retriever
from engine.retrieve.settings import RetrievalSettings
from engine.serve.choose import Model, choose_model, side_by_side
from engine.store.clause_index import clause_sources, dataset_sources, named
from engine.store.datasets import get_dataset, read_split
from engine.store.evaluations import read_shown_clauses, set_shown
from engine.store.judged import origins_of
from engine.store.open import path_of
from engine.store.runs import datasets_learned, get_run, phases_before
from engine.store.terms import dictionary_of
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


def plan_evaluation(
    db: Database,
    *,
    recipe: str,
    suite: Suite,
    models: Sequence[str],
    dataset_id: str,
    limit: int,
    seed: int,
    allow_overlap: bool,
    choosing: bool = False,
    not_these: Set[str] = frozenset(),
) -> Plan:
    """Resolve models and dataset, and draw the questions that none of the models was trained on.

    `choosing`: questions to choose settings by, never those a report is made from. `not_these`: items a setting was chosen by.
    """
    dataset = get_dataset(db, dataset_id)
    chosen = side_by_side([choose_model(db, model, recipe) for model in models])
    split, held_out = _held_out(db, dataset, choosing)
    fresh = [row for row in held_out if str(row["id"]) not in not_these]
    overlap = _overlap(db, fresh, dataset["id"], chosen)
    rows = fresh if allow_overlap else [row for place, row in enumerate(fresh) if place not in overlap]
    items = items_of(rows, limit, seed)
    _refuse_empty(items, dataset["id"], len(overlap), len(held_out) - len(fresh))
    left_out = {
        "left_out_as_trained_on": 0 if allow_overlap else len(overlap),
        "overlap": {**counted(overlap.values()), "kept": allow_overlap and bool(overlap)},
        "training_rows_unknown": [m.name for m in chosen if any(_unknown_rows(db, run) for run in runs_of([m]))],
        "left_out_as_chosen_by": len(held_out) - len(fresh),
        # Not merged: on a quantised base that would not be the model that chats. A base is held in the precision of its adapter.
        "adapters": "beside the base",
        "precision": {m.name: m.quantisation for m in chosen},
    }
    pseudonyms = frozenset((kind, text) for (kind, _), text in all_pseudonyms(db).items())
    targets = frozenset(row["target"] for row in read_split(db, dataset["id"], "train"))
    context = SuiteContext(targets, pseudonyms, dictionary=dictionary_of(db, recipe))
    return Plan(recipe, suite, dataset, split, chosen, items, context, left_out)


def runs_of(models: Sequence[Model]) -> list[str]:
    """Ids of all runs that answer, those that answer together with others among them."""
    return list(dict.fromkeys(one.run["id"] for model in models for one in model.members if one.run))


def _unknown_rows(db: Database, run_id: str) -> bool:
    """Whether the run, or one it went on from, learned from rows that are not in this store."""
    return any(not get_run(db, id_)["dataset_id"] for id_ in phases_before(db, run_id))


def _held_out(db: Database, dataset: dict[str, Any], choosing: bool) -> tuple[str, list[dict[str, Any]]]:
    """(split, rows). Settings are chosen on the validation split; where there is none, on half of the test split's groups."""
    counts = dataset["counts"]
    if choosing and counts["validation"]:
        return "validation", list(read_split(db, dataset["id"], "validation"))
    split = "test" if counts["test"] else "validation"
    rows = list(read_split(db, dataset["id"], split))
    return split, [row for row in rows if _chosen_half(row["split_group"])] if choosing else rows


def _chosen_half(group: str) -> bool:
    return hashlib.blake2b(group.encode()).digest()[0] % 2 == 0


def _overlap(db: Database, held_out: list[dict[str, Any]], dataset_id: str, models: Sequence[Model]) -> dict[int, Kind]:
    found: dict[int, Kind] = {}
    for other in sorted({dataset for run in runs_of(models) for dataset in datasets_learned(db, run)}):
        found |= trained_on(held_out, read_split(db, other, "train"), same_dataset=other == dataset_id)
    return found


def _refuse_empty(items: list[Item], dataset_id: str, learned: int, chosen_by: int) -> None:
    if items:
        return
    if learned or chosen_by:
        raise UserError(
            f"데이터셋 {dataset_id}에 평가용으로 떼어 둔 행이 남지 않습니다: 평가할 모델이 배운 것 {learned}개, 설정을 고를 때 쓴 것 {chosen_by}개를 뺐습니다. "
            "다른 --dataset을 주거나, 배운 문항도 넣고 표시하려면 --allow-overlap을 주세요.",
            f"No question of dataset {dataset_id} is left: {learned} that a model was trained on and {chosen_by} that settings were "
            "chosen by were taken out. Give another --dataset, or --allow-overlap to keep and mark those trained on.",
        )
    raise UserError(
        f"데이터셋 {dataset_id}에 평가용으로 떼어 둔 행이 없습니다. 자료를 더 넣어 데이터셋을 다시 만드세요.",
        f"Dataset {dataset_id} holds no rows apart for evaluation. Build it again from more material.",
    )


def look_up(
    db: Database, plan: Plan, settings: RetrievalSettings, known: Set[str] = frozenset()
) -> tuple[dict[str, list[Shown]], tuple[str, ...]]:
    """({item: clauses found, best first} but for `known` items, names of companies and products in what was searched)."""
    searched = _searched(db, plan)
    retriever = open_retriever(path_of(db), searched, settings) if searched else None
    missing = [item for item in plan.items if item.name not in known]
    origins = origins_of(db, [item.meta["record"] for item in missing if item.meta.get("answerable") is False])
    found = {
        i.name: find_clauses(i, retriever, settings.k, origins.get(i.meta["record"], frozenset())) for i in missing
    }
    names = {name for pair in named(db, searched) for name in pair if name}
    return found, tuple(sorted(names))


def with_shown(db: Database, evaluation_id: str, plan: Plan, settings: RetrievalSettings) -> Plan:
    """The plan with the clauses found for each item: looked up once, kept, and the same for every model and after a kill."""
    found, names = look_up(db, plan, settings, set(read_shown_clauses(db, evaluation_id)))
    set_shown(db, evaluation_id, found)
    return shown_from(plan, read_shown_clauses(db, evaluation_id), names)


def shown_from(plan: Plan, shown: Mapping[str, Sequence[Shown]], names: tuple[str, ...]) -> Plan:
    """The plan whose items carry these clauses."""
    items = [with_clauses(item, shown.get(item.name, [])) for item in plan.items]
    return replace(plan, items=items, context=replace(plan.context, products=names))


def _searched(db: Database, plan: Plan) -> list[str]:
    """Sources whose clauses are looked up: those of the dataset that hold any, else all of the recipe's; perhaps none."""
    known = clause_sources(db, plan.recipe)
    behind = dataset_sources(db, plan.dataset["id"])
    return [source for source in known if source in behind] or known


def prompt_for(
    db: Database, model: Model, retrieval: Retrieval | None, prompt_of: PromptOf | None = None
) -> Callable[[Item, int | None], Sequence[Message]]:
    """(item, how many of its clauses) to what the model is asked, in the style it learned. `prompt_of`: where a row's meta holds
    all that a prompt is made from."""
    if retrieval is None and prompt_of is None:
        return lambda item, _: item.messages
    if retrieval is None:
        assert prompt_of is not None
        ask_own = prompt_of(db, model.run)
        return lambda item, _: ask_own(item.meta)
    ask = retrieval.prompt_of(db, model.run)
    return lambda item, k: ask({"question": item.meta["question"], "clauses": item.meta["clauses"][:k]})
