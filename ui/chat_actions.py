"""What an owner can do with one message: thumb, correct, answer again, edit. Wishes for an answer are met by the next run."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.store.chats import Thumb, judge_answer
from engine.store.open import open_store
from engine.store.talks import branch_chat
from ui import frame
from ui.chat_address import open_chat
from ui.frame import t

THUMBS: tuple[Thumb, Thumb] = ("down", "up")
"""As the widget numbers them."""


def answer_actions(ids: Sequence[str], side: int, turn: int, message: Mapping[str, Any], *, again: bool) -> None:
    """Thumbs, a correction, and for the last answer another one."""
    place = (ids[side], message["seq"])
    name = f"{ids[side]}_{message['seq']}_{message['created_at']}"  # another answer in this place is another widget
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"chat_acts_{name}"):
        thumb = f"chat_thumb_{name}"
        st.session_state[thumb] = THUMBS.index(message["thumb"]) if message["thumb"] else None
        st.feedback("thumbs", key=thumb, on_change=_judge, args=(*place, thumb, message["correction"]))
        with st.popover(t("chat.correct"), icon=":material/edit_note:", key=f"chat_correct_{name}", type="tertiary"):
            _correction_form(place, name, message)
        if again:
            st.button(
                t("chat.again"), key=f"chat_again_{name}", icon=":material/refresh:", type="tertiary", help=t("chat.again_help"),
                on_click=_wish, args=(ids[0], turn, [(side, message["seq"], None)]),
            )  # fmt: skip
        st.button(
            t("chat.branch"), key=f"chat_branch_{name}", icon=":material/call_split:", type="tertiary", help=t("chat.branch_help"),
            on_click=_branch, args=place,
        )  # fmt: skip


def _branch(chat_id: str, seq: int) -> None:
    """Another chat that goes on from here; this one stays as it is."""
    try:
        with open_store(frame.store()) as db:
            open_chat(branch_chat(db, chat_id, seq)[0])
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("chat.branched"), icon=":material/call_split:")


def _correction_form(place: tuple[str, int], name: str, message: Mapping[str, Any]) -> None:
    with st.form(f"chat_correction_{name}", border=False):
        key = f"chat_words_{name}"
        st.text_area(t("chat.instead"), message["correction"] or "", key=key, help=t("chat.instead_help"))
        st.form_submit_button(t("chat.keep"), on_click=_correct, args=(*place, key, message["thumb"]))
        st.caption(t("chat.never_straight"))


def _judge(chat_id: str, seq: int, key: str, correction: str | None) -> None:
    value = st.session_state[key]
    _kept(chat_id, seq, None if value is None else THUMBS[value], correction)


def _correct(chat_id: str, seq: int, key: str, thumb: Thumb | None) -> None:
    words = st.session_state[key]
    # taking the correction back takes back the thumb that stood for it, never one that was given
    if _kept(chat_id, seq, thumb, words) and words.strip():
        st.toast(t("chat.kept"), icon=":material/check:")


def _kept(chat_id: str, seq: int, thumb: Thumb | None, correction: str | None) -> bool:
    try:
        with open_store(frame.store()) as db:
            judge_answer(db, chat_id, seq, thumb, correction)
    except UserError as error:
        frame.explain(error)
        return False
    return True


def unanswered_action(ids: Sequence[str], side: int, turn: int) -> None:
    """Words that got no answer can be answered now."""
    st.button(
        t("chat.answer_now"), key=f"chat_now_{ids[side]}_{turn}", icon=":material/refresh:", type="tertiary",
        on_click=_wish, args=(ids[0], turn, [(side, None, None)]),
    )  # fmt: skip


def question_actions(chat_id: str, turn: int, side: int) -> None:
    """Edit what was said."""
    st.button(
        t("chat.edit"), key=f"chat_edit_{chat_id}_{turn}_{side}", icon=":material/edit:", type="tertiary", help=t("chat.edit_help"),
        on_click=_begin_edit, args=(chat_id, turn),
    )  # fmt: skip


def pending_edit(chat_id: str, turn: int) -> str | None:
    """The state key of the text being edited in this turn; None: it is not."""
    editing = st.session_state.get("chat_editing")
    return f"chat_edited_{chat_id}_{turn}" if editing == (chat_id, turn) else None


def _begin_edit(chat_id: str, turn: int) -> None:
    st.session_state["chat_editing"] = (chat_id, turn)


def edit_form(chat_id: str, turn: int, seqs: Mapping[int, int], text: str) -> None:
    """The owner's words as a form; what follows them goes when the new answer stands."""
    with st.form(f"chat_edit_form_{turn}", border=False):
        key = f"chat_edited_{chat_id}_{turn}"
        st.text_area(t("chat.edit"), text, key=key, label_visibility="collapsed")
        st.caption(t("chat.edit_after"))
        with st.container(horizontal=True):
            st.form_submit_button(
                t("chat.send"),
                type="primary",
                key="chat_edit_send",
                on_click=_send_edit,
                args=(chat_id, turn, key, dict(seqs)),
            )
            st.form_submit_button(t("frame.cancel"), key="chat_edit_cancel", on_click=_end_edit)


def _send_edit(chat_id: str, turn: int, key: str, seqs: Mapping[int, int]) -> None:
    words = st.session_state[key].strip()
    if not words:
        st.toast(t("chat.blank"))
        return
    _wish(chat_id, turn, [(side, seq, words) for side, seq in seqs.items()])


def _end_edit() -> None:
    st.session_state.pop("chat_editing", None)


def _wish(chat_id: str, turn: int, asks: Sequence[tuple[int, int | None, str | None]]) -> None:
    """What the next run of the page is to answer."""
    st.session_state["chat_wish"] = {"chat": chat_id, "turn": turn, "asks": list(asks)}
