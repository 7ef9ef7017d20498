"""A dialogue on a page: a line per turn, who speaks in front. It decides nothing."""

import streamlit as st

from engine.dialogue.turns import Turn, turns_of
from ui.frame import plain, t

SHOWN = 40
"""Turns on a page before the rest is folded away."""


def turns_box(dialogue: str) -> None:
    """Every turn, those of the first speaker in grey, of the second in blue, of others in violet."""
    turns = turns_of(dialogue)
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    _lines(turns[:SHOWN], names)
    if len(turns) > SHOWN:
        with st.expander(t("dialogue.more", n=f"{len(turns) - SHOWN:,}")):
            _lines(turns[SHOWN:], names)


def _lines(turns: list[Turn], names: list[str | None]) -> None:
    for turn in turns:
        colour = ("gray", "blue", "violet")[min(names.index(turn.speaker), 2)]
        name = f":{colour}-badge[{plain(turn.speaker)}] " if turn.speaker else ""
        st.markdown(f"{name}{broken(turn.text)}")


def broken(text: str) -> str:
    """A text as markdown in which line breaks stay line breaks."""
    return plain(text).replace("\n", "  \n")
