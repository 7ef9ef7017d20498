"""What exists, what runs now, what to do next."""

import streamlit as st

from engine.errors import UserError
from engine.jobs.demo import journey_runs, start_journey
from engine.store.overview import overview
from ui import frame
from ui.frame import t
from ui.leaderboard import show_latest
from ui.live import jobs_panel


def begin_journey() -> None:
    """A second click, or another tab, is told that one runs already."""
    try:
        start_journey(frame.store())
        st.toast(t("home.demo_started"))
    except UserError as error:
        frame.explain(error)


frame.page("nav.home")
st.title(t("app.title"))
st.caption(t("app.tagline"))

with frame.reading() as db:
    have, journey = overview(db), journey_runs(db)

for column, name in zip(st.columns(4), ("sources", "datasets", "runs", "evaluations"), strict=True):
    column.metric(t(f"home.{name}"), have[name], border=True)

st.subheader(t("home.next"))
if journey:
    st.info(t("home.demo_runs"), icon=":material/hourglass_top:")
if have["runs"]:
    if st.button(t("home.talk"), type="primary", icon=":material/chat:", key="home_talk"):
        st.switch_page("pages/6_Chat.py")
elif not journey and not have["busy"]:
    st.write(t("home.empty"))
    st.button(t("home.demo"), type="primary", icon=":material/play_arrow:", key="home_demo", on_click=begin_journey)

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
