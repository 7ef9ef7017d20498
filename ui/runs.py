"""The runs page's doors: what the address names, the list of runs, and the choice of runs to compare."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.store.jobs import get_job
from engine.store.open import open_store
from engine.store.runs import list_runs
from engine.train.watch import MOST, named_run
from ui import frame
from ui.compress import technique
from ui.curate_address import recipe_name
from ui.frame import plain, t
from ui.live import MARKS, moment

WINDOW = 12
"""Runs listed at once."""
CHOICES = 200
"""Newest runs that can be compared; an older one opens by its address."""


def opened_run() -> str | None:
    """The run that the address names (?run=, a run's id, its job's, or `latest`); a dead link is told."""
    asked = frame.asked("run")
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            return named_run(db, asked)
    except UserError:
        frame.gone(asked)
        return None


def opened_job() -> dict[str, Any] | None:
    """The job that the address names (?job=); a dead link is told."""
    asked = frame.asked("job")
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            return get_job(db, asked)
    except UserError:
        frame.gone(asked)
        return None


def compared_runs() -> list[str]:
    """The runs that the address names (?compare=a,b), those that exist; a dead one is told."""
    found: list[str] = []
    for asked in [part for part in (frame.asked("compare") or "").split(",") if part][:MOST]:
        try:
            with open_store(frame.store()) as db:
                found.append(named_run(db, asked))
        except UserError:
            frame.gone(asked)
    return list(dict.fromkeys(found))


def back_link() -> None:
    """The way back to queue and list."""
    frame.link("runs", t("runs.all"), ":material/arrow_back:")


def run_label(run: dict[str, Any]) -> str:
    """A run as an owner knows it: when, and on which base. Not escaped."""
    return f"{moment(run['created_at'])} · {run['base'].split('/')[-1]}"


def runs_list() -> None:
    """The newest runs, a window at a time."""
    shown = int(st.session_state.get("runs_shown", WINDOW))
    with frame.reading() as db:
        runs = list_runs(db, limit=shown + 1)
    if not runs:
        st.info(t("runs.none"), icon=":material/school:")
        frame.link("train", t("runs.to_train"), ":material/arrow_forward:")
        return
    st.subheader(t("runs.list"))
    with st.container(gap="xsmall", key="runs_list"):
        for run in runs[:shown]:
            _draw_listed(run)
    if len(runs) > shown:
        st.button(t("runs.more"), key="runs_more", icon=":material/expand_more:", on_click=_show_more, args=(shown,))
    if len(runs) > 1:
        compare_box([])


def _show_more(shown: int) -> None:
    st.session_state["runs_shown"] = shown + WINDOW


def _draw_listed(run: dict[str, Any]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(MARKS[run["state"]], width="content")
        frame.link("runs", plain(run_label(run)), None, run=run["id"])
        st.caption(" · ".join(_facts(run)), width="content")


def _facts(run: dict[str, Any]) -> list[str]:
    loss = run["eval_loss"]
    steps = t("runs.of", done=run["steps_done"], total=run["steps_total"]) if run["steps_total"] else ""
    told = t("runs.best", loss=f"{loss:.3f}") if loss is not None else ""
    made = run["environment"].get("compressed")
    state = t("runs.made_by", technique=technique(made["technique"])) if made else t("job.state." + run["state"])
    facts = [state, told, steps, plain(recipe_name(run["recipe"])), run["id"]]
    return [fact for fact in facts if fact]


def compare_box(chosen: list[str]) -> None:
    """Choose 2 to MOST runs; the choice goes into the address."""
    with frame.reading() as db:
        labels = {run["id"]: f"{run_label(run)} · {run['id']}" for run in list_runs(db, limit=CHOICES)}
    labels |= {run_id: run_id for run_id in chosen if run_id not in labels}
    st.subheader(t("runs.compare"))
    st.session_state.setdefault("runs_compare", chosen)
    picked = st.multiselect(
        t("runs.compare_pick"),
        list(labels),
        format_func=labels.__getitem__,
        max_selections=MOST,
        key="runs_compare",
        placeholder=t("runs.compare_hint"),
    )
    if len(picked) < 2:
        st.caption(t("runs.compare_few"))
    elif picked != chosen:
        st.button(t("runs.compare_go"), key="runs_compare_go", icon=":material/compare_arrows:", on_click=_compare)


def _compare() -> None:
    frame.name_in_address(compare=",".join(st.session_state["runs_compare"]), run=None, job=None)
