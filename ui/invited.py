"""How a visitor comes in, in the dashboard and in a bundle alike: by link or code, and back again by the browser's key.

Nothing about a visitor is believed that the store does not say now: each call asks it.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engine.access.browser import Browser
from engine.access.visitors import Visitor, browser_of, current, enter, is_over, resume, seen
from engine.errors import UserError
from engine.store.open import open_store
from ui import browser, request, say
from ui.say import t

ADDRESS = "invite"
"""What the address calls the code: `?invite=CODE`."""


@dataclass(frozen=True)
class Held:
    """What the session remembers of who came in, and which browser it talked to then."""

    visitor_id: str
    fingerprint: str


def visitor(store: Path) -> Visitor | None:
    """Who is in, as of now; None: nobody, or not any more. Cheap enough for every drawing."""
    held = st.session_state.get("gate_visitor")
    if isinstance(held, Held) and held.fingerprint == request.fingerprint():
        with open_store(store) as db:
            found = current(db, held.visitor_id)
        if found is None:
            _leave("gate.over")
        return found if found is None else _changed_over(store, found)
    answer = browser.told()
    if answer is None:
        return None
    with open_store(store) as db:
        found = resume(db, answer.id, answer.nonce, answer.proof)
        if found is not None:
            seen(db, found.id)
            _hold(found)
        elif is_over(db, answer.id, answer.nonce, answer.proof):
            st.session_state["gate_said"] = "gate.over"
    return found if found is None else _changed_over(store, found)


def _changed_over(store: Path, found: Visitor) -> Visitor:
    """With the link of another invitation the browser of one that is in changes over to it."""
    code = code_in_address()
    if code is None:
        return found
    with open_store(store) as db:
        own = browser_of(db, found.id)
    return (let_in(store, code, own) if own is not None else None) or found


def door(store: Path) -> Visitor:
    """The visitor, or the page that asks for a code, which ends the drawing. What a bundle begins with."""
    found = visitor(store)
    if found is None:
        own = known_browser()
        code = code_in_address()
        found = let_in(store, code, own) if code is not None else None
    if found is None:
        _, middle, _ = st.columns([1, 2, 1])
        with middle:
            ask_for_code(store, own)
        st.stop()
    return found


def known_browser() -> Browser:
    """This browser with its key; until it has told, the page only asks it, and ends."""
    answer = browser.told()
    if answer is not None and answer.browser is not None:
        return answer.browser
    st.caption(t("gate.opening"))
    browser.ask(fresh=answer is not None)  # it has a key already, but of one that nobody here knows
    st.stop()


def code_in_address() -> str | None:
    """The code that the address brought, taken out of it: what is copied from the address bar later opens nothing."""
    code = st.query_params.get(ADDRESS)
    if code is not None:
        del st.query_params[ADDRESS]
    return code


def let_in(store: Path, code: str, own: Browser) -> Visitor | None:
    """Try a code; what is wrong is remembered for the page to say."""
    try:
        with open_store(store) as db:
            entered = enter(db, code, own, request.address())
    except UserError as error:
        st.session_state["gate_said"] = error
        return None
    if entered is None:
        st.session_state["gate_said"] = "gate.wrong_code"
        return None
    _hold(entered)
    return entered


def ask_for_code(store: Path, own: Browser) -> None:
    """The form for a code, and what was wrong with the last one."""
    st.markdown(f"### {t('gate.title')}")
    st.markdown(t("gate.what"))
    say_what_was_wrong()
    with st.form("gate_form", border=False):
        st.text_input(
            t("gate.code"), key="gate_code", placeholder="xxxx-xxxx-xxxx-xxxx", max_chars=40, autocomplete="off"
        )
        st.form_submit_button(t("gate.enter"), type="primary", on_click=_try_typed, args=(store, own))
    if st.session_state.get("gate_said") is None:
        st.caption(t("gate.lost"))


def say_what_was_wrong() -> None:
    """Once: the next try begins clean."""
    said = st.session_state.pop("gate_said", None)
    if isinstance(said, UserError):
        say.explain(said)
    elif isinstance(said, str):
        st.warning(t(said), icon=":material/lock:")


def _try_typed(store: Path, own: Browser) -> None:
    code = str(st.session_state.get("gate_code") or "")
    st.session_state["gate_code"] = ""
    let_in(store, code, own)


def _hold(found: Visitor) -> None:
    st.session_state["gate_visitor"] = Held(found.id, request.fingerprint())


def _leave(why: str) -> None:
    """Out: nothing that this visit held stays in the session, and the browser is asked anew."""
    for name in list(st.session_state):
        if name != "frame_language":
            del st.session_state[name]
    st.session_state["gate_said"] = why
    browser.forget()
