"""Where in a chat a model began to read: what stands before the mark it was not shown."""

from collections.abc import Sequence

import streamlit as st

from engine.serve.chat import Turn
from ui.chat import View
from ui.say import plain, t


def seen_from(turns: Sequence[Turn]) -> dict[int, int]:
    """{side: the first message that its last answer was given with}, of sides where earlier ones were left out."""
    found: dict[int, int] = {}
    for turn in turns:
        for side, messages in enumerate(turn.sides):
            for message in messages:
                if message["role"] == "assistant" and message["view"]:
                    found[side] = message["view"].first_seq
    return {side: seq for side, seq in found.items() if seq > 0}


def draw_mark(view: View, turn: Turn, begins: dict[int, int]) -> None:
    """A line before the turn with which a model began to read; nothing elsewhere."""
    sides = [side for side, seq in begins.items() if any(one["seq"] == seq for one in turn.sides[side])]
    for side in sides:
        said = t("chat.seen_alone" if view.alone[side] else "chat.seen_from")
        name = f"{plain(view.labels[side])}: " if len(view.models) > 1 else ""
        st.caption(f":material/vertical_align_top: {name}{said}", text_alignment="center")
