"""A row of a patent case as people read it: product and claim beside each other, the verdict as a table. It decides nothing."""

from typing import Any

import streamlit as st

from engine.claims.verdict import Verdict, parse_verdict
from ui.frame import plain, t

COLOURS = {"높음": "red", "애매": "orange", "낮음": "green", "일치": "red", "불일치": "green", "불명확": "orange"}


def is_case(row: dict[str, Any]) -> bool:
    """Whether the row compares a product with a claim."""
    return isinstance(row["meta"].get("claim"), str) and isinstance(row["meta"].get("product"), str)


def show_asked(row: dict[str, Any]) -> None:
    """Product and claim side by side, the prompt itself folded below."""
    left, right = st.columns(2)
    for column, name in ((left, "product"), (right, "claim")):
        with column:
            st.markdown(f":gray-badge[{t(f'patent.{name}')}]")
            st.markdown(plain(row["meta"][name]))
    with st.expander(t("patent.prompt")):
        st.code("\n\n".join(message["content"] for message in row["messages"]), language=None, wrap_lines=True)


def show_target(target: str) -> bool:
    """The verdict as a table; False, and nothing drawn, where the text is none."""
    found = parse_verdict(target).verdict
    if found is None:
        return False
    st.markdown(f":blue-badge[{t('patent.verdict')}] :{COLOURS[found.risk]}-badge[{found.risk}]")
    rows = {
        t("patent.element"): [one.claim_element for one in found.comparisons],
        t("patent.in_product"): [one.product_element for one in found.comparisons],
        t("patent.match"): [one.match for one in found.comparisons],
    }
    st.dataframe(rows, hide_index=True)
    st.markdown(f":gray-badge[{t('patent.reason')}] {plain(found.reason)}")
    return True


def short(target: str) -> str | None:
    """A verdict in one line: its risk, how many elements are met, the reason. None for a text that is none."""
    found = parse_verdict(target).verdict
    return f"{found.risk} · {_met(found)} · {found.reason}" if found else None


def _met(verdict: Verdict) -> str:
    met = sum(one.match == "일치" for one in verdict.comparisons)
    return t("patent.met", n=met, all=len(verdict.comparisons))
