"""The inbox of what visitors thought: brought in masked, from this machine and from bundles' files; nothing is learned before the owner
takes it."""

import io
from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.store.feedback import State, count_feedback_states, decide_feedback, list_feedback
from engine.store.open import open_store
from ui import frame
from ui.leaderboard import model_name
from ui.live import moment
from ui.say import plain, t

LISTED = 20
BEFORE = 2
"""Messages before the judged answer that are shown."""
TAKEN = "deploy_feedback_taken"
"""Session key: what the last file brought."""


def show() -> None:
    """What it is, a file from a bundle, and what waits for a decision."""
    st.caption(t("feedback.lead"))
    _gather()
    _bring()
    with frame.reading() as db:
        waiting, counts = list_feedback(db, "waiting", LISTED), count_feedback_states(db)
    st.caption(t("feedback.counts", **{name: f"{n:,}" for name, n in counts.items()}))
    if not waiting:
        st.info(t("feedback.none"), icon=":material/inbox:")
    for one in waiting:
        _one(one)
    if counts["accepted"]:
        frame.link("curate", t("feedback.to_curate"), ":material/arrow_forward:")


def _gather() -> None:
    """What visitors of this dashboard said since, masked as it comes in."""
    from engine.privacy.feedback import gather

    try:
        with open_store(frame.store()) as db:
            gather(db)
    except UserError as error:
        frame.explain(error)


def _bring() -> None:
    taken = st.session_state.pop(TAKEN, None)
    if taken is not None:
        st.success(t("feedback.taken", **{name: f"{n:,}" for name, n in taken.items()}), icon=":material/check:")
    with st.expander(t("feedback.bring"), icon=":material/upload_file:"):
        file = st.file_uploader(
            t("feedback.file"), key="deploy_feedback_file", type=["jsonl"], help=t("feedback.file_help")
        )
        if st.button(t("feedback.take"), key="deploy_feedback_take", disabled=file is None) and file is not None:
            _take(file.getvalue())


def _take(content: bytes) -> None:
    from engine.privacy.feedback import read_lines, take_in

    try:
        with io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="\n") as lines:
            given = read_lines(lines)
        with st.spinner(t("feedback.masking")), open_store(frame.store()) as db:
            st.session_state[TAKEN] = take_in(db, given, "file")
    except UnicodeDecodeError:
        st.error(t("feedback.not_text"), icon=":material/info:")
        return
    except UserError as error:
        frame.explain(error)
        return
    st.rerun()


def _one(one: Mapping[str, Any]) -> None:
    thumb = ":material/thumb_up:" if one["thumb"] == "up" else ":material/thumb_down:"
    with st.container(border=True, gap="xsmall", key=f"deploy_feedback_{one['id']}"):
        st.caption(f"{thumb} {plain(one['who'])} · {plain(model_name(one['model']))} · {moment(one['said_at'])}")
        for turn in one["turns"][-BEFORE:]:
            st.markdown(f":gray[{t('feedback.' + turn['role'])}] {plain(turn['content'])}")
        st.markdown(f":gray[{t('feedback.answer')}] {plain(one['answer'])}")
        if one["left_count"]:
            st.caption(f":orange[{t('feedback.left', n=one['left_count'])}]")
        better = st.text_area(
            t("feedback.correction"), one["correction"] or "", key=f"deploy_feedback_words_{one['id']}", height=80
        )
        with st.container(horizontal=True, gap="small"):
            for state, icon in (("accepted", ":material/check:"), ("rejected", ":material/close:")):
                st.button(
                    t(f"feedback.{state}"), key=f"deploy_feedback_{state}_{one['id']}", icon=icon,
                    on_click=frame.attempt, args=(_decide, one["id"], state, better),
                )  # fmt: skip


def _decide(id_: str, state: State, correction: str) -> None:
    with open_store(frame.store()) as db:
        decide_feedback(db, id_, state, correction)
