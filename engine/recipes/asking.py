"""How a model is asked: the prompt of its recipe, with the options of the dataset it learned from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from sqlite_utils import Database

from engine.curate.row import Message
from engine.recipes.recipe import Recipe, load_recipe
from engine.store.datasets import get_dataset


def options_of(db: Database, recipe: Recipe, run: dict[str, Any] | None) -> BaseModel:
    """The options of the run's dataset; the recipe's defaults for a bare base or an adopted adapter."""
    if run is None or run["dataset_id"] is None:
        return recipe.options()
    return recipe.options(**get_dataset(db, run["dataset_id"])["options"])


def item_prompt(
    db: Database, recipe: Recipe, run: dict[str, Any] | None
) -> Callable[[Mapping[str, Any]], tuple[Message, ...]]:
    """One item of `answer --in` to the prompt."""
    options = options_of(db, recipe, run)
    return lambda item: recipe.prompt(item, options)


def chat_prompt(db: Database, run: dict[str, Any] | None) -> Callable[[Sequence[Message]], Sequence[Message]]:
    """A chat's history to the prompt: shaped as in training where the run's recipe says how, else as it is."""
    recipe = load_recipe(run["recipe"]) if run else None
    if recipe is None or not recipe.chats:
        return lambda turns: turns
    options = options_of(db, recipe, run)
    return lambda turns: recipe.prompt({"turns": turns}, options)
