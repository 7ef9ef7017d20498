"""All evaluations in windows, newest first, with their verdicts. A click opens one."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.board import verdicts_of
from engine.store.evidence import count_evaluations, page_of_evaluations
from ui import frame
from ui.evaluate import open_evaluation, show_view
from ui.evaluate_pager import offset_of, pager
from ui.frame import t
from ui.leaderboard import model_names, suite_of
from ui.live import moment

PAGE = 20


def show(opened: str) -> None:
    """A window of the list."""
    offset = offset_of()
    with frame.reading() as db:
        found, total = page_of_evaluations(db, PAGE, offset), count_evaluations(db)
    names = model_names(sorted({model for one in found for model in one["settings"]["models"]}))
    st.caption(t("evaluate.list_help"))
    key = f"evaluate_list_{offset}_{opened}"  # once another one is open, nothing is selected
    st.dataframe(
        [_row(one, names) for one in found],
        hide_index=True,
        width="stretch",
        height="content",
        key=key,
        on_select=lambda: _select(found, key),
        selection_mode="single-row",
    )
    pager("evaluate_list", offset, PAGE, total)


def _row(evaluation: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    counts = verdicts_of(evaluation["paired"], suite_of(evaluation["recipe"]))
    told = t("evaluate.list_counts", better=counts["better"], worse=counts["worse"], same=counts["same"])
    return {
        t("evaluate.list_at"): moment(evaluation["created_at"]),
        t("evaluate.list_models"): " ↔ ".join(names[model] for model in evaluation["settings"]["models"]),
        t("evaluate.list_result"): told if evaluation["paired"] else "—",
        t("evaluate.list_items"): "—" if evaluation["items"] is None else f"{evaluation['items']:,}",
        t("evaluate.list_state"): t(f"evaluate.state.{evaluation['state']}"),
        "id": evaluation["id"],
    }


def _select(found: Sequence[Mapping[str, Any]], key: str) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen:
        open_evaluation(found[chosen[0]]["id"])
        show_view("board")
