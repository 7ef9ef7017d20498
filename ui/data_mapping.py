"""Which column of a table is the question, which the answer: shown before anything is stored, and corrected by the owner."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.recipes.recipe import Recipe
from engine.sources.columns import FIELDS
from engine.sources.detect import choose_reader
from engine.sources.qa import Guess, QaReader
from engine.sources.uploads import remove_uploads
from ui import frame
from ui.frame import plain, t

STATE, KEY = "data_mapping", "clauses_map_"
SHOWN, LONGEST = 3, 300


def needs_mapping(files: list[Path], recipe: Recipe) -> bool:
    """Whether the first file is a table that this recipe reads as questions and answers. Raises UserError for what nobody reads."""
    if "qa" not in recipe.source_kinds or not files or not files[0].is_file():
        return False
    if files[0].suffix.lower() in (".zip", ".eml"):
        return False
    return choose_reader(files[0], None, recipe.source_kinds).kind in ("qa", "table")


def begin_mapping(files: list[Path], recipe: str) -> None:
    """Show the box from the next run on."""
    for field in FIELDS:
        st.session_state.pop(f"{KEY}{field}", None)
    st.session_state[STATE] = {"files": [str(file) for file in files], "recipe": recipe}


def waiting() -> dict[str, Any] | None:
    """The files whose columns are being looked at."""
    found: dict[str, Any] | None = st.session_state.get(STATE)
    return found


def mapping_box(asked: dict[str, Any], submit: Callable[[list[str], str, dict[str, str]], None]) -> None:
    """Columns by field, the first rows as they would come in, and the two ways out."""
    file = Path(asked["files"][0])
    try:
        guess = QaReader().look(file)
    except (UserError, OSError):
        _end(asked)
        st.rerun()
    st.markdown(f"**{t('clauses.map')}**")
    st.caption(t("clauses.map_lead", name=plain(file.name)))
    mapping = _choose(guess)
    ready = {"question", "answer"} <= set(mapping)
    if ready:
        _sample(QaReader({field: mapping.get(field, "") for field in FIELDS}).look(file))
    else:
        st.warning(t("clauses.map_missing"), icon=":material/help:")
    with st.container(horizontal=True):
        if st.button(
            t("clauses.map_go"), key="clauses_map_go", type="primary", disabled=not ready, icon=":material/download:"
        ):
            st.session_state.pop(STATE, None)
            submit(asked["files"], asked["recipe"], {field: mapping.get(field, "") for field in FIELDS})
        st.button(t("clauses.map_cancel"), key="clauses_map_cancel", on_click=_end, args=(asked,))


def _choose(guess: Guess) -> dict[str, str]:
    mapping = {}
    for column, field in zip([*st.columns(3), *st.columns(3)], FIELDS, strict=True):
        key = f"{KEY}{field}"
        st.session_state.setdefault(key, guess.mapping.get(field))
        chosen = column.selectbox(
            t(f"clauses.map.{field}"), guess.columns, index=None, placeholder=t("clauses.map_none"), key=key
        )
        if chosen:
            mapping[field] = chosen
    return mapping


def _sample(shown: Guess) -> None:
    pairs = shown.sample[:SHOWN]
    st.caption(t("clauses.map_sample", n=len(pairs)))
    rows = {
        t(f"clauses.map.{field}"): [(pair[field] or "")[:LONGEST] for pair in pairs]
        for field in ("question", "answer", "clause")
    }
    st.dataframe(rows, hide_index=True, row_height=70)


def _end(asked: dict[str, Any]) -> None:
    st.session_state.pop(STATE, None)
    remove_uploads(frame.store(), [Path(file) for file in asked["files"]])
