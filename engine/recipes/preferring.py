"""What the owner thinks of answers in chats, and preferences made elsewhere, each with its prompt as the recipe shapes it."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlite_utils import Database

from engine.curate.given_rows import message_of
from engine.curate.preferences import BAD, CHOSEN, GOOD, Opinion, opinions_in
from engine.curate.row import Message, SourceRecord
from engine.curate.view import source_view
from engine.errors import UserError
from engine.recipes.asking import options_of
from engine.recipes.recipe import Recipe
from engine.serve.choose import named
from engine.sources.preferences import PREFERENCE, PREFERENCES
from engine.store.chats import read_messages
from engine.store.clause_index import read_shown
from engine.store.datasets import list_datasets
from engine.store.feedback import read_accepted
from engine.store.preferences import STYLES, Origin, read_judged_chats
from engine.store.runs import get_run
from engine.store.sources import list_sources
from engine.store.talks import read_views, read_voted

OLD_TURNS = 9
"""Messages that a model was shown before the store kept how many."""


def all_opinions(db: Database, recipe: Recipe) -> list[Opinion]:
    """Everything the owner preferred, in reviews, blind votes and chats, and the preferences that were imported."""
    return [
        *opinions_in(db, recipe.name),
        *chat_opinions(db, recipe),
        *visitor_opinions(db, recipe),
        *voted_opinions(db, recipe),
        *imported_opinions(db, recipe),
    ]


def imported_opinions(db: Database, recipe: Recipe) -> list[Opinion]:
    """One opinion per record of the recipe's sources of preferences, asked as in its newest dataset, else as by default."""
    sources = [source for source in list_sources(db, recipe.name) if source["kind"] == PREFERENCES]
    plain = (dataset for dataset in list_datasets(db, recipe.name) if dataset["style"] not in STYLES)
    newest = next(plain, None) if sources else None
    options = recipe.options(**newest["options"]) if newest else recipe.options()
    return [
        _made_elsewhere(recipe, options, newest["id"] if newest else None, source["id"], record)
        for source in sources
        for record in source_view(db, source, None).records
        if record.kind == PREFERENCE
    ]


def _made_elsewhere(
    recipe: Recipe, options: BaseModel, dataset_id: str | None, source_id: str, record: SourceRecord
) -> Opinion:
    told = record.meta or {}
    messages = _given_prompt(recipe, options, told["item"])
    problem = None if messages else "not_asked"
    answers: tuple[tuple[str, int], ...] = ((told.get("answer", ""), told.get("worth", 0)),)
    if "chosen" in told:
        answers = ((told["chosen"], GOOD), (told["rejected"], BAD))
    elif not told.get("worth"):
        problem = problem or "neutral"
    return Opinion(
        messages, answers, None, told.get("group") or f"source:{source_id}:{record.text[:200]}", source_id, (record.id, record.id),
        dataset_id=dataset_id, problem=problem, split=told.get("split"),
    )  # fmt: skip


def _given_prompt(recipe: Recipe, options: BaseModel, item: dict[str, Any]) -> tuple[Message, ...]:
    """The prompt itself where it was given whole, else as the recipe asks; () where a field is missing that it asks with."""
    if recipe.retrieves and "clauses" not in item:
        item = {**item, "clauses": [item[name] for name in ("clause", "context") if item.get(name)]}
    try:
        if "messages" in item:
            return tuple(
                message_of({**one, "role": str(one["role"]), "content": str(one["content"])})
                for one in item["messages"]
            )
        return tuple(recipe.prompt(item, options))
    except (KeyError, TypeError, ValueError, UserError):
        return ()


def chat_opinions(db: Database, recipe: Recipe) -> list[Opinion]:
    """One opinion per judged answer of a chat with one of the recipe's runs, or with a bare base where the recipe chats."""
    return [_opinion(db, recipe, judged) for judged in read_judged_chats(db, recipe.name, recipe.chats)]


def voted_opinions(db: Database, recipe: Recipe) -> list[Opinion]:
    """One opinion per choice between two answers in chats held side by side. From where the two talks went apart, an answer is none to
    the other's question."""
    return [_of_vote(db, recipe, voted) for voted in read_voted(db, recipe.name, recipe.chats)]


