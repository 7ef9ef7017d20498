"""One job of the curation page, live: it polls its row, and opens the dataset by itself when it is there."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.queue import ensure_supervisor
from engine.store.jobs import ENDED, get_job
from ui import frame
from ui.curate_address import open_dataset
from ui.frame import plain, t
from ui.live import MARKS, resume_job, stop_job


def watch(job_id: str) -> bool:
    """Draw a job until it ends; a job that made a dataset opens it. Returns whether it still goes on."""
    job = _job(job_id)
    if job is None:
        frame.gone(job_id)
        return False
    if job["state"] == "done":
        _open_result(job)
        return False
    ended = job["state"] in ENDED
    st.fragment(_draw, run_every=None if ended else "1s")(job_id, job["state"])
    return not ended


def _job(job_id: str) -> dict[str, Any] | None:
    with frame.reading() as db:
        try:
            return get_job(db, job_id)
        except UserError:
            return None


def _open_result(job: dict[str, Any]) -> None:
    made = (job["result"] or {}).get("dataset_id")
    if made and frame.asked("job") == job["id"]:
        open_dataset(made)
        st.session_state.pop("curate_editing", None)
        st.rerun()


def _draw(job_id: str, seen: str) -> None:
    job = _job(job_id)
    if job is None or (job["state"] != seen and job["state"] in ENDED):
        st.rerun()
    with st.container(border=True, key="curate_job", gap="small"):
        kind, state = t(f"job.kind.{job['kind']}"), t(f"job.state.{job['state']}")
        st.markdown(f"{MARKS[job['state']]} **{kind}** · {state} :gray[:small[{plain(job['id'])}]]")
        if job["state"] in ENDED:
            _ended(job)
            return
        ensure_supervisor(frame.store())
        _progress(job["progress"] or {})
        st.button(
            t("curate.job.stop"), key=f"curate_stop_{job_id}", on_click=frame.attempt, args=(stop_job, job_id, "cancel")
        )


def _progress(facts: dict[str, Any]) -> None:
    if facts.get("total"):
        words = t("job.steps", done=f"{facts['done']:,}", total=f"{facts['total']:,}")
        st.progress(min(1.0, facts["done"] / facts["total"]), words)
    elif "done" in facts:
        st.caption(t("curate.job.rows", done=f"{facts['done']:,}"))


def _ended(job: dict[str, Any]) -> None:
    """Why it ended without a dataset, and where that is mended."""
    if job["state"] == "cancelled":
        st.caption(t("curate.job.stopped"))
    else:
        why = job["message_en" if frame.english() else "message_ko"]
        st.error(frame.told(UserError(why, why)) if why else t("curate.job.failed"), icon=":material/info:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("curate.job.close"), key="curate_job_close", on_click=frame.name_in_address, kwargs={"job": None})
        if job["state"] == "interrupted":
            st.button(
                t("curate.job.again"),
                key=f"curate_again_{job['id']}",
                icon=":material/replay:",
                on_click=frame.attempt,
                args=(resume_job, job["id"]),
            )
        sources = job["args"].get("sources") or []
        if job["state"] == "failed" and sources:
            frame.link("data", t("curate.job.look"), ":material/upload_file:", source=sources[0])
