"""The owner's corrections of masks: show what is not personal, hide what was missed, take either back."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.privacy.correct import (
    MOST_COUNTED,
    Decision,
    add_word,
    count_word,
    hide_here,
    keep_here,
    keep_value,
    list_decisions,
    undo_value,
)
from engine.privacy.labels import PLACEHOLDER_WORDS
from engine.privacy.preview import Piece, Shown
from engine.store.masks import ADDED, EVERYWHERE
from engine.store.open import open_store
from ui import frame
from ui.frame import plain, t

LABELS = ["PERSON", *(label for label in PLACEHOLDER_WORDS if label != "PERSON")]
"""What is missed most stands first."""


def _do(act: Callable[[Database], int | None], said: str) -> None:
    """One correction, from a button; what an owner can mend is said in words."""
    try:
        with open_store(frame.store()) as db:
            changed = act(db)
        st.toast(t(said, n=f"{changed or 0:,}"), icon=":material/check_circle:")
    except UserError as error:
        frame.explain(error)


def fix_box(source: dict[str, Any], record: Shown) -> None:
    """What can be done with each marked place of one record."""
    with st.container(border=True, key="data_fixes", gap="small"):
        st.caption(t("data.fix_lead"))
        for place, piece in enumerate(piece for piece in record.pieces if piece.state != "plain"):
            label = t(f"data.label.{piece.label}")
            arrow = f" → :green-background[{plain(piece.after)}]" if piece.state == "hidden" else ""
            st.markdown(f"**{plain(piece.before)}**{arrow} :gray[:small[{label}]]")
            with st.container(horizontal=True, gap="small"):
                _choices(source, piece, f"{record.id}_{place}")


def _choices(source: dict[str, Any], piece: Piece, key: str) -> None:
    mask = piece.mask
    if mask is None:
        _button("data.hide_doubt", f"data_doubt_{key}",
                lambda db: add_word(db, piece.before, piece.label or "PERSON", source["id"]), "data.done_added")  # fmt: skip
        return
    value = (mask["label"], mask["value_key"])
    if piece.state == "kept":
        _button(
            "data.hide_here", f"data_hide_{mask['id']}", lambda db: _hide(db, mask["id"], value), "data.done_hidden"
        )
        return
    _button("data.keep_here", f"data_keep_{mask['id']}", lambda db: keep_here(db, mask["id"]), "data.done_kept")
    if mask["confidence"] == ADDED:
        _button("data.unadd", f"data_unadd_{mask['id']}", lambda db: undo_value(db, *value), "data.done_undone")
    else:
        _button("data.keep_all", f"data_keep_all_{mask['id']}", lambda db: keep_value(db, *value), "data.done_kept_all")


def _button(words: str, key: str, act: Callable[[Database], int | None], said: str) -> None:
    st.button(t(words), key=key, on_click=_do, args=(act, said))


def _hide(db: Database, mask_id: int, value: tuple[str, str]) -> int:
    """A value shown everywhere is hidden everywhere again; a single place is just itself."""
    if any((d.label, d.value_key) == value and d.what == "kept" for d in list_decisions(db)):
        return undo_value(db, *value)
    hide_here(db, mask_id)
    return 1


def add_box(source: dict[str, Any]) -> None:
    """Words that were missed: how often they stand there is told before anything is hidden."""
    with st.expander(t("data.add"), icon=":material/visibility_off:"):
        st.caption(t("data.add_lead"))
        left, right = st.columns([2, 1])
        word = left.text_input(t("data.add_word"), key="data_word", max_chars=80) or ""
        label = right.selectbox(
            t("data.add_label"), LABELS, format_func=lambda name: t(f"data.label.{name}"), key="data_label"
        )
        where = st.radio(
            t("data.add_where"), ("here", "everywhere"), format_func=lambda name: t(f"data.add_{name}"), key="data_where",
            horizontal=True,
        )  # fmt: skip
        count = 0
        if word.strip():
            with frame.reading() as db:
                count = count_word(db, word, source["id"])
            st.caption(t("data.add_many" if count >= MOST_COUNTED else "data.add_count", n=f"{count:,}"))
        source_id = source["id"] if where == "here" else None
        st.button(t("data.add_do"), type="primary", key="data_add", disabled=not word.strip(), on_click=_add,
                  args=(word, str(label), source_id))  # fmt: skip
        st.caption(t("data.frozen_note"))


def _add(word: str, label: str, source_id: str | None) -> None:
    _do(lambda db: add_word(db, word, label, source_id), "data.done_added")
    st.session_state["data_word"] = ""


def decisions_box(source: dict[str, Any]) -> None:
    """Decisions on values, each with its way back."""
    with frame.reading() as db:
        decisions = list_decisions(db)
    if not decisions:
        return
    st.subheader(t("data.decisions", n=len(decisions)))
    with st.container(border=True, key="data_decisions", gap="xsmall"):
        for place, decision in enumerate(decisions):
            _decision_line(decision, place, source["id"])


def _decision_line(decision: Decision, place: int, source_id: str) -> None:
    places = {EVERYWHERE: t("data.decision.everywhere"), source_id: t("data.decision.here")}
    where = places.get(decision.where, decision.where)
    words = t(
        f"data.decision.{decision.what}",
        word=plain(decision.word or decision.placeholder),
        label=t(f"data.label.{decision.label}"),
        where=plain(where),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words, width="content")
        value = (decision.label, decision.value_key)
        st.button(t("data.undo"), key=f"data_undo_{place}", type="tertiary", icon=":material/undo:", on_click=_do,
                  args=(lambda db: undo_value(db, *value), "data.done_undone"))  # fmt: skip
