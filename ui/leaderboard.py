"""The latest evaluation as a table: value, interval, n, and the plain verdict."""

import streamlit as st

from engine.errors import UserError
from engine.evaluate.table import evaluation_table
from engine.recipes.recipe import load_recipe
from engine.store.evaluations import get_evaluation, list_evaluations
from ui import frame
from ui.frame import t


def show_latest() -> None:
    """Draw the newest whole evaluation, when there is one."""
    with frame.reading() as db:
        found = list_evaluations(db, limit=1)
        evaluation = get_evaluation(db, found[0]["id"]) if found else None
    if evaluation is None:
        return
    st.subheader(t("home.leaderboard"))
    try:
        suite = load_recipe(evaluation["recipe"]).suite
    except UserError as error:
        frame.explain(error)
        return
    english = st.session_state.get("frame_language") == "en"
    st.dataframe(evaluation_table(evaluation, suite, "en" if english else "ko"), hide_index=True, width="stretch")
    st.caption(t("home.no_interval"))
