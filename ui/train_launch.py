"""The training page's last part: what stands in the way, the command that does the same, and the one button."""

import secrets

import streamlit as st

from engine.errors import UserError
from engine.jobs.choices import BaseChoice
from engine.jobs.judge import judge_run
from engine.jobs.launch import command_of, launch_run
from engine.recipes.recipe import Recipe
from engine.store.jobs import list_jobs
from engine.train.arguments import check_machine, check_trackers
from engine.train.plan.estimate import Estimate
from ui import frame
from ui.frame import t
from ui.train import Material, machine
from ui.train_settings import Way

TICKET, LAUNCHED, GO = "train_ticket", "train_launched", "train_go"
"""Session keys: what the button drawn last may be used for once; {used ticket: its run}; the run to open."""


def leave_for_launched() -> None:
    """Open the run that a double click launched. First thing on the page: a page change is refused inside a callback."""
    run_id = st.session_state.pop(GO, None)
    if run_id:
        frame.go("runs", run=run_id)


def launch_box(material: Material, base: BaseChoice, way: Way, told: Estimate | None) -> None:
    """Refusals, the evaluation that follows, the button, the command."""
    ready = not material.unmasked and bool(material.dataset["counts"]["train"]) and way.settings is not None
    ready = _machine_can(way) and ready
    if not base.here and base.known:
        st.caption(t("train.fetches", gb=f"{base.known.download_gb:g}"))
    elif not base.here:
        st.caption(t("train.fetches_unknown"))
    if told and told.plan_fits == "no":
        ready = st.checkbox(t("train.anyway"), key="train_anyway") and ready
    judge = not _scores_only(way) and st.checkbox(
        t("train.then_eval"), value=True, key="train_then_eval", help=t("gloss.evaluation")
    )
    _queue_note()
    ticket = st.session_state.setdefault(TICKET, secrets.token_hex(4))
    pressed = st.button(
        t("train.launch"),
        type="primary",
        icon=":material/play_arrow:",
        key=f"train_launch_{ticket}",
        width="stretch",
        disabled=not ready,
        on_click=_open_launched,
        args=(ticket,),
    )
    if pressed and ready:  # not in the callback: that would be called with what stood here before the last change
        launch(ticket, material.recipe, material.id, base.name, way, judge)
    if way.settings:
        with st.expander(t("frame.command")):
            st.code(_command(material, base, way, judge), language="bash", wrap_lines=True)


def _machine_can(way: Way) -> bool:
    """Say what the processor cannot do. A card is asked when the run starts: that takes the library of the model."""
    if way.settings is None:
        return True
    try:
        check_trackers(way.settings)
        if machine().kind == "cpu":
            check_machine(way.settings, "cpu")
    except UserError as error:
        frame.explain(error)
        return False
    return True


def _queue_note() -> None:
    with frame.reading() as db:
        alive = [job for job in list_jobs(db, 5) if job["state"] in ("running", "queued") and job["lane"] == "compute"]
    if alive:
        st.caption(f":material/schedule: {t('train.waits')}")


def _scores_only(way: Way) -> bool:
    """Whether a reward model comes of it: it gives no answers to judge."""
    return way.sets.get("objective") == "reward"


def _command(material: Material, base: BaseChoice, way: Way, judge: bool) -> str:
    origins = dict.fromkeys(way.sets, "--set")
    run = {"recipe": material.recipe.name, "base": base.name, "dataset_id": material.id, "preset": way.preset}
    run |= {"from_run": way.from_run}
    return command_of({**run, "origins": origins, "settings": way.sets}) + (" --then-eval" if judge else "")


def _open_launched(ticket: str) -> None:
    """The second half of a double click, sent before the page was left, opens what the first half launched."""
    if run_id := st.session_state.get(LAUNCHED, {}).get(ticket):
        st.session_state[GO] = run_id


def launch(ticket: str, recipe: Recipe, dataset_id: str, base: str, way: Way, judge: bool) -> None:
    """Launch once per drawn button, then open the run."""
    launched: dict[str, str] = st.session_state.setdefault(LAUNCHED, {})
    if ticket not in launched:
        path = frame.store()
        try:
            run_id, _ = launch_run(
                path, recipe, dataset_id=dataset_id, base_name=base, preset=way.preset, sets=way.sets,
                from_run=way.from_run,
            )  # fmt: skip
            launched[ticket] = run_id
            if judge:
                judge_run(path, run_id)
        except UserError as error:
            frame.explain(error)
            return
        st.session_state[TICKET] = secrets.token_hex(4)
    frame.go("runs", run=launched[ticket])
