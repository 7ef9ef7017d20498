"""The latest evaluation as a table: each metric in plain words, its values with intervals, and the verdict."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.evaluate.suite import Suite
from engine.evaluate.table import evaluation_table
from engine.recipes.recipe import load_recipe
from engine.store.evaluations import get_evaluation, list_evaluations
from ui import frame
from ui.chat import model_label
from ui.frame import plain, t
from ui.words import WORDS


def show_latest() -> None:
    """Draw the newest whole evaluation, when there is one."""
    with frame.reading() as db:
        found = list_evaluations(db, limit=1)
        evaluation = get_evaluation(db, found[0]["id"]) if found else None
    if evaluation is None:
        return
    st.subheader(t("home.leaderboard"), help=t("home.leaderboard_help"))
    try:
        suite = load_recipe(evaluation["recipe"]).suite
    except UserError as error:
        frame.explain(error)
        return
    _draw(evaluation, suite)


def _draw(evaluation: Mapping[str, Any], suite: Suite) -> None:
    rows = evaluation_table(evaluation, suite, "en" if frame.english() else "ko")
    name, meaning = next(iter(rows[0])), list(rows[0])[-1]
    for row, metric in zip(rows, suite.metrics, strict=True):
        row[name] = row[name].removesuffix(metric.name) + metric_label(metric.name)
    models = [model["model"] for model in evaluation["models"]]
    verdicts = [column for column in rows[0] if column not in (name, meaning, "n", *models)]
    for column in verdicts:
        st.markdown(_summary(column, Counter(row[column] for row in rows), many=len(verdicts) > 1))
    shown = {model: st.column_config.TextColumn(model_label(model), help=t("home.cell_help")) for model in models}
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height="content",
        column_order=[name, *verdicts, *models, "n", meaning],
        column_config={
            **shown,
            name: st.column_config.TextColumn(help=t("home.metric_help"), width=270),
            "n": st.column_config.TextColumn(help=t("home.n_help"), width=50),
            meaning: st.column_config.TextColumn(width=640),
        },
    )
    st.caption(t("home.no_interval"))


def metric_label(name: str) -> str:
    """A metric in plain words; its own name where the page has none."""
    key = f"metric.{name}"
    return t(key) if key in WORDS else name


def _summary(column: str, verdicts: Counter[str], many: bool) -> str:
    """How many metrics got better, worse, or cannot be told."""
    counted = " · ".join(f"**{plain(verdict)} {count}**" for verdict, count in verdicts.most_common() if verdict)
    return f"{plain(column)}: {counted}" if many else counted
