"""The dashboard as a place for visitors: the owner's store, and every model that an invitation may name."""

from collections.abc import Sequence

import streamlit as st

from engine.access.visitors import Visitor
from engine.config import store_path
from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from engine.recipes.visiting import visited
from engine.serve.backend import Backend, Weights
from engine.serve.choose import choose_model, open_model, weights_of
from engine.store.open import open_store
from engine.store.settings import get_setting
from ui import gate, visitor
from ui.chat_address import model_label
from ui.say import english, t
from ui.visitor_place import Place

TITLE = "visitor_title"
"""The setting with what the owner calls the page."""


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

    with open_store(store) as db:
        title = str(get_setting(db, TITLE, t("chat.title")))
    return Place(store, {name: model_label(name) for name in names}, open_, title, _notices(names), weights=weights)


def _notices(names: Sequence[str]) -> str:
    """What the recipes of these models ask to be said, each once."""
    said: dict[str, None] = {}
    with open_store(store_path()) as db:
        for name in names:
            try:
                run = visited(db, name).run
                told = load_recipe(run["recipe"]).notice if run else None
            except UserError:
                continue
            if told:
                said[told[english()]] = None
    return " ".join(said)
