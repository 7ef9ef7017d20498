"""A source of patent cases: what was read, its claims as a tree, and the dictionary of abbreviations."""

from collections import Counter
from typing import Any

import streamlit as st

from engine.claims.parse import Claim
from engine.claims.tree import Tree
from engine.curate.patent_names import add_names, names_known, remove_name
from engine.curate.patent_tree import source_tree, survey_cases
from engine.errors import UserError
from engine.store.open import open_store
from ui import data_address, frame
from ui.data_report import file_facts, unparsed
from ui.frame import plain, t

PAGE = 10
"""Claims on a page."""
ELEMENTS = 15
"""Elements shown of a claim at first."""
Source = dict[str, Any]


def report_view(source: Source) -> None:
    """Counts, cases by risk and by field, what was not understood."""
    with frame.reading() as db:
        found = survey_cases(db, source["id"])
    with st.container(horizontal=True, gap="small", key="patent_numbers"):
        for name, count in (("cases", found.cases), ("claims", found.claims), ("labelled", found.labelled)):
            help_ = t("patent.cases_help") if name == "cases" else None
            st.metric(t(f"patent.{name}"), f"{count:,}", border=True, width=190, help=help_)
    unparsed(source)
    if mapping := source["report"].get("mapping"):
        told = ", ".join(f"{t(f'patent.field.{field}')} = {column}" for field, column in mapping.items())
        st.caption(t("patent.mapping", mapping=plain(told)))
    left, right = st.columns(2, gap="large")
    with left:
        _counts("risks", found.risks)
    with right:
        _counts("fields", found.fields)
    st.caption(file_facts(source))
    frame.link("settings", t("data.forget"), ":material/delete:")


def _counts(name: str, counts: Counter[str]) -> None:
    st.markdown(f"**{t(f'patent.{name}')}**")
    rows = {
        t("patent.what"): [one or t("patent.unnamed") for one, _ in counts.most_common()],
        t("patent.count"): [count for _, count in counts.most_common()],
    }
    st.dataframe(rows, hide_index=True)


def claims_view(source: Source) -> None:
    """Every claim once, cut into elements; those that go back to others stand under them, indented."""
    with frame.reading() as db:
        try:
            tree = source_tree(db, source)
        except UserError as error:
            frame.explain(error)
            return
    st.caption(t("patent.tree_lead"))
    _problems(tree)
    first = min(data_address.beginning(), max(0, len(tree.claims) - 1)) // PAGE * PAGE
    for claim in tree.claims[first : first + PAGE]:
        _claim(tree, claim)
    _pager(first, len(tree.claims))


def _problems(tree: Tree) -> None:
    if not tree.problems:
        return
    with st.expander(t("patent.problems", n=f"{len(tree.problems):,}"), icon=":material/warning:"):
        for problem in tree.problems[:50]:
            name, _, which = problem.partition(":")
            st.markdown(f"- {plain(t(f'patent.problem.{name}', which=which))}")


def _claim(tree: Tree, claim: Claim) -> None:
    depth = min(tree.depth(claim), 4)
    place = st.columns([0.06 * depth, 1 - 0.06 * depth])[1] if depth else st.container()
    with place.container(border=True, gap="xxsmall", key=f"patent_claim_{claim.number}"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.badge(f"{claim.number}", color="blue")
            st.markdown(f"**{plain(claim.subject or t('patent.unnamed'))}**", width="content")
            st.badge(t(f"patent.category.{claim.category}"), color="gray")
            if claim.depends_on:
                st.caption(t("patent.depends", numbers=", ".join(map(str, claim.depends_on))), width="content")
        if claim.preamble:
            st.caption(f"{t('patent.preamble')}: {plain(claim.preamble)}")
        if not claim.elements:
            st.caption(t("patent.no_elements"))
        _elements(claim.elements[:ELEMENTS], 1)
        if rest := claim.elements[ELEMENTS:]:
            with st.expander(t("patent.elements_more", n=len(rest))):
                _elements(rest, ELEMENTS + 1)


def _elements(elements: tuple[str, ...], first: int) -> None:
    if elements:
        st.markdown("\n".join(f"{first + at}. {plain(' '.join(one.split()))}" for at, one in enumerate(elements)))


def _pager(first: int, count: int) -> None:
    if count <= PAGE:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("patent.earlier"), key="patent_earlier", disabled=first == 0, on_click=_turn, args=(first - PAGE,))
        st.caption(t("patent.page", first=first + 1, last=min(count, first + PAGE), all=f"{count:,}"), width="content")
        st.button(
            t("patent.later"), key="patent_later", disabled=first + PAGE >= count, on_click=_turn, args=(first + PAGE,)
        )


def _turn(at: int) -> None:
    frame.name_in_address(at=str(at) if at > 0 else None)


def names_view(source: Source) -> None:
    """The dictionary of abbreviations, with what adds to it and takes away."""
    with frame.reading() as db:
        groups = names_known(db, [source["id"]])
    st.caption(t("patent.names_lead"))
    if groups:
        shown = {
            t("patent.names_short"): [group[0] for group in groups],
            t("patent.names_long"): [", ".join(group[1:]) for group in groups],
        }
        st.dataframe(shown, hide_index=True)
    else:
        st.info(t("patent.names_none"), icon=":material/search_off:")
    with (
        st.form("patent_names", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        short = st.text_input(t("patent.names_short"), key="patent_short", max_chars=40, placeholder="TBC")
        long = st.text_input(
            t("patent.names_long"), key="patent_long", max_chars=80, placeholder="트리부틸 아세틸시트레이트"
        )
        if st.form_submit_button(t("patent.names_add"), icon=":material/add:"):
            _changed(source, add=(short, long))
    every = [name for group in groups for name in group]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            t("patent.names_remove"),
            every,
            index=None,
            key="patent_remove",
            width=320,
            placeholder=t("patent.names_choose"),
        )
        if st.button(t("patent.names_remove_go"), key="patent_remove_go", disabled=name is None) and name:
            _changed(source, remove=name)


def _changed(source: Source, add: tuple[str, str] | None = None, remove: str | None = None) -> None:
    try:
        with open_store(frame.store()) as db:
            if add:
                add_names(db, add)
            if remove:
                remove_name(db, remove, [source["id"]])
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("patent.names_saved"), icon=":material/check_circle:")
    st.rerun()


def facts(source: Source, date: str) -> str:
    """One line of the list of sources."""
    kinds = source["report"].get("kinds", {})
    return t("patent.facts", cases=f"{kinds.get('patent', 0):,}", date=date)
