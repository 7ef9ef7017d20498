"""The cases behind a cell of the confusion matrix, and one case: claim, product, element by element, and the way to review."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.claims.verdict import parse_verdict
from engine.errors import UserError
from engine.store.evidence import read_items
from engine.store.open import open_store
from engine.store.review_requests import request_review
from engine.store.sorted_answers import sorted_items
from ui import frame, patent_board, patent_matrix, policy_label
from ui.evaluate_pager import offset_of, pager
from ui.frame import plain, t
from ui.leaderboard import model_names, suite_of

PAGE = 8
ANY = "any"
SHOWN = 180
"""Letters of a claim, and of a product, in a list."""


def show(evaluation: Mapping[str, Any]) -> None:
    """One case (`?item=`), else those of a model, a truth and an answer."""
    names = model_names([model["model"] for model in evaluation["models"]])
    asked = frame.asked("item")
    if asked and _one(evaluation, asked, names):
        return
    suite = suite_of(evaluation["recipe"])
    if suite is None or suite.confusion is None:
        st.warning(t("evaluate.no_recipe"), icon=":material/help:")
        return
    known = suite.confusion
    model, truth, said = _filters(names, known.labels, (*known.labels, *known.beside))
    with frame.reading() as db:
        found = sorted_items(db, evaluation["id"], model, (known.truth, known.said), (truth, said))
    _list(evaluation, model, found)


def _filters(
    names: Mapping[str, str], rows: Sequence[str], columns: Sequence[str]
) -> tuple[str, str | None, str | None]:
    """Three boxes that read and write the address."""
    left, middle, right = st.columns(3)
    with left:
        model = patent_matrix.choose_model(names, last=True)
    with middle:
        truth = _choice("truth", rows)
    with right:
        said = _choice("said", columns)
    return model, truth, said


def _choice(name: str, offered: Sequence[str]) -> str | None:
    asked = frame.asked(name)
    key = f"patent_{name}"
    st.session_state[key] = asked if asked in offered else ANY
    chosen = st.selectbox(
        t(f"patent.{name}"),
        [ANY, *offered],
        format_func=lambda one: t("patent.any") if one == ANY else patent_matrix.label(one),
        key=key,
        on_change=lambda: frame.name_in_address(
            **{name: None if st.session_state[key] == ANY else st.session_state[key], "at": None}
        ),
    )
    return None if chosen == ANY else str(chosen)


def _list(evaluation: Mapping[str, Any], model: str, found: Sequence[Mapping[str, Any]]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="patent_list_bar"):
        st.button(t("patent.back"), icon=":material/arrow_back:", key="patent_back", on_click=_to_board)
        st.markdown(t("patent.cases_n", n=len(found)), width="content")
        rows = [one["row_id"] for one in found if one["row_id"] is not None]
        if evaluation["dataset_id"] and rows:
            st.button(
                t("patent.send_all", n=len(rows)),
                icon=":material/rate_review:",
                key="patent_send_all",
                on_click=_send,
                args=(evaluation["dataset_id"], rows),
            )
    if not found:
        st.info(t("patent.no_cases"), icon=":material/check_circle:")
    offset = offset_of()
    shown = found[offset : offset + PAGE]
    with frame.reading() as db:
        items = read_items(db, evaluation["id"], [one["item"] for one in shown]) if shown else {}
    for one in shown:
        _listed(one, items[one["item"]])
    pager("patent_cases", offset, PAGE, len(found))


def _listed(one: Mapping[str, Any], item: Mapping[str, Any]) -> None:
    with st.container(border=True, gap="xxsmall", key=f"patent_case_{one['item']}"):
        st.markdown(_verdict_line(one["truth"], one["said"]))
        for field in ("product", "claim"):
            text = str(item["meta"].get(field) or t("patent.gone"))
            shown = plain(text[:SHOWN] + ("…" if len(text) > SHOWN else ""))
            st.markdown(f":gray[{t(f'patent.{field}')}] {shown}")
        st.button(
            t("patent.open"),
            key=f"patent_open_{one['item']}",
            type="tertiary",
            icon=":material/open_in_full:",
            on_click=frame.name_in_address,
            kwargs={"item": one["item"]},
        )


def _verdict_line(truth: str, said: str) -> str:
    colour = "green" if truth == said else "red"
    return f"{t('patent.truth')} **{plain(patent_matrix.label(truth))}** → :{colour}-badge[{t('patent.said')}: {plain(patent_matrix.label(said))}]"


def _to_board() -> None:
    frame.name_in_address(view=None, item=None, truth=None, said=None, at=None)


def _send(dataset: str, rows: Sequence[int]) -> None:
    try:
        with open_store(frame.store()) as db:
            for row in rows:
                request_review(db, dataset, row)
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("patent.sent_all", n=len(rows)), icon=":material/check_circle:")


def _one(evaluation: Mapping[str, Any], name: str, names: Mapping[str, str]) -> bool:
    """Draw one case with every model's answer; False, and a word, when there is no such case."""
    with frame.reading() as db:
        item = read_items(db, evaluation["id"], [name]).get(name)
    st.button(
        t("patent.back_to_cases"),
        icon=":material/arrow_back:",
        key="patent_back_to_cases",
        on_click=frame.name_in_address,
        kwargs={"item": None},
    )
    if item is None:
        frame.gone(name)
        return False
    claim, product = (plain(str(item["meta"].get(key) or t("patent.gone"))) for key in ("claim", "product"))
    left, right = st.columns(2)
    for column, head, text in ((left, "patent.claim", claim), (right, "patent.product", product)):
        with column.container(border=True, height="stretch", gap="xxsmall"):
            st.markdown(f"**{t(head)}**")
            st.markdown(text)
    truth = parse_verdict(item["target"] or "").verdict
    if truth is not None and truth.reason:
        st.markdown(f":gray[{t('patent.right_reason')}] {plain(truth.reason)}")
    if evaluation["dataset_id"] and item["row_id"] is not None:
        policy_label.review_bar(evaluation["dataset_id"], item["row_id"])
    asked = patent_board.cases_of(evaluation)
    order = sorted(names, key=lambda model: model != asked)
    for model in order:
        if model in item["answers"]:
            _answer(names[model], model, item["answers"][model])
    return True


