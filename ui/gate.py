"""Who is at the dashboard: its owner, a visitor, or nobody known. `ui/frame` asks before it opens the store or draws a page.

The owner of a dashboard without token, password or login is whoever sits at the machine; everybody else has to show something.
"""

import os
import time
from typing import Literal, NoReturn

import streamlit as st
from sqlite_utils import Database
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine.access.browser import Browser
from engine.access.owner import (
    START_TOKEN,
    By,
    Owner,
    is_still,
    keep_browser,
    open_by_password,
    open_by_token,
    resume_owner,
    sign_out,
    ways_in,
)
from engine.access.visitors import Visitor, browser_of
from engine.config import store_path
from engine.errors import UserError
from engine.store.open import open_store
from ui import browser, invited, login, request, say, server
from ui.say import t

CHAT = "pages/6_Chat.py"
"""The page that visitors see."""
FRESH = 1.0
"""Seconds for which the owner is believed without asking the store again: a page opens it a hundred times."""


def role() -> Owner | Visitor | None:
    """Who is there. Visitors are looked up each time, so that revoking works at once."""
    run = get_script_run_ctx()
    if not request.is_served() or run is None:
        return Owner("local")  # a test that draws the page, or our own thread that was started from one
    seen = st.session_state.get("gate_owner_seen")
    if isinstance(seen, tuple) and time.monotonic() - seen[0] < FRESH and seen[2] == request.fingerprint():
        return Owner(*seen[1])
    owner = _owner()
    server.let_upload(run.session_id, owner is not None)
    if owner is not None:
        known = (owner.by, owner.proof, owner.browser_id)
        st.session_state["gate_owner_seen"] = (time.monotonic(), known, request.fingerprint())
        return owner
    st.session_state.pop("gate_owner_seen", None)
    return _visitor()


def is_owner() -> bool:
    """Whether the owner is there."""
    return isinstance(role(), Owner)


def require_owner() -> None:
    """End the drawing, or the button's work, unless the owner is there: asked wherever the store is opened."""
    if not is_owner():
        st.stop()


def refuse(who: Visitor | None, page: str) -> NoReturn:
    """What anybody but the owner sees on the owner's page `page`; ends the drawing."""
    if who is not None and (token := st.query_params.get("token")) is not None:
        _owner_after_all(who, token)
    if who is not None and page == "nav.home":
        st.switch_page(CHAT)
    if who is not None:
        st.markdown(f"### {t('gate.owners_page')}")
        st.page_link(CHAT, label=t("gate.to_chat"), icon=":material/chat:")
        st.caption(t("gate.owner_elsewhere"))
        st.stop()
    try:
        _knock()
    except UserError as error:
        say.explain(error)
    st.stop()


def stay(db: Database, by: By) -> None:
    """Whoever opens or closes a way in was the owner before, and stays for this visit: by `by`, unless the old way still opens."""
    held = st.session_state.get("gate_owner")
    if not request.is_served() or (isinstance(held, tuple) and is_still(db, Owner(*held[0]), _start_token())):
        return
    proof = ways_in(db, _start_token()).get(by)
    if proof is not None:
        _hold(Owner(by, proof))
        st.session_state.pop("gate_owner_seen", None)


def leave() -> None:
    """The owner goes: this browser has to show something again."""
    owner = role()
    if not isinstance(owner, Owner):
        return
    if owner.browser_id is not None:
        with open_store(store_path()) as db:
            sign_out(db, owner.browser_id)
    for name in ("gate_owner", "gate_owner_seen"):
        st.session_state.pop(name, None)
    browser.forget()
    if owner.by == "login":
        st.logout()


def _owner() -> Owner | None:
    try:
        with open_store(store_path()) as db:
            return _owner_by(db)
    except UserError:  # the page itself says what is wrong with the store
        return Owner("local") if not _start_token() and request.is_direct_local() else None