def _of_vote(db: Database, recipe: Recipe, voted: dict[str, Any]) -> Opinion:
    run = get_run(db, voted["run_id"]) if voted["run_id"] else None
    messages = _prompt(db, recipe, run, voted["chat_id"], voted["seq"])
    sides = sorted(zip(voted["answers"], CHOSEN[voted["choice"]], strict=True), key=lambda side: -side[1])
    problem = None if voted["whole"] else "unfinished"
    problem = problem or (None if messages else "no_prompt") or (None if voted["alike"] else "prompt_changed")
    return Opinion(
        messages, tuple(sides), Origin("chat", voted["chat_id"], voted["seq"]), f"chat:{voted['chat_id']}",
        parent=("chat", voted["chat_id"]), dataset_id=run["dataset_id"] if run else None, problem=problem,
    )  # fmt: skip


def _opinion(db: Database, recipe: Recipe, judged: dict[str, Any]) -> Opinion:
    told = named(judged["model"])
    run = get_run(db, told.run) if told.run else None
    messages = _prompt(db, recipe, run, judged["chat_id"], judged["seq"])
    return Opinion(
        messages, _answers(judged), Origin("chat", judged["chat_id"], judged["seq"]), f"chat:{judged['chat_id']}",
        parent=("chat", judged["chat_id"]), dataset_id=run["dataset_id"] if run else None, problem=_problem(judged, messages),
    )  # fmt: skip


def _answers(judged: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    if judged["correction"]:
        return (judged["correction"], GOOD), (judged["answer"], BAD)
    return ((judged["answer"], GOOD if judged["thumb"] == "up" else BAD),)


def _problem(judged: dict[str, Any], messages: Sequence[Message]) -> str | None:
    return "unfinished" if judged["ended"] != "whole" else None if messages else "no_prompt"


def visitor_opinions(db: Database, recipe: Recipe) -> list[Opinion]:
    """One opinion per answer that a visitor judged and whose judgement the owner accepted; a visitor's stay in one split."""
    return [_visitor_opinion(db, recipe, judged) for judged in read_accepted(db, recipe.name, recipe.chats)]


def _visitor_opinion(db: Database, recipe: Recipe, judged: dict[str, Any]) -> Opinion:
    run = get_run(db, judged["run_id"]) if judged["run_id"] else None
    turns = [Message(role=turn["role"], content=turn["content"]) for turn in judged["turns"]]
    messages = _shaped(recipe, options_of(db, recipe, run), turns, judged["clauses"])
    return Opinion(
        messages, _answers(judged), Origin("review", feedback_id=judged["id"]), f"visitor:{judged['visitor_id']}",
        dataset_id=run["dataset_id"] if run else None, problem=_problem(judged, messages),
    )  # fmt: skip


def _prompt(db: Database, recipe: Recipe, run: dict[str, Any] | None, chat_id: str, seq: int) -> tuple[Message, ...]:
    """What the model was shown; empty where nobody had said anything, or its clauses are gone."""
    before = [turn for turn in read_messages(db, chat_id) if turn["seq"] < seq]
    view = read_views(db, chat_id).get(seq)
    seen = before[-OLD_TURNS:] if view is None else [turn for turn in before if turn["seq"] >= view.first_seq]
    turns = [Message(role=turn["role"], content=turn["text"]) for turn in seen]
    shown = [clause["text"] for clause in read_shown(db, chat_id).get(seq, [])] if recipe.retrieves else []
    return _shaped(recipe, options_of(db, recipe, run), turns, shown)


def _shaped(recipe: Recipe, options: Any, turns: Sequence[Message], shown: Sequence[str]) -> tuple[Message, ...]:
    """Empty where nobody had said anything, or where a recipe that looks clauses up has none."""
    if not turns or (recipe.retrieves and not shown):
        return ()
    if recipe.retrieves:
        return tuple(recipe.prompt({"question": turns[-1]["content"], "clauses": list(shown)}, options))
    return tuple(recipe.prompt({"turns": turns}, options)) if recipe.chats else tuple(turns)
