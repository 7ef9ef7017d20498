"""The clauses an answer was given with, folded under it. It knows nothing of how they were found."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.store.chats import read_messages
from engine.store.clause_index import read_shown
from engine.store.resources import read_chat_costs
from ui.say import plain, t


def read_with_clauses(db: Database, chat_id: str, last: int) -> list[dict[str, Any]]:
    """The last messages of a chat, each with the `clauses` it was given with and what it took (`cost`; None: not known)."""
    shown, costs = read_shown(db, chat_id), read_chat_costs(db, chat_id)
    return [
        {**message, "clauses": shown.get(message["seq"], []), "cost": costs.get(message["seq"])}
        for message in read_messages(db, chat_id, last)
    ]


def draw_clauses(clauses: Sequence[dict[str, Any]]) -> None:
    """Nothing where none was looked up, or where they were forgotten."""
    if not clauses:
        return
    with st.expander(t("chat.clauses", n=len(clauses)), icon=":material/menu_book:"):
        for place, clause in enumerate(clauses, start=1):
            where = clause["breadcrumbs"] or clause["article"]
            st.markdown(f"**{place}. {plain(clause['chunk_id'])}**" + (f" · {plain(where)}" if where else ""))
            st.text(clause["text"])
