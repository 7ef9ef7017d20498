"""What the owner thinks of answers in chats, each with the prompt it was given to, as the recipe shapes it."""

from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from engine.curate.preferences import BAD, GOOD, Opinion, opinions_in
from engine.curate.row import Message
from engine.recipes.asking import options_of
from engine.recipes.recipe import Recipe
from engine.serve.chat import HISTORY_TURNS
from engine.store.chats import read_messages
from engine.store.clause_index import read_shown
from engine.store.preferences import Origin, read_judged_chats
from engine.store.runs import get_run


def all_opinions(db: Database, recipe: Recipe) -> list[Opinion]:
    """Everything the owner preferred, in reviews, blind votes and chats."""
    return [*opinions_in(db, recipe.name), *chat_opinions(db, recipe)]


def chat_opinions(db: Database, recipe: Recipe) -> list[Opinion]:
    """One opinion per judged answer of a chat with one of the recipe's runs, or with a bare base where the recipe chats."""
    return [_opinion(db, recipe, judged) for judged in read_judged_chats(db, recipe.name, recipe.chats)]


def _opinion(db: Database, recipe: Recipe, judged: dict[str, Any]) -> Opinion:
    run = None if judged["model"].startswith("base:") else get_run(db, judged["model"])
    messages = _prompt(db, recipe, run, judged["chat_id"], judged["seq"])
    answers: tuple[tuple[str, int], ...] = ((judged["answer"], GOOD if judged["thumb"] == "up" else BAD),)
    if judged["correction"]:
        answers = ((judged["correction"], GOOD), (judged["answer"], BAD))
    problem = "unfinished" if judged["ended"] != "whole" else None if messages else "no_prompt"
    return Opinion(
        messages, answers, Origin("chat", judged["chat_id"], judged["seq"]), f"chat:{judged['chat_id']}",
        parent=("chat", judged["chat_id"]), dataset_id=run["dataset_id"] if run else None, problem=problem,
    )  # fmt: skip


def _prompt(db: Database, recipe: Recipe, run: dict[str, Any] | None, chat_id: str, seq: int) -> tuple[Message, ...]:
    """What the model was shown; empty where nobody had said anything, or its clauses are gone."""
    before = [turn for turn in read_messages(db, chat_id) if turn["seq"] < seq]
    turns = [Message(role=turn["role"], content=turn["text"]) for turn in before[-HISTORY_TURNS:]]
    if not turns:
        return ()
    options = options_of(db, recipe, run)
    if recipe.retrieves:
        return _from_clauses(recipe, options, turns, read_shown(db, chat_id).get(seq, []))
    return tuple(recipe.prompt({"turns": turns}, options)) if recipe.chats else tuple(turns)


def _from_clauses(
    recipe: Recipe, options: Any, turns: Sequence[Message], shown: Sequence[dict[str, Any]]
) -> tuple[Message, ...]:
    if not shown:
        return ()
    item = {"question": turns[-1]["content"], "clauses": [clause["text"] for clause in shown]}
    return tuple(recipe.prompt(item, options))
