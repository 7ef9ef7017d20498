"""Earlier chats: the list with its search, and what can be done with the open one: rename, take away, delete."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.serve.chat_export import as_jsonl, as_markdown, require_clean_chat
from engine.serve.choose import named
from engine.store.chats import TITLE_LENGTH, count_messages, delete_chat, list_chats, rename_chat
from engine.store.open import open_store
from ui import frame
from ui.chat_address import model_label, open_chat
from ui.frame import plain, t

RECENT = 20
"""Chats listed at first; more on request, an older one also by its address."""
SEARCHED = 8
"""So many chats can be looked through without a search."""


def earlier_chats(opened: Sequence[dict[str, Any]]) -> None:
    """The sidebar's list, by day; the open chat is in it however old."""
    shown = st.session_state.setdefault("chat_listed", RECENT)
    search = st.session_state.get("chat_search", "")
    with frame.reading() as db:
        chats = list_chats(db, shown + 1, search)
    more, chats = len(chats) > shown, chats[:shown]
    if opened and not search and opened[0]["id"] not in {one["id"] for one in chats}:
        chats.append({**opened[0], "beside_model": opened[1]["model"] if len(opened) > 1 else None})
    with st.sidebar:
        if chats or search:
            st.markdown(f"**{t('chat.history')}**")
        if search or len(chats) >= SEARCHED:
            st.text_input(
                t("chat.search"), key="chat_search", placeholder=t("chat.search"), label_visibility="collapsed"
            )
        if search and not chats:
            st.caption(t("chat.not_found"))
        for key, day in groupby(chats, lambda one: _day(one["created_at"])):
            with st.container(gap=None, key=f"chat_day_{key.removeprefix('chat.')}"):
                st.caption(t(key))
                for one in day:
                    _draw_earlier(one, here=bool(opened) and one["id"] == opened[0]["id"])
        if more:
            st.button(t("frame.more"), key="chat_more", type="tertiary", on_click=_list_more)


def _list_more() -> None:
    st.session_state["chat_listed"] += RECENT


def _day(created_at: str) -> str:
    """Today, yesterday, this week or earlier, by this machine's clock."""
    days = (date.today() - datetime.fromisoformat(created_at).astimezone().date()).days
    return "chat.today" if days < 1 else "chat.yesterday" if days == 1 else "chat.week" if days < 7 else "chat.earlier"


def _draw_earlier(one: dict[str, Any], here: bool) -> None:
    names = [model_label(name) for name in (one["model"], one["beside_model"]) if name]
    alone = ":material/call_split:" if one["branch_of"] else ":material/person:"
    if named(one["model"]).run is None and not one["branch_of"]:
        alone = ":material/deployed_code:"
    st.button(
        plain(one["title"].strip()) or "…",
        key=f"chat_{one['id']}",
        type="secondary" if here else "tertiary",
        icon=":material/splitscreen_right:" if len(names) > 1 else alone,
        help=plain(" · ".join(names)),
        on_click=open_chat,
        args=(one["id"],),
    )


def this_chat(chats: Sequence[dict[str, Any]]) -> None:
    """Rename, take away, delete the open chat."""
    first = chats[0]
    with st.popover(t("chat.this"), icon=":material/more_horiz:", key="chat_this"):
        if first["branch_of"]:
            st.button(
                t("chat.branch_of"), key="chat_branch_of", icon=":material/call_split:", type="tertiary",
                on_click=open_chat, args=(first["branch_of"],),
            )  # fmt: skip
        with st.form("chat_rename", border=False):
            key = f"chat_title_{first['id']}"
            st.text_input(t("chat.name"), first["title"], max_chars=TITLE_LENGTH, key=key)
            st.form_submit_button(t("chat.rename"), icon=":material/edit:", on_click=_rename, args=(first["id"], key))
        with st.container(horizontal=True):
            _download(first["id"], "md", "text/markdown")
            _download(first["id"], "jsonl", "application/jsonl")
        st.divider()
        with frame.reading() as db:
            count = count_messages(db, [one["id"] for one in chats])
        st.caption(t("chat.delete_ask_two" if len(chats) > 1 else "chat.delete_ask", n=count))
        st.button(t("chat.delete"), icon=":material/delete:", key="chat_delete", on_click=_delete, args=(first["id"],))
        st.caption(t("frame.command"))
        st.code(
            f"python -m engine chat --chat {first['id']}\npython -m engine chats export {first['id']}", language="bash"
        )


def _rename(chat_id: str, key: str) -> None:
    try:
        with open_store(frame.store()) as db:
            rename_chat(db, chat_id, st.session_state[key])
    except UserError as error:
        frame.explain(error)


def _download(chat_id: str, kind: str, mime: str) -> None:
    st.download_button(
        t(f"chat.as_{kind}"), _file(chat_id, kind, frame.english()), f"malmoi-{chat_id}.{kind}", mime,
        key=f"chat_as_{kind}", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _file(chat_id: str, kind: str, english: bool) -> Callable[[], bytes]:
    """Made when asked for. A chat deleted meanwhile in another window gives the words that say so."""
    path = frame.store()

    def make() -> bytes:
        try:
            with open_store(path) as db:
                text = as_jsonl(db, chat_id) if kind == "jsonl" else as_markdown(db, chat_id, english)
                require_clean_chat(db, chat_id, text)
        except UserError as error:
            text = error.en if english else error.ko
        return text.encode("utf-8")

    return make


def _delete(chat_id: str) -> None:
    try:
        with open_store(frame.store()) as db:
            delete_chat(db, chat_id)
    except UserError as error:
        frame.explain(error)
        return
    open_chat(None)
    st.toast(t("chat.deleted"))
