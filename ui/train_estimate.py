"""The training page's card: whether the run fits this machine, how long it takes, and what to change. Estimates, said so."""

import math
from collections.abc import Callable

import streamlit as st

from engine.errors import UserError
from engine.jobs.choices import BaseChoice
from engine.jobs.launch import lint_dataset, with_special_tokens
from engine.models.bases import resolve_base
from engine.train.plan.estimate import Estimate, correction_of, estimate, past_runs
from engine.train.settings import TrainSettings
from ui import frame
from ui.frame import plain, t
from ui.train import Material, machine
from ui.train_memory import show_memory
from ui.train_settings import Way

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
        past, correction = past_runs(db), correction_of(db, machine(), way.settings.objective)
    found = estimate(base.name, base.shape, way.settings, material.sample, machine(), past, correction)
    show_memory(found, way)
    _time(found, way)
    _stopping(material, base, way.settings)
    return found


def _stopping(material: Material, base: BaseChoice, settings: TrainSettings) -> None:
    """What the token linter says of a sample of rows: will the model learn to stop?"""
    if not base.here:
        return
    try:
        with frame.reading() as db:
            words = with_special_tokens(db, material.recipe, material.id, settings, {})[0].kept_tokens()
            lint = lint_dataset(db, material.id, resolve_base(base.name), settings.max_length, words)
    except UserError:
        return
    if lint is None:
        st.caption(t("train.lint_later"))
        return
    good = not lint.problems
    evidence = t("train.lint", ended=lint.ended, n=lint.n, eos=plain(lint.eos), pad=plain(lint.pad or "-"))
    icon = ":green[:material/check_circle:]" if good else ":orange[:material/warning:]"
    st.markdown(f"{icon} {t('train.lint_good' if good else 'train.lint_bad')}", help=evidence)
    for problem in [*lint.problems, *([lint.kept] if lint.kept else [])]:
        korean, _, english = problem.partition(" / ")
        st.caption(plain(english if frame.english() else korean))


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
