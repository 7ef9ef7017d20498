"""The training page's card: whether the run fits this machine, how long it takes, and what to change. Estimates, said so."""

import math
from collections.abc import Callable

import streamlit as st

from engine.errors import UserError
from engine.jobs.choices import BaseChoice
from engine.jobs.launch import lint_dataset
from engine.models.bases import resolve_base
from engine.train.estimate import Estimate, estimate, past_runs
from engine.train.settings import TrainSettings
from ui import frame
from ui.forms import words
from ui.frame import plain, t
from ui.train import Material, machine
from ui.train_settings import Way, told

VERDICTS = {
    "yes": ("green", ":material/check_circle:"),
    "tight": ("orange", ":material/warning:"),
    "no": ("red", ":material/block:"),
}
MINUTE, HOUR, DAY = 60, 3600, 86400


def show_estimate(material: Material, base: BaseChoice, way: Way) -> Estimate | None:
    """Draw memory and time; None when nothing can be said yet."""
    st.subheader(t("train.before"))
    if way.settings is None:
        st.caption(t("train.estimate_waits"))
        return None
    if base.shape is None:
        st.info(t("train.size_unknown"), icon=":material/help:")
        return None
    with frame.reading() as db:
        past = past_runs(db)
    found = estimate(base.name, base.shape, way.settings, material.sample, machine(), past)
    _memory(found)
    _advice(found, way)
    _time(found, way)
    _stopping(material, base, way.settings)
    return found


def _stopping(material: Material, base: BaseChoice, settings: TrainSettings) -> None:
    """What the token linter says of a sample of rows: will the model learn to stop?"""
    if not base.here:
        return
    try:
        with frame.reading() as db:
            lint = lint_dataset(db, material.id, resolve_base(base.name), settings.max_length)
    except UserError:
        return
    if lint is None:
        st.caption(t("train.lint_later"))
        return
    good = not lint.problems
    text = t("train.lint", ended=lint.ended, n=lint.n, eos=plain(lint.eos), pad=plain(lint.pad or "-"))
    st.markdown(f":{'green' if good else 'orange'}[:material/{'check_circle' if good else 'warning'}:] {text}")
    for problem in lint.problems:
        korean, _, english = problem.partition(" / ")
        st.caption(plain(english if frame.english() else korean))


def _memory(found: Estimate) -> None:
    color, icon = VERDICTS[found.fits]
    here = machine()
    place = t(f"train.machine.{here.kind}", name=plain(here.name))
    st.markdown(f":{color}[{icon}] **{t(f'train.fits.{found.fits}')}** · {place}")
    st.progress(
        min(1.0, found.needed_gb / max(here.free_gb, 0.01)),
        t("train.memory", needed=f"{found.needed_gb:.1f}", free=f"{here.free_gb:.1f}"),
    )
    with st.expander(t("train.parts")):
        st.dataframe(
            [
                {t("train.column.part"): t(f"train.part.{name}"), "GB": f"{gigabytes:.2f}"}
                for name, gigabytes in sorted(found.parts.items(), key=lambda part: -part[1])
            ],
            hide_index=True,
        )
        st.caption(t("train.parts_help"))


def _advice(found: Estimate, way: Way) -> None:
    """What to change so that it fits, and a button that does it."""
    if found.fits == "yes":
        return
    if not found.plan:
        st.warning(t("train.no_plan"), icon=":material/memory:")
        return
    changes = ", ".join(f"{words(f'field.{name}', name)} → {told(value)}" for name, value in found.plan.items())
    key = {"yes": "train.plan_fits", "tight": "train.plan_tight", "no": "train.plan_no"}[found.plan_fits]
    text = t(key, changes=changes, gb=f"{found.plan_gb:.1f}")
    (st.error if found.plan_fits == "no" else st.warning)(text, icon=":material/memory:")
    if found.plan_fits != "no":
        st.button(
            t("train.take_plan"),
            key="train_plan",
            icon=":material/auto_fix_high:",
            on_click=_take_plan,
            args=(way.form, found),
        )


def _take_plan(form: str, found: Estimate) -> None:
    for name, value in found.plan.items():
        st.session_state[f"{form}_{name}"] = value


def _time(found: Estimate, way: Way) -> None:
    low, high = about(found.seconds_low, math.floor), about(found.seconds_high, math.ceil)
    st.metric(t("train.time"), low if low == high else f"{low} – {high}", help=t("train.time_help"))
    basis = found.basis
    said = [
        t("train.steps", n=f"{found.steps:,}"),
        t(f"train.basis.{basis.kind}", runs=basis.runs, base=plain(basis.base)),
        *([] if found.certain else [t("train.uncertain")]),
        *([t("train.may_stop")] if way.settings and way.settings.early_stop_patience else []),
    ]
    st.caption(" ".join(said), help=t("gloss.step"))


def about(seconds: float, round_to: Callable[[float], int] = round) -> str:
    """A time without more exactness than an estimate has."""
    if seconds < 90:
        return t("train.span.seconds", n=max(10, round_to(seconds / 10) * 10))
    if seconds < 90 * MINUTE:
        return t("train.span.minutes", n=round_to(seconds / MINUTE))
    if seconds < 2 * DAY:
        return t("train.span.hours", n=f"{round_to(2 * seconds / HOUR) / 2:g}")
    return t("train.span.days", n=round_to(seconds / DAY))
