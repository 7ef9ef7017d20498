"""What exists, what runs now, what to do next."""

import streamlit as st

from engine.jobs.demo import start_journey
from engine.store.overview import overview
from ui import frame
from ui.frame import t
from ui.leaderboard import show_latest
from ui.live import jobs_panel

frame.page("nav.home")
st.title(t("app.title"))
st.caption(t("app.tagline"))

with frame.reading() as db:
    have = overview(db)

for column, name in zip(st.columns(4), ("sources", "datasets", "runs", "evaluations"), strict=True):
    column.metric(t(f"home.{name}"), have[name])

st.subheader(t("home.next"))
if have["runs"]:
    st.page_link("pages/6_Chat.py", label=t("home.talk"), icon=":material/chat:")
elif not have["busy"]:
    st.write(t("home.empty"))
    if st.button(t("home.demo"), type="primary"):
        start_journey(frame.store())
        st.toast(t("home.demo_started"))
        st.rerun()

st.subheader(t("home.working"))
jobs_panel()

show_latest()

with st.expander(t("home.own")):
    st.code(
        "python -m engine import KakaoTalkChats.txt --recipe persona --me 내이름\n"
        "python -m engine mask latest\n"
        "python -m engine dataset build --recipe persona --source latest\n"
        "python -m engine train --recipe persona\n"
        "python -m engine eval --model base --model latest --suite persona\n"
        "python -m engine chat latest",
        language="bash",
    )
