"""How far the judge behind the rates can be believed: its verdicts beside the owner's labels. Gray until there is enough."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.evaluate.judge_card import LEAST_KAPPA, LEAST_LABELS, JudgeCard, Share, card_of_evaluation, next_to_label
from engine.store.labels import read_labels
from ui import frame, policy, policy_label
from ui.frame import plain, t
from ui.leaderboard import model_names
from ui.live import moment

SHOWN = 20
"""Newest labels listed."""


def show(evaluation: Mapping[str, Any]) -> None:
    """The card, the way to label more, and what was labelled."""
    st.html(policy.STYLE)
    with frame.reading() as db:
        card = card_of_evaluation(db, evaluation["id"])
        labels = read_labels(db, evaluation["id"])
        after = next_to_label(db, evaluation["id"], policy_label.ME, policy_label.skipped())
    st.write(t("policy.judge.what"))
    standing(card)
    _go_on(card, after, any(one["labelled_by"] == policy_label.ME for one in labels), evaluation["id"])
    with st.container(border=True, key="policy_judge_card" if card.trusted else "policy_judge_gray"):
        _numbers(card)
        _confusion(card)
    if labels:
        _list(labels, model_names([model["model"] for model in evaluation["models"]]))


def standing(card: JudgeCard) -> None:
    """Trusted or not, and what is missing."""
    if card.trusted:
        st.success(t("policy.judge.trusted", n=card.n), icon=":material/verified:")
        return
    left = LEAST_LABELS - card.n
    if left > 0:
        st.warning(t("policy.judge.more", n=card.n, left=left), icon=":material/hourglass_empty:")
    else:
        st.warning(plain(card.why_en if frame.english() else card.why_ko), icon=":material/warning:")


def line(evaluation_id: str) -> None:
    """The card in one line, for the dashboard."""
    with frame.reading() as db:
        card = card_of_evaluation(db, evaluation_id)
    with st.container(horizontal=True, vertical_alignment="center", key="policy_judge_line"):
        if card.trusted:
            told = t("policy.judge.line", agreement=policy.percent(card.agreement.value), n=card.n, kappa=_kappa(card))
            st.markdown(f":green[:material/verified:] {told}", width="content")
        else:
            left = max(0, LEAST_LABELS - card.n)
            told = t("policy.judge.line_more", left=left) if left else t("policy.judge.line_low", kappa=_kappa(card))
            st.markdown(f":gray[:material/hourglass_empty: {told}]", width="content")
        st.button(
            t("policy.judge.open"),
            key="policy_judge_open",
            type="tertiary",
            on_click=frame.name_in_address,
            kwargs={"view": "judge", "item": None, "at": None},
        )


def _go_on(card: JudgeCard, after: tuple[str, str] | None, mine: bool, evaluation_id: str) -> None:
    with st.container(horizontal=True):
        st.button(
            t("policy.judge.label" if after else "policy.judge.all"),
            key="policy_label_next",
            type="secondary" if card.trusted else "primary",
            icon=":material/edit_note:",
            disabled=after is None,
            on_click=frame.name_in_address,
            kwargs={"view": "questions", "item": after[0] if after else None, "label": "row", "at": None},
        )
        if mine:
            st.button(
                t("policy.label.undo"),
                key="policy_judge_undo",
                icon=":material/undo:",
                on_click=policy_label.undo,
                args=(evaluation_id,),
            )


def _numbers(card: JudgeCard) -> None:
    st.markdown(f"**{t('policy.judge.card')}** · n = {card.n}")
    rows = [
        (t("policy.judge.agreement"), _share(card.agreement), t("policy.judge.agreement_help")),
        (t("policy.judge.kappa"), _kappa(card), t("policy.judge.kappa_help", least=LEAST_KAPPA)),
        (t("policy.judge.precision"), _share(card.precision), t("policy.judge.precision_help")),
        (t("policy.judge.recall"), _share(card.recall), t("policy.judge.recall_help")),
    ]
    st.markdown("\n".join(f"- {name} **{plain(value)}** :gray[{said}]" for name, value, said in rows))


def _share(share: Share) -> str:
    if share.value is None:
        return "—"
    return f"{policy.percent(share.value)} [{policy.percent(share.low)}, {policy.percent(share.high)}] ({share.n})"


def _kappa(card: JudgeCard) -> str:
    return "—" if card.kappa is None else f"{card.kappa:.2f}"


def _confusion(card: JudgeCard) -> None:
    """People in rows, the judge in columns."""
    st.caption(t("policy.judge.confusion"))
    rows = [
        {
            t("policy.judge.person"): policy.kind_name(person),
            **{t("policy.judge.judge", what=policy.kind_name(judge)): n for judge, n in row.items()},
        }
        for person, row in card.confusion.items()
    ]
    st.dataframe(rows, hide_index=True, width="stretch", height="content", key="policy_confusion")


def _list(labels: list[dict[str, Any]], names: Mapping[str, str]) -> None:
    newest = labels[::-1][:SHOWN]
    with st.expander(t("policy.judge.labels", n=len(labels)), icon=":material/list:"):
        state = st.dataframe(
            [_label_row(one, names) for one in newest],
            hide_index=True,
            width="stretch",
            height="content",
            key=f"policy_labels_{len(labels)}",
            on_select="rerun",
            selection_mode="single-row",
        )
        chosen = state["selection"]["rows"]
        if chosen and chosen[0] < len(newest):
            frame.name_in_address(view="questions", item=newest[chosen[0]]["item"], label=None)
            st.rerun()


def _label_row(label: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    kind = f": {policy.kind_name(label['kind'])}" if label["kind"] else ""
    return {
        t("policy.col.model"): names.get(label["model"], label["model"]),
        t("policy.judge.said"): policy.kind_name(label["label"]) + kind,
        t("policy.judge.who"): t("policy.label.me")
        if label["labelled_by"] == policy_label.ME
        else label["labelled_by"],
        t("policy.judge.when"): moment(label["created_at"]),
        t("policy.judge.item"): label["item"],
    }
