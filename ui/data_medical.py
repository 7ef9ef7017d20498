"""A source of medical material: what was read of it, under which licence, which files nobody understood, and its items one by one."""

import json
from functools import partial
from typing import Any

import streamlit as st

from engine.curate.medical_answer import choice_line
from engine.curate.medical_prompt import NO_ANSWER
from engine.store.sources import read_window
from ui import frame
from ui.data_address import beginning, go_to, pager
from ui.data_report import file_facts, unparsed, warnings
from ui.frame import plain, t

PAGE = 8
LONGEST = 600
"""Letters of a passage or an answer shown at first."""
BUCKETS = {"base": ("interview", "passage"), "distil": ("maths",), "domain": ("mcqa", "qa")}
Source = dict[str, Any]


def report_view(source: Source) -> None:
    """Counts by form, the licence, what was not understood, and how a table's columns were read."""
    kinds = source["report"].get("kinds", {})
    with st.container(horizontal=True, gap="small", key="medical_numbers"):
        for bucket, forms in BUCKETS.items():
            count = sum(kinds.get(form, 0) for form in forms)
            st.metric(t(f"medical.bucket.{bucket}"), f"{count:,}", border=True, width=210, help=t(f"medical.bucket_why.{bucket}"))  # fmt: skip
    st.caption(" · ".join(f"{t(f'data.kind.{form}')} {kinds[form]:,}" for form in forms_of(kinds)))
    _licence(source["report"].get("licence", {}))
    if source["kind"] == "aihub":
        warnings(source)
        _unknown(source["report"])
    else:
        unparsed(source)
    if mapping := source["report"].get("mapping"):
        told = ", ".join(f"{t(f'medical.field.{field}')} = {column}" for field, column in mapping.items())
        st.caption(t("patent.mapping", mapping=plain(told)))
    st.caption(file_facts(source))
    frame.link("settings", t("data.forget"), ":material/delete:")
    with st.expander(t("frame.command")):
        st.code(f"python -m engine dataset build --recipe {source['recipe']} --source {source['id']}", language="bash")


def forms_of(kinds: dict[str, int]) -> list[str]:
    """Forms that a source holds, in the order of the parts of the mix."""
    return [form for forms in BUCKETS.values() for form in forms if kinds.get(form)]


def _licence(notes: dict[str, str]) -> None:
    if not notes:
        return
    with st.container(border=True, key="medical_licence", gap="xsmall"):
        st.markdown(f":material/gavel: **{t('medical.licence')}**")
        st.caption(t("medical.licence_why"))
        for file, note in notes.items():
            words = plain(note if len(note) <= LONGEST else f"{note[:LONGEST]} …")
            st.markdown(words if file == note else f":gray-badge[{plain(file)}] {words}")


def _unknown(report: dict[str, Any]) -> None:
    """Files nobody understood, by name alone."""
    files, count = report.get("unparsed_files", []), report.get("unparsed_file_count", 0)
    if not files:
        return
    with st.expander(t("medical.unknown", n=f"{count:,}"), icon=":material/help:"):
        st.caption(t("medical.unknown_why"))
        st.code("\n".join(files) + ("\n…" if count > len(files) else ""), language=None, wrap_lines=True)


def items_view(source: Source) -> None:
    """One page of items in file order."""
    at = beginning()
    with frame.reading() as db:
        rows = read_window(db, source["id"], at - 1, PAGE + 1)
    with st.container(key="medical_items", gap="small"):
        for row in rows[:PAGE]:
            if row["kind"] != "other":
                _item(row["kind"], row["text"], json.loads(row["meta_json"] or "{}"))
    following = rows[PAGE]["seq"] if len(rows) > PAGE else None
    pager("medical", at, following, partial(go_to, max(0, at - PAGE)))


def _item(kind: str, text: str, meta: dict[str, Any]) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, gap="small"):
            st.badge(t(f"data.kind.{kind}"), color="blue")
            for name in ("specialty", "hint"):
                if meta.get(name):
                    told = t(f"medical.hint.{meta[name]}") if name == "hint" else plain(str(meta[name]))
                    st.badge(told, color="gray")
        if meta.get("context"):
            st.caption(plain(str(meta["context"])[:LONGEST]))
        for turn in meta.get("turns", ()):
            who = t(f"medical.turn.{turn['role']}")
            st.markdown(f":{'blue' if turn['role'] == 'assistant' else 'gray'}-badge[{who}] {plain(turn['content'])}")
        if not meta.get("turns"):
            st.markdown(f"**{plain(text)}**")
            _answer(meta if meta.get("answer") or kind != "passage" else {**meta, "answer": NO_ANSWER})


def _answer(meta: dict[str, Any]) -> None:
    choices, right = meta.get("choices") or [], meta.get("answer_index")
    for place in range(len(choices)):
        line = plain(choice_line(choices, place))
        st.markdown(f":green[**{line}**]" if place == right else line)
    told = [meta.get("solution"), None if choices else meta.get("answer")]
    for words in dict.fromkeys(filter(None, told)):
        st.markdown(f":green-badge[{t('medical.answer')}] {plain(str(words)[:LONGEST])}")
    if right is None and not any(told):
        st.caption(t("medical.no_answer"))


def facts(source: Source, date: str) -> str:
    """One line of the list of sources."""
    kinds = source["report"].get("kinds", {})
    what = " · ".join(f"{t(f'data.kind.{form}')} {kinds[form]:,}" for form in forms_of(kinds))
    return t("clauses.facts", what=what or "–", date=date)
