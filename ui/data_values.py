"""Values that stand most often in a source, a line each, with one click to show or hide all of one."""

from typing import Any

import streamlit as st

from engine.privacy.correct import SHORTEST, add_words, keep_value, undo_value
from engine.privacy.values import Value, examples, list_values
from ui import data_messages, frame
from ui.data_correct import act_button
from ui.frame import plain, t

PAGE = 12
EXAMPLE = 160
"""Letters of an unchanged part shown in an example."""
COLOURS = {"sure": "green", "likely": "blue", "doubtful": "orange"}
Source = dict[str, Any]


def values(source: Source) -> None:
    """One page of values."""
    st.caption(t("masks.values_lead"))
    labels, levels = data_messages.chips(source["id"], "values")
    skip = frame.asked_number("at") or 0
    with frame.reading() as db:
        found = list_values(db, source["id"], labels, levels, skip, PAGE)
    if not found:
        st.info(t("masks.values_none"), icon=":material/search_off:")
    else:
        st.html(data_messages.STYLE)
        with st.container(border=True, key="data_values", gap="small"):
            for value in found[:PAGE]:
                _line(source, value)
    _pager(skip, more=len(found) > PAGE)


def _line(source: Source, value: Value) -> None:
    id_ = f"{value.label}_{value.value_key}"
    open_ = st.session_state.get("data_value_open") == id_
    with st.container(key=f"data_record_{id_}", gap="xxsmall"):
        left, right = st.columns([4, 5], vertical_alignment="center")
        written = " · ".join(plain(word) for word in value.written)
        after = f"**{written}** → :green-background[:green[{plain(value.placeholder)}]]"
        left.markdown(f"{after}  \n:gray[:small[{_facts(value)}]]")
        with right, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
            _actions(source, value)
            st.button(t("masks.where_close" if open_ else "masks.where"), key=f"data_where_{id_}", type="tertiary",
                      on_click=_open, args=(None if open_ else id_,))  # fmt: skip
        if open_:
            example_lines(source, value)


def _facts(value: Value) -> str:
    label = t(f"data.label.{value.label}")
    level = f":{COLOURS[value.level]}[{t(f'data.level.{value.level}')}]"
    if not value.hidden:
        return t("masks.value_shown", label=label, n=f"{value.places:,}")
    if value.hidden < value.places:
        return t("masks.value_some", label=label, n=f"{value.places:,}", hidden=f"{value.hidden:,}", level=level)
    return t("masks.value_facts", label=label, n=f"{value.places:,}", level=level)


def _actions(source: Source, value: Value) -> None:
    key, id_ = (value.label, value.value_key), source["id"]
    if not value.hidden:
        act_button("masks.hide_back", f"data_back_{value.label}_{value.value_key}",
                   lambda db: undo_value(db, *key, id_), "data.done_hidden")  # fmt: skip
        return
    act_button("masks.not_personal", f"data_free_{value.label}_{value.value_key}",
               lambda db: keep_value(db, *key, id_), "data.done_kept_all")  # fmt: skip
    if words := [word for word in value.written if len(word) >= SHORTEST]:
        act_button("masks.hide_all", f"data_all_{value.label}_{value.value_key}",
                   lambda db: add_words(db, words, value.label, id_, id_), "data.done_added", help="masks.hide_all_help")  # fmt: skip


def example_lines(source: Source, value: Value) -> None:
    """The first messages a value stands in, as they came."""
    with frame.reading() as db:
        shown = examples(db, source["id"], value)
    for record in shown:
        st.caption(data_messages.heading(record))
        st.markdown(data_messages.coloured(record.pieces, after=False, long=EXAMPLE))


def _open(id_: str | None) -> None:
    st.session_state["data_value_open"] = id_


def _pager(skip: int, more: bool) -> None:
    with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
        if skip:
            st.button(t("data.previous"), key="data_previous", icon=":material/chevron_left:", on_click=_turn,
                      args=(max(0, skip - PAGE),))  # fmt: skip
        if more:
            st.button(t("data.following"), key="data_following", icon=":material/chevron_right:", icon_position="right",
                      on_click=_turn, args=(skip + PAGE,))  # fmt: skip


def _turn(skip: int) -> None:
    frame.name_in_address(at=str(skip) if skip else None)
