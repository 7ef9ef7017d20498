"""The queue, one run as it goes (?run=ID or latest), one job's log (?job=ID), runs compared (?compare=A,B)."""

import streamlit as st

from ui import frame, resources, runs
from ui.frame import t
from ui.runs_api import api_box
from ui.runs_capsule import capsule_box
from ui.runs_compare import comparison
from ui.runs_detail import heading, made_of
from ui.runs_one import live_run
from ui.runs_queue import command_box, job_view, queue

frame.page("nav.runs")
st.title(t("nav.runs"))
run, job, compared = runs.opened_run(), runs.opened_job(), runs.compared_runs()

if run or job or compared:
    runs.back_link()
if run:
    heading(run)
    live_run(run)
    api_box(run)
    capsule_box(run)
    made_of(run)
elif job:
    st.subheader(t("runs.job", id=job["id"]))
    job_view(job["id"])
    command_box(job["id"])
elif compared:
    comparison(compared)
else:
    st.caption(t("runs.lead"))
    queue()
    runs.runs_list()
    resources.servings()
    command_box()
frame.explained("run", "step", "loss", "eval_loss", "checkpoint", "overfitting", "adapter")
