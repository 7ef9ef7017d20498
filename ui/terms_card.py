"""One term: its names, what it means, and its relations both ways, each a step to another term."""

import streamlit as st

from engine.terms.model import IS_A, RELATIONS, Term
from ui.frame import plain, t
from ui.terms import Shown, relation_word, term_buttons

KINDS = ("disease", "symptom", "drug", "test", "body", "treatment", "red_flag", "definition", "abbreviation")
MOST = 40
"""Neighbours of one relation that are listed."""


def card(shown: Shown, id_: str) -> None:
    """Names and definition of a term, and its relations."""
    term = shown.terms.by_id[id_]
    with st.container(border=True, key="terms_card", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"#### {plain(term.name)}", width="content")
            if term.kind:
                st.badge(t(f"terms.kind.{term.kind}") if term.kind in KINDS else plain(term.kind), color="blue")
        st.markdown(plain(term.definition) if term.definition else f":gray[{t('terms.no_definition')}]")
        _names(term)
        _relations(shown, id_)


def _names(term: Term) -> None:
    for word, names in (("lay", term.lay), ("synonyms", term.synonyms), ("short", term.abbreviations)):
        if names:
            st.markdown(f"**{t(f'terms.{word}')}**  {plain(' · '.join(names))}")


def _relations(shown: Shown, id_: str) -> None:
    around = shown.terms.around.get(id_, ())
    if not around:
        st.caption(t("terms.alone"))
        return
    order = {name: place for place, name in enumerate(RELATIONS)}
    groups: dict[tuple[str, bool], list[str]] = {}
    for one in sorted(around, key=lambda one: order.get(one.relation, len(order))):
        away = one.head == id_
        groups.setdefault((one.relation, away), []).append(one.tail if away else one.head)
    for (relation, away), ids in groups.items():
        label = relation_word(relation) if away else _backwards(relation)
        st.markdown(f"**{label}** :gray[{len(ids):,}]")
        term_buttons(shown, list(dict.fromkeys(ids))[:MOST], f"terms_to_{relation}_{int(away)}")
        if len(ids) > MOST:
            st.caption(t("terms.more", n=f"{len(ids) - MOST:,}"))


def _backwards(relation: str) -> str:
    """What the relation is called from its tail."""
    known = relation in (*RELATIONS, IS_A)
    return t(f"terms.back.{relation}") if known else t("terms.back", relation=relation_word(relation))
