"""What exists, what runs now, what to do next."""

import streamlit as st

from engine.jobs.demo import journey_runs
from engine.store.overview import next_step, overview
from ui import frame, home
from ui.frame import t
from ui.leaderboard import show_latest
from ui.live import jobs_panel

frame.page("nav.home")
st.title(t("app.title"))
st.caption(f"{t('app.tagline')} · {t('frame.private')}")

with frame.reading() as db:
    have, step, journey = overview(db), next_step(db), journey_runs(db)

home.next_box(step, journey)
home.path_strip(have)
if have["jobs"] or journey:
    jobs_panel()
show_latest()
home.machine_line()
frame.explained("source", "row", "dataset", "run", "evaluation", "adapter", "base")
