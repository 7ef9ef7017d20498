"""The one polling fragment of a page, and how a job looks in it. It reads rows and draws them; it does no work itself."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeVar

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.demo import journey_runs
from engine.jobs.queue import ensure_supervisor, resume
from engine.store.jobs import ENDED, ask_stop, is_blocked, list_jobs
from engine.store.open import open_store
from engine.store.subjects import Subject, subjects_of
from ui import frame
from ui.frame import english, plain, t

MARKS = {
    "running": ":blue[:material/progress_activity:]",
    "queued": ":gray[:material/schedule:]",
    "done": ":green[:material/check_circle:]",
    "failed": ":red[:material/error:]",
    "cancelled": ":gray[:material/cancel:]",
    "interrupted": ":orange[:material/power_off:]",
}
DOORS = {
    "source": "data", "dataset": "curate", "run": "runs", "search": "train", "evaluation": "evaluate", "compression": "compress",
    "deployment": "deploy",
}  # fmt: skip
"""What a job is about, and the page that shows it; the page's address names it by its kind."""
SUBJECTS = 2
"""Links per job: what it makes and what it is made from."""
SOON, SLOW = "1s", "15s"
"""Between two looks: while something happens, and while all that is left waits for the owner."""
STARTING_SECONDS = 15.0
"""A supervisor takes some seconds to say that it lives: no second one is started meanwhile."""
Seen = TypeVar("Seen")


def watch(
    read: Callable[[Database], Seen],
    draw: Callable[[Seen], None],
    standing: Callable[[Seen], object],
    pace: Callable[[Seen], str | None],
) -> None:
    """Read and draw again and again, as often as `pace` says, in a fragment of its own. The whole page is drawn anew
    when `standing` changes: what else depends on it, and the pace."""
    with frame.reading() as db:
        first = read(db)
    known, unseen = standing(first), [first]

    def look() -> None:
        if unseen:
            now = unseen.pop()  # drawn with the page itself: it was read just now
        else:
            with frame.reading() as db:
                now = read(db)
        if standing(now) != known:
            st.rerun()
        _tell_refusal()
        draw(now)

    st.fragment(look, run_every=pace(first))()


def act(do: Callable[..., object], *args: object) -> None:
    """A button's work; a refusal is kept for the fragment to tell."""
    try:
        do(*args)
    except UserError as error:
        st.session_state["live_refused"] = error


def _tell_refusal() -> None:
    refused = st.session_state.pop("live_refused", None)
    if refused is not None:
        frame.explain(refused)


def pace_of(jobs: Sequence[dict[str, Any]]) -> str | None:
    """How often to look at these jobs: not at all when none is alive, seldom when all wait for one that failed."""
    alive = [job for job in jobs if job["state"] not in ENDED]
    return None if not alive else SLOW if all(is_blocked(job) for job in alive) else SOON


def keep_supervised(jobs: Sequence[dict[str, Any]]) -> None:
    """Start a supervisor, and say so, when something could go on and none lives."""
    if not any(job["state"] not in ENDED and not is_blocked(job) for job in jobs):
        return
    asked = st.session_state.get("live_asked_at", -STARTING_SECONDS)
    if time.monotonic() - asked > STARTING_SECONDS:
        if not ensure_supervisor(frame.store()):
            return
        st.session_state["live_asked_at"] = time.monotonic()
    if all(job["state"] != "running" for job in jobs):
        st.caption(t("job.supervised"))


def jobs_panel(limit: int = 6) -> None:
    """Running and recent jobs, polled while any can go on or the sample journey does."""

    def read(db: Database) -> dict[str, Any]:
        jobs = list_jobs(db, limit)
        return {"jobs": jobs, "journey": journey_runs(db), "subjects": subjects_of(db, jobs)}

    def standing(seen: dict[str, Any]) -> object:
        return seen["journey"], sorted((job["id"], job["state"]) for job in seen["jobs"])

    def pace(seen: dict[str, Any]) -> str | None:
        return SOON if seen["journey"] else pace_of(seen["jobs"])

    watch(read, _draw_panel, standing, pace)


def _draw_panel(seen: dict[str, Any]) -> None:
    keep_supervised(seen["jobs"])
    over = all(job["state"] in ENDED for job in seen["jobs"])
    st.subheader(t("job.recent" if over and not seen["journey"] else "home.working"))
    if over and seen["journey"]:
        st.caption(t("home.between"))
    with st.container(gap="xsmall"):
        for job in seen["jobs"]:
            draw_job(job, seen["subjects"][job["id"]])


def draw_job(job: dict[str, Any], subjects: Sequence[Subject]) -> None:
    """One job: what it is about, how far it is or why it ended, and beside it what can be done about it."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left.container(gap="xsmall"):
        job_facts(job, subjects)
    with right:
        job_button(job)


def job_facts(job: dict[str, Any], subjects: Sequence[Subject]) -> None:
    """What a job is about, and how far it is, what it waits for, or why it ended."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(
            f"{MARKS[job['state']]} **{t('job.kind.' + job['kind'])}** · {t('job.state.' + job['state'])} "
            f":gray[:small[{ago(job['ended_at']) if job['ended_at'] else job['id']}]]",
            width="content",
        )
        subject_links(subjects)
    _draw_standing(job)


def subject_links(subjects: Sequence[Subject]) -> None:
    """Links to what a job is about."""
    for subject in subjects[:SUBJECTS]:
        label = t(f"job.subject.{subject.kind}", id=subject.id, name=plain(subject.name))
        frame.link(DOORS[subject.kind], label, None, **{subject.kind: subject.id})


