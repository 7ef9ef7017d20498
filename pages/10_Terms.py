"""Terms: find one, see its names and what it is related to, move along its relations, see who mentions it."""

import streamlit as st

from ui import frame, terms, terms_card, terms_graph, terms_places
from ui.frame import t

frame.page("nav.terms")
st.title(t("nav.terms"))
st.caption(t("terms.lead"))

chosen = terms.chosen_dictionary()
if chosen is None:
    terms.nothing_yet()
else:
    terms.facts(chosen)
    term = terms.find(chosen)
    if term is not None:
        left, right = st.columns([6, 5])
        with left:
            terms_card.card(chosen, term)
        with right:
            terms_graph.graph(chosen, term)
        terms_places.places(chosen, term)
frame.explained("term", "relation", "source", "recipe")