def _owner_by(db: Database) -> Owner | None:
    ways = ways_in(db, _start_token())
    if not ways:
        return Owner("local") if request.is_direct_local() else None
    held = st.session_state.get("gate_owner")
    if isinstance(held, tuple) and held[1] == request.fingerprint():
        owner = Owner(*held[0])
        if is_still(db, owner, _start_token()):
            return owner
        del st.session_state["gate_owner"]
    answer = browser.told()
    if answer is not None:
        owner_again = resume_owner(db, answer.id, answer.nonce, answer.proof, _start_token())
        if owner_again is not None:
            return _hold(owner_again)
    return None


def _visitor() -> Visitor | None:
    try:
        return invited.visitor(store_path())
    except UserError:
        return None


def _start_token() -> str | None:
    return os.environ.get(START_TOKEN) or None


def _keep(owner: Owner, own: Browser) -> None:
    """Remember the browser: it comes back by its key alone."""
    with open_store(store_path()) as db:
        _hold(keep_browser(db, owner, own))


def _hold(owner: Owner) -> Owner:
    st.session_state["gate_owner"] = ((owner.by, owner.proof, owner.browser_id), request.fingerprint())
    return owner


def _knock() -> None:
    """Nobody is known yet: ask the browser, try what the address brings, else ask for a code or the owner's secret."""
    own = invited.known_browser()
    token, code = st.query_params.get("token"), invited.code_in_address()
    if token is not None:
        del st.query_params["token"]
        if _try("token", token, own):
            st.rerun()
    elif code is not None and invited.let_in(store_path(), code, own):
        st.rerun()
    with open_store(store_path()) as db:
        ways = ways_in(db, _start_token())
    if why := login.came_back():
        st.session_state["gate_said"] = why
    logged_in = login.opened() if "login" in ways else None
    if isinstance(logged_in, Owner):
        _keep(logged_in, own)
        st.rerun()
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        if logged_in is not None:
            login.refused(logged_in)
        invited.ask_for_code(store_path(), own)
        st.divider()
        _owners_door(own, tuple(ways))


def _owner_after_all(who: Visitor, token: str) -> None:
    """The browser of a visitor brings the owner's token: whoever tried an invitation of their own has to get back in."""
    del st.query_params["token"]
    with open_store(store_path()) as db:
        own = browser_of(db, who.id)
    if own is not None and _try("token", token, own):
        st.rerun()


def _owners_door(own: Browser, ways: tuple[str, ...]) -> None:
    if not ways:
        st.caption(t("gate.no_way"))
        return
    with st.expander(t("gate.owner"), icon=":material/key:", expanded="gate_secret_way" in st.session_state):
        if "password" in ways:
            _secret_form("password", own)
        if "token" in ways or "start" in ways:
            _secret_form("token", own)
        if "login" in ways:
            login.buttons("gate_login")


def _secret_form(way: Literal["password", "token"], own: Browser) -> None:
    with st.form(f"gate_{way}_form", border=False):
        st.text_input(t(f"gate.{way}"), type="password", key=f"gate_{way}", autocomplete="current-password")
        st.form_submit_button(t("gate.open"), on_click=_try_typed, args=(way, own))
    st.caption(t(f"gate.{way}_help"))


def _try_typed(way: Literal["password", "token"], own: Browser) -> None:
    """What was typed leaves the session with this call, whatever comes of it."""
    secret = str(st.session_state.get(f"gate_{way}") or "")
    st.session_state[f"gate_{way}"] = ""
    st.session_state["gate_secret_way"] = way
    _try(way, secret, own)


def _try(way: Literal["password", "token"], secret: str, own: Browser) -> bool:
    try:
        with open_store(store_path()) as db:
            if way == "password":
                owner = open_by_password(db, secret, request.address())
            else:
                owner = open_by_token(db, secret, request.address(), _start_token())
        if owner is not None:
            _keep(owner, own)
            return True
    except UserError as error:
        st.session_state["gate_said"] = error
        return False
    st.session_state["gate_said"] = f"gate.wrong_{way}"
    return False
