"""Talk to one model: a base, or a base with the adapter of a run. History lies in the store."""

import streamlit as st

from engine.errors import UserError
from engine.store.chats import read_messages
from ui import chat, frame
from ui.frame import t

frame.page("nav.chat")
model = chat.choose_model_box()
decoding = chat.decoding_box()
chat_id = chat.history_box()

st.title(t("chat.title"))
st.caption(t("chat.private"))
with frame.reading() as db:
    messages = read_messages(db, chat_id) if chat_id else []
for message in messages:
    st.chat_message(message["role"]).write(chat.plain(message["text"]) or t("chat.empty"))

if not messages:
    st.info(t("chat.hint"), icon=":material/lightbulb:")
if said := st.chat_input(t("chat.placeholder")):
    st.chat_message("user").write(chat.plain(said))
    try:
        chat.answer(model, decoding, chat_id, said)
    except UserError as error:
        frame.explain(error)
