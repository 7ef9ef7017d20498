"""The owner's corrections of masks: show what is not personal, hide what was missed, undo and redo either."""

from collections.abc import Callable
from typing import Any, Literal

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
from engine.privacy.segments import segments, stretch
from engine.privacy.undo import Step, list_steps, next_redo, next_undo, redo_last, undo_last
from engine.store.masks import ADDED, EVERYWHERE, count_decisions, is_decided
from engine.store.open import open_store
from ui import frame
from ui.frame import plain, t
from ui.live import moment

LABELS = ["PERSON", *(label for label in PLACEHOLDER_WORDS if label != "PERSON")]
"""What is missed most stands first."""
WORDS = 60
"""Words of a message offered for a click; a longer message shows them part by part."""
LISTED = 8
"""Decisions listed before "more"."""
WORD_SHOWN = 24
"""Letters of a word on a button."""
Source = dict[str, Any]
Act = Callable[[Database], int | None]


def do(act: Act, said: str) -> None:
    """One correction, from a button; what an owner can mend is said in words."""
    try:
        with open_store(frame.store()) as db:
            changed = act(db)
        st.toast(t(said, n=f"{changed or 0:,}"), icon=":material/check_circle:")
    except UserError as error:
        frame.explain(error)


def act_button(
    words: str,
    key: str,
    act: Act,
    said: str,
    *,
    icon: str | None = None,
    help: str | None = None,
    type: Literal["primary", "secondary", "tertiary"] = "secondary",
    shortcut: str | None = None,
) -> None:
    """A button that makes one correction and says what it did."""
    st.button(t(words), key=key, on_click=do, args=(act, said), icon=icon, help=t(help) if help else None, type=type,
              shortcut=shortcut)  # fmt: skip


# Undo and redo


def undo_bar(source: Source, keys: bool) -> None:
    """What undo and redo would do, on their buttons; `keys`: 0 undoes."""
    id_ = source["id"]
    with frame.reading() as db:
        back, again = next_undo(db, id_), next_redo(db, id_)
    if not (back or again):
        return
    with st.container(horizontal=True, gap="small", key="data_undo_bar"):
        if back:
            st.button(t("masks.undo", what=step_words(back)), key="data_step_undo", icon=":material/undo:", on_click=do,
                      args=(lambda db: undo_last(db, id_, back.id), "masks.undone"), shortcut="0" if keys else None)  # fmt: skip
        if again:
            st.button(t("masks.redo", what=step_words(again)), key="data_step_redo", icon=":material/redo:", on_click=do,
                      args=(lambda db: redo_last(db, id_, again.id), "masks.redone"))  # fmt: skip


def step_words(step: Step) -> str:
    """A correction in a few words."""
    return t(f"masks.step.{step.action}", word=short(step.word or step.placeholder), n=f"{step.places:,}")


def short(word: str) -> str:
    """A word as it stands on a button."""
    one_line = " ".join(word.split())
    return plain(one_line if len(one_line) <= WORD_SHOWN else f"{one_line[:WORD_SHOWN]}…")


# One message


def fix_box(source: Source, record: Shown) -> None:
    """What can be done with each marked place of one message, and its words to click."""
    with st.container(border=True, key="data_fixes", gap="small"):
        for place, piece in enumerate(piece for piece in record.pieces if piece.state != "plain"):
            label = t(f"data.label.{piece.label}")
            arrow = f" → :green-background[:green[{plain(piece.after)}]]" if piece.state == "hidden" else ""
            st.markdown(f"**{plain(piece.before)}**{arrow} :gray[:small[{label}]]")
            with st.container(horizontal=True, gap="small"):
                _choices(source, piece, f"{record.id}_{place}")
        _words(source, record)


def _choices(source: Source, piece: Piece, key: str) -> None:
    mask, id_ = piece.mask, source["id"]
    if mask is None:
        act_button("data.hide_doubt", f"data_doubt_{key}",
                   lambda db: add_word(db, piece.before, piece.label or "PERSON", id_), "data.done_added")  # fmt: skip
        return
    value = (mask["label"], mask["value_key"])
    if piece.state == "kept":
        act_button("data.hide_here", f"data_hide_{mask['id']}", lambda db: _hide(db, mask["id"], value, id_),
                   "data.done_hidden")  # fmt: skip
        return
    act_button("data.keep_here", f"data_keep_{mask['id']}", lambda db: keep_here(db, mask["id"]), "data.done_kept")
    if mask["confidence"] == ADDED:
        act_button("data.unadd", f"data_unadd_{mask['id']}", lambda db: undo_value(db, *value, id_), "data.done_undone")
    else:
        act_button("data.keep_all", f"data_keep_all_{mask['id']}", lambda db: keep_value(db, *value, id_),
                   "data.done_kept_all")  # fmt: skip


def _hide(db: Database, mask_id: int, value: tuple[str, str], source_id: str) -> int:
    """A value shown everywhere is hidden everywhere again; a single place is just itself."""
    if is_decided(db, "kept", *value):
        return undo_value(db, *value, source_id)
    hide_here(db, mask_id)
    return 1


