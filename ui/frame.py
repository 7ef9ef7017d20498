"""What every page begins with: title, links, language, and words instead of tracebacks. It knows nothing of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from sqlite_utils import Database

from engine.config import language, store_path
from engine.errors import UserError
from engine.store.open import open_store
from ui.words import WORDS

PAGES = (("Home.py", "nav.home", ":material/home:"), ("pages/6_Chat.py", "nav.chat", ":material/chat:"))


def page(key: str) -> None:
    """Set the page up; the first call of every page file."""
    st.session_state.setdefault("frame_language", st.query_params.get("lang", language()))
    st.set_page_config(page_title=f"{t(key)} · {t('app.title')}", page_icon=":material/forum:", layout="wide")
    with st.sidebar:
        st.markdown(f"### {t('app.title')}")
        for file, word, icon in PAGES:
            st.page_link(file, label=t(word), icon=icon)
        st.button(t("nav.language"), on_click=_switch_language, key="frame_switch", type="tertiary")


def _switch_language() -> None:
    st.session_state["frame_language"] = "ko" if st.session_state["frame_language"] == "en" else "en"


def t(key: str, **values: object) -> str:
    """The words for `key` in the page's language."""
    ko, en = WORDS[key]
    text = en if st.session_state.get("frame_language") == "en" else ko
    return text.format(**values) if values else text


def store() -> Path:
    """The store this dashboard serves."""
    return store_path()


@contextmanager
def reading() -> Iterator[Database]:
    """The store for one script run; what an owner can mend is said in words and ends the page."""
    try:
        with open_store(store()) as db:
            yield db
    except UserError as error:
        explain(error)
        st.stop()


def explain(error: UserError) -> None:
    """Show what was found, why it cannot be and what to do."""
    st.error(error.en if st.session_state.get("frame_language") == "en" else error.ko, icon=":material/info:")
