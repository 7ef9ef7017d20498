"""The owner's inbox of what visitors thought of answers, masked: accept it, put other words, or leave it out. Files come in here, too."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.privacy.feedback import decide, gather, read_lines, take_in
from engine.store.feedback import State, count_feedback_states, count_ungathered, list_feedback
from engine.store.open import open_store
from ui import frame
from ui.chat_address import model_label
from ui.live import ago
from ui.say import explain, plain, t

SHOWN = 10
"""Cards at first; more on request."""
TURNS = 4
"""Messages before the answer that a card shows."""


def inbox() -> None:
    """What waits, newest first, and the way to bring a file in."""
    st.subheader(t("feedback.title"), anchor=False)
    st.caption(t("feedback.lead"))
    with frame.reading() as db:
        if count_ungathered(db):
            with st.spinner(t("feedback.masking")):
                gather(db)
        shown = st.session_state.setdefault("feedback_shown", SHOWN)
        waiting, counts = list_feedback(db, "waiting", shown + 1), count_feedback_states(db)
    st.caption(t("feedback.counts", **{name: f"{count:,}" for name, count in counts.items()}))
    for one in waiting[:shown]:
        _card(one)
    if len(waiting) > shown:
        st.button(t("frame.more"), key="feedback_more", type="tertiary", on_click=_more)
    with st.expander(t("feedback.from_file"), icon=":material/upload_file:"):
        st.file_uploader(t("feedback.file"), ["jsonl"], key="feedback_file", help=t("feedback.file_help"))
        st.button(
            t("feedback.take_in"), key="feedback_take", on_click=_take, disabled=not st.session_state["feedback_file"]
        )


def _more() -> None:
    st.session_state["feedback_shown"] += SHOWN


def _card(one: dict[str, Any]) -> None:
    thumb = ":green[:material/thumb_up:]" if one["thumb"] == "up" else ":red[:material/thumb_down:]"
    with st.container(border=True, key=f"feedback_{one['id']}", gap="small"):
        st.caption(f"{plain(one['who'])} · {plain(model_label(one['model']))} · {ago(one['said_at'])}")
        for turn in one["turns"][-TURNS:]:
            st.markdown(f":gray[{t('feedback.' + turn['role'])}] {plain(turn['content'].strip())}")
        st.markdown(f"{thumb} {plain(one['answer'].strip())}")
        key = f"feedback_words_{one['id']}"
        st.text_area(
            t("feedback.instead"), one["correction"] or "", key=key, height=70, help=t("feedback.instead_help")
        )
        if one["left_count"]:
            st.warning(t("feedback.left", n=one["left_count"]), icon=":material/shield:")
        with st.container(horizontal=True):
            st.button(
                t("feedback.accept"), key=f"feedback_yes_{one['id']}", type="primary", icon=":material/check:",
                on_click=_decide, args=(one["id"], "accepted", key),
            )  # fmt: skip
            st.button(
                t("feedback.reject"), key=f"feedback_no_{one['id']}", icon=":material/close:",
                on_click=_decide, args=(one["id"], "rejected", None),
            )  # fmt: skip


def _decide(id_: str, state: State, words: str | None) -> None:
    try:
        with open_store(frame.store()) as db:
            decide(db, id_, state, None if words is None else st.session_state[words])
    except UserError as error:
        explain(error)


def _take() -> None:
    """A file that is none of ours is told, and nothing of it is kept."""
    given = st.session_state["feedback_file"]
    try:
        lines = given.getvalue().decode("utf-8-sig").split("\n")
        with open_store(frame.store()) as db:
            done = take_in(db, read_lines(lines), "file")
    except UnicodeDecodeError:
        st.error(t("feedback.no_text"), icon=":material/info:")
    except UserError as error:
        explain(error)
    else:
        st.toast(t("feedback.taken", new=f"{done['new']:,}", known=f"{done['known']:,}"))