def _words(source: Source, record: Shown) -> None:
    """Words as pills: one or several neighbours become what is hidden."""
    found = segments(record.text)
    if not found:
        return
    key = f"data_pick_{record.id}"
    first = st.session_state.get(f"{key}_from", 0)
    offered = range(first, min(first + WORDS, len(found)))
    chosen = st.pills(
        t("masks.pick"),
        offered,
        selection_mode="multi",
        format_func=lambda place: short(record.text[slice(*found[place])]),
        key=f"{key}_{first}",
        help=t("masks.pick_help"),
    )
    if len(found) > WORDS:
        following = 0 if offered.stop == len(found) else offered.stop
        st.button(t("masks.pick_more"), key=f"{key}_more", type="tertiary", on_click=_show_words, args=(key, following))
    if word := " ".join(stretch(record.text, [found[place] for place in chosen]).split()):
        hide_form(source, word, f"{key}_{word}", clear=f"{key}_{first}")


def _show_words(key: str, first: int) -> None:
    st.session_state[f"{key}_from"] = first


# Words that were missed


def add_box(source: Source) -> None:
    """A word to write: how often it stands there is told before anything is hidden."""
    with st.expander(t("data.add"), icon=":material/visibility_off:"):
        st.caption(t("data.add_lead"))
        hide_form(source, None, "data")
        st.caption(t("data.frozen_note"))


def found_box(source: Source, words: str) -> None:
    """What the search found, hidden in one go."""
    with st.expander(t("masks.found_hide", word=short(words)), icon=":material/visibility_off:"):
        hide_form(source, words, f"data_found_{words}")


def hide_form(source: Source, word: str | None, key: str, clear: str | None = None) -> None:
    """The word (to write, when it is None; else to trim), its kind, where, how often it stands there, and the button."""
    left, right = st.columns([2, 1])
    typed = left.text_input(t("data.add_word"), word or "", key=f"{key}_word", max_chars=80).strip()
    label = right.selectbox(
        t("data.add_label"), LABELS, format_func=lambda name: t(f"data.label.{name}"), key=f"{key}_label"
    )
    where = st.radio(
        t("data.add_where"), ("here", "everywhere"), format_func=lambda name: t(f"data.add_{name}"), key=f"{key}_where",
        horizontal=True,
    )  # fmt: skip
    if typed:
        count = _count(str(frame.store()), source["id"], source["record_count"], typed)
        st.caption(t("data.add_many" if count >= MOST_COUNTED else "data.add_count", n=f"{count:,}"))
    source_id = source["id"] if where == "here" else None
    st.button(t("data.add_do"), type="primary", key=f"{key}_add", disabled=not typed, on_click=_add,
              args=(typed, str(label), source_id, source["id"], f"{key}_word" if word is None else clear))  # fmt: skip


@st.cache_data(max_entries=64, ttl=600, show_spinner=False)
def _count(store: str, source_id: str, records: int, word: str) -> int:
    """Two letters are looked for in every message, 0.2 s a million: once, not at each click. Texts change by `forget` alone."""
    with frame.reading() as db:
        return count_word(db, word, source_id)


def _add(word: str, label: str, source_id: str | None, at: str, clear: str | None) -> None:
    do(lambda db: add_word(db, word, label, source_id, at), "data.done_added")
    if clear:
        st.session_state[clear] = "" if clear.endswith("_word") else []


# What was decided


def decisions_box(source: Source) -> None:
    """Decisions on values, each with its way back, and the log."""
    shown = st.session_state.get("data_decisions_shown", LISTED)
    with frame.reading() as db:
        total = count_decisions(db, source["id"])
        decisions = list_decisions(db, source["id"], shown)
        steps = list_steps(db, source["id"])
    if decisions:
        st.subheader(t("data.decisions", n=f"{total:,}"))
        with st.container(border=True, key="data_decisions", gap="xsmall"):
            for place, decision in enumerate(decisions):
                _decision_line(decision, place, source["id"])
            if total > shown:
                st.button(t("data.more_decisions", n=f"{total - shown:,}"), key="data_more_decisions", type="tertiary",
                          on_click=_show_decisions, args=(shown + 20,))  # fmt: skip
    if steps:
        with st.expander(t("masks.log"), icon=":material/history:"):
            st.caption(t("masks.log_lead"))
            st.markdown("\n".join(_step_line(step) for step in steps))


def _show_decisions(count: int) -> None:
    st.session_state["data_decisions_shown"] = count


def _step_line(step: Step) -> str:
    line = f"{moment(step.at)} · {step_words(step)}"
    return f"- :gray[~~{line}~~ ({t('masks.log_undone')})]" if step.undone else f"- {line}"


def _decision_line(decision: Decision, place: int, source_id: str) -> None:
    places = {EVERYWHERE: t("data.decision.everywhere"), source_id: t("data.decision.here")}
    words = t(
        f"data.decision.{decision.what}",
        word=short(decision.word or decision.placeholder),
        label=t(f"data.label.{decision.label}"),
        where=plain(places.get(decision.where, decision.where)),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{words} :gray[:small[{moment(decision.at)}]]", width="content")
        value = (decision.label, decision.value_key)
        act_button("data.undo", f"data_undo_{place}", lambda db: undo_value(db, *value, source_id), "data.done_undone",
                   icon=":material/undo:", type="tertiary")  # fmt: skip