def draw_steps(lines: list[dict[str, Any]], job: Mapping[str, Any]) -> None:
    """What a job told of, ticked, each step once; the last one is what goes on, or where it ended. Why it ended is told below them."""
    texts = [line["text"] for line in lines if line["level"] != "error"]
    told = [text for text, _ in groupby(texts)]
    if not told and job["state"] == "running":
        st.markdown(f"{MARKS['running']} {t('job.state.running')}")
    with st.container(gap="xsmall"):
        for place, text in enumerate(told):
            parts = text.split(" / ")
            words = parts[1 if english() else 0] if len(parts) == 2 else text
            going = place == len(told) - 1 and job["state"] != "done"
            st.markdown(f"{MARKS[job['state'] if going else 'done']} {plain(words)}")


def job_button(job: dict[str, Any]) -> None:
    """Stop what lives (a run saves first, a generation takes in what is on its way), resume what ended before its end."""
    saves = job["kind"] in ("train", "search", "generate") and job["state"] == "running"
    if job["stop"] and job["state"] == "running":
        st.caption(t("job.stopping"))
    elif job["state"] in ("running", "queued"):
        words, mode = ("runs.stop_save", "save") if saves else ("job.cancel", "cancel")
        st.button(t(words), key=f"stop_{job['id']}", on_click=act, args=(stop_job, job["id"], mode))
    elif job["state"] in ("interrupted", "failed", "cancelled"):
        st.button(
            t("job.resume"),
            key=f"resume_{job['id']}",
            icon=":material/replay:",
            on_click=act,
            args=(resume_job, job["id"]),
        )


def stop_job(job_id: str, mode: str) -> None:
    """Ask a job to stop. Raises UserError when it has ended meanwhile, in another tab."""
    with open_store(frame.store()) as db:
        ask_stop(db, job_id, mode)


def resume_job(job_id: str) -> None:
    """Queue an ended job again. Raises UserError when it lives already."""
    resume(frame.store(), job_id)


def why_ended(job: Mapping[str, Any]) -> str:
    """What the job said of its end, else the name of its state."""
    why = job["message_en" if english() else "message_ko"]
    return plain(why) if why else t(f"job.state.{job['state']}")


def _draw_standing(job: dict[str, Any]) -> None:
    """How far it is, what it waits for, or why it ended."""
    facts, why = job["progress"] or {}, job["message_en" if frame.english() else "message_ko"]
    if job["state"] == "running" and facts.get("what") == "search":
        st.caption(search_progress(facts))
    elif job["state"] == "running" and facts.get("total"):
        steps = t("job.steps", done=f"{facts['done']:,}", total=f"{facts['total']:,}")
        st.progress(min(1.0, facts["done"] / facts["total"]), steps)
    elif job["state"] == "running" and "done" in facts:
        st.caption(f"{facts['done']:,}")
    elif job["state"] == "running":
        st.caption(t("job.preparing"))
    elif job["state"] == "queued":
        draw_waiting(job)
    elif job["state"] in ("failed", "interrupted"):
        st.warning(plain(why) if why else t("job.no_reason"))
    elif why:
        st.caption(plain(why))


def search_progress(facts: Mapping[str, Any]) -> str:
    """A search in a line: trials of how many, the lowest loss, the time left of its budget."""
    best = "–" if facts["best"] is None else f"{facts['best']:.4f}"
    return (
        t(
            "job.search",
            done=facts["done"] + 1,
            total=facts["total"] or "?",
            best=best,
            left=span(facts["seconds_left"]),
        )
        if facts["role"] != "again"
        else t("job.search_again", best=best, left=span(facts["seconds_left"]))
    )


def draw_waiting(job: dict[str, Any]) -> None:
    """What a queued job waits for."""
    if is_blocked(job):
        st.warning(t("job.waits.blocked", kind=t("job.kind." + job["after_kind"])), icon=":material/block:")
    elif job["after_job"] and job["after_state"] != "done":
        st.caption(t("job.waits.after", kind=t("job.kind." + job["after_kind"])))
    else:
        st.caption(t("job.waits.turn"))


def age(stamp: str) -> float:
    """Seconds since a moment in UTC ISO text."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(stamp)).total_seconds())


def ago(stamp: str) -> str:
    """`3초 전`; `방금` below two seconds."""
    seconds = int(age(stamp))
    if seconds < 2:
        return t("ago.now")
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return t(f"ago.{unit}", n=seconds // length)
    return t("ago.seconds", n=seconds)


def span(seconds: float) -> str:
    """`3분 20초`."""
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    unit = "days" if days else "hours" if hours else "minutes" if minutes else "seconds"
    return t(f"span.{unit}", d=days, h=h, m=m, s=s)


def moment(stamp: str) -> str:
    """A moment by this machine's clock, with its year unless that is this year."""
    at = datetime.fromisoformat(stamp).astimezone()
    words = "date.time" if at.year == datetime.now().year else "date.year"
    return t(words, year=at.year, month=at.month, day=at.day, hour=at.hour, minute=at.minute)


def day(stamp: str) -> str:
    """The date of a moment, by this machine's clock."""
    return f"{datetime.fromisoformat(stamp).astimezone():%Y-%m-%d}"


def clock(stamp: str) -> str:
    """The time of day of a moment, by this machine's clock."""
    return f"{datetime.fromisoformat(stamp).astimezone():%H:%M:%S}"
