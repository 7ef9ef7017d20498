"""One person under two names in a source: offered where exports tell it, done on the owner's word alone."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.store.open import open_store
from engine.store.replace import merge_speakers
from ui import frame
from ui.frame import plain, t


def merge_box(source: dict[str, Any], speakers: dict[str, int]) -> None:
    """What re-exports suggest, one button each, and a choice of any two; nothing where two people talk."""
    report = source["report"]
    for old, new in report.get("renamed", {}).items():
        if old in speakers and new in speakers:
            _candidate(source["id"], old, new, report["renamed_evidence"].get(old, 0))
    if len(speakers) > 2:
        _any_two(source["id"], list(speakers))


def _candidate(source_id: str, old: str, new: str, seen: int) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(t("data.renamed", old=plain(old), new=plain(new), n=f"{seen:,}"))
        st.button(t("data.same_person"), key=f"data_same_{source_id}_{old}", icon=":material/merge:", on_click=_merge,
                  args=(source_id, old, new), help=t("data.merge_why"))  # fmt: skip


def _any_two(source_id: str, names: list[str]) -> None:
    with st.expander(t("data.merge_people")):
        st.caption(t("data.merge_why"))
        left, right = st.columns(2)
        old = left.selectbox(t("data.merge_old"), names, index=None, key=f"data_old_{source_id}",
                             placeholder=t("data.me_choose"))  # fmt: skip
        new = right.selectbox(t("data.merge_new"), [name for name in names if name != old], index=None,
                              key=f"data_new_{source_id}", placeholder=t("data.me_choose"))  # fmt: skip
        st.button(t("data.merge"), key=f"data_merge_{source_id}", disabled=not (old and new), on_click=_merge,
                  args=(source_id, old, new))  # fmt: skip


def _merge(source_id: str, old: str, new: str) -> None:
    try:
        with open_store(frame.store()) as db:
            moved = merge_speakers(db, source_id, old, new)
        st.toast(t("data.merged_people", n=f"{moved:,}"), icon=":material/merge:")
    except UserError as error:
        frame.explain(error)
