"""A bundle as a place for visitors: its own store, its one model. It knows nothing of the dashboard."""

from pathlib import Path

import streamlit as st

from engine.deploy.opened import Bundled, open_backend, open_bundle, weights_of
from engine.errors import UserError
from ui import visitor
from ui.say import explain
from ui.visitor_place import Place


def show(folder: Path) -> None:
    """The visitor's page of the bundle in `folder`; calm words where something of it is missing."""
    english = st.query_params.get("lang") == "en" or st.session_state.get("frame_language") == "en"
    try:
        place = place_of(open_bundle(folder), english)
    except UserError as error:
        st.session_state.setdefault("frame_language", "en" if english else "ko")
        explain(error)
        return
    visitor.show(place)


def place_of(bundled: Bundled, english: bool) -> Place:
    """Where the visitors of a bundle talk."""
    about = bundled.about
    notice = about["notice"][1 if english else 0] if about["notice"] else ""
    return Place(
        bundled.store, {bundled.model.name: about["title"]}, lambda _: open_backend(bundled), about["title"], notice,
        home=about["home"], home_key=_home_key(), lasting=about["target"] == "local",
        weights=lambda _: weights_of(bundled),
    )  # fmt: skip


def _home_key() -> str | None:
    """Of the host's secrets, where the owner put one."""
    try:
        return str(st.secrets["home_key"]) if "home_key" in st.secrets else None
    except FileNotFoundError:
        return None
