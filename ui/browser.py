"""Asks the browser who it is, by a small script on the page. See engine/access/browser.py for what is asked, and why no cookie."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engine.access.browser import Browser, told_browser

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
KEY = "gate_browser"


@dataclass(frozen=True)
class Told:
    """What the browser answered to this visit's number. `browser`: when it told its key, which it does once."""

    id: str
    nonce: str
    proof: str
    browser: Browser | None


def told() -> Told | None:
    """The browser's answer; None until it came."""
    found = st.session_state.get("gate_told")
    return found if isinstance(found, Told) else None


def forgets() -> bool:
    """Whether this browser told that it will not be known again once its page is closed."""
    answer = told()
    return answer is not None and answer.browser is not None and not answer.browser.keeps


def ask(fresh: bool = False) -> None:
    """Put the question on the page; the answer draws the page again. `fresh`: with a new key, since the old one opens nothing."""
    nonce = st.session_state.setdefault("gate_nonce", secrets.token_hex(16))
    component = st.components.v2.component("malmoi_browser", js=SCRIPT)
    component(key=KEY, data={"nonce": nonce, "fresh": fresh}, on_told_change=_hear)


def forget() -> None:
    """Ask anew on the next drawing, with another number."""
    for name in ("gate_told", "gate_nonce"):
        st.session_state.pop(name, None)


def _hear() -> None:
    """Anybody can send anything here: only what has the right shape and answers our own number is kept."""
    said = dict(st.session_state[KEY]).get("told")
    nonce = st.session_state.get("gate_nonce")
    if not isinstance(said, dict) or said.get("nonce") != nonce:
        return
    id_, proof = said.get("id"), said.get("proof")
    if isinstance(id_, str) and isinstance(proof, str) and len(id_) == 32 and len(proof) <= 64:
        st.session_state["gate_told"] = Told(
            id_, str(nonce), proof, told_browser(id_, said.get("key"), said.get("kept") is not False)
        )
