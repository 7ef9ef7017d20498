"""A visitor's menu: a new chat, earlier ones, take them away, delete them, the other language, what is kept."""

import json
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from engine.access.visitors import Visitor
from engine.store.open import open_store
from engine.store.visits import delete_mine, my_chats, my_messages
from ui import visitor_home
from ui.say import plain, t
from ui.visitor_consent import language_switch, words
from ui.visitor_place import Place

LISTED = 15
"""Chats in the menu; all of them are in the download."""


def show(place: Place, visitor: Visitor, chat_id: str | None) -> None:
    """A button for a new chat, and the rest behind one."""
    if chat_id:
        st.button("", help=t("visit.new"), key="visit_new", icon=":material/edit_square:", on_click=_open, args=(None,))
    with st.popover("", help=t("visit.menu"), icon=":material/menu:", key="visit_menu"):
        with open_store(place.store) as db:
            chats = my_chats(db, visitor.id, LISTED)
        if chats:
            _earlier(place, visitor, chat_id, chats)
        with st.expander(t("visit.what_is_kept"), icon=":material/shield:"):
            words(place)
        language_switch()


def _earlier(place: Place, visitor: Visitor, chat_id: str | None, chats: list[dict[str, str]]) -> None:
    st.caption(t("visit.mine"))
    with st.container(gap=None, key="visit_chats"):
        for one in chats:
            st.button(
                plain(one["title"].strip()) or "…", key=f"visit_open_{one['id']}", on_click=_open, args=(one["id"],),
                type="secondary" if one["id"] == chat_id else "tertiary", icon=":material/chat_bubble:",
            )  # fmt: skip
    st.download_button(
        t("visit.download"), _all_mine(place.store, visitor.id), "malmoi-my-chats.jsonl", "application/jsonl",
        key="visit_download", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    visitor_home.download(place, visitor)
    with st.expander(t("visit.delete_all"), icon=":material/delete:"):
        st.caption(t("visit.delete_ask"))
        if chat_id:
            st.button(t("visit.delete_one"), key="visit_delete_one", on_click=_delete, args=(place, visitor, chat_id))
        st.button(t("visit.delete_all"), key="visit_delete_all", on_click=_delete, args=(place, visitor, None))


def _open(chat_id: str | None) -> None:
    if chat_id is None:
        st.query_params.pop("chat", None)
    else:
        st.query_params["chat"] = chat_id


def _all_mine(store: Path, visitor_id: str) -> Callable[[], bytes]:
    """All that this visitor said and was answered, a message a line; made when asked for."""

    def make() -> bytes:
        with open_store(store) as db:
            lines = [
                {"chat": chat["id"], "title": chat["title"], **message}
                for chat in my_chats(db, visitor_id, 10_000)
                for message in my_messages(db, visitor_id, chat["id"])
            ]
        return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode("utf-8", "replace")

    return make


def _delete(place: Place, visitor: Visitor, chat_id: str | None) -> None:
    with open_store(place.store) as db:
        delete_mine(db, visitor.id, chat_id)
    st.query_params.pop("chat", None)
    st.toast(t("visit.deleted"))
