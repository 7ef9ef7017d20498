"""Hand a model over: make a bundle, see what would leak, know what went to whom, take it back; invite somebody to this machine."""

import streamlit as st

from ui import deploy, deploy_hand, deploy_invite, deploy_result, feedback, frame
from ui.say import t

frame.page("nav.deploy")
st.title(t("nav.deploy"))
found = deploy.opened()

if found is not None:
    deploy_result.heading(found)
    deploy_result.show(found)
    deploy_hand.show(found)
elif deploy.view() == "invite":
    deploy_invite.show()
    feedback.inbox()
else:
    st.caption(t("deploy.lead"))
    deploy.listing()
    deploy.if_forgotten()
frame.explained("int8", "base")
