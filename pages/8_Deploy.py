"""Hand a model over: make a bundle, see what would leak, know what went to whom, take it back."""

import streamlit as st

from ui import deploy, deploy_hand, deploy_result, frame
from ui.say import t

frame.page("nav.deploy")
st.title(t("nav.deploy"))
found = deploy.opened()

if found is None:
    st.caption(t("deploy.lead"))
    deploy.listing()
    deploy.if_forgotten()
else:
    deploy_result.heading(found)
    deploy_result.show(found)
    deploy_hand.show(found)
frame.explained("int8", "interval", "base")
