"""What lies behind the closeness of a habit: how often I do it, how often each model does, and the answers that show it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.board import Line
from engine.evaluate.habits import HabitLine, habit_lines, has_habits
from engine.store.evidence import read_texts
from ui import frame
from ui.frame import plain, t
from ui.leaderboard import amount, suite_of
from ui.words import WORDS

MOST = 5000
"""Answers counted per model: about 20 ms."""
SHOWN = 12


def show(
    evaluation: Mapping[str, Any], line: Line, pair: tuple[str, str | None], names: Mapping[str, str]
) -> tuple[str, ...] | None:
    """The table of habits; the items of the chosen one (`?habit=`), None when none is chosen or there is no table."""
    if not has_habits(suite_of(evaluation["recipe"]), line.metric.name):
        return None
    model = pair[1] or pair[0]
    with frame.reading() as db:
        said = {name: read_texts(db, evaluation["id"], name, MOST) for name in dict.fromkeys((pair[0], model))}
    if not said[model]:
        return None
    lines = habit_lines(line.metric.name, said, model)
    st.caption(t("evaluate.habits", n=f"{len(said[model]):,}", model=plain(names[model])))
    _table(lines[:SHOWN], list(said), names, line.metric.name)
    return _chosen(lines, model, names)


def _table(lines: Sequence[HabitLine], models: Sequence[str], names: Mapping[str, str], metric: str) -> None:
    rows = [
        {
            t("evaluate.habit"): _label(line.feature),
            t("evaluate.mine"): amount(line.mine, "share"),
            **{names[model]: amount(line.shares[model], "share") for model in models},
        }
        for line in lines
    ]
    key = f"evaluate_habits_{metric}_{frame.asked('habit')}"  # once another habit is open, nothing is selected
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height="content",
        key=key,
        on_select=lambda: _select(lines, key),
        selection_mode="single-row",
    )


def _label(feature: str) -> str:
    """A habit in plain words; a sentence ending or a mark as it is."""
    key = f"evaluate.habit.{feature}"
    return t(key) if key in WORDS else feature


def _select(lines: Sequence[HabitLine], key: str) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen:
        frame.name_in_address(habit=lines[chosen[0]].feature, at=None)


def _chosen(lines: Sequence[HabitLine], model: str, names: Mapping[str, str]) -> tuple[str, ...] | None:
    asked = frame.asked("habit")
    line = next((line for line in lines if line.feature == asked), None)
    if line is None:
        return None
    items = line.items[model]
    with st.container(horizontal=True, vertical_alignment="center"):
        said = t("evaluate.habit_chosen", habit=plain(_label(line.feature)), model=plain(names[model]), n=len(items))
        st.markdown(said, width="stretch")
        st.button(
            t("evaluate.habit_back"),
            key="evaluate_habit_back",
            type="tertiary",
            on_click=lambda: frame.name_in_address(habit=None, at=None),
        )
    return items
