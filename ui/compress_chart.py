"""Quality of every variant beside what it takes: one chart, its axis chosen by the owner."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui import charts, frame
from ui.compress import variant_name
from ui.evaluate_size import number
from ui.frame import t
from ui.leaderboard import amount, metric_label

AXES = ("size_mb", "private_mb", "tokens_per_second", "answer_s")
LOOKS = {
    "original": (charts.BASE, 1.0),
    "pareto": (charts.TUNED, 1.0),
    "beaten": (charts.TUNED, 0.35),
    "failed": (charts.BAD, 1.0),
}
"""Kind of a variant to its colour and weight."""


def show(report: Mapping[str, Any], metric: str) -> None:
    """The chart of one metric against the chosen axis."""
    st.subheader(t("compress.pareto"), help=t("compress.pareto_help"))
    axis = _choose_axis()
    known = [
        (place, one)
        for place, one in enumerate(report["variants"], 1)
        if one[axis] is not None and one["metrics"].get(metric, {}).get("value") is not None
    ]
    if known:
        _draw(known, metric, axis)


def _choose_axis() -> str:
    asked = frame.asked("axis")
    st.session_state["compress_axis"] = asked if asked in AXES else AXES[0]
    return str(
        st.segmented_control(
            t("compress.against"), AXES, format_func=lambda name: t(f"compress.axis.{name}"), key="compress_axis",
            required=True, on_change=lambda: frame.name_in_address(axis=st.session_state["compress_axis"]),
        )
    )  # fmt: skip


def kind(one: Mapping[str, Any]) -> str:
    """One of LOOKS."""
    if one["technique"] == "original":
        return "original"
    return "failed" if not one["passed"] else "pareto" if one["pareto"] else "beaten"


def _draw(variants: Sequence[tuple[int, Mapping[str, Any]]], metric: str, axis: str) -> None:
    from plotly.graph_objects import Figure

    figure = Figure()
    for look in LOOKS:
        some = [(place, one) for place, one in variants if kind(one) == look]
        if some:
            figure.add_trace(_dots(some, metric, axis, look))
    figure.update_xaxes(title=t(f"compress.axis.{axis}"), rangemode="tozero", showgrid=False)
    figure.update_yaxes(title=metric_label(metric))
    if variants[0][1]["metrics"][metric]["unit"].startswith("share"):
        figure.update_yaxes(tickformat=".0%")
    charts.show(figure, f"compress_pareto_{axis}", height=380, hover="closest")


def _dots(some: Sequence[tuple[int, Mapping[str, Any]]], metric: str, axis: str, look: str) -> Any:
    """Variants of one kind, numbered as in the table, with their intervals."""
    from plotly.graph_objects import Scatter

    colour, weight = LOOKS[look]
    scores = [one["metrics"][metric] for _, one in some]
    bars = {"array": [_gap(score, "high") for score in scores], "arrayminus": [_gap(score, "low") for score in scores]}
    return Scatter(
        x=[one[axis] for _, one in some], y=[score["value"] for score in scores], name=t(f"compress.kind.{look}"),
        mode="markers+text", text=[str(place) for place, _ in some], textfont={"size": 11, "color": "white"}, cliponaxis=False,
        marker={"color": colour, "size": 20}, opacity=weight,
        error_y={"type": "data", "symmetric": False, **bars, "thickness": 1, "width": 3, "color": colour},
        customdata=[_hover(one, score, axis) for (_, one), score in zip(some, scores, strict=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _hover(one: Mapping[str, Any], score: Mapping[str, Any], axis: str) -> str:
    return f"{charts.safe(variant_name(one))}<br>{t(f'compress.axis.{axis}')} {number(one[axis], 1)} · {amount(score['value'], score['unit'])}"


def _gap(score: Mapping[str, Any], end: str) -> float:
    return abs(score[end] - score["value"]) if score.get(end) is not None else 0.0
