"""Talk to one model: a base, or a base with the adapter of a run. History lies in the store."""

import streamlit as st

from engine.errors import UserError
from engine.store.chats import read_messages
from ui import chat, frame
from ui.frame import plain, t

frame.page("nav.chat")
st.title(t("chat.title"))
opened = chat.opened_chat()
model = chat.choose_model_box(opened)
decoding = chat.decoding_box()
chat.history_box(opened)

st.caption(f"{t('chat.with', name=plain(chat.model_label(model)))} · {t('chat.private')}")
with frame.reading() as db:
    messages = read_messages(db, opened["id"]) if opened else []
for message in messages:
    chat.draw_message(message["role"], message["text"])

said = st.chat_input(t("chat.placeholder"))
if not said and not messages:
    st.info(t("chat.hint"), icon=":material/lightbulb:")
elif not said and messages[-1]["role"] == "user":
    st.caption(t("chat.empty"))
if said:
    chat.draw_message("user", said)
    try:
        chat.answer(model, decoding, opened["id"] if opened else None, said)
    except UserError as error:
        frame.explain(error)
