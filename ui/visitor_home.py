"""What the visitor thought of answers goes to the owner: sent where the owner's server is known, else as a file to hand over."""

import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from engine.access.visitors import Visitor
from engine.serve.going_home import send_home
from engine.store.feedback import as_lines, judged_by
from engine.store.open import open_store
from ui.say import t
from ui.visitor_place import Place

AGAIN = 30.0
"""Seconds until sending is tried again after it failed."""


def send(place: Place, visitor: Visitor) -> None:
    """At the end of a drawing: nothing waits for it but the end of the page."""
    if place.home is None or time.monotonic() < st.session_state.get("visit_home_after", 0.0):
        return
    with open_store(place.store) as db:
        arrived = send_home(db, visitor.id, place.home, place.home_key)
    if not arrived:
        st.session_state["visit_home_after"] = time.monotonic() + AGAIN
        st.caption(f":material/cloud_off: {t('visit.not_home')}")


def download(place: Place, visitor: Visitor) -> None:
    """Where what is said here does not last, a file for the person who invited; nothing while nothing was judged."""
    if place.lasting:
        return
    with open_store(place.store) as db:
        judged = bool(judged_by(db, visitor.id))
    if judged:
        st.download_button(
            t("visit.feedback"), _file(place.store, visitor.id), "malmoi-feedback.jsonl", "application/jsonl",
            key="visit_feedback", icon=":material/thumbs_up_down:", on_click="ignore",
        )  # fmt: skip


def _file(store: Path, visitor_id: str) -> Callable[[], bytes]:
    def make() -> bytes:
        with open_store(store) as db:
            return "".join(f"{line}\n" for line in as_lines(judged_by(db, visitor_id))).encode("utf-8", "replace")

    return make
