"""A bundle as a place for visitors: its own store, its one model. It knows nothing of the dashboard."""

from pathlib import Path

import streamlit as st

from engine.deploy.opened import Bundled, open_backend, open_bundle, weights_of
from engine.errors import UserError
from engine.serve.backend import Backend
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
        explain(_to_the_owner(error))
        return
    visitor.show(place)


def _to_the_owner(error: UserError) -> UserError:
    """What a visitor reads and cannot mend."""
    return UserError(
        f"지금은 대화할 수 없습니다. 초대한 사람에게 이 글을 보내 주세요: {error.ko}",
        f"There is no talking right now. Please send these words to the person who invited you: {error.en}",
    )


def _opened(bundled: Bundled) -> Backend:
    try:
        return open_backend(bundled)
    except UserError as error:
        raise _to_the_owner(error) from error


def place_of(bundled: Bundled, english: bool) -> Place:
    """Where the visitors of a bundle talk."""
    about = bundled.about
    notice = about["notice"][1 if english else 0] if about["notice"] else ""
    return Place(
        bundled.store, {bundled.model.name: about["title"]}, lambda _: _opened(bundled), about["title"], notice,
        home=about["home"], home_key=_home_key(), lasting=about["target"] == "local",
        weights=lambda _: weights_of(bundled),
    )  # fmt: skip


def _home_key() -> str | None:
    """Of the host's secrets, where the owner put one."""
    try:
        return str(st.secrets["home_key"]) if "home_key" in st.secrets else None
    except FileNotFoundError:
        return None
