"""Talk to one model, or to two side by side: a base, or a base with the adapter of a run. History lies in the store.

Whoever was invited sees the visitor's page here, and nothing else.
"""

import streamlit as st

from ui import chat, frame, notice, visitor_here
from ui.chat_talk import talk
from ui.chat_votes import who_they_are
from ui.frame import t

visitor_here.instead()
frame.page("nav.chat")
st.title(t("chat.title"))
view = chat.opened_view()
st.caption(chat.privacy_words(view))
notice.show(*view.recipes)
said = st.chat_input(t("chat.placeholder"), key="chat_said", disabled=bool(view.missing))
if not said:
    chat.opening_words(view)
talk(view, said)
if not said:
    who_they_are(view)
    chat.closing_words(view)
