"""Two to four runs side by side: their curves, what they cost, and the settings in which they differ."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.store.runs import get_run
from engine.train.watch import ComparedRun, Comparison, compare_runs
from ui import frame
from ui.frame import plain, t
from ui.live import span
from ui.runs import compare_box, run_label
from ui.runs_chart import AXES, compared_chart

AXIS = "runs_compare_axis"
"""Key of the choice what curves are drawn along."""


def comparison(run_ids: list[str]) -> None:
    """The chosen runs, then the choice itself."""
    with frame.reading() as db:
        found = compare_runs(db, run_ids, spent=st.session_state.get(AXIS, "step") != "step")
        names = {run_id: f"{run_label(get_run(db, run_id))} · {run_id}" for run_id in run_ids}
    labels = [names[run.id] for run in found.runs]
    if not found.one_dataset:
        st.warning(t("runs.compare_other"), icon=":material/warning:")
    if not found.one_base:
        st.warning(t("runs.compare_bases"), icon=":material/warning:")
    _chart(found, labels)
    st.subheader(t("runs.compare_facts"))
    st.dataframe(
        [_facts(run, label) for run, label in zip(found.runs, labels, strict=True)], hide_index=True, width="stretch"
    )
    st.subheader(t("runs.compare_settings"))
    _differing(found, labels)
    for run, label in zip(found.runs, labels, strict=True):
        frame.link("runs", plain(label), ":material/monitoring:", run=run.id)
    compare_box(run_ids)


def _chart(found: Comparison, labels: list[str]) -> None:
    """The losses over each other: which, along what, how smooth."""
    st.subheader(t("runs.compare_curve"), help=t("gloss.loss"))
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        which = _choice("which", ("validation", "training"))
        axis = _choice("axis", AXES)
        weight = 0.0
        if which == "training":
            weight = st.slider(
                t("runs.smooth"), 0.0, 0.98, 0.8, 0.02, key="runs_compare_smooth", help=t("runs.smooth_help"), width=220
            )
    missing = compared_chart(found.runs, labels, which, axis, weight)
    for name in missing:
        st.caption(t("runs.axis_missing", run=plain(name)))


def _choice(name: str, options: Sequence[str]) -> str:
    chosen = st.segmented_control(
        t(f"runs.{name}"),
        options,
        format_func=lambda value: t(f"runs.{name}.{value}"),
        default=options[0],
        key=f"runs_compare_{name}",
    )
    return str(chosen or options[0])


def _facts(run: ComparedRun, label: str) -> dict[str, Any]:
    unknown = "–"
    return {
        t("runs.run"): label,
        t("runs.fact.best"): unknown if run.best is None else f"{run.best:.3f}",
        t("runs.fact.steps"): f"{run.steps:,}",
        t("runs.fact.peak"): unknown if run.peak_gb is None else f"{run.peak_gb:.2f}",
        t("runs.fact.speed"): unknown if run.tokens_per_second is None else f"{run.tokens_per_second:,.0f}",
        t("runs.fact.time"): unknown if run.seconds is None else span(run.seconds),
    }


def _differing(found: Comparison, labels: list[str]) -> None:
    if not found.differing:
        st.caption(t("runs.compare_same"))
        return
    rows = [
        {t("runs.setting"): name, **{label: str(value) for label, value in zip(labels, values, strict=True)}}
        for name, values in found.differing.items()
    ]
    st.dataframe(rows, hide_index=True, width="stretch", height="content")
