"""A place for visitors whose models are talkers, and somebody who is invited to it. It holds no tests."""

import json
import os
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.access.browser import make_browser
from engine.access.invitations import make_invitation
from engine.access.visitors import Visitor, enter
from engine.store.open import open_store
from tests.talkers import Talker
from ui import request
from ui.invited import Held
from ui.visitor_consent import version_at
from ui.visitor_place import Place

MODELS = {"base:starter": "말모이"}
WAITING: list[Talker] = []
"""Talkers that are opened next; without any, one that says 응 그래."""
OPENED: list[Talker] = []
EXTRA: dict[str, object] = {}
"""More fields of the place."""


def place() -> Place:
    """Where the visitors of these tests talk."""
    fields = {"store": Path(os.environ["MALMOI_STORE"]), "models": MODELS, "open": opened, "title": "지은이의 말모이"}
    return Place(**{**fields, **EXTRA})  # type: ignore[arg-type]


def opened(name: str) -> Talker:
    """The next talker."""
    OPENED.append(WAITING.pop(0) if WAITING else Talker(["응", " 그래"]))
    return OPENED[-1]


def invite(store: Path, name: str = "지은", **wishes: object) -> Visitor:
    """Somebody who came in with an invitation of their own."""
    with open_store(store) as db:
        _, code = make_invitation(db, name, **{"models": list(MODELS), **wishes})  # type: ignore[arg-type]
        found = enter(db, code, make_browser())
    assert found is not None
    return found


def page() -> None:
    """What the tests draw: the visitor's page, alone."""
    from tests.visiting import place
    from ui import visitor

    visitor.show(place())


def visit(who: Visitor | None, agreed: bool = True) -> AppTest:
    """The page as `who` has it open."""
    app = AppTest.from_function(page, default_timeout=60)
    if who is not None:
        if agreed:
            from engine.access.visitors import consent

            with open_store(place().store) as db:
                consent(db, who, version_at(place()))
        app.session_state["gate_visitor"] = Held(who.id, request.fingerprint())
    return app.run()


def clean() -> None:
    """Between two tests."""
    WAITING.clear()
    OPENED.clear()
    EXTRA.clear()
    st.cache_resource.clear()


def texts(app: AppTest) -> list[str]:
    """All that stands on the page as text."""
    return [one.value for kind in (app.markdown, app.caption, app.info, app.warning, app.error) for one in kind]


def as_json(lines: bytes) -> list[dict[str, object]]:
    """Lines of a download."""
    return [json.loads(line) for line in lines.decode("utf-8").splitlines()]
