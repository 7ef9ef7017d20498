"""The training page's memory: parts of a run in one bar against what is free, and what to change with its cost. It measures nothing."""

from typing import Any

import streamlit as st

from engine.train.plan.changes import Change
from engine.train.plan.estimate import Estimate
from ui.charts import BAD, BASE, show
from ui.forms import words
from ui.frame import english, plain, t
from ui.train import machine
from ui.train_settings import Way, told

VERDICTS = {
    "yes": ("green", ":material/check_circle:"),
    "tight": ("orange", ":material/warning:"),
    "no": ("red", ":material/block:"),
}
COLOURS = {
    "weights": "#3d6fa8", "dequantised": "#6d94c2", "adapters": "#2f8f5b", "gradients": "#6fb48d", "optimiser": "#a9d0b8",
    "activations": "#c77d18", "logits": "#e0ac5c", "overhead": BASE,
}  # fmt: skip


def show_memory(found: Estimate, way: Way) -> None:
    """Whether it fits, and the change after which it would."""
    color, icon = VERDICTS[found.fits]
    here = machine()
    place = t(f"train.machine.{here.kind}", name=plain(here.name))
    st.markdown(f":{color}[{icon}] **{t(f'train.fits.{found.fits}')}** · {place}")
    st.caption(t("train.memory", needed=f"{found.needed_gb:.1f}", free=f"{found.free_gb:.1f}") + _corrected(found))
    _advice(found, way)


def memory_box(found: Estimate | None) -> None:
    """What fills the memory and what single changes save, across the page: the lines of the table are long."""
    if found is None:
        return
    with st.expander(t("train.memory_box"), icon=":material/memory:", expanded=found.fits == "no"):
        _bar(found)
        if found.changes:
            _changes(found.changes)


def _corrected(found: Estimate) -> str:
    if not found.correction.n:
        return ""
    return " · " + t("train.corrected", factor=f"{found.correction.factor:.2f}", n=found.correction.n)


def _bar(found: Estimate) -> None:
    """One stacked bar, a line where the free memory ends."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    for name, size in found.parts.items():
        label = t(f"train.part.{name}")
        figure.add_trace(
            Bar(
                x=[size],
                y=[""],
                name=label,
                orientation="h",
                marker_color=COLOURS[name],
                hovertemplate=f"{label}: %{{x:.2f}} GB<extra></extra>",
            )
        )
    figure.add_vline(
        x=found.free_gb,
        line={"color": BAD, "width": 2},
        annotation_text=t("train.free", gb=f"{found.free_gb:.1f}"),
        annotation_position="bottom left",
    )
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(title="GB", range=[0, 1.05 * max(found.free_gb, found.needed_gb)])
    figure.update_yaxes(visible=False)
    show(figure, "train_memory_bar", height=200, hover="closest")


def _advice(found: Estimate, way: Way) -> None:
    """The smallest change after which it fits, and a button that makes it."""
    if found.fits == "yes":
        return
    if not found.plan:
        st.warning(t("train.no_plan"), icon=":material/memory:")
        return
    key = {"yes": "train.plan_fits", "tight": "train.plan_tight", "no": "train.plan_no"}[found.plan_fits]
    text = t(key, changes=in_words(found.plan), gb=f"{found.plan_gb:.1f}")
    (st.error if found.plan_fits == "no" else st.warning)(text, icon=":material/memory:")
    if found.plan_fits != "no":
        st.button(
            t("train.take_plan"),
            key="train_plan",
            icon=":material/auto_fix_high:",
            on_click=take_plan,
            args=(way.form, found.plan),
        )


def in_words(changes: dict[str, Any]) -> str:
    """Changes of settings as an owner reads them."""
    return ", ".join(f"{words(f'field.{name}', name)} → {told(value)}" for name, value in changes.items())


def take_plan(form: str, plan: dict[str, Any]) -> None:
    """Put a plan into the form's widgets. For callbacks."""
    for name, value in plan.items():
        st.session_state[f"{form}_{name}"] = value


def _changes(changes: list[Change]) -> None:
    """Every single change that saves memory, those that fit first, with what it costs."""
    st.markdown(f"**{t('train.changes')}**")
    st.caption(t("train.changes_help"))
    rows = [
        {
            t("train.column.change"): in_words(change.set),
            t("train.column.after"): f"{change.peak_gb:.2f} GB (−{change.saves_gb:.2f})",
            t("train.column.fits"): t(f"train.card.{change.fits}"),
            t("train.column.pace"): f"×{change.time_factor:.2f}",
            t("train.column.cost"): change.cost_en if english() else change.cost_ko,
        }
        for change in changes
    ]
    st.table(rows, border="horizontal", hide_index=True)
