"""What a visitor can do with one message: thumb, suggest a better answer, ask again, edit. Wishes are met by the next run."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from engine.access.visitors import Visitor
from engine.errors import UserError
from engine.recipes.visiting import LONGEST_CORRECTION, check_length
from engine.store.chats import Thumb
from engine.store.open import open_store
from engine.store.visits import judge_mine
from ui.say import explain, t
from ui.visitor_place import Place

THUMBS: tuple[Thumb, Thumb] = ("down", "up")
"""As the widget numbers them."""


class Wish(NamedTuple):
    """An answer to be made: in the place of message `seq` (None: to what was said last), to `text` said there instead."""

    seq: int | None
    text: str | None


def taken_wish(chat_id: str | None) -> Wish | None:
    """What a button of the last run wished for in this chat, once."""
    held = st.session_state.pop("visit_wish", None)
    return held[1] if held and held[0] == chat_id else None


def answer_actions(place: Place, visitor: Visitor, chat_id: str, message: Mapping[str, Any], *, last: bool) -> None:
    """Thumbs, a better answer, and for the last answer another one."""
    name = f"{chat_id}_{message['seq']}_{message['created_at']}"  # another answer in this place is another widget
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"visit_acts_{name}"):
        thumb = f"visit_thumb_{name}"
        st.session_state[thumb] = THUMBS.index(message["thumb"]) if message["thumb"] else None
        given = (place, visitor, chat_id, message["seq"])
        st.feedback("thumbs", key=thumb, on_change=_judge, args=(*given, thumb, message["correction"]))
        with st.popover(t("visit.correct"), icon=":material/edit_note:", key=f"visit_correct_{name}", type="tertiary"):
            _correction_form(given, name, message)
        if last:
            st.button(
                t("visit.again"), key=f"visit_again_{name}", icon=":material/refresh:", type="tertiary",
                on_click=_wish, args=(chat_id, Wish(message["seq"], None)),
            )  # fmt: skip


def _correction_form(given: tuple[Place, Visitor, str, int], name: str, message: Mapping[str, Any]) -> None:
    with st.form(f"visit_correction_{name}", border=False):
        key = f"visit_words_{name}"
        st.text_area(t("visit.instead"), message["correction"] or "", key=key)
        st.form_submit_button(t("visit.keep"), on_click=_correct, args=(*given, key, message["thumb"]))
        st.caption(t("visit.told_learning").partition(" ")[2])


def _judge(place: Place, visitor: Visitor, chat_id: str, seq: int, key: str, correction: str | None) -> None:
    value = st.session_state[key]
    _kept(place, visitor, chat_id, seq, None if value is None else THUMBS[value], correction)


def _correct(place: Place, visitor: Visitor, chat_id: str, seq: int, key: str, thumb: Thumb | None) -> None:
    words = st.session_state[key]
    if _kept(place, visitor, chat_id, seq, thumb, words) and words.strip():
        st.toast(t("visit.kept"), icon=":material/check:")


def _kept(place: Place, visitor: Visitor, chat_id: str, seq: int, thumb: Thumb | None, correction: str | None) -> bool:
    try:
        check_length(correction or "", LONGEST_CORRECTION)
        with open_store(place.store) as db:
            judge_mine(db, visitor.id, chat_id, seq, thumb, correction)
    except UserError as error:
        explain(error)
        return False
    return True


def unanswered_action(chat_id: str, message: Mapping[str, Any]) -> None:
    """Words that got no answer can be answered now."""
    st.button(
        t("visit.answer_now"), key=f"visit_now_{chat_id}_{message['seq']}", icon=":material/refresh:", type="tertiary",
        on_click=_wish, args=(chat_id, Wish(None, None)),
    )  # fmt: skip


def question_actions(chat_id: str, message: Mapping[str, Any]) -> None:
    """Edit what was said last."""
    st.button(
        t("visit.edit"), key=f"visit_edit_{chat_id}_{message['seq']}", icon=":material/edit:", type="tertiary",
        on_click=_begin_edit, args=(chat_id, message["seq"]),
    )  # fmt: skip


def edit_form(chat_id: str, message: Mapping[str, Any]) -> bool:
    """The visitor's words as a form, when they are being edited; whether they are."""
    if st.session_state.get("visit_editing") != (chat_id, message["seq"]):
        return False
    key = f"visit_edited_{chat_id}_{message['seq']}"
    with st.form("visit_edit_form", border=False):
        st.text_area(t("visit.edit"), message["text"], key=key, label_visibility="collapsed")
        st.caption(t("visit.edit_after"))
        with st.container(horizontal=True):
            st.form_submit_button(
                t("visit.send"),
                type="primary",
                key="visit_edit_send",
                on_click=_send_edit,
                args=(chat_id, message["seq"], key),
            )
            st.form_submit_button(t("visit.cancel"), key="visit_edit_cancel", on_click=_end_edit)
    return True


def _begin_edit(chat_id: str, seq: int) -> None:
    st.session_state["visit_editing"] = (chat_id, seq)


def _end_edit() -> None:
    st.session_state.pop("visit_editing", None)


def _send_edit(chat_id: str, seq: int, key: str) -> None:
    words = st.session_state[key].strip()
    try:
        check_length(words)
    except UserError as error:
        explain(error)
        return
    if words:
        _wish(chat_id, Wish(seq, words))
        _end_edit()


def _wish(chat_id: str, wish: Wish) -> None:
    st.session_state["visit_wish"] = (chat_id, wish)
