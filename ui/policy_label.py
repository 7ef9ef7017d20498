"""What the owner says of an answer (grounded, hallucinated and how), with undo; and sending its row to review."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.judge_card import next_to_label
from engine.ground.verdict import GROUNDED
from engine.store.labels import read_labels, set_label, undo_label, unlabelled
from engine.store.open import open_store
from engine.store.review_requests import is_requested, request_review, withdraw_request
from engine.store.reviews import decisions_on
from ui import frame, policy
from ui.frame import plain, t
from ui.live import moment

ME = "owner"
"""Who labels on the pages; the command line takes any name."""
NO_KIND = "none"


def labels_on(db: Database, evaluation_id: str, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """{answer: labels that count} for these answers."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for label in read_labels(db, evaluation_id):
        if label["answer_id"] in ids:
            found[label["answer_id"]].append(label)
    return found


def skipped() -> list[int]:
    """Answers that the owner could not tell and left, in this visit."""
    found: list[int] = st.session_state.setdefault("policy_skipped", [])
    return found


def skip_button(evaluation_id: str, answer_id: int) -> None:
    """Leave this answer without a label."""
    st.button(
        t("policy.label.skip"),
        key=f"policy_skip_{answer_id}",
        icon=":material/skip_next:",
        type="tertiary",
        on_click=_skip,
        args=(evaluation_id, answer_id),
    )


def _skip(evaluation_id: str, answer_id: int) -> None:
    skipped().append(answer_id)
    with open_store(frame.store()) as db:
        after = next_to_label(db, evaluation_id, ME, skipped())
    frame.name_in_address(item=after[0] if after else None, view="questions" if after else "judge")


def row_bar(evaluation_id: str, item: str, names: Mapping[str, str]) -> str | None:
    """While labelling in a row (`?label=row`): whose answer is next, and how many are left. The model, when it is one here."""
    if frame.asked("label") != "row":
        return None
    with frame.reading() as db:
        after, left = next_to_label(db, evaluation_id, ME, skipped()), len(unlabelled(db, evaluation_id, ME))
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="policy_row_bar"):
        if after is None:
            st.markdown(t("policy.label.all"), width="stretch")
        elif after[0] == item:
            who = plain(names.get(after[1], after[1]))
            st.markdown(f":material/edit_note: {t('policy.label.row', who=who, left=left)}", width="stretch")
        else:
            st.button(
                t("policy.label.go"),
                key="policy_row_go",
                icon=":material/arrow_forward:",
                on_click=frame.name_in_address,
                kwargs={"item": after[0]},
            )
        st.button(
            t("policy.label.end"),
            key="policy_row_end",
            type="tertiary",
            on_click=frame.name_in_address,
            kwargs={"label": None, "item": None, "view": "judge"},
        )
    return after[1] if after and after[0] == item else None


def form(evaluation_id: str, answer_id: int, kind: str | None, labels: Sequence[Mapping[str, Any]]) -> None:
    """What was said so far, and the two buttons; `kind`: the judge's, offered first."""
    for one in labels:
        st.caption(_told(one))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"policy_label_{answer_id}"):
        st.button(
            t("policy.label.grounded"),
            key=f"policy_grounded_{answer_id}",
            icon=":material/check:",
            on_click=_label,
            args=(evaluation_id, answer_id, "grounded", None),
        )
        st.button(
            t("policy.label.hallucinated"),
            key=f"policy_hallucinated_{answer_id}",
            icon=":material/close:",
            on_click=_label_with_kind,
            args=(evaluation_id, answer_id),
        )
        kinds = [kind for kind in policy.KINDS_SHOWN if kind not in GROUNDED]
        first = kind if kind in kinds else NO_KIND
        st.selectbox(
            t("policy.label.kind"),
            [NO_KIND, *kinds],
            index=[NO_KIND, *kinds].index(first),
            format_func=lambda kind: t("policy.label.no_kind") if kind == NO_KIND else policy.kind_name(kind),
            key=f"policy_kind_{answer_id}",
            width=190,
        )
    if any(one["labelled_by"] == ME for one in labels):
        st.button(
            t("policy.label.undo"),
            key=f"policy_undo_{answer_id}",
            icon=":material/undo:",
            type="tertiary",
            on_click=undo,
            args=(evaluation_id,),
        )


def _told(label: Mapping[str, Any]) -> str:
    who = t("policy.label.me") if label["labelled_by"] == ME else plain(label["labelled_by"])
    what = policy.kind_name(label["label"]) + (f": {policy.kind_name(label['kind'])}" if label["kind"] else "")
    return (
        f":material/person: {t('policy.label.said', who=who, what=plain(what), at=plain(moment(label['created_at'])))}"
    )


def _label_with_kind(evaluation_id: str, answer_id: int) -> None:
    kind = st.session_state.get(f"policy_kind_{answer_id}", NO_KIND)
    _label(evaluation_id, answer_id, "hallucinated", None if kind == NO_KIND else kind)


def _label(evaluation_id: str, answer_id: int, label: str, kind: str | None) -> None:
    """Keep the label; while labelling in a row (`?label=row`) the next answer opens."""
    try:
        with open_store(frame.store()) as db:
            set_label(db, answer_id, label, kind, ME)
            after = next_to_label(db, evaluation_id, ME, skipped()) if frame.asked("label") == "row" else None
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("policy.label.kept"), icon=":material/check_circle:")
    if after:
        frame.name_in_address(item=after[0])


def undo(evaluation_id: str) -> None:
    """Take the newest label back. For callbacks."""
    try:
        with open_store(frame.store()) as db:
            undo_label(db, evaluation_id, ME)
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("policy.label.undone"), icon=":material/undo:")


def review_bar(dataset: str, row: int) -> None:
    """Send the question's row to review, or take it out again; what was decided on it, and the way there."""
    with frame.reading() as db:
        made = decisions_on(db, dataset, [row]).get(row)
        sent = is_requested(db, dataset, row)
    with st.container(horizontal=True, vertical_alignment="center", key="policy_review"):
        st.button(
            t("policy.review.take" if sent else "policy.review.send"),
            key="policy_send",
            icon=":material/outbox:" if sent else ":material/rate_review:",
            on_click=_send,
            args=(dataset, row, not sent),
        )
        if sent:
            st.caption(t("policy.review.sent"), width="content")
        elif made:
            what = t(f"policy.decision.{made['decision']}")
            st.caption(t("policy.reviewed", what=what, at=plain(moment(made["created_at"]))), width="content")
        frame.link("curate", t("policy.to_review"), ":material/arrow_forward:", dataset=dataset, row=str(row))


def _send(dataset: str, row: int, wanted: bool) -> None:
    try:
        with open_store(frame.store()) as db:
            (request_review if wanted else withdraw_request)(db, dataset, row)
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("policy.review.done" if wanted else "policy.review.taken"), icon=":material/check_circle:")
