"""The clauses an answer was given with: those it names first, the others folded under it. It knows nothing of how they were found."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.retrieve.citing import cited
from engine.store.chats import read_messages
from engine.store.clause_index import read_shown
from engine.store.resources import read_chat_costs
from engine.store.talks import read_views
from ui.say import plain, t


def read_with_clauses(db: Database, chat_id: str, last: int) -> list[dict[str, Any]]:
    """The last messages of a chat, each with the `clauses` it was given with, what it took (`cost`) and what its model saw of the
    chat (`view`); None: not known."""
    shown, costs, views = read_shown(db, chat_id), read_chat_costs(db, chat_id), read_views(db, chat_id)
    return [
        {
            **message,
            "clauses": shown.get(message["seq"], []),
            "cost": costs.get(message["seq"]),
            "view": views.get(message["seq"]),
        }
        for message in read_messages(db, chat_id, last)
    ]


def draw_clauses(answer: str, clauses: Sequence[Mapping[str, Any]]) -> None:
    """Nothing where none was looked up, or where they were forgotten."""
    if not clauses:
        return
    found = cited(answer, clauses)
    if found.places:
        told = " ".join(f":green-badge[{place + 1}. {plain(_named(clauses[place]))}]" for place in found.places)
        st.markdown(f":gray[{t('chat.cited')}] {told}")
    if found.elsewhere:
        st.caption(f":orange[:material/help:] {t('chat.cited_elsewhere', names=plain(', '.join(found.elsewhere)))}")
    with st.expander(t("chat.clauses", n=len(clauses)), icon=":material/menu_book:"):
        for place in [*found.places, *(one for one in range(len(clauses)) if one not in found.places)]:
            _draw(place, clauses[place], place in found.places)


def _draw(place: int, clause: Mapping[str, Any], named: bool) -> None:
    where = clause["breadcrumbs"] or clause["article"]
    mark = f" :green-badge[{t('chat.cited_mark')}]" if named else ""
    st.markdown(f"**{place + 1}. {plain(clause['chunk_id'])}**" + (f" · {plain(where)}" if where else "") + mark)
    st.text(clause["text"])


def _named(clause: Mapping[str, Any]) -> str:
    return str(clause["article"] or clause["chunk_id"])
