"""What every page begins with: title, links, language, and words instead of tracebacks. It knows nothing of the work."""

import re
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
STYLE = Path(__file__).with_name("style.css")


def page(key: str) -> None:
    """Set the page up; the first call of every page file."""
    st.session_state.setdefault("frame_language", st.query_params.get("lang", language()))
    st.set_page_config(page_title=f"{t(key)} · {t('app.title')}", page_icon=":material/forum:", layout="wide")
    st.html(STYLE)
    with st.sidebar:
        st.markdown(f"### {t('app.title')}")
        with st.container(gap="xxsmall"):
            for file, word, icon in PAGES:
                st.page_link(file, label=t(word), icon=icon)
            st.button(t("nav.language"), on_click=_switch_language, key="frame_switch", type="tertiary")


def _switch_language() -> None:
    st.session_state["frame_language"] = "ko" if english() else "en"


def english() -> bool:
    """Whether the page speaks English."""
    return bool(st.session_state.get("frame_language") == "en")


def t(key: str, **values: object) -> str:
    """The words for `key` in the page's language. Values that come from data go through `plain` first."""
    text = WORDS[key][english()]
    return text.format(**values) if values else text


def plain(text: str) -> str:
    """Text from data as text: Markdown and HTML signs lose their meaning, line breaks stay, indents go.

    Nothing that a chat, a file or a job says may become markup: a picture in Markdown would call its address.
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
    return re.sub(r"\n[ \t]*", "  \n", escaped)


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
    st.error(plain(error.en if english() else error.ko), icon=":material/info:")
