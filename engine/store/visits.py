"""Chats of visitors. Every function takes the visitor's id and reaches nothing of anybody else; what is not the visitor's own does
not exist here. It knows nothing of invitations or models."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.chats import Thumb, add_message, delete_chat, judge_answer, read_messages, start_chat
from engine.store.feedback import drop_feedback, kept_of
from engine.store.open import all_rows, one_row, writing


def start_visit(db: Database, visitor_id: str, model: str, title: str, settings: dict[str, Any]) -> str:
    """A new chat of the visitor; returns its id."""
    with writing(db):
        chat_id = start_chat(db, model, title, settings)
        db.execute("UPDATE chats SET visitor_id = ? WHERE id = ?", [visitor_id, chat_id])
    return chat_id


def my_chats(db: Database, visitor_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """[{id, model, title, created_at}], newest first."""
    sql = "SELECT id, model, title, created_at FROM chats WHERE visitor_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
    return all_rows(db, sql, [visitor_id, limit])


def find_mine(db: Database, visitor_id: str, chat_id: str | None) -> dict[str, Any] | None:
    """{id, model, title, created_at, settings} of a chat; None when it is gone, or is somebody else's: nothing tells which."""
    sql = "SELECT id, model, title, created_at, settings_json FROM chats WHERE id = ? AND visitor_id = ?"
    found = one_row(db, sql, [chat_id, visitor_id])
    return {**found, "settings": json.loads(found.pop("settings_json"))} if found else None


def my_messages(db: Database, visitor_id: str, chat_id: str, last: int | None = None) -> list[dict[str, Any]]:
    """As `chats.read_messages`; nothing for a chat that is not the visitor's."""
    return read_messages(db, chat_id, last) if find_mine(db, visitor_id, chat_id) else []


def hear_visitor(db: Database, visitor_id: str, chat_id: str, text: str) -> int:
    """Append what the visitor said; returns its place. Raises UserError when the chat is gone."""
    with writing(db):
        _require(db, visitor_id, chat_id)
        return add_message(db, chat_id, "user", text)


def judge_mine(
    db: Database, visitor_id: str, chat_id: str, seq: int, thumb: Thumb | None, correction: str | None
) -> None:
    """As `chats.judge_answer`, for an answer that the visitor was given. Raises UserError when it is gone."""
    with writing(db):
        _require(db, visitor_id, chat_id)
        judge_answer(db, chat_id, seq, thumb, correction)


def delete_mine(db: Database, visitor_id: str, chat_id: str | None = None) -> int:
    """Delete one chat of the visitor, or all of them, with what came of it in the owner's inbox; returns how many chats. One that is
    gone already is no error."""
    with writing(db):
        drop_feedback(db, kept_of(db, visitor_id, chat_id))
        sql = "SELECT id FROM chats WHERE visitor_id = ? AND (id = ? OR ? IS NULL)"
        doomed = [row["id"] for row in all_rows(db, sql, [visitor_id, chat_id, chat_id])]
        for one in doomed:
            delete_chat(db, one)
    return len(doomed)


def said_lately(db: Database, visitor_id: str, seconds: float) -> int:
    """How many messages the visitor sent in the last `seconds`, in all chats."""
    since = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
    sql = (
        "SELECT count(*) AS n FROM chats c JOIN chat_messages m ON m.chat_id = c.id AND m.role = 'user' AND m.created_at > ? "
        "WHERE c.visitor_id = ?"
    )
    found = one_row(db, sql, [since, visitor_id])
    return int(found["n"]) if found else 0


def _require(db: Database, visitor_id: str, chat_id: str) -> None:
    if find_mine(db, visitor_id, chat_id) is None:
        raise UserError(
            "이 대화가 없습니다. 지워졌을 수 있습니다. 새 대화를 시작하세요.",
            "This chat is not there. It may have been deleted. Begin a new one.",
        )
