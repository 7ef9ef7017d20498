"""The chat page's door to a model on another server: its address, its key, its models. It asks none of them."""

import os

import streamlit as st

from engine.errors import UserError
from engine.keys import get_key, keyring_name, set_key
from engine.serve.address import SERVER_KEY
from engine.serve.elsewhere import models_at, usual_address
from ui import frame
from ui.chat_address import forget_settings
from ui.frame import plain, t

FOUND, OPENED = "chat_elsewhere_found", "chat_elsewhere_opened"
"""Session keys: (address, names of its models); how many chats were begun here: a popover with another key is a closed one."""


def ask_elsewhere() -> None:
    """A popover: find a server's models, choose one, and a new chat with it begins."""
    name = f"chat_elsewhere_{st.session_state.get(OPENED, 0)}"
    with st.popover(t("elsewhere.title"), icon=":material/dns:", key=name):
        st.caption(t("elsewhere.lead"))
        with st.form("chat_elsewhere_form", border=False):
            st.text_input(t("elsewhere.address"), key="chat_elsewhere_address", placeholder="http://127.0.0.1:8000/v1")
            held = _held()
            st.text_input(
                t("elsewhere.key_held" if held else "elsewhere.key"), type="password", key="chat_elsewhere_key",
                autocomplete="new-password", help=t("elsewhere.key_help"),
            )  # fmt: skip
            if keyring_name():
                st.checkbox(t("elsewhere.keep"), key="chat_elsewhere_keep")
            st.form_submit_button(t("elsewhere.find"), icon=":material/search:", on_click=_find)
        _found()


def _held() -> bool:
    try:
        return get_key(SERVER_KEY) is not None
    except UserError:
        return False


def _find() -> None:
    """The typed key leaves the session with this call: into the keyring, or into this process until it ends."""
    typed, key = st.session_state["chat_elsewhere_address"], (st.session_state["chat_elsewhere_key"] or "").strip()
    st.session_state["chat_elsewhere_key"] = ""
    st.session_state.pop(FOUND, None)
    if not typed.strip():
        st.toast(t("elsewhere.no_address"))
        return
    try:
        address = usual_address(typed)
        names = models_at(address, key or get_key(SERVER_KEY))
        if key:
            _keep(key)
    except UserError as error:
        frame.explain(error)
        return
    st.session_state[FOUND] = (address, names)


def _keep(key: str) -> None:
    if st.session_state.get("chat_elsewhere_keep"):
        set_key(SERVER_KEY, key)
    else:
        os.environ[SERVER_KEY] = key


def _found() -> None:
    address, names = st.session_state.get(FOUND, (None, []))
    if address is None:
        return
    st.success(t("elsewhere.found", n=len(names), address=plain(address)), icon=":material/check:")
    st.selectbox(t("elsewhere.model"), names, key="chat_elsewhere_model")
    st.button(t("elsewhere.talk"), type="primary", key="chat_elsewhere_talk", on_click=_talk, args=(address,))


def _talk(address: str) -> None:
    frame.name_in_address(chat=None, model=f"{address}#{st.session_state['chat_elsewhere_model']}", beside=None)
    forget_settings()
    st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1
    st.session_state.pop(FOUND)
