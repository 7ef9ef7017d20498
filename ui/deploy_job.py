"""A bundle while it is made: the steps as the worker tells them, and the result as soon as there is one."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.store.jobs import ENDED, get_job, list_jobs, read_log
from engine.store.open import open_store
from ui import deploy_export, deploy_new, deploy_result, frame
from ui.deploy import target_name
from ui.live import MARKS, draw_steps, draw_waiting, job_button, keep_supervised, pace_of, watch, why_ended
from ui.say import t

STEPS = 60
"""Lines of the log that are shown."""


def opened() -> str | None:
    """The job that the address names (?job=), if it makes or made a bundle; a dead link is told."""
    asked = frame.asked("job")
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            job = get_job(db, asked)
    except UserError:
        job = None
    if job is None or job["kind"] not in ("deploy", "export"):
        frame.gone(asked)
        return None
    return str(job["id"])


def show(job_id: str) -> None:
    """The steps, polled while the job lives; then its deployment."""

    def read(db: Database) -> dict[str, Any]:
        job = get_job(db, job_id)
        return {"job": job, "log": read_log(db, job_id, limit=STEPS), "red": deploy_result.red_findings(db, job)}

    with frame.reading() as db:
        job = get_job(db, job_id)
    if job["kind"] == "export":
        deploy_export.job(job_id)
        return
    if result := job["result"]:
        frame.name_in_address(deployment=result["deployment_id"], job=None)
        st.rerun()
    frame.link("deploy", t("deploy.all"), ":material/arrow_back:")
    deploy_new.codes(job_id)
    watch(read, _draw, lambda seen: seen["job"]["state"], lambda seen: pace_of([seen["job"]]))
    with frame.reading() as db:
        seen = read(db)
    if seen["red"]:
        deploy_result.findings(seen["red"])
        deploy_new.again(seen["job"])


def _draw(seen: Mapping[str, Any]) -> None:
    job = seen["job"]
    keep_supervised([job])
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        st.markdown(f"### {t('deploy.title', target=target_name(job['args']['target']))}")
        if job["state"] == "queued":
            draw_waiting(job)
        draw_steps(seen["log"], job)
        if seen["red"]:
            st.error(t("deploy.red"), icon=":material/block:")
        elif job["state"] == "running":
            st.caption(t("deploy.while"))
        elif job["state"] in ENDED and job["state"] != "done":
            st.warning(why_ended(job), icon=":material/block:")
    with right:
        if job["state"] != "done" and not seen["red"]:
            job_button(job)


def running() -> None:
    """Bundles that are being made now."""
    with frame.reading() as db:
        alive = [job for job in list_jobs(db) if job["kind"] == "deploy" and job["state"] not in ENDED]
    for job in alive:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"{MARKS[job['state']]} {t('deploy.working')}", width="content")
            frame.link("deploy", target_name(job["args"]["target"]), None, job=job["id"])
