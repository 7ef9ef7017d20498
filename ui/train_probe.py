"""The training page's button that measures a run before it is begun, and what it measured, live. It estimates nothing."""

from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.choices import BaseChoice
from engine.jobs.dry_run import launch_probe, newest_probe, probe_args
from engine.models.bases import reference, resolve_base
from ui import frame
from ui.frame import plain, t
from ui.live import act, draw_waiting, job_button, keep_supervised, pace_of, span, watch
from ui.train import Material
from ui.train_memory import in_words, take_plan
from ui.train_settings import Way


def probe_box(material: Material, base: BaseChoice, way: Way) -> None:
    """The button, and the newest probe of just these settings. Nothing for a base that would have to be downloaded."""
    if way.settings is None or material.unmasked or not material.dataset["counts"]["train"] or not base.here:
        return
    try:
        args = probe_args(material.id, reference(resolve_base(base.name)), way.settings)
    except UserError:
        return  # the base's own part of the page says what is wrong with it

    def read(db: Database) -> dict[str, Any] | None:
        return newest_probe(db, args)

    def draw(job: dict[str, Any] | None) -> None:
        _draw(job, material, base, way)

    watch(read, draw, lambda job: job and (job["id"], job["state"]), lambda job: pace_of([job]) if job else None)


def _draw(job: dict[str, Any] | None, material: Material, base: BaseChoice, way: Way) -> None:
    alive = job is not None and job["state"] in ("queued", "running")
    if not alive:
        st.button(
            t("train.probe" if job is None else "train.probe_again"),
            key="train_probe",
            icon=":material/speed:",
            help=t("train.probe_help"),
            on_click=act,
            args=(_launch, material, base.name, way),
        )
    if job is None:
        return
    keep_supervised([job])
    if job["state"] == "queued":
        draw_waiting(job)
    elif job["state"] == "running":
        done = (job["progress"] or {}).get("done", 0)
        st.progress(done / 3, t("train.probing", done=done))
    elif job["result"]:
        _result(job["result"], way)
    elif job["message_ko"]:
        st.warning(plain(job["message_en" if frame.english() else "message_ko"]), icon=":material/error:")
    if alive:
        job_button(job)


def _launch(material: Material, base: str, way: Way) -> None:
    launch_probe(
        frame.store(), material.recipe, dataset_id=material.id, base_name=base, preset=way.preset, sets=way.sets
    )


def _result(found: dict[str, Any], way: Way) -> None:
    """What was measured, beside what was estimated."""
    guess = t("train.probe_guess", gb=f"{found['estimated_gb']:.2f}") if found["estimated_gb"] else ""
    if not found["fits"]:
        st.error(t("train.probe_full", gb=f"{found['peak_gb']:.2f}") + guess, icon=":material/memory:")
        if found["plan"]:
            st.caption(t("train.probe_next", changes=in_words(found["plan"])))
            st.button(t("train.take_plan"), key="train_probe_plan", on_click=take_plan, args=(way.form, found["plan"]))
        return
    text = t(
        "train.probe_fits",
        gb=f"{found['peak_gb']:.2f}",
        seconds=f"{found['seconds_per_step']:.1f}",
        tokens=f"{found['tokens_per_second']:,.0f}",
    )
    st.success(text + guess, icon=":material/speed:")
    losses = " → ".join(f"{loss:.2f}" for loss in found["losses"])
    steps = found["steps"]
    left = t("train.probe_left", steps=f"{steps:,}", span=span(steps * found["seconds_per_step"])) if steps else ""
    st.caption(t("train.probe_losses", losses=losses) + left)
