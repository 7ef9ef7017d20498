"""What a visitor is told before anything is stored, and the yes to it."""

import streamlit as st

from engine.access.visitors import Visitor, consent
from engine.store.open import open_store
from ui import browser
from ui.say import plain, t
from ui.visitor_place import Place

VERSION = "1"
"""Of the words: a change that says something new asks everybody again."""


def version_at(place: Place) -> str:
    """What was agreed to: the words differ by where what is said stays, and where it is sent."""
    return f"{VERSION}-{'kept' if place.lasting else 'passing'}{'-sent' if place.home else ''}"


def agreed(visitor: Visitor, place: Place) -> bool:
    """Whether this visitor said yes to the words of today."""
    return visitor.consent == version_at(place)


def ask_consent(place: Place, visitor: Visitor) -> None:
    """The words, and a button that says yes; no is to close the page."""
    st.markdown(f"### {plain(place.title)}")
    st.markdown(t("visit.hello", name=plain(visitor.name)))
    with st.container(border=True, key="visit_consent"):
        words(place)
    st.button(
        t("visit.agree"), key="visit_agree", type="primary", width="stretch", on_click=_agree, args=(place, visitor)
    )
    st.caption(t("visit.disagree"))
    if browser.forgets():
        st.warning(t("visit.forgets"), icon=":material/cookie_off:")
    language_switch()


def words(place: Place) -> None:
    """What is stored, where, who sees it, how it goes away."""
    stays = "visit.told_kept" if place.lasting else "visit.told_passing"
    sent = "visit.told_sent" if place.home else "visit.told_read" if place.lasting else "visit.told_download"
    for key in (
        "visit.told_machine",
        stays,
        sent,
        "visit.told_learning",
        "visit.told_private",
        "visit.told_delete",
        "visit.told_age",
    ):
        icon, _, text = t(key).partition(" ")
        st.markdown(f"{icon} {text}")


def language_switch() -> None:
    """The other language, one touch away."""
    st.button(t("nav.language"), key="visit_language", type="tertiary", icon=":material/translate:", on_click=_switch)


def _switch() -> None:
    st.session_state["frame_language"] = "ko" if st.session_state.get("frame_language") == "en" else "en"


def _agree(place: Place, visitor: Visitor) -> None:
    with open_store(place.store) as db:
        consent(db, visitor, version_at(place))
