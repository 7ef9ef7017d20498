"""A choice on the data page that stands in the address, so that a refresh or a link shows it again."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from ui import frame
from ui.frame import t


def control(name: str, key: str, options: Sequence[str], default: str, counts: Mapping[str, int] | None = None) -> str:
    """A segmented control for `?name=`, options with their `counts`. A link that names another option wins over what was
    chosen before it."""
    asked, told = frame.asked(name), f"{key}_told"
    if asked in options and asked != st.session_state.get(told):
        st.session_state[key] = asked
    if st.session_state.get(key) not in options:
        st.session_state[key] = default
    chosen = st.segmented_control(
        t(f"data.{name}"),
        options,
        format_func=lambda option: _with_count(t(f"data.{name}.{option}"), (counts or {}).get(option, 0)),
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=from_start,
    )
    st.session_state[told] = str(chosen)
    frame.name_in_address(**{name: str(chosen)})
    return str(chosen)


def _with_count(words: str, count: int) -> str:
    return f"{words} {count:,}" if count else words


def from_start() -> None:
    """Another filter begins at its first page."""
    frame.name_in_address(at=None)


def pager(key: str, at: int, following: int | None, back: Callable[[], None]) -> None:
    """To the first page, the one before and the next. following: where the next begins, None on the last page."""
    with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
        if at:
            st.button(t("frame.first"), key=f"{key}_first", icon=":material/first_page:", on_click=from_start)
            st.button(t("data.previous"), key=f"{key}_previous", icon=":material/chevron_left:", on_click=back)
        if following is not None:
            st.button(t("data.following"), key=f"{key}_following", icon=":material/chevron_right:", icon_position="right",
                      on_click=go_to, args=(following,))  # fmt: skip


def go_to(at: int) -> None:
    """The page that begins at that record."""
    frame.name_in_address(at=str(at) if at else None)


def beginning() -> int:
    """The record id a page of records begins at (?at=)."""
    return frame.asked_number("at") or 0
