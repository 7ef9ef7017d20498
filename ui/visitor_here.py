"""The dashboard as a place for visitors: the owner's store, and every model that an invitation may name."""

import contextlib
from collections.abc import Sequence

import streamlit as st

from engine.access.visitors import Visitor
from engine.config import store_path
from engine.errors import UserError
from engine.recipes.recipe import Recipe, load_recipe
from engine.recipes.visiting import visited
from engine.serve.backend import Backend, Weights
from engine.serve.choose import choose_model, open_model, weights_of
from engine.store.open import open_store
from engine.store.settings import VISITOR_TITLE, get_setting
from ui import gate, visitor
from ui.chat_address import model_label
from ui.say import english, t
from ui.visitor_place import Place


def instead() -> None:
    """Show a visitor the visitor's page, and end the drawing; the owner passes, and so does whoever is not in yet."""
    who = gate.role()
    if isinstance(who, Visitor):
        visitor.show(place_here(who.models))
        st.stop()


def place_here(names: Sequence[str]) -> Place:
    """Where the visitors of this dashboard talk; `names`: the models they may talk to."""
    store = store_path()

    def open_(name: str) -> Backend:
        with open_store(store) as db:
            model = choose_model(db, name)
        return open_model(store, model)

    def weights(name: str) -> Weights:
        with open_store(store) as db:
            return weights_of(store, choose_model(db, name))

    recipes = _recipes(names)
    with open_store(store) as db:
        title = str(get_setting(db, VISITOR_TITLE, "")) or usual_title(recipes)
    notices = dict.fromkeys(recipe.notice[english()] for recipe in recipes if recipe.notice)
    return Place(store, {name: model_label(name) for name in names}, open_, title, " ".join(notices), weights=weights)


def usual_title(recipes: Sequence[Recipe]) -> str:
    """What stands above the talk where the owner gave no name: what the recipe calls it, where it is one."""
    titles = {recipe.title[english()] for recipe in recipes if recipe.title}
    return titles.pop() if len(titles) == 1 else t("chat.title")


def _recipes(names: Sequence[str]) -> list[Recipe]:
    """Of these models' runs; a base, or what is gone, has none."""
    found = []
    with open_store(store_path()) as db:
        for name in names:
            with contextlib.suppress(UserError):
                if run := visited(db, name).run:
                    found.append(load_recipe(run["recipe"]))
    return found
