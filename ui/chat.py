"""The chat page's parts: the model, the settings, the earlier chats, and an answer that streams."""

from contextlib import ExitStack, closing
from datetime import date, datetime
from itertools import groupby
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.recipes.asking import chat_prompt
from engine.recipes.recipe import load_recipe
from engine.serve.chat import Conversation
from engine.serve.choose import DEFAULT_BASE, choose_model, open_model
from engine.serve.decoding import Decoding
from engine.store.chats import delete_chat, get_chat, list_chats
from engine.store.open import open_store
from engine.store.runs import list_runs
from ui import frame
from ui.frame import plain, t
from ui.model import SharedModel

AVATARS = {"user": ":material/person:", "assistant": ":material/forum:"}
RECENT = 20
"""Chats listed in the sidebar; an older one opens by its address."""


def opened_chat() -> dict[str, Any] | None:
    """The chat that the address names (?chat=), however old."""
    asked = st.query_params.get("chat")
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            return get_chat(db, asked)
    except UserError:
        st.warning(t("error.gone"))
        return None


def choose_model_box(chat: dict[str, Any] | None) -> str:
    """The model of the open chat; else the one last chosen, the link's ?model=, or the newest run.

    Choosing another one while a chat is open begins a new chat: a chat belongs to one model.
    """
    with frame.reading() as db:
        runs = [run for run in list_runs(db) if run["adapter_id"]]
    names = [run["id"] for run in runs]
    names += dict.fromkeys(f"base:{name}" for name in (DEFAULT_BASE, *(run["base"] for run in runs)))
    wanted = chat["model"] if chat else st.session_state.get("chat_model", st.query_params.get("model"))
    if chat and wanted not in names:
        names.append(wanted)  # its run was forgotten: the chat can still be read
    st.session_state["chat_model"] = wanted if wanted in names else names[0]
    bases = {run["id"]: run["base"].split("/")[-1] for run in runs}
    return st.sidebar.selectbox(
        t("chat.model"),
        names,
        format_func=lambda name: model_label(name, bases.get(name)),
        key="chat_model",
        help=t("chat.model_help"),
        on_change=_begin_anew,
    )


def model_label(name: str, base: str | None = None) -> str:
    """`base:NAME` or a run's id as an owner reads it; not escaped."""
    if name.startswith("base:"):
        return t("chat.base", name=name.removeprefix("base:"))
    return t("chat.run", name=name) + (f" ({base})" if base else "")


def _begin_anew() -> None:
    st.query_params.pop("chat", None)
    st.query_params["model"] = st.session_state["chat_model"]


def decoding_box() -> Decoding:
    """The generation controls, as a checked settings object."""
    with st.sidebar.expander(t("chat.settings")):
        temperature = st.slider(
            t("chat.temperature"), 0.0, 1.5, 0.7, 0.1, help=t("chat.temperature_help"), key="chat_temperature"
        )
        penalty = st.slider(t("chat.penalty"), 1.0, 1.6, 1.1, 0.05, help=t("chat.penalty_help"), key="chat_penalty")
        length = st.slider(t("chat.length"), 8, 512, 96, 8, key="chat_length")
    return Decoding(temperature=temperature, repetition_penalty=penalty, max_new_tokens=length)


def history_box(chat: dict[str, Any] | None) -> None:
    """A new chat, deletion of the open one, and the earlier ones by day."""
    with frame.reading() as db:
        chats = list_chats(db, RECENT)
    if chat and chat["id"] not in {one["id"] for one in chats}:
        chats.append(chat)
    with st.sidebar:
        with st.container(horizontal=True, gap="small"):
            st.button(t("chat.new"), icon=":material/add:", key="chat_new", on_click=_open, args=(None,))
            if chat:
                st.button(
                    t("chat.delete"), icon=":material/delete:", key="chat_delete", on_click=_delete, args=(chat["id"],)
                )
        if chats:
            st.markdown(f"**{t('chat.history')}**")
        for key, day in groupby(chats, lambda one: _day(one["created_at"])):
            with st.container(gap=None, key=f"chat_day_{key.removeprefix('chat.')}"):
                st.caption(t(key))
                for one in day:
                    _draw_earlier(one, here=chat is not None and one["id"] == chat["id"])


def _day(created_at: str) -> str:
    """Today, yesterday, this week or earlier, by this machine's clock."""
    days = (date.today() - datetime.fromisoformat(created_at).astimezone().date()).days
    return "chat.today" if days < 1 else "chat.yesterday" if days == 1 else "chat.week" if days < 7 else "chat.earlier"


def _draw_earlier(chat: dict[str, Any], here: bool) -> None:
    st.button(
        plain(chat["title"].strip()) or "…",
        key=f"chat_{chat['id']}",
        type="secondary" if here else "tertiary",
        icon=":material/deployed_code:" if chat["model"].startswith("base:") else ":material/person:",
        help=plain(model_label(chat["model"])),
        on_click=_open,
        args=(chat["id"],),
    )


def _open(chat_id: str | None) -> None:
    st.query_params.pop("model", None)
    st.query_params.pop("chat", None)
    if chat_id:
        st.query_params["chat"] = chat_id


def _delete(chat_id: str) -> None:
    with open_store(frame.store()) as db:
        delete_chat(db, chat_id)
    _open(None)


def draw_message(role: str, text: str) -> None:
    """One turn, as text."""
    st.chat_message(role, avatar=AVATARS[role]).markdown(plain(text.strip()) or t("chat.empty"))


@st.cache_resource(show_spinner=False)
def _shared() -> SharedModel:
    return SharedModel()


def answer(model: str, decoding: Decoding, chat_id: str | None, said: str) -> None:
    """Stream the answer into the page and the store; a new chat gets its id into the address."""
    path = frame.store()
    with open_store(path) as db:
        chosen = choose_model(db, model)
        shape = chat_prompt(db, chosen.run)
    with ExitStack() as held:
        with st.spinner(t("chat.loading")):
            name = (path, chosen.name, chosen.adapter_id)
            backend = held.enter_context(_shared().use(name, lambda: open_model(path, chosen)))
        talk = Conversation(path, chosen, shape, _with_recipe(chosen.run, decoding), chat_id, backend)
        pieces = held.enter_context(closing(talk.say(said)))
        with st.chat_message("assistant", avatar=AVATARS["assistant"]):
            st.write_stream(plain(piece) for piece in pieces)
    if talk.chat_id and talk.chat_id != chat_id:
        _open(talk.chat_id)
    st.rerun()


def _with_recipe(run: dict[str, Any] | None, decoding: Decoding) -> Decoding:
    """The recipe's stop phrases stay in force under the owner's sliders."""
    stop = load_recipe(run["recipe"]).decoding.get("stop", ()) if run else ()
    return decoding.model_copy(update={"stop": tuple(stop)})
