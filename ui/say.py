"""How a page says things: words in its language, text from data as text, errors in words. It knows nothing of pages, stores or
who reads, so that a visitor's page and a bundle say things the same way."""

import re

import streamlit as st

from engine.errors import UserError
from ui.words import WORDS

COMMAND = re.compile(r"`([\w .:/=-]{1,80})`")
LINK_LIKE = re.compile(r"(?<=http)(?=s?\\:)|(?<=www)(?=\\\.)|(?<=[\w.+-])(?=\\@[\w\\-])", re.I | re.A)
"""Where in escaped text Markdown would still find the beginning of a link."""


def english() -> bool:
    """Whether the page speaks English."""
    return bool(st.session_state.get("frame_language") == "en")


def t(key: str, **values: object) -> str:
    """The words for `key` in the page's language. Values that come from data go through `plain` first."""
    text = WORDS[key][english()]
    return text.format(**values) if values else text


def plain(text: str) -> str:
    """Text from data as text: Markdown and HTML signs lose their meaning, line breaks stay, indents go.

    Nothing that a chat, a file or a job says may become markup: a picture in Markdown would call its address. Addresses
    and e-mails become links even when escaped, so an empty mark, which nobody sees or copies, stands inside them.
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
    escaped = LINK_LIKE.sub(":small[]", escaped)
    return re.sub(r"\n[ \t]*", "  \n", escaped)


def explain(error: UserError) -> None:
    """Show what was found, why it cannot be and what to do."""
    st.error(told(error), icon=":material/info:")


def told(error: UserError) -> str:
    """The error in the page's language, as text; commands in it keep their look."""
    return with_commands(error.en if english() else error.ko)


def with_commands(text: str) -> str:
    """Our own words about data, as text; commands in them keep their look."""
    parts = COMMAND.split(text)  # a file's name may hold backticks too: only harmless signs between two make a command
    return "".join(f"`{part}`" if index % 2 else plain(part) for index, part in enumerate(parts))
