"""The page of handing over: what the address names, how a deployment is told in words, the list of what left, and what would have
to come back if somebody were forgotten."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.store.deployments import (
    deployments_of_source,
    deployments_of_speaker,
    get_deployment,
    is_blocked,
    list_deployments,
)
from engine.store.forget import list_speakers
from engine.store.open import open_store
from engine.store.sources import list_sources
from ui import frame
from ui.leaderboard import model_name
from ui.live import moment
from ui.say import plain, t
from ui.words import WORDS

LISTED = 30
VIEWS = ("out", "export", "invite", "feedback")
COLOURS = {"out": "green", "ready": "blue", "blocked": "red", "revoked": "gray", "forgotten": "orange"}


def opened() -> dict[str, Any] | None:
    """The deployment that the address names (?deployment=, its id or `latest`); a dead link is told."""
    asked = frame.asked("deployment")
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            return get_deployment(db, asked)
    except UserError:
        frame.gone(asked)
        return None


def state_of(one: Mapping[str, Any]) -> str:
    """Where it stands, in one of COLOURS: what asks the owner to act comes first."""
    if one["revoked_at"]:
        return "revoked"
    if one["forgotten_at"]:
        return "forgotten"
    if is_blocked(one):
        return "blocked"
    return "out" if any(_has_it(got) for got in one["handovers"]) else "ready"


def _has_it(got: Mapping[str, Any]) -> bool:
    """Who is invited has nothing yet before the bundle is up somewhere."""
    return not got["revoked_at"] and bool(got["url"] or not got["invitation_id"])


def badge(one: Mapping[str, Any]) -> str:
    """Its state as a coloured mark."""
    state = state_of(one)
    return f":{COLOURS[state]}-badge[{t(f'deploy.is.{state}')}]"


def target_name(target: str) -> str:
    """A target in words; its own name where it has none. Escaped."""
    key = f"deploy.target.{target}"
    return t(key) if key in WORDS else plain(target)


def listing() -> None:
    """Everything that left, newest first: where to, of which model, to whom, and what is to be done about it."""
    with frame.reading() as db:
        found = list_deployments(db, limit=LISTED)
    st.subheader(t("deploy.list"))
    if not found:
        st.caption(t("deploy.list_none"))
        return
    with st.container(gap="small", key="deploy_list"):
        for one in found:
            _row(one)


def _row(one: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(badge(one), width="content")
        words = t(
            "deploy.row", target=target_name(one["target"]), model=plain(model_name(one["model"])), when=moment(one["created_at"])
        )  # fmt: skip
        frame.link("deploy", words, None, deployment=one["id"])
        who = ", ".join(plain(got["who"]) for got in one["handovers"] if one["revoked_at"] or not got["revoked_at"])
        st.caption(t("deploy.to", who=who) if who else t("deploy.to_nobody"), width="content")


def if_forgotten() -> None:
    """Choose a person or a source: what would have to be taken down."""
    with st.expander(t("deploy.if"), icon=":material/person_off:"):
        with frame.reading() as db:
            people = {("speaker", one["name"]): t("deploy.if_person", name=one["name"]) for one in list_speakers(db)}
            sources = {("source", one["id"]): t("deploy.if_source", name=one["name"]) for one in list_sources(db)}
        labels = people | sources
        if not labels:
            st.caption(t("deploy.if_nobody"))
            return
        chosen = st.selectbox(
            t("deploy.if_what"), list(labels), index=None, format_func=lambda one: labels[one], key="deploy_if"
        )
        if chosen:
            _would_come_back(*chosen)


def _would_come_back(kind: str, name: str) -> None:
    with frame.reading() as db:
        found = deployments_of_speaker(db, name) if kind == "speaker" else deployments_of_source(db, name)
    if not found:
        st.success(t("deploy.if_none", name=plain(name)), icon=":material/check_circle:")
        return
    st.warning(t("deploy.if_some", name=plain(name), n=len(found)), icon=":material/replay:")
    redeploy_lines(found)
    frame.link("settings", t("deploy.if_forget"), ":material/delete:")


def redeploy_lines(found: list[dict[str, Any]]) -> None:
    """Deployments to be taken down, each with whom it went to and where it answers."""
    for one in found:
        got = [plain(f"{to['who']} {to['url'] or ''}".strip()) for to in one["handed"]]
        who = t("deploy.to", who=", ".join(got)) if got else t("deploy.to_nobody")
        words = t(
            "deploy.row",
            target=target_name(one["target"]),
            model=plain(model_name(one["model"])),
            when=moment(one["created_at"]),
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            frame.link("deploy", words, ":material/link:", deployment=one["id"])
            st.caption(who, width="content")


def view() -> str:
    """Bundles, invitations or feedback (?view=)."""
    asked = frame.asked("view")
    return frame.choose_view("deploy", VIEWS, asked if asked in VIEWS else VIEWS[0], _keep_view)


def _keep_view() -> None:
    frame.name_in_address(view=st.session_state["deploy_view"])
