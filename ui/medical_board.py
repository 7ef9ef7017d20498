"""The board of an evaluation of medical answers: choices beside their floors, emergencies and the safety line, each specialty apart, and
how many more questions would make it sure."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.board import Line, board, items_judged
from ui import evaluate_board, evaluate_charts, evaluate_method, evaluate_more, evaluate_parts, frame, reports
from ui.frame import t
from ui.leaderboard import FEW, metric_label, model_names, suite_of, summary

GROUPS = {
    "choices": ("mc_accuracy_letter", "mc_accuracy_likelihood", "mc_unparsed"),
    "care": ("red_flag_recall", "red_flag_false_alarm", "safety_line"),
    "open": ("term_recall", "relation_errors", "maths_exact", "passage_exact", "passage_f1"),
    "health": ("repetition", "cut_off", "loss"),
}
"""Tables of the board, by what is judged."""
DIVIDED = ("mc_accuracy_letter", "mc_accuracy_likelihood", "term_recall", "safety_line", "passage_f1")
"""What can be looked at specialty by specialty."""


def show(evaluation: Mapping[str, Any]) -> None:
    """Draw a whole evaluation of the medical suite."""
    lines = board(evaluation, suite_of(evaluation["recipe"]))
    names = model_names([model["model"] for model in evaluation["models"]])
    items = items_judged(evaluation)
    with st.container(border=True):
        summary(evaluation, lines)
        if 0 < items < FEW:
            st.caption(t("evaluate.few", n=items))
        evaluate_board.talk_on(list(names))
    st.caption(t("medical.judged_by"))
    for group, metrics in GROUPS.items():
        _table(evaluation, group, [line for line in lines if line.metric.name in metrics and line.n], names, items)
    if chosen := _divided(lines):
        evaluate_parts.show(evaluation, names, chosen)
        evaluate_more.show(evaluation, names, chosen)
    evaluate_board.detail(lines, names, True)
    evaluate_charts.forest(lines, names)
    evaluate_method.show(evaluation, names)
    reports.download("evaluation", evaluation["id"])


def _table(
    evaluation: Mapping[str, Any], group: str, lines: Sequence[Line], names: Mapping[str, str], items: int
) -> None:
    """One group of metrics; nothing where no question of its kind was asked."""
    if not lines:
        return
    st.subheader(t(f"medical.group.{group}"), help=t(f"medical.group.{group}_help"))
    floors = evaluate_board.floors_of(evaluation, lines)
    evaluate_board.table(f"medical_{group}", lines, names, items, t("medical.reference"), floors)


def _divided(lines: Sequence[Line]) -> str | None:
    """The metric that specialties are compared by, chosen on the page and named in the address; None where none was judged."""
    known = [line.metric.name for line in lines if line.metric.name in DIVIDED and line.n]
    if not known:
        return None
    asked = frame.asked("by")
    st.session_state["medical_by"] = asked if asked in known else known[0]
    return str(
        st.selectbox(
            t("medical.by"),
            known,
            format_func=metric_label,
            key="medical_by",
            on_change=lambda: frame.name_in_address(by=st.session_state["medical_by"]),
        )
    )
