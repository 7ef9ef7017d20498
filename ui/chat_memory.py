"""The model that lies in memory for all tabs, and a way to put it away. It knows nothing of chats."""

import streamlit as st

from ui.frame import t
from ui.line import the_line


def memory_line() -> None:
    """What lies in memory; a button that frees it, for a training that needs the room."""
    if the_line().held is None:
        return
    st.caption(t("chat.in_memory"))
    st.button(
        t("chat.free"),
        key="chat_free",
        icon=":material/memory:",
        type="tertiary",
        help=t("chat.free_help"),
        on_click=_free,
    )


def _free() -> None:
    if not the_line().free():
        st.toast(t("chat.not_freed"))
