"""The first page's parts: the one thing to do next, the way so far, and what room the machine has."""

import streamlit as st

from engine.errors import UserError
from engine.hardware import GIB, room
from engine.jobs.demo import journey_steps, start_journey
from engine.recipes.recipe import load_recipe, recipe_names
from engine.store.overview import NextStep
from ui import frame
from ui.frame import plain, t
from ui.words import WORDS

DOORS = {
    "bring": ("data", ""),
    "mask": ("data", "source"),
    "choose_me": ("data", "source"),
    "build": ("curate", "source"),
    "train": ("train", "dataset"),
    "watch": ("runs", "run"),
    "mend": ("runs", "run"),
    "judge": ("runs", "run"),
    "talk": ("chat", "model"),
}
"""What to do next: the page it is done on, and what the page's address names."""
PATH = (("data", "sources"), ("curate", "datasets"), ("train", "runs"), ("evaluate", "evaluations"), ("chat", "chats"))
LOW_GB = {"disk": 3.0, "ram": 2.0}
"""Below it a run of the starter may end early: it asks for 0.3 GB of disk and about 1.5 GB of memory."""
MARKS = {None: ":gray[:material/circle:]", "done": ":green[:material/check_circle:]"}


def next_box(step: NextStep, journey: bool) -> None:
    """One primary action; on an empty store the sample beside it."""
    with st.container(border=True, key="home_next"):
        if journey:
            st.markdown(f"**{t('home.demo_runs')}**")
            _journey_line()
            return
        st.markdown(f"**{t(f'home.next.{step.step}')}**")
        st.write(t(f"home.why.{step.step}"))
        page, name = DOORS[step.step]
        if st.button(t(f"home.do.{step.step}"), type="primary", icon=":material/arrow_forward:", key="home_do"):
            frame.go(page, **({name: step.id} if name and step.id else {}))
        if step.step == "talk" and step.id:
            frame.link("compress", t("home.lighter"), ":material/compress:", run=step.id)
            frame.link("deploy", t("home.hand_over"), ":material/send:", run=step.id)
        if step.step == "bring":
            st.caption(t("home.samples"))
            with st.container(horizontal=True, gap="small"):
                _sample_buttons()


def _sample_buttons() -> None:
    """One per recipe that ships a sample; the recipe's own words where there are none for its button."""
    for recipe in map(load_recipe, recipe_names()):
        if recipe.samples:
            st.button(
                t(f"home.demo_{recipe.name}") if f"home.demo_{recipe.name}" in WORDS else plain(recipe.name),
                icon=":material/play_arrow:",
                key=f"home_demo_{recipe.name}",
                help=recipe.en if frame.english() else recipe.ko,
                on_click=_begin_journey,
                args=(recipe.name,),
            )


def _begin_journey(recipe: str) -> None:
    """A second click, or another tab, is told that one runs already."""
    try:
        start_journey(frame.store(), recipe)
        st.toast(t("home.demo_started"))
    except UserError as error:
        frame.explain(error)


def _journey_line() -> None:
    """The sample's five steps as marks: how far it is."""
    with frame.reading() as db:
        steps = journey_steps(db)
    words = [
        f"{MARKS.get(step['state'], ':blue[:material/progress_activity:]')} {t('job.kind.' + step['kind'])}"
        for step in steps
    ]
    st.markdown(" → ".join(words))


def path_strip(have: dict[str, int]) -> None:
    """The way from material to chat: how much of each exists, each a door."""
    strip = st.container(key="home_path")
    for column, (page, counted) in zip(strip.columns(len(PATH)), PATH, strict=True):
        with column.container(border=True, key=f"home_path_{page}", gap="xxsmall"):
            st.metric(t(f"home.{counted}"), f"{have[counted]:,}")
            frame.link(page, t(f"nav.{page}"), ":material/chevron_right:")


def machine_line() -> None:
    """Disk and memory, and a word when either runs low."""
    free = room(frame.store().parent)
    size = frame.store().stat().st_size / GIB
    st.subheader(t("home.machine"))
    left, middle, right = st.columns(3)
    _bar(left, "disk", free["disk_free_gb"], free["disk_gb"])
    _bar(middle, "ram", free["ram_free_gb"], free["ram_gb"])
    right.caption(t("home.store_size", size=_amount(size)))
    for name, known in (("disk", free["disk_free_gb"]), ("ram", free["ram_free_gb"])):
        if known < LOW_GB[name]:
            st.warning(t(f"home.low_{name}", free=_amount(known)), icon=":material/warning:")


def _bar(column: st.delta_generator.DeltaGenerator, name: str, free: float, total: float) -> None:
    column.caption(t(f"home.{name}", free=_amount(free), total=_amount(total)))
    column.progress(min(1.0, max(0.0, 1 - free / total)))


def _amount(gib: float) -> str:
    return f"{gib:,.1f} GB" if gib >= 1 else f"{gib * 1024:,.0f} MB"
