"""The evaluation page's frame: which evaluation is open, what is looked at, and what is being evaluated now."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.queue import ensure_supervisor
from engine.store.datasets import list_datasets
from engine.store.evaluations import get_evaluation
from engine.store.evidence import bases_of_runs, newest_of_run, page_of_evaluations, standing_of
from engine.store.jobs import ENDED, get_job, list_jobs
from engine.store.open import open_store
from engine.store.overview import overview
from engine.store.runs import list_runs
from ui import frame
from ui.frame import plain, t
from ui.leaderboard import model_names
from ui.live import moment, resume_job, span, stop_job

KINDS = ("evaluate", "sweep")
"""Jobs that this page follows."""
RECENT = 50
"""Evaluations in the list above; an older one opens by its address."""


def opened() -> dict[str, Any] | None:
    """The evaluation that the address names, the newest of its run, else the newest of all; None when there is none."""
    run = frame.asked("run")
    asked = frame.asked("evaluation") or (_of_run(run) if run else None)
    found = _find(asked) if asked else None
    if asked and found is None:
        frame.gone(asked)
    return found or _find("latest")


def _of_run(run: str) -> str | None:
    """`?run=`: its newest evaluation; None, and a word, when there is no such run."""
    with frame.reading() as db:
        if run not in bases_of_runs(db, [run]):
            frame.gone(run)
        return newest_of_run(db, run)


def _find(evaluation_id: str) -> dict[str, Any] | None:
    with frame.reading() as db:
        try:
            return get_evaluation(db, evaluation_id)
        except UserError:
            return None


def nothing_yet(what: str) -> None:
    """An empty page says what an evaluation is (the word `what`), and where the way begins."""
    with frame.reading() as db:
        have = overview(db)
    with st.container(border=True):
        st.markdown(f"**{t('evaluate.none')}**")
        st.write(t(what))
        if have["runs"]:
            return
        st.write(t("evaluate.first_train"))
        if have["datasets"]:
            frame.link("train", t("evaluate.to_train"), ":material/arrow_forward:")
        else:
            frame.link("data", t("evaluate.to_data"), ":material/arrow_forward:")


def has_models() -> bool:
    """Whether anything was trained that could be evaluated."""
    with frame.reading() as db:
        return overview(db)["runs"] > 0


def newest_recipe() -> str | None:
    """The recipe of the newest run, else of the newest dataset."""
    with frame.reading() as db:
        found = list_runs(db, limit=1) or list_datasets(db)[:1]
    return str(found[0]["recipe"]) if found else None


def chooser(evaluation: dict[str, Any]) -> None:
    """The evaluations as one box; choosing writes the address."""
    with frame.reading() as db:
        recent = page_of_evaluations(db, RECENT)
    known = {one["id"]: one for one in [*recent, evaluation]}
    names = model_names(sorted({model for one in known.values() for model in one["settings"]["models"]}))
    st.session_state["evaluate_open"] = evaluation["id"]
    st.selectbox(
        t("evaluate.which"),
        list(known),
        format_func=lambda id_: _label(known[id_], names),
        key="evaluate_open",
        on_change=_open_chosen,
    )


def _label(evaluation: dict[str, Any], names: dict[str, str]) -> str:
    models = " ↔ ".join(names[model] for model in evaluation["settings"]["models"])
    unfinished = "" if evaluation["state"] == "whole" else f" · {t('evaluate.state.running')}"
    return f"{moment(evaluation['created_at'])} · {models}{unfinished} · {evaluation['id']}"


def _open_chosen() -> None:
    open_evaluation(st.session_state["evaluate_open"])


def open_evaluation(evaluation_id: str) -> None:
    """Show this evaluation from now on, from its beginning. For callbacks too."""
    others = ("metric", "item", "at", "pair", "order", "job", "habit", "run", "beside", "who", "verdict", "type")
    frame.name_in_address(evaluation=evaluation_id, **dict.fromkeys(others))


def choose_view(evaluation: dict[str, Any], views: Sequence[str]) -> str:
    """What to look at, kept in the address: one of `views`, the list, or a new one. A run that was never judged leads to the form."""
    asked, run = frame.asked("view"), frame.asked("run")
    first = "new" if run and not frame.asked("evaluation") and run not in evaluation["settings"]["models"] else "board"
    views = (*views, "list", "new")
    return frame.choose_view("evaluate", views, asked if asked in views else first, _open_view)


def _open_view() -> None:
    show_view(st.session_state["evaluate_view"])


def show_view(view: str, **names: str | None) -> None:
    """Look at something else from now on. For callbacks too."""
    frame.name_in_address(**{"view": view, "item": None, "at": None, "habit": None, **names})


def choose_pair(models: Sequence[str], names: dict[str, str]) -> tuple[str, str | None]:
    """The first model and the one compared with it; a box only where there is a choice."""
    first, *others = models
    if not others:
        return first, None
    asked = frame.asked("pair")
    chosen = asked if asked in others else others[0]
    if len(others) > 1:
        st.session_state["evaluate_pair"] = chosen
        chosen = st.selectbox(
            t("evaluate.pair"),
            others,
            format_func=lambda model: names[model],
            key="evaluate_pair",
            help=t("evaluate.pair_help"),
            on_change=lambda: frame.name_in_address(pair=st.session_state["evaluate_pair"], at=None, item=None),
        )
    return first, chosen


def unfinished(evaluation: dict[str, Any]) -> None:
    """An evaluation without scores: how far it came, and why it ended, if it did."""
    with frame.reading() as db:
        standing = standing_of(db, evaluation["id"])
    st.info(t("evaluate.unfinished"), icon=":material/hourglass_empty:")
    models = evaluation["settings"]["models"]
    names = model_names(models)
    for model in models:
        st.caption(t("evaluate.answered", model=plain(names[model]), n=standing["answered"].get(model, 0)))
    job = standing["job"]
    if job and job["state"] in ENDED and job["id"] != frame.asked("job"):
        _draw_ended(job)


def at_work() -> None:
    """Evaluations that wait or run, polled while there are any; the one asked for opens by itself when it is done."""
    _follow_asked()
    with frame.reading() as db:
        living = _living(list_jobs(db))
    if living:
        st.fragment(_draw_living, run_every="1s")(_standing(living))


def _follow_asked() -> None:
    """`?job=`: the page that began an evaluation shows its end."""
    asked = frame.asked("job")
    if asked is None:
        return
    try:
        with open_store(frame.store()) as db:
            job = get_job(db, asked)
    except UserError:
        frame.name_in_address(job=None)
        return
    if job["kind"] not in KINDS:
        frame.name_in_address(job=None)
    elif job["state"] == "done":
        _show_made(job["result"] or {})
        frame.name_in_address(job=None)
    elif job["state"] in ENDED:
        _draw_ended(job)
    else:
        st.caption(t("evaluate.new_queued"))


def _show_made(result: dict[str, Any]) -> None:
    if result.get("evaluation_id"):
        open_evaluation(result["evaluation_id"])
        frame.name_in_address(view=None)
    elif result.get("sweep_id"):
        frame.name_in_address(view="sweep", sweep=result["sweep_id"])


def _draw_ended(job: dict[str, Any]) -> None:
    why = job["message_en" if frame.english() else "message_ko"]
    with st.container(border=True):
        st.warning(" ".join((t("evaluate.failed"), plain(why or ""))), icon=":material/power_off:")
        with st.container(horizontal=True):
            st.button(
                t("evaluate.resume"),
                icon=":material/replay:",
                key=f"evaluate_resume_{job['id']}",
                on_click=frame.attempt,
                args=(_resume, job["id"]),
            )
            if frame.asked("job") == job["id"]:
                st.button(
                    t("evaluate.dismiss"), key="evaluate_dismiss", on_click=frame.name_in_address, kwargs={"job": None}
                )


def _resume(job_id: str) -> None:
    resume_job(job_id)
    frame.name_in_address(job=job_id)


def _living(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [job for job in jobs if job["kind"] in KINDS and job["state"] not in ENDED]


def _standing(living: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """What the rest of the page depends on: which jobs live, and which square of its heat map a sweep is at."""
    found = []
    for job in living:
        facts = (job["progress"] or {}) if job["kind"] == "sweep" else {}
        found.append((job["id"], job["state"], facts.get("model"), facts.get("cell")))
    return found


def _draw_living(seen: list[tuple[Any, ...]]) -> None:
    with frame.reading() as db:
        living = _living(list_jobs(db))
    if _standing(living) != seen:
        st.rerun()
    ensure_supervisor(frame.store())
    for job in living:
        with st.container(border=True):
            _draw_job(job)


def _draw_job(job: dict[str, Any]) -> None:
    names = model_names(job["args"]["models"])
    models = plain(" ↔ ".join(names.values()))
    left, right = st.columns([5, 1], vertical_alignment="center")
    running = job["state"] == "running"
    mark = ":blue[:material/progress_activity:]" if running else ":gray[:material/schedule:]"
    swept = "policy.sweep." if job["kind"] == "sweep" else "evaluate."
    left.markdown(f"{mark} {t(swept + ('at_work' if running else 'waits'), models=models)}")
    facts = job["progress"] or {}
    if running and facts.get("total") and "model" in facts:
        said = t(
            "evaluate.answering",
            model=plain(names.get(facts["model"], facts["model"])),
            done=facts["done"],
            total=facts["total"],
        )
        if facts.get("cells"):
            said += " · " + t("policy.sweep.cell", cell=facts["cell"], cells=facts["cells"])
        if facts.get("seconds_left"):
            said += " · " + t("policy.left", time=span(facts["seconds_left"]))
        left.progress(min(1.0, facts["done"] / facts["total"]), said)
    elif running:
        left.caption(t("evaluate.loading"))
    if job["stop"]:
        right.caption(t("evaluate.stopping"))
    else:
        right.button(
            t("evaluate.stop"),
            key=f"evaluate_stop_{job['id']}",
            on_click=frame.attempt,
            args=(stop_job, job["id"], "cancel"),
        )
