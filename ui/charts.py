"""How every chart looks: one colour per meaning, calm lines, hover in words. It draws no data by itself."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TUNED = "#3d6fa8"
"""What was learned: my model, the training curve."""
BASE = "#8b9099"
"""What was there before: the base model."""
CHECK = "#c77d18"
"""What was held out: validation, intervals that cross zero."""
GOOD = "#2f8f5b"
BAD = "#c4483e"


def safe(text: str) -> str:
    """Text from data for a chart's names, which read a little HTML: a link in one would be one."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def show(figure: "Figure", key: str, height: int = 320, hover: str = "x unified") -> None:
    """Draw a figure in the house style."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode=hover,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0.0, "title": None},
    )
    st.plotly_chart(figure, key=key, width="stretch", config={"displayModeBar": False})
