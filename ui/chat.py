"""The chat page's parts. The model is loaded once and shared; it is freed when another one is chosen."""

import re

import streamlit as st

from engine.recipes.asking import chat_prompt
from engine.recipes.recipe import load_recipe
from engine.serve.backend import Backend
from engine.serve.chat import Conversation
from engine.serve.choose import DEFAULT_BASE, choose_model, open_model
from engine.serve.decoding import Decoding
from engine.store.chats import delete_chat, get_chat, list_chats
from engine.store.open import open_store
from engine.store.runs import list_runs
from ui import frame
from ui.frame import t


def choose_model_box() -> str:
    """Runs with an adapter, newest first, then the base; the link's ?model= comes first."""
    with frame.reading() as db:
        runs = [run for run in list_runs(db) if run["adapter_id"]]
    names = {run["id"]: t("chat.run", name=run["id"], base=run["base"].split("/")[-1]) for run in runs}
    names[f"base:{DEFAULT_BASE}"] = t("chat.base", name=DEFAULT_BASE)
    asked = st.query_params.get("model")
    start = list(names).index(asked) if asked in names else 0
    return st.sidebar.selectbox(
        t("chat.model"), list(names), index=start, format_func=names.__getitem__, key="chat_model"
    )


def decoding_box() -> Decoding:
    """The generation controls, as a checked settings object."""
    with st.sidebar.expander(t("chat.settings")):
        temperature = st.slider(
            t("chat.temperature"), 0.0, 1.5, 0.7, 0.1, help=t("chat.temperature_help"), key="chat_temperature"
        )
        penalty = st.slider(t("chat.penalty"), 1.0, 1.6, 1.1, 0.05, help=t("chat.penalty_help"), key="chat_penalty")
        length = st.slider(t("chat.length"), 8, 512, 96, 8, key="chat_length")
    return Decoding(temperature=temperature, repetition_penalty=penalty, max_new_tokens=length)


def history_box() -> str | None:
    """The chat that is open (?chat=), a list of earlier ones, a new one, and deletion."""
    open_id = st.query_params.get("chat")
    with frame.reading() as db:
        chats = list_chats(db, 20)
    with st.sidebar:
        if st.button(t("chat.new"), icon=":material/add:", key="chat_new"):
            _open_chat(None)
        st.caption(t("chat.history"))
        for chat in chats:
            here = chat["id"] == open_id
            if st.button(
                plain(chat["title"]) or "…", key=f"chat_{chat['id']}", type="secondary" if here else "tertiary"
            ):
                _open_chat(chat["id"])
        if open_id and st.button(t("chat.delete"), icon=":material/delete:", key="chat_delete"):
            with open_store(frame.store()) as db:
                delete_chat(db, open_id)
            _open_chat(None)
    if open_id and open_id not in {chat["id"] for chat in chats}:
        st.warning(t("error.gone"))
        return None
    return open_id


def _open_chat(chat_id: str | None) -> None:
    if chat_id:
        st.query_params["chat"] = chat_id
    else:
        st.query_params.pop("chat", None)
    st.rerun()


@st.cache_resource(max_entries=1, on_release=lambda backend: backend.close(), show_spinner=False)
def _backend(store: str, model: str, adapter_id: str | None) -> Backend:
    with open_store(frame.store()) as db:
        return open_model(frame.store(), choose_model(db, model))


def answer(model: str, decoding: Decoding, chat_id: str | None, said: str) -> None:
    """Stream the answer into the page and the store; a new chat gets its id into the address."""
    with open_store(frame.store()) as db:
        chosen = choose_model(db, get_chat(db, chat_id)["model"] if chat_id else model)
        shape = chat_prompt(db, chosen.run)
    with st.spinner(t("chat.loading")):
        backend = _backend(str(frame.store()), chosen.name, chosen.adapter_id)
    talk = Conversation(frame.store(), chosen, shape, _with_recipe(chosen.run, decoding), chat_id, backend)
    with st.chat_message("assistant"):
        st.write_stream(plain(piece) for piece in talk.say(said))
    if talk.chat_id and talk.chat_id != chat_id:
        st.query_params["chat"] = talk.chat_id
        st.rerun()


def _with_recipe(run: dict | None, decoding: Decoding) -> Decoding:
    """The recipe's stop phrases stay in force under the owner's sliders."""
    stop = load_recipe(run["recipe"]).decoding.get("stop", ()) if run else ()
    return decoding.model_copy(update={"stop": tuple(stop)})


def plain(text: str) -> str:
    """Chat text as text: Markdown and HTML signs lose their meaning, line breaks stay."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#+\-.!|$~:])", r"\\\1", text)
    return escaped.replace("\n", "  \n")
