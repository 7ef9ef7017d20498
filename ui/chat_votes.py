"""Which of two answers is better, with or without knowing whose they are; and the word that names them."""

import streamlit as st

from engine.errors import UserError
from engine.serve.chat import Turn
from engine.store.open import open_store
from engine.store.talks import count_votes, read_votes, reveal, vote
from engine.store.votes import CHOICES
from ui import frame
from ui.chat import View
from ui.frame import plain, t


def vote_bar(view: View, chat_id: str, turn: Turn) -> None:
    """Under a turn that both sides answered."""
    answers = [[one for one in side if one["role"] == "assistant"] for side in turn.sides]
    if not all(answers):
        return
    seq = answers[0][-1]["seq"]
    key = f"chat_vote_{chat_id}_{seq}_{answers[0][-1]['created_at']}"
    with frame.reading() as db:
        st.session_state[key] = read_votes(db, chat_id).get(seq)
    st.segmented_control(
        t("chat.vote"), CHOICES, key=key, format_func=lambda choice: t(f"chat.vote_{choice}"), on_change=_vote,
        args=(chat_id, seq, key),
    )  # fmt: skip


def _vote(chat_id: str, seq: int, key: str) -> None:
    try:
        with open_store(frame.store()) as db:
            vote(db, chat_id, seq, st.session_state[key])
    except UserError as error:
        frame.explain(error)


def who_they_are(view: View) -> None:
    """Of two: a button that names them where they are unnamed, else how the owner chose between them in all chats."""
    if len(view.models) < 2 or not view.chats:
        return
    if view.blind:
        st.button(
            t("chat.reveal"), key="chat_reveal", icon=":material/visibility:", help=t("chat.reveal_help"),
            on_click=_reveal, args=(view.chats[0]["id"],),
        )  # fmt: skip
        return
    with frame.reading() as db:
        counts = count_votes(db, *view.models)
    if any(counts.values()):
        left, right = (plain(label) for label in view.labels)
        st.caption(t("chat.votes", left_name=left, right_name=right, **counts))


def _reveal(chat_id: str) -> None:
    try:
        with open_store(frame.store()) as db:
            reveal(db, chat_id)
    except UserError as error:
        frame.explain(error)
