"""The one polling fragment: it reads job rows and draws them, and stops polling when nothing runs."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.demo import journey_runs
from engine.jobs.queue import ensure_supervisor, resume
from engine.store.jobs import ENDED, ask_stop, list_jobs
from engine.store.open import open_store
from ui import frame
from ui.frame import plain, t

MARKS = {
    "running": ":blue[:material/progress_activity:]",
    "queued": ":gray[:material/schedule:]",
    "done": ":green[:material/check_circle:]",
    "failed": ":red[:material/error:]",
    "cancelled": ":gray[:material/cancel:]",
    "interrupted": ":orange[:material/power_off:]",
}


def jobs_panel(limit: int = 6) -> None:
    """Running and recent jobs, polled every second while any is alive or the sample journey goes on."""
    with frame.reading() as db:
        jobs, journey = list_jobs(db, limit), journey_runs(db)
    seen = _standing(jobs, journey)
    polled = journey or any(job["state"] not in ENDED for job in jobs)
    st.fragment(_draw, run_every="1s" if polled else None)(limit, seen)


def _standing(jobs: list[dict[str, Any]], journey: bool) -> tuple[object, ...]:
    """What the rest of the page depends on: it is drawn anew when this changes."""
    return (journey, *sorted((job["id"], job["state"]) for job in jobs))


def _draw(limit: int, seen: tuple[object, ...]) -> None:
    with frame.reading() as db:
        jobs, journey = list_jobs(db, limit), journey_runs(db)
    if _standing(jobs, journey) != seen:
        st.rerun()
    living = any(job["state"] not in ENDED for job in jobs)
    if living:
        ensure_supervisor(frame.store())
    elif journey:
        st.caption(t("home.between"))
    else:
        st.caption(t("home.idle"))
    with st.container(gap="xsmall"):
        for job in jobs:
            _draw_job(job)


def _draw_job(job: dict[str, Any]) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.markdown(
        f"{MARKS[job['state']]} **{t('job.kind.' + job['kind'])}** · {t('job.state.' + job['state'])} "
        f":gray[:small[{job['id']}]]"
    )
    with left:
        _draw_standing(job)
    if job["state"] in ("running", "queued"):
        right.button(t("job.cancel"), key=f"stop_{job['id']}", on_click=_stop, args=(job["id"],))
    elif job["state"] in ("interrupted", "failed"):
        right.button(
            t("job.resume"), key=f"resume_{job['id']}", icon=":material/replay:", on_click=_resume, args=(job["id"],)
        )


def _draw_standing(job: dict[str, Any]) -> None:
    """How far it is, or why it ended."""
    facts, why = job["progress"] or {}, job["message_en" if frame.english() else "message_ko"]
    if job["state"] == "running" and facts.get("total"):
        steps = t("job.steps", done=facts["done"], total=facts["total"])
        st.progress(min(1.0, facts["done"] / facts["total"]), steps)
    elif job["state"] == "running" and "done" in facts:
        st.caption(f"{facts['done']:,}")
    elif job["state"] in ("failed", "interrupted"):
        st.warning(plain(why) if why else t("job.no_reason"))
    elif why:
        st.caption(plain(why))


def _stop(job_id: str) -> None:
    try:
        with open_store(frame.store()) as db:
            ask_stop(db, job_id, "cancel")
    except UserError as error:
        frame.explain(error)


def _resume(job_id: str) -> None:
    try:
        resume(frame.store(), job_id)
    except UserError as error:
        frame.explain(error)
