"""The visitor's page: consent first, then a chat made for a phone. The dashboard and every bundle show it alike.

It knows nothing of the owner's pages, and reaches the store only through what belongs to the visitor.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from engine.access.visitors import Visitor
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.visits import find_mine
from ui import invited, visitor_home, visitor_menu
from ui.say import explain, plain, t
from ui.visitor_consent import agreed, ask_consent
from ui.visitor_place import Place
from ui.visitor_talk import talk

STYLE = Path(__file__).with_name("visitor.css")


def show(place: Place) -> None:
    """The whole page, for whoever is invited; anybody else is asked for a code."""
    begin(place)
    try:
        visitor = invited.door(place.store)
        if not agreed(visitor, place):
            ask_consent(place, visitor)
        else:
            _chat(place, visitor)
    except UserError as error:
        explain(error)
        st.caption(t("visit.tell_them"))


def begin(place: Place) -> None:
    """What every page begins with: its title, its looks, its language."""
    if "frame_language" not in st.session_state:
        st.session_state["frame_language"] = "en" if st.query_params.get("lang") == "en" else "ko"
    st.set_page_config(
        page_title=place.title, page_icon=":material/forum:", layout="centered", initial_sidebar_state="collapsed"
    )
    st.html(STYLE)


def _chat(place: Place, visitor: Visitor) -> None:
    names = [name for name in visitor.models if name in place.models]
    if not names:
        st.warning(t("visit.no_model"), icon=":material/info:")
        return
    opened = _opened(place, visitor)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="visit_head"):
        st.markdown(f"### {plain(place.title)}", width="stretch")
        visitor_menu.show(place, visitor, opened["id"] if opened else None)
    with st.container(horizontal=True, vertical_alignment="center", key="visit_who"):
        model = _model(place, names, opened["model"] if opened else None)
        _left(visitor)
    if place.notice:
        st.caption(f":material/gavel: {plain(place.notice)}")
    talk(place, visitor, model, opened)
    visitor_home.send(place, visitor)


def _left(visitor: Visitor) -> None:
    """How many answers the visitor has left today."""
    if visitor.left_today:
        st.caption(t("visit.left", n=f"{visitor.left_today:,}"), width="stretch", text_alignment="right")


def _opened(place: Place, visitor: Visitor) -> dict[str, Any] | None:
    """The chat that the address names, when it is the visitor's."""
    asked = st.query_params.get("chat")
    if asked is None:
        return None
    with open_store(place.store) as db:
        found = find_mine(db, visitor.id, asked)
    if found is None:
        del st.query_params["chat"]
        st.info(t("visit.gone"), icon=":material/link_off:")
    return found


def _model(place: Place, names: list[str], held: str | None) -> str:
    """Whom to talk to: of the open chat, else chosen where there is a choice. Another choice begins another chat."""
    if len(names) < 2:
        return held or names[0]
    chosen = held if held in names else st.session_state.get("visit_model_chosen", names[0])
    st.session_state["visit_model"] = chosen if chosen in names else names[0]
    return str(
        st.selectbox(
            t("visit.model"), names, key="visit_model", label_visibility="collapsed", on_change=_choose,
            format_func=lambda name: place.models[name],
        )
    )  # fmt: skip


def _choose() -> None:
    st.session_state["visit_model_chosen"] = st.session_state["visit_model"]
    st.query_params.pop("chat", None)
