"""Two to four runs side by side: their curves, what they cost, and the settings in which they differ."""

from typing import Any

import streamlit as st

from engine.store.runs import get_run
from engine.train.watch import ComparedRun, Comparison, compare_runs
from ui import frame
from ui.frame import plain, t
from ui.live import span
from ui.runs import compare_box, run_label
from ui.runs_chart import compared_chart


def comparison(run_ids: list[str]) -> None:
    """The chosen runs, then the choice itself."""
    with frame.reading() as db:
        found = compare_runs(db, run_ids)
        names = {run_id: f"{run_label(get_run(db, run_id))} · {run_id}" for run_id in run_ids}
    labels = [names[run.id] for run in found.runs]
    if not found.one_dataset:
        st.warning(t("runs.compare_other"), icon=":material/warning:")
    st.subheader(t("runs.compare_curve"), help=t("gloss.eval_loss"))
    compared_chart(found.runs, labels)
    st.subheader(t("runs.compare_facts"))
    st.dataframe(
        [_facts(run, label) for run, label in zip(found.runs, labels, strict=True)], hide_index=True, width="stretch"
    )
    st.subheader(t("runs.compare_settings"))
    _differing(found, labels)
    for run, label in zip(found.runs, labels, strict=True):
        frame.link("runs", plain(label), ":material/monitoring:", run=run.id)
    compare_box(run_ids)


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
