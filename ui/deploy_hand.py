"""Whom a deployment went to: written down, taken back from one or from all."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.deploying import take_back
from engine.store.deployments import hand_to, note_address
from engine.store.jobs import get_job
from engine.store.open import open_store
from ui import deploy_new, frame
from ui.deploy import state_of
from ui.live import moment
from ui.say import plain, t

ASKED = "deploy_revoke_asked"


def show(one: Mapping[str, Any]) -> None:
    """Who has it, a form for the next one, and the way to take it back."""
    st.subheader(t("deploy.handed"))
    if not one["handovers"]:
        st.caption(t("deploy.handed_none"))
    for got in one["handovers"]:
        _line(one["id"], got)
    if state_of(one) in ("ready", "out"):
        _address(one)
        _form(one["id"])
    if state_of(one) == "blocked":
        _again(one)
    elif not one["revoked_at"]:
        _revoke(one["id"])


def _line(deployment_id: str, got: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(t("deploy.handed_line", who=plain(got["who"]), when=moment(got["handed_at"])), width="content")
        if got["url"]:
            st.caption(plain(got["url"]), width="content")
        if got["revoked_at"]:
            st.caption(t("deploy.handed_back", when=moment(got["revoked_at"])), width="content")
            if got["invitation_id"]:
                st.caption(f":orange[{t('deploy.back_note')}]")
        else:
            st.button(
                t("deploy.take_back"), key=f"deploy_back_{got['id']}", icon=":material/undo:", type="tertiary",
                on_click=_take_back, args=(deployment_id, got["id"]),
            )  # fmt: skip


def _address(one: Mapping[str, Any]) -> None:
    """One address for everybody who has none yet."""
    if all(got["url"] or got["revoked_at"] for got in one["handovers"]):
        return
    with st.form("deploy_address", border=False):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        url = left.text_input(t("deploy.up"), placeholder="https://…", key="deploy_up", max_chars=2000)
        if right.form_submit_button(t("deploy.up_now")):
            _keep(one["id"], url)


def _keep(deployment_id: str, url: str) -> None:
    try:
        with open_store(frame.store()) as db:
            note_address(db, deployment_id, url)
    except UserError as error:
        frame.explain(error)
        return
    st.rerun()


def _again(one: Mapping[str, Any]) -> None:
    """Blocked by its audit: the same once more, with the owner's reason. Only for one that a job made: it knows what was asked."""
    if one["job_id"]:
        with frame.reading() as db:
            job = get_job(db, one["job_id"])
        deploy_new.again(job)


def _form(deployment_id: str) -> None:
    with st.form("deploy_hand", clear_on_submit=False, border=True):
        st.markdown(f"**{t('deploy.hand')}**")
        left, right = st.columns(2)
        left.text_input(t("deploy.who"), placeholder=t("deploy.who_hint"), key="deploy_who", max_chars=100)
        right.text_input(t("deploy.url"), placeholder=t("deploy.url_hint"), key="deploy_url", max_chars=2000)
        st.form_submit_button(t("deploy.hand_now"), icon=":material/edit_note:", on_click=_note, args=(deployment_id,))


def _note(deployment_id: str) -> None:
    """In a callback: only there the fields can be emptied for the next one."""
    try:
        with open_store(frame.store()) as db:
            hand_to(db, deployment_id, st.session_state["deploy_who"], st.session_state["deploy_url"])
    except UserError as error:
        frame.explain(error)
        return
    for key in ("deploy_who", "deploy_url"):
        st.session_state[key] = ""


def _revoke(deployment_id: str) -> None:
    """Asked twice: it cannot be undone."""
    if st.session_state.get(ASKED) != deployment_id:
        st.button(t("deploy.revoke"), key="deploy_revoke", icon=":material/undo:", on_click=_ask, args=(deployment_id,))
        return
    with st.container(border=True, key="deploy_revoke_sure"):
        st.markdown(f"**{t('deploy.revoke_sure')}**")
        st.caption(t("deploy.revoke_why"))
        with st.container(horizontal=True, gap="small"):
            st.button(
                t("deploy.revoke"), key="deploy_revoke_yes", type="primary", on_click=_take_back, args=(deployment_id,)
            )
            st.button(t("frame.cancel"), key="deploy_revoke_no", on_click=_ask, args=(None,))


def _ask(deployment_id: str | None) -> None:
    st.session_state[ASKED] = deployment_id


def _take_back(deployment_id: str, handover: int | None = None) -> None:
    st.session_state.pop(ASKED, None)
    frame.attempt(take_back, frame.store(), deployment_id, handover)
