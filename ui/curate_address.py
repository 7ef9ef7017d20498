"""What the curation page shows, read from and written to its address. It draws nothing."""

from typing import Any

import streamlit as st

from engine.store.rows import SPLITS, Which
from ui import frame
from ui.forms import words
from ui.frame import t
from ui.live import moment

VIEWS = ("rows", "versions", "compare", "generate", "build")
SHOWN = ("kept", *SPLITS, "dropped", "decided")
SPEECH = ("casual", "polite", "mixed", "unknown")
FILTERS = ("show", "why", "find", "long", "speech", "type", "plan", "after")
"""Names in the address that say which rows are listed."""


def view(have_datasets: bool) -> str:
    """One of VIEWS."""
    asked = frame.asked("view")
    if asked in VIEWS:
        return asked
    if frame.asked("beside"):
        return "compare"
    if frame.asked("dataset"):
        return "rows"
    return "rows" if have_datasets and not frame.asked("source") else "build"


def shown() -> str:
    """One of SHOWN."""
    asked = frame.asked("show")
    return asked if asked in SHOWN else "kept"


def which() -> Which:
    """The rows that are listed."""
    show, text, least = shown(), frame.asked("find") or "", frame.asked_number("long") or 0
    if show == "decided":
        return Which(decided=True, text=text, shortest=least, speech=speech(), kind=frame.asked("type"))
    if show == "dropped":
        return Which(
            dropped=frame.asked("why") or "any", text=text, shortest=least, speech=speech(), kind=frame.asked("type")
        )
    return Which(
        split=None if show == "kept" else show, text=text, shortest=least, speech=speech(), kind=frame.asked("type")
    )


def speech() -> str | None:
    """The speech level that is listed; None lists all."""
    asked = frame.asked("speech")
    return asked if asked in SPEECH else None


def show_rows(**names: str | None) -> None:
    """List other rows, from the beginning. For callbacks."""
    frame.name_in_address(**{"row": None, "after": None, **names})


def open_dataset(dataset_id: str) -> None:
    """Look at a dataset from its beginning. For callbacks."""
    forgotten: dict[str, str | None] = dict.fromkeys(("row", "beside", "view", "job", "source", "part", *FILTERS))
    frame.name_in_address(**{**forgotten, "dataset": dataset_id})


def open_beside(a: str, b: str) -> None:
    """Look at two datasets beside each other. For callbacks."""
    open_dataset(a)
    frame.name_in_address(beside=b)


def open_row_of(dataset_id: str, row_id: int) -> None:
    """Look at a row of another dataset. For callbacks."""
    open_dataset(dataset_id)
    open_row(row_id)


def open_row(row_id: int | None, editing: bool = False) -> None:
    """Show one row, or the list again. For callbacks."""
    frame.name_in_address(row=None if row_id is None else str(row_id))
    st.session_state["curate_editing"] = row_id if editing else None


def name_of(dataset: dict[str, Any]) -> str:
    """A dataset as an option of a list, which Streamlit shows as text: date, rows, id."""
    rows = sum(dataset["counts"].values())
    return t("curate.dataset", date=moment(dataset["created_at"]), rows=f"{rows:,}", id=dataset["id"])


def recipe_name(recipe: str) -> str:
    """The recipe in plain words where there are some."""
    return words(f"curate.recipe.{recipe}", recipe)


def reason_name(reason: str) -> str:
    """Why a row was left out, in a word."""
    return words(f"curate.reason.{reason}", reason)


def place_name(row: dict[str, Any]) -> str:
    """Its split, or why it was left out."""
    return t(f"curate.split.{row['split']}") if row["split"] else reason_name(row["dropped"])
