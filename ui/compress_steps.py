"""The steps of a compression as they go, in one polling fragment: each with its state, what it cost in quality, and what it made."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.store.compressions import get_compression
from engine.store.jobs import ENDED, get_job, read_log
from engine.store.resources import read_usage
from ui import frame, resources
from ui.compress import SHORT, step_words
from ui.evaluate_size import count
from ui.frame import plain, t
from ui.leaderboard import amount, difference, metric_label
from ui.live import MARKS, job_button, keep_supervised, pace_of, watch
from ui.runs_queue import draw_log
from ui.words import WORDS

LOG_LINES = 40
SHARE = "share"
"""The unit of every metric that a gate is held to."""


def show(compression_id: str) -> None:
    """The steps, polled while the job lives."""

    def read(db: Database) -> dict[str, Any]:
        found = get_compression(db, compression_id)
        job_id = found["job_id"]
        job = get_job(db, job_id) if job_id else None
        told = {"usage": read_usage(db, job_id), "log": read_log(db, job_id, limit=LOG_LINES)} if job_id else {}
        return {"compression": found, "job": job, **told}

    def standing(seen: dict[str, Any]) -> object:
        return seen["job"] and seen["job"]["state"], seen["compression"]["result"] is not None

    watch(read, _draw, standing, lambda seen: pace_of([seen["job"]] if seen["job"] else []))


def _draw(seen: dict[str, Any]) -> None:
    compression, job = seen["compression"], seen["job"]
    if job:
        keep_supervised([job])
        _standing(job)
    gate = compression["settings"]["gate"]
    fail = t("compress.fail.stop" if gate["on_fail"] == "stop" else "compress.fail.rollback")
    metric = plain(metric_label(gate["metric"]))
    if compression["result"]:
        st.subheader(t("compress.steps"))
    st.caption(t("compress.gate_line", metric=metric, points=f"{gate['points']:g}", fail=fail))
    going = [step["place"] for step in compression["steps"] if step["state"] == "running"]
    for step in compression["steps"]:
        state = "made" if step["place"] in going[:-1] else step["state"]
        _step({**step, "state": state}, metric, job)
    if job:
        resources.box(job["id"], seen["usage"])
        with st.expander(t("runs.log")):
            draw_log(seen["log"])


def _standing(job: dict[str, Any]) -> None:
    """What the job is at, or why it ended, and what can be done."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        if job["state"] == "running":
            _progress(job["progress"] or {})
        elif job["state"] == "queued":
            st.caption(f"{MARKS['queued']} {t('job.waits.turn')}")
        elif job["state"] != "done":
            why = job["message_en" if frame.english() else "message_ko"]
            said = plain(why) if why else t("compress.died")
            st.warning(f"**{t('compress.failed')}** {said}", icon=":material/power_off:")
    with right:
        if job["state"] != "done":
            job_button(job)


def _progress(facts: Mapping[str, Any]) -> None:
    key = f"compress.at.{facts.get('what')}"
    words = t(key if key in WORDS else "compress.at.other")
    if facts.get("total"):
        share = min(1.0, facts["done"] / facts["total"])
        st.progress(share, f"{words} {t('job.steps', done=facts['done'], total=facts['total'])}")
    else:
        st.markdown(f"{MARKS['running']} {words}")


def _step(step: Mapping[str, Any], metric: str, job: Mapping[str, Any] | None) -> None:
    state = step["state"]
    lives = job is not None and job["state"] not in ENDED
    mark = MARKS[SHORT.get(state, "running" if lives else "interrupted")]
    with st.container(border=True, gap="xsmall", key=f"compress_step_{step['place']}"):
        added = f" :gray-badge[{t('compress.added')}]" if step["added"] else ""
        words = t(f"compress.state.{state}") if state != "running" or lives else t("job.state.interrupted")
        st.markdown(f"{mark} **{step['place'] + 1}. {step_words(step)}**{added} · {words}")
        for line in _facts(step, metric):
            st.caption(line)
        if step["run_id"] and step["state"] != "skipped":
            frame.link("runs", t("compress.step_run"), ":material/monitoring:", run=step["run_id"])


def _facts(step: Mapping[str, Any], metric: str) -> list[str]:
    """What a step made, what it cost, and what could not be done."""
    facts, told = step["facts"], []
    if facts.get("parameters_before") and facts.get("parameters_after"):
        before, after = count(facts["parameters_before"]), count(facts["parameters_after"])
        told.append(t("compress.parameters", before=before, after=after))
    if facts.get("layers_before") and facts.get("layers_after"):
        told.append(t("compress.layers", before=facts["layers_before"], after=facts["layers_after"]))
    if facts.get("zero_share"):
        told.append(t("compress.zeros", share=f"{facts['zero_share']:.0%}"))
    lines = [" · ".join(told)] if told else []
    if step["delta"] is not None:
        lines.append(_quality(step, metric))
    lines += [
        t("compress.refused", engine=plain(engine), why=plain(one["en" if frame.english() else "ko"]))
        for engine, one in facts.get("engines", {}).items()
        if one["state"] == "refused"
    ]
    return lines


def _quality(step: Mapping[str, Any], metric: str) -> str:
    """Before and after, and the paired difference with its interval."""
    before, after = (amount(step[name], SHARE) for name in ("before", "after"))
    low, high = (difference(step[name], SHARE) for name in ("low", "high"))
    known = step["low"] is not None and step["high"] is not None
    lost = t("compress.delta", delta=difference(step["delta"], SHARE), between=f"[{low}, {high}]" if known else "")
    return f"{t('compress.quality', metric=metric, before=before, after=after)} · {lost}"
