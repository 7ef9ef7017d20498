"""What kinds of questions a dataset asks, how its refusals stand, and how a row with a verbatim prompt reads on a card."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.curate.refusals import refusals_of
from engine.store.rows import question_types
from ui import frame
from ui.curate_address import show_rows, shown
from ui.curate_mix import mix_box
from ui.forms import words
from ui.frame import plain


def types_box(dataset: dict[str, Any]) -> None:
    """A chip per type with its rows and share, each opening them; then what is wrong with the refusals."""
    with frame.reading() as db:
        types, refusals = question_types(db, dataset["id"]), refusals_of(db, dataset)
    mix_box(dataset)
    if types and shown() != "decided":
        _chips(types)
    for warning in refusals.warnings if refusals else []:
        korean, _, english = warning.partition(" / ")
        st.caption(f":orange[:material/warning:] {plain(english if frame.english() else korean)}")


def _chips(types: Mapping[str, tuple[int, int]]) -> None:
    """The counts are those of the list: rows kept, or rows left out."""
    place = 1 if shown() == "dropped" else 0
    chosen, total = frame.asked("type") or "any", sum(counts[place] for counts in types.values())
    with st.container(horizontal=True, gap="small", key="curate_types"):
        for kind in ("any", *types):
            count = total if kind == "any" else types[kind][place]
            share = f" ({count / total:.1%})" if total and kind != "any" else ""
            st.button(
                f"{type_name(kind)} {count:,}{share}",
                key=f"curate_type_{kind}",
                icon=":material/check:" if kind == chosen else None,
                on_click=show_rows,
                kwargs={"type": None if kind == "any" else kind},
            )


def type_name(kind: str) -> str:
    """A type of question in plain words where there are some."""
    return words(f"curate.type.{kind}", kind)


def asked_of(row: Mapping[str, Any]) -> str:
    """What a row asks: the last words of the other side; of a verbatim prompt the question, not its frame."""
    if row["messages"] and row["messages"][0]["role"] == "raw":
        told = row["meta"]
        return str(told.get("question") or told.get("dialogue") or row["messages"][0]["content"])
    said = [message["content"] for message in row["messages"] if message["role"] == "user"]
    return said[-1] if said else ""


def is_bare(row: Mapping[str, Any]) -> bool:
    """Whether nothing can be learned from it: no prompt, or no answer."""
    return not row["target"].strip() or not any(one["role"] in ("user", "raw") for one in row["messages"])
