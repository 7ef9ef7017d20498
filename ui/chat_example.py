"""How a model that learned one form of question wants to be asked: that form, filled with an example, to be copied."""

from collections.abc import Sequence

import streamlit as st

from engine.errors import UserError
from engine.recipes.asking import example_of
from engine.store.runs import get_run
from ui import frame
from ui.frame import t


def show(models: Sequence[str]) -> None:
    """The example of the first model that wants one; nothing for bases, servers, and what is shaped as in training anyway."""
    found = next(filter(None, map(_example_of, models)), None)
    if found:
        st.caption(t("chat.as_learned"))
        st.code(found, language=None, wrap_lines=True)


def _example_of(model: str) -> str | None:
    with frame.reading() as db:
        try:
            return example_of(db, get_run(db, model))
        except UserError:
            return None
