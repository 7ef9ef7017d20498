"""Rows of a dataset: build one, read its rows, drop and mend some, freeze a new version."""

import streamlit as st

from ui import curate, frame
from ui.frame import t

frame.page("nav.curate")
st.title(t("nav.curate"))
st.caption(t("curate.lead"))
curate.show_page()
frame.explained("row", "dataset", "split", "prompt", "target", "end_token", "token", "duplicate", "masking")
