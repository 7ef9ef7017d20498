"""All that the store knows of a chat, as one JSON object. It knows no page."""

from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from engine.retrieve.citing import cited
from engine.store.chats import get_chats, read_messages
from engine.store.clause_index import read_shown
from engine.store.resources import read_chat_costs
from engine.store.talks import read_views, read_votes


def told_chat(db: Database, chat_id: str) -> dict[str, Any]:
    """{title, blind, branch_of, branch_seq, votes: {seq: choice}, chats: [{chat_id, model, settings, messages: [{seq, role, text, at,
    ended, thumb, correction, retrieved?, cited?, not_shown?, seen_from?, cut?, cost?}]}]}; the left chat first. model: null while
    the pair is blind. Raises UserError for a chat that there is none of."""
    chats = get_chats(db, chat_id)
    first = chats[0]
    return {
        **{name: first[name] for name in ("title", "branch_of", "branch_seq")},
        "blind": bool(first["blind"]),
        "votes": read_votes(db, first["id"]),
        "chats": [_side(db, chat) for chat in chats],
    }


def _side(db: Database, chat: dict[str, Any]) -> dict[str, Any]:
    shown, views, costs = read_shown(db, chat["id"]), read_views(db, chat["id"]), read_chat_costs(db, chat["id"])
    messages = []
    for one in read_messages(db, chat["id"]):
        told = {**one, "at": one["created_at"]}
        del told["created_at"]
        if clauses := shown.get(one["seq"]):
            named = cited(one["text"], clauses)
            told |= {"retrieved": [clause["chunk_id"] for clause in clauses], "not_shown": list(named.elsewhere)}
            told["cited"] = [clauses[place]["chunk_id"] for place in named.places]
        if view := views.get(one["seq"]):
            told |= {"seen_from": view.first_seq, "cut": view.cut}
        if cost := costs.get(one["seq"]):
            told["cost"] = asdict(cost)
        messages.append(told)
    model = None if chat["blind"] else chat["model"]
    return {"chat_id": chat["id"], "model": model, "settings": chat["settings"], "messages": messages}
