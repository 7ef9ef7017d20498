"""Bring material in, see what was read, say who is me, check and correct what is hidden."""

import streamlit as st

from ui import data, data_import, frame
from ui.frame import t

frame.page("nav.data")
st.title(t("nav.data"))
st.caption(t("data.lead"))

data_import.job_box()
sources, chosen = data.chosen_source()
data_import.bring_box(empty=not sources)
if chosen:
    data.source_list(sources, chosen)
    data.head(chosen)
    data.show_view(chosen)
frame.explained("source", "record", "masking", "row", "recipe")
