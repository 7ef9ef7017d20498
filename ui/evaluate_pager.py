"""Windows of a long list: where one stands is kept in the address (`?at=`)."""

import streamlit as st

from ui import frame
from ui.frame import t


def offset_of() -> int:
    """How many entries come before this window."""
    return frame.asked_number("at") or 0


def pager(key: str, offset: int, size: int, total: int) -> None:
    """Back, where we are, on; nothing when all fits."""
    if total <= size and offset == 0:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_pager"):
        st.button(
            t("evaluate.previous"),
            icon=":material/chevron_left:",
            key=f"{key}_previous",
            disabled=offset == 0,
            on_click=_go,
            args=(max(0, offset - size),),
        )
        first, last = min(offset + 1, total), min(offset + size, total)
        st.caption(
            t("evaluate.answers_shown", first=f"{first:,}", last=f"{last:,}", total=f"{total:,}"), width="content"
        )
        st.button(
            t("evaluate.next"),
            icon=":material/chevron_right:",
            key=f"{key}_next",
            disabled=offset + size >= total,
            on_click=_go,
            args=(offset + size,),
        )


def _go(offset: int) -> None:
    frame.name_in_address(at=str(offset) if offset else None)
