"""Which dictionary is shown, what it holds, and finding a term in it. It draws no graph."""

from typing import NamedTuple

import streamlit as st

from engine.store.terms import read_dictionary, term_sources
from engine.terms.dictionary import Dictionary
from engine.terms.model import IS_A, RELATIONS
from engine.terms.shipped import shipped_dictionary
from ui import frame
from ui.frame import plain, t

OFFERED = 12
"""Terms offered for what was typed."""
LISTED = 50
"""Lines of a list of what waits or is ambiguous."""
SHIPPED = "shipped"
"""In the place of a recipe: the terms that come along."""


class Shown(NamedTuple):
    """The dictionary on the page. recipe: whose; `shipped` for the one that comes along."""

    recipe: str
    terms: Dictionary


def chosen_dictionary() -> Shown | None:
    """What the address names, else the largest of the store; None where the store has no term."""
    with frame.reading() as db:
        sizes: dict[str, int] = {}
        for one in term_sources(db, None):
            sizes[one["recipe"]] = sizes.get(one["recipe"], 0) + one["terms"]
        known = sorted((name for name, n in sizes.items() if n), key=lambda name: -sizes[name])
        asked = frame.asked("recipe")
        if asked == SHIPPED:
            known = [*known, SHIPPED]
        if not known:
            return None
        recipe = asked if asked in known else known[0]
        if len(known) > 1:
            recipe = _choose(known, recipe)
        return Shown(recipe, shipped_dictionary() if recipe == SHIPPED else read_dictionary(db, recipe))


def _choose(known: list[str], recipe: str) -> str:
    if st.session_state.get("terms_recipe") not in known:
        st.session_state["terms_recipe"] = recipe
    st.segmented_control(
        t("terms.whose"),
        known,
        format_func=lambda name: t("terms.shipped") if name == SHIPPED else name,
        key="terms_recipe",
        required=True,
        on_change=lambda: frame.name_in_address(recipe=st.session_state["terms_recipe"], term=None),
    )
    return recipe


def nothing_yet() -> None:
    """The store has no terms: what they are for, how to bring some, and those that come along."""
    st.info(t("terms.none"), icon=":material/hub:")
    st.markdown(t("terms.none_how"))
    with st.container(horizontal=True):
        frame.link("data", t("terms.to_data"), icon=":material/upload_file:")
        frame.link("terms", t("terms.see_shipped"), icon=":material/menu_book:", recipe=SHIPPED)
    st.code("python -m engine import terms.csv --recipe medical --as terms", language="bash")


def facts(shown: Shown) -> None:
    """How much the dictionary holds, and what in it does not fit together."""
    found = shown.terms
    ambiguous, pending = found.ambiguous(), found.pending
    told = t("terms.count", terms=f"{len(found.terms):,}", relations=f"{len(found.relations):,}")
    st.markdown(told)
    if not ambiguous and not pending:
        return
    label = t("terms.odd", pending=f"{len(pending):,}", ambiguous=f"{len(ambiguous):,}")
    with st.expander(label, icon=":material/rule:"):
        if pending:
            st.caption(t("terms.pending_why"))
            lines = [(one.head, relation_word(one.relation), one.tail) for one in pending[:LISTED]]
            names = (t("terms.head"), t("terms.relation"), t("terms.tail"))
            st.dataframe(dict(zip(names, map(list, zip(*lines, strict=True)), strict=True)), hide_index=True)
        if ambiguous:
            st.caption(t("terms.ambiguous_why"))
            meant = [" / ".join(map(found.named, ids)) for _, ids in ambiguous[:LISTED]]
            told_names = [name for name, _ in ambiguous[:LISTED]]
            st.dataframe({t("terms.name"): told_names, t("terms.meant"): meant}, hide_index=True)


def find(shown: Shown) -> str | None:
    """The search and the id of the term on show; None where nothing is chosen or found."""
    words = st.text_input(
        t("terms.find"), key="terms_find", placeholder=t("terms.find_example"), icon=":material/search:", max_chars=80
    )
    asked = frame.asked("term")
    if asked and asked not in shown.terms.by_id:
        frame.gone(asked)
        asked = None
    offered = shown.terms.search(words, OFFERED) if words else []
    if words and not offered:
        st.warning(t("terms.not_found", words=plain(words)), icon=":material/search_off:")
    if not words and asked is None:
        offered = _most_related(shown.terms)
        st.caption(t("terms.begin"))
    term_buttons(shown, [id_ for id_ in offered if id_ != asked], "terms_offered")
    return offered[0] if words and offered else asked


def _most_related(found: Dictionary) -> list[str]:
    ids = sorted(found.around, key=lambda id_: -len(found.around[id_]))
    return ids[:OFFERED] or [term.id for term in found.terms[:OFFERED]]


def term_buttons(shown: Shown, ids: list[str], key: str) -> None:
    """Terms in a row that wraps; each opens its term."""
    with st.container(horizontal=True, gap="small", key=key):
        for id_ in ids:
            st.button(
                plain(shown.terms.named(id_)),
                key=f"{key}_{id_}",
                on_click=open_term,
                args=(shown, id_),
                type="secondary",
            )


def open_term(shown: Shown, id_: str) -> None:
    """Show another term, and say so in the address."""
    frame.name_in_address(recipe=shown.recipe, term=id_)
    st.session_state["terms_find"] = ""


def relation_word(relation: str) -> str:
    """A relation in the page's language; an owner's own as it is written."""
    known = (*RELATIONS, IS_A)
    return t(f"terms.rel.{relation}") if relation in known else plain(relation)