def _answer(name: str, model: str, answer: Mapping[str, Any]) -> None:
    scores = answer["scores"]
    with st.container(border=True, gap="xsmall", key=f"patent_answer_{model}"):
        st.markdown(f"**{plain(name)}**")
        st.markdown(_verdict_line(scores.get("risk_true", "—"), scores.get("risk_said", "—")))
        for error in scores.get("schema_errors", ()):
            st.markdown(f":red[:material/error:] {plain(patent_matrix.error_words(error))}")
        _elements(model, scores.get("elements", ()))
        if scores.get("reason"):
            st.markdown(f"**{t('patent.reason')}** {plain(scores['reason'])}")
            _cites(scores.get("reason_cites"))
        with st.expander(t("patent.raw")):
            st.code(answer["raw"] or " ", language=None, wrap_lines=True)


def _elements(model: str, elements: Sequence[Mapping[str, Any]]) -> None:
    """Element by element: what is right, what was said."""
    import pandas as pd

    if not elements:
        return
    columns = {
        "element": "patent.col.element",
        "match": "patent.col.match",
        "said_match": "patent.col.said_match",
        "product": "patent.col.product",
        "said_product": "patent.col.said_product",
    }
    rows = [{t(word): _side(one, field) for field, word in columns.items()} for one in elements]
    table = pd.DataFrame(rows)
    right, said = t("patent.col.match"), t("patent.col.said_match")
    ink = [f"color: {'#2f8f5b' if row[right] == row[said] else '#c4483e'}; font-weight: 600" for row in rows]
    styled = table.style.apply(lambda _: ink, subset=[said])
    st.dataframe(styled, hide_index=True, width="stretch", height="content", key=f"patent_elements_{model}")


def _side(one: Mapping[str, Any], field: str) -> str:
    """One cell; an element that only the answer has is marked, one that it left out too."""
    if field == "element" and one["element"] is None:
        said = one["said_element"] or "—"
        return t("patent.invented" if one["invented"] else "patent.beyond", element=said)
    if field == "said_match" and one["said_element"] is None:
        return t("patent.left_out")
    return str(one[field] or "—")


def _cites(cites: float | None) -> None:
    if cites is None:
        return
    key = "patent.cites" if cites else "patent.cites_not"
    st.caption(f"{':green[:material/check:]' if cites else ':red[:material/close:]'} {t(key)}")
