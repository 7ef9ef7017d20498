"""Bundles that go up by themselves: where to, the owner's token, and how far an upload is. The token goes into the keys and is never shown."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.deploy.push import TOKEN
from engine.errors import UserError
from engine.jobs.exporting import TARGET, launch_upload
from engine.keys import get_key, keyring_name, no_keyring, set_key
from engine.store.jobs import ENDED, read_log
from engine.store.subjects import jobs_about
from ui import frame
from ui.live import draw_steps, job_button, keep_supervised, pace_of, watch, why_ended
from ui.say import plain, t, told

KEY_PAGE = "https://huggingface.co/settings/tokens"


def wish(key: str) -> dict[str, Any] | None:
    """{repo, private} of where it should go; None where nothing is said yet or the token is missing. key: of the fields."""
    return where(key) if token(key) else None


def where(key: str) -> dict[str, Any] | None:
    """{repo, private}; None where nothing is said yet."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    repo = left.text_input(t("upload.repo"), placeholder=t("upload.repo_hint"), key=f"{key}_repo", max_chars=96).strip()
    open_ = right.checkbox(t("upload.public"), key=f"{key}_public", help=t("upload.public_help"))
    if open_:
        st.warning(t("upload.public_note"), icon=":material/public:")
    return {"repo": repo, "private": not open_} if repo else None


def token(key: str) -> bool:
    """Whether there is a token; else the way to one: a secret field where this machine keeps keys, else the file they go into."""
    try:
        if get_key(TOKEN):
            st.caption(f":green[:material/key:] {t('upload.token_is')}")
            return True
    except UserError as error:
        frame.explain(error)
        return False
    if keyring_name() is None:
        st.info(told(no_keyring(TOKEN)), icon=":material/key_off:")
        return False
    st.caption(t("upload.token_none", page=KEY_PAGE))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.text_input(t("upload.token"), type="password", key=f"{key}_token", autocomplete="new-password", max_chars=1000)
    right.button(t("upload.token_keep"), key=f"{key}_token_keep", icon=":material/lock:", on_click=_keep, args=(key,))
    return False


def _keep(key: str) -> None:
    """The typed token leaves the session with this call, whatever comes of it."""
    typed = st.session_state.get(f"{key}_token") or ""
    st.session_state[f"{key}_token"] = ""
    frame.attempt(set_key, TOKEN, typed)


def show(one: Mapping[str, Any]) -> None:
    """Of a bundle that can go up: its upload as it goes, or the fields for one."""
    if one["target"] != TARGET:
        return
    with frame.reading() as db:
        jobs = _of(db, one["id"])
    with st.container(border=True, key="deploy_upload"):
        st.markdown(f"**{t('upload.title')}**")
        if jobs:
            watch(
                lambda db: _read(db, one["id"]),
                _draw,
                lambda seen: seen["job"]["state"],
                lambda seen: pace_of([seen["job"]]),
            )
        if not jobs or jobs[0]["state"] in ENDED:
            _again(one, bool(jobs) and jobs[0]["state"] == "done")


def _again(one: Mapping[str, Any], up: bool) -> None:
    """up: it is there already; the fields are folded away then."""
    with st.expander(t("upload.again"), icon=":material/cloud_upload:") if up else st.container():
        if not token("upload"):
            return
        wanted = where("upload")
        if (
            st.button(t("upload.now"), icon=":material/cloud_upload:", key="upload_now", disabled=wanted is None)
            and wanted
        ):
            _begin(one["id"], wanted)


def _begin(deployment: str, wanted: Mapping[str, Any]) -> None:
    try:
        launch_upload(frame.store(), deployment, wanted["repo"], wanted["private"])
    except UserError as error:
        frame.explain(error)
        return
    st.rerun()


def _of(db: Database, deployment: str) -> list[dict[str, Any]]:
    """Uploads of it, newest first."""
    return jobs_about(db, "upload", "deployment_id", deployment, limit=1)


def _read(db: Database, deployment: str) -> dict[str, Any]:
    job = _of(db, deployment)[0]
    return {"job": job, "log": read_log(db, job["id"], limit=20)}


def _draw(seen: Mapping[str, Any]) -> None:
    job = seen["job"]
    keep_supervised([job])
    draw_steps(seen["log"], job)
    if job["state"] == "done":
        address = job["result"]["url"]
        st.markdown(t("upload.is_up", url=plain(address)))
        if job["result"]["private"]:
            st.caption(f":material/lock: {t('upload.is_private')}")
        st.link_button(t("upload.open"), address, icon=":material/open_in_new:")
        return
    if job["state"] in ENDED:
        st.error(why_ended(job), icon=":material/cloud_off:")
    job_button(job)
