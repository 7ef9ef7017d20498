"""What exists, what runs now, what to do next. `streamlit run Home.py` finds the server in it as well."""

import streamlit as st
from streamlit import runtime

from engine.jobs.demo import journey_runs
from engine.store.overview import next_step, overview
from ui import frame, home
from ui.frame import t
from ui.leaderboard import show_latest
from ui.live import jobs_panel
from ui.login_route import LoginRoute
from ui.server import Fence


def draw() -> None:
    """The page."""
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


if runtime.exists():
    draw()
else:  # the server starts: the same file is its script
    app = st.App(__file__)
    app = Fence(LoginRoute(app), may_be_framed=False)
