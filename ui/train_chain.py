"""The training page's box for a whole chain of trainings: what each phase takes, what is missing, one button. It plans nothing itself."""

import math
import secrets

import streamlit as st

from engine.errors import UserError
from engine.jobs.chain import Chain, Planned, build_args, launch_chain, plan_chain
from engine.jobs.choices import BaseChoice
from engine.jobs.queue import submit
from engine.store.jobs import list_waiting, newest_of_kind, running_jobs
from ui import frame
from ui.frame import plain, t
from ui.train import Material, machine
from ui.train_estimate import about
from ui.train_launch import GO
from ui.words import WORDS

TICKET, LAUNCHED = "train_chain_ticket", "train_chain_launched"
"""Session keys: what the button drawn last may be used for once; {used ticket: its first run}."""


def chain_box(material: Material, base: BaseChoice) -> None:
    """The recipe's phases, folded away; nothing for a recipe without any."""
    if not material.recipe.phases:
        return
    with st.expander(t("chain.title"), icon=":material/linked_services:"):
        st.caption(t("chain.what"))
        try:
            chain = plan_chain(frame.store(), material.recipe, base.name, dataset_id=_own(material), machine=machine())
        except UserError as error:
            frame.explain(error)
            return
        for one in chain.phases:
            _phase(one)
        _build_button(chain, material)
        _start_button(chain)
        with st.expander(t("frame.command")):
            words = f"python -m engine chain --recipe {material.recipe.name} --base {base.name} --dataset {material.id}"
            st.code(words, language="bash", wrap_lines=True)


def _own(material: Material) -> str | None:
    """The dataset whose sources the chain learns from; preferences know none."""
    return material.id if material.dataset["sources"] else None


def _phase(one: Planned) -> None:
    name = plain(one.phase.en if frame.english() else one.phase.ko)
    st.markdown(f"**{name}**")
    if one.refusal:
        st.caption(f":orange[:material/block:] {t('chain.left_out')} {plain(frame.told(one.refusal))}")
    elif one.dataset is None:
        st.caption(f":gray[:material/hourglass_empty:] {t('chain.no_rows', style=_style(one.phase.style))}")
    else:
        st.caption(f":green[:material/check_circle:] {_told(one)}")


def _told(one: Planned) -> str:
    assert one.dataset
    rows = t("chain.rows", n=f"{one.dataset['counts']['train']:,}", style=_style(one.phase.style))
    if one.told is None:
        return f"{rows} · {t('train.size_unknown')}"
    low, high = about(one.told.seconds_low, math.floor), about(one.told.seconds_high, math.ceil)
    time = low if low == high else f"{low} – {high}"
    memory = t("chain.memory", needed=f"{one.told.needed_gb:.1f}", free=f"{one.told.free_gb:.1f}")
    return f"{rows} · {plain(time)} · {memory} · {t(f'chain.fits.{one.told.fits}')}"


def _style(style: str) -> str:
    """A dataset's style in words; its own name where it has none."""
    return t(f"chain.style.{style}") if f"chain.style.{style}" in WORDS else plain(style)


def _build_button(chain: Chain, material: Material) -> None:
    """Datasets that are not there yet, built by one click; their jobs are told until they end."""
    missing = list({one.phase.style: one for one in chain.unbuilt}.values())
    if not missing:
        return
    with frame.reading() as db:
        alive = [*running_jobs(db), *list_waiting(db)]
        last = newest_of_kind(db, "dataset", "")
    if last and last["state"] == "failed" and last["args"]["style"] in {one.phase.style for one in missing}:
        st.caption(f":orange[:material/block:] {plain(last['message_en' if frame.english() else 'message_ko'] or '')}")
    if any(job["kind"] == "dataset" for job in alive):
        st.caption(f":material/schedule: {t('chain.building')}")
        st.button(t("chain.look_again"), key="chain_look_again", icon=":material/refresh:")
        return
    st.button(
        t("chain.build"),
        key="chain_build",
        icon=":material/rule:",
        help=t("chain.build_help"),
        on_click=frame.attempt,
        args=(_build, chain, missing, list(material.dataset["sources"])),
    )


def _build(chain: Chain, missing: list[Planned], sources: list[str]) -> None:
    for one in missing:
        submit(frame.store(), "dataset", build_args(chain, one, sources))


def _start_button(chain: Chain) -> None:
    ready = chain.ready
    if len(ready) < len(chain.phases):
        st.caption(t("chain.partial", n=len(ready), all=len(chain.phases)))
    ticket = st.session_state.setdefault(TICKET, secrets.token_hex(4))
    st.button(
        t("chain.start", n=len(ready)),
        key=f"chain_start_{ticket}",
        icon=":material/play_arrow:",
        disabled=not ready,
        on_click=frame.attempt,
        args=(_start, chain, ticket),
    )


def _start(chain: Chain, ticket: str) -> None:
    """Launch once per drawn button; the page then opens the first run."""
    launched: dict[str, str] = st.session_state.setdefault(LAUNCHED, {})
    if ticket not in launched:
        launched[ticket] = launch_chain(frame.store(), chain)["chain"]
        st.session_state[TICKET] = secrets.token_hex(4)
    st.session_state[GO] = launched[ticket]
