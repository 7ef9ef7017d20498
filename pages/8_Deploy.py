"""Hand a model over: make a bundle, see what would leak, know what went to whom, take it back; invite somebody to this machine."""

import streamlit as st

from ui import deploy, deploy_export, deploy_hand, deploy_invite, deploy_job, deploy_new, deploy_result, feedback, frame
from ui.say import t

frame.page("nav.deploy")
st.title(t("nav.deploy"))
found, job = deploy.opened(), deploy_job.opened()

if found is not None:
    deploy_result.heading(found)
    deploy_new.codes(found["job_id"])
    deploy_result.show(found)
    deploy_hand.show(found)
elif job is not None:
    deploy_job.show(job)
elif (view := deploy.view()) == "export":
    deploy_export.show()
elif view == "invite":
    deploy_invite.show()
elif view == "feedback":
    feedback.inbox()
else:
    st.caption(t("deploy.lead"))
    deploy_job.running()
    deploy_new.show()
    deploy.listing()
    deploy.if_forgotten()
frame.explained("int8", "base")
