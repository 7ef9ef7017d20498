"""The one line of this server, before the one model in memory: the owner's tabs and all visitors stand in it."""

import streamlit as st

from engine.serve.line import ANSWER, Line
from ui.say import t


@st.cache_resource(show_spinner=False)
def the_line() -> Line:
    """The same for every session."""
    return Line()


def waiting_words(position: int, ahead: str) -> str:
    """What somebody who waits is told; as `Line.turn` calls its `waiting`."""
    if ahead != ANSWER:
        return t("line.job", kind=t(f"job.kind.{ahead}"))
    return t("line.next") if position == 1 else t("line.position", n=position)
