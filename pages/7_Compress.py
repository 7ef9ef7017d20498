"""Make a model lighter with proof: a plan with a gate, its steps as they go, and one table of what came of it."""

import streamlit as st

from ui import compress, compress_new, compress_report, compress_steps, frame
from ui.frame import t

frame.page("nav.compress")
st.title(t("nav.compress"))
found = compress.opened()

if found is None:
    st.caption(t("compress.lead"))
    compress_new.show()
    compress.listing()
else:
    compress.heading(found)
    if found["result"]:
        compress_report.show(found["result"])
    compress_steps.show(found["id"])
frame.explained("int8", "prune", "distil", "pareto", "gate", "interval", "base")
