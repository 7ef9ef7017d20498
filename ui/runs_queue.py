"""The queue on the runs page: what runs, what waits and for what, what ended; order, stop, resume. And one job's log."""

from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.store.jobs import get_job, list_ended, list_waiting, movable, move_job, read_log, running_jobs
from engine.store.open import open_store
from engine.store.resources import read_usage
from engine.store.subjects import subjects_of
from ui import frame, resources
from ui.frame import plain, t
from ui.live import (
    MARKS,
    act,
    ago,
    clock,
    draw_job,
    job_button,
    job_facts,
    keep_supervised,
    pace_of,
    subject_links,
    watch,
)

WAITING, ENDED_SHOWN, LOG_LINES = 20, 6, 100
"""Jobs and lines shown at once."""
COMMANDS = "python -m engine jobs\npython -m engine jobs --move {id} up\npython -m engine cancel {id}\npython -m engine resume {id}"


def queue() -> None:
    """The queue, polled while anything in it can go on."""
    watch(_read, _draw, _standing, lambda seen: pace_of([*seen["running"], *seen["waiting"]]))


def _read(db: Database) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "running": running_jobs(db),
        "waiting": list_waiting(db, WAITING),
        "ended": list_ended(db, ENDED_SHOWN),
    }
    seen["subjects"] = subjects_of(db, [job for jobs in seen.values() for job in jobs])
    return seen


def _standing(seen: dict[str, Any]) -> object:
    return [(job["id"], job["state"]) for name in ("running", "waiting", "ended") for job in seen[name]]


def _draw(seen: dict[str, Any]) -> None:
    keep_supervised([*seen["running"], *seen["waiting"]])
    if seen["running"]:
        st.subheader(t("runs.now"))
        for job in seen["running"]:
            with st.container(border=True):
                draw_job(job, seen["subjects"][job["id"]])
    else:
        st.caption(t("runs.idle"))
    if seen["waiting"]:
        st.subheader(t("runs.waiting"))
        for place, job in enumerate(seen["waiting"]):
            with st.container(border=True):
                job_facts(job, seen["subjects"][job["id"]])
                _waiting_buttons(seen["waiting"], place)
    if seen["ended"]:
        with st.expander(t("runs.ended"), expanded=not seen["running"] and not seen["waiting"]):
            for job in seen["ended"]:
                _draw_ended(job, seen)


def _waiting_buttons(waiting: list[dict[str, Any]], place: int) -> None:
    """Stop; earlier and later, where the lane and what waits for what allow it."""
    with st.container(horizontal=True, gap="small"):
        job_button(waiting[place])
        for way, icon in (("up", ":material/arrow_upward:"), ("down", ":material/arrow_downward:")):
            if movable(waiting, place, way):
                job_id = waiting[place]["id"]
                st.button(
                    t(f"job.{way}"), key=f"{way}_{job_id}", icon=icon, type="tertiary",
                    on_click=act, args=(_move, job_id, way),
                )  # fmt: skip


def _move(job_id: str, way: str) -> None:
    with open_store(frame.store()) as db:
        move_job(db, job_id, way)


def _draw_ended(job: dict[str, Any], seen: dict[str, Any]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(
            f"{MARKS[job['state']]} **{t('job.kind.' + job['kind'])}** · {t('job.state.' + job['state'])} "
            f":gray[· {ago(job['ended_at'])}]",
            width="content",
        )
        subject_links(seen["subjects"][job["id"]])
        frame.link("runs", t("job.look"), None, job=job["id"])
        if job["state"] != "done":
            job_button(job)
    why = job["message_en" if frame.english() else "message_ko"]
    if job["state"] in ("failed", "interrupted") and why:
        st.caption(plain(why))


def job_view(job_id: str) -> None:
    """One job of any kind with the tail of its log."""

    def read(db: Database) -> dict[str, Any]:
        job = get_job(db, job_id)
        told = {"log": read_log(db, job["id"], limit=LOG_LINES), "usage": read_usage(db, job["id"])}
        return {"job": job, "subjects": subjects_of(db, [job]), **told}

    def draw(seen: dict[str, Any]) -> None:
        keep_supervised([seen["job"]])
        draw_job(seen["job"], seen["subjects"][job_id])
        resources.box(job_id, seen["usage"])
        st.subheader(t("runs.log"))
        draw_log(seen["log"])

    watch(read, draw, lambda seen: seen["job"]["state"], lambda seen: pace_of([seen["job"]]))


def draw_log(lines: list[dict[str, Any]]) -> None:
    """The tail of a log, as text."""
    if not lines:
        st.caption(t("runs.log_empty"))
        return
    side = 1 if frame.english() else 0
    texts = [f"{clock(line['at'])}  {_one_side(line['text'], side)}" for line in lines]
    st.code("\n".join(texts), language=None, wrap_lines=True)


def _one_side(text: str, side: int) -> str:
    """Workers write `Korean / English`."""
    parts = text.split(" / ")
    return parts[side] if len(parts) == 2 else text


def command_box(job_id: str | None = None) -> None:
    """The same by command."""
    with st.expander(t("frame.command")):
        st.code(COMMANDS.format(id=job_id or "JOB"), language="bash")
