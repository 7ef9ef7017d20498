"""What the owner preferred so far, counted, and the way from there to a dataset of pairs or ratings."""

import streamlit as st

from engine.jobs.queue import submit
from engine.recipes.recipe import Recipe
from engine.store.preferences import STYLES, count_preferences
from ui import frame
from ui.frame import t


def preferences_box(recipe: Recipe) -> None:
    """Counts, and a button per kind of dataset."""
    with frame.reading() as db:
        counts = count_preferences(db, recipe.name, recipe.chats)
    with st.container(border=True, key="curate_preferences", gap="small"):
        st.markdown(f"**{t('preferences.title')}** :violet-badge[{t('reward.experimental')}]")
        if not any(counts.values()):
            st.caption(t("preferences.none"))
            return
        st.caption(t("preferences.counts", **{name: f"{count:,}" for name, count in counts.items()}))
        with st.container(horizontal=True, gap="small"):
            for style in STYLES:
                st.button(
                    t(f"preferences.build_{style}"), key=f"curate_build_{style}", icon=":material/thumbs_up_down:",
                    on_click=_build, args=(recipe.name, style),
                )  # fmt: skip
        with st.expander(t("frame.command"), icon=":material/terminal:"):
            st.code(f"python -m engine dataset build --recipe {recipe.name} --style pairs", language="bash")


def preferences_link(recipe: str) -> None:
    """How much was preferred, with the way to a dataset; nothing where nothing was."""
    with frame.reading() as db:
        counts = count_preferences(db, recipe)
    gathered = counts["fixed"] + counts["voted"] + counts["thumbs"] + counts["imported"]
    if gathered:
        frame.link("curate", t("preferences.to_curate", n=f"{gathered:,}"), ":material/thumbs_up_down:", view="build")


def _build(recipe: str, style: str) -> None:
    args = {"recipe": recipe, "sources": [], "style": style, "me": None, "options": {}, "seed": 0}
    frame.name_in_address(job=submit(frame.store(), "dataset", args))
