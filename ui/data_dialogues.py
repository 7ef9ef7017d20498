"""Dialogues of a source: what was read of them, and each with its summaries, turn by turn."""

import json
from functools import partial
from typing import Any

import streamlit as st

from engine.store.sources import read_window
from ui import frame
from ui.data_address import beginning, go_to, pager
from ui.data_report import file_facts, unparsed
from ui.dialogue import turns_box
from ui.frame import plain, t

PAGE = 8
Source = dict[str, Any]


def dialogue_report(source: Source) -> None:
    """Numbers, what is counted as odd, and by which columns the file was read."""
    report = source["report"]
    with st.container(horizontal=True, gap="small", key="data_numbers"):
        kinds = report.get("kinds", {})
        st.metric(t("dialogue.dialogues"), f"{kinds.get('dialogue', 0):,}", border=True, width=130)
        st.metric(t("data.unparsed"), f"{report.get('unparsed', 0):,}", border=True, width=180)
    unparsed(source)
    if mapping := report.get("mapping"):
        told = ", ".join(f"{t(f'dialogue.field.{field}')} = {column}" for field, column in mapping.items())
        st.info(t("dialogue.mapping", mapping=plain(told)), icon=":material/view_column:")
    st.caption(file_facts(source))
    with st.container(horizontal=True):
        frame.link("settings", t("data.forget"), ":material/delete:")
    with st.expander(t("frame.command")):
        st.code(f"python -m engine dataset build --recipe {source['recipe']} --source {source['id']}", language="bash")


def dialogues_view(source: Source) -> None:
    """One page of dialogues in file order."""
    at = beginning()
    with frame.reading() as db:
        rows = read_window(db, source["id"], at - 1, PAGE + 1)
    with st.container(key="data_dialogues", gap="small"):
        for row in rows[:PAGE]:
            if row["kind"] == "dialogue":
                _dialogue(row["text"], json.loads(row["meta_json"] or "{}"))
    following = rows[PAGE]["seq"] if len(rows) > PAGE else None
    pager("dialogues", at, following, partial(go_to, max(0, at - PAGE)))


def _dialogue(text: str, meta: dict[str, Any]) -> None:
    with st.container(border=True, gap="xsmall"):
        named = [plain(str(meta[name])) for name in ("topic", "id") if meta.get(name)]
        if named:
            st.caption(" · ".join(named))
        turns_box(text)
        for summary in meta.get("summaries", []):
            st.markdown(f":green-badge[{t('dialogue.summary')}] **{plain(summary)}**")
        if not meta.get("summaries"):
            st.markdown(f":gray[{t('dialogue.none')}]")
