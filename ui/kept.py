"""An answer that a click ends is stored before the next drawing reads the store: Streamlit begins that one beside the first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

UNWIND = 3.0
"""Seconds that a drawing waits for the answer which it ended."""
_KEY = "answer_kept"


def wait_until_kept() -> None:
    """Else the page could say that there is no answer, though what came of it is stored a moment later."""
    kept = st.session_state.get(_KEY)
    if kept is not None:
        kept.wait(UNWIND)


@contextmanager
def keeping() -> Iterator[None]:
    """While an answer is made and stored."""
    kept = st.session_state[_KEY] = threading.Event()
    try:
        yield
    finally:
        kept.set()


def end_if_left() -> None:
    """Where a click, or a tab that was closed, ends a drawing that draws nothing: Streamlit looks at each use of the session's state."""
    st.session_state.get(_KEY)
