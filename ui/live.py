"""The one polling fragment: it reads job rows and draws them, and stops polling when nothing runs."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.queue import ensure_supervisor, resume
from engine.store.jobs import ENDED, ask_stop, list_jobs
from engine.store.open import open_store
from ui import frame
from ui.frame import t

MARKS = {"running": "🟢", "queued": "🕓", "done": "✅", "failed": "🔴", "cancelled": "⚪", "interrupted": "🟠"}


def jobs_panel(limit: int = 6) -> None:
    """Running and recent jobs, polled every second while any is alive."""
    with frame.reading() as db:
        alive = any(job["state"] not in ENDED for job in list_jobs(db, limit))
    st.fragment(_draw, run_every="1s" if alive else None)(limit, alive)


def _draw(limit: int, was_alive: bool) -> None:
    with frame.reading() as db:
        jobs = list_jobs(db, limit)
    living = [job for job in jobs if job["state"] not in ENDED]
    if was_alive and not living:
        st.rerun()
    if living:
        ensure_supervisor(frame.store())
    st.caption(t("home.idle")) if not living else None
    for job in jobs:
        _draw_job(job)


def _draw_job(job: dict[str, Any]) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    facts = job["progress"] or {}
    left.markdown(
        f"{MARKS[job['state']]} **{t('job.kind.' + job['kind'])}** · {t('job.state.' + job['state'])} · `{job['id']}`"
    )
    if job["state"] == "running" and facts.get("total"):
        left.progress(
            min(1.0, facts["done"] / facts["total"]), t("job.steps", done=facts["done"], total=facts["total"])
        )
    elif job["state"] == "running" and "done" in facts:
        left.caption(f"{facts['done']:,}")
    elif job["message_ko"]:
        left.caption(job["message_en"] if st.session_state.get("frame_language") == "en" else job["message_ko"])
    if job["state"] in ("running", "queued"):
        right.button(t("job.cancel"), key=f"stop_{job['id']}", on_click=_stop, args=(job["id"],))
    elif job["state"] in ("interrupted", "failed"):
        right.button(t("job.resume"), key=f"resume_{job['id']}", on_click=_resume, args=(job["id"],))


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
