"""One answer of a model as people read it: JSON as facts and tables, all else as text. Nothing in it becomes markup."""

from collections.abc import Mapping

import streamlit as st

from engine.serve.answer_parts import Parts, Table, parts_of_answer
from ui.say import english, plain, t

Names = Mapping[str, tuple[str, str]]
"""A field of JSON to what it is called in Korean and English."""


def draw_answer(text: str, names: Names) -> None:
    """names: as `Recipe.field_names`; a field without one is called as it is written."""
    parts = parts_of_answer(text)
    if parts is None:
        st.markdown(plain(text.strip()))
        return
    _draw_parts(parts, names)
    with st.expander(t("chat.as_written"), icon=":material/data_object:"):
        st.code(text.strip(), language=None, wrap_lines=True)


def _draw_parts(parts: Parts, names: Names) -> None:
    """Facts before the tables and after them as the model told them would need an order of their own: facts come first."""
    for name, said in parts.facts:
        st.markdown(f"**{plain(_called(name, names))}**  \n{plain(said) or '–'}")
    for table in parts.tables:
        if table.name:
            st.markdown(f"**{plain(_called(table.name, names))}**")
        st.table(_cells(table, names), border="horizontal")


def _cells(table: Table, names: Names) -> dict[str, list[str]]:
    """By column; two fields that are called alike stay apart."""
    cells: dict[str, list[str]] = {}
    for place, column in enumerate(table.columns):
        heading = plain(_called(column, names))
        cells[heading if heading not in cells else f"{heading} ({plain(column)})"] = [
            plain(row[place]) for row in table.rows
        ]
    return cells


def _called(name: str, names: Names) -> str:
    return names[name][english()] if name in names else name
