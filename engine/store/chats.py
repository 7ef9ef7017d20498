"""Chats and their messages. It knows nothing of the model that answers."""

import json
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing


def start_chat(db: Database, model: str, title: str, settings: dict[str, Any]) -> str:
    """A new chat with `model` ('base:NAME' or a run id); returns its id."""
    chat_id = new_id("chat")
    with writing(db):
        db.execute(
            "INSERT INTO chats VALUES (?, ?, ?, ?, ?)",
            [chat_id, model, title, json.dumps(settings, ensure_ascii=False), now()],
        )
        if not model.startswith("base:"):
            link(db, "run", model, "chat", chat_id)
    return chat_id


def add_message(db: Database, chat_id: str, role: str, text: str) -> int:
    """Append a message; returns its place in the chat. Raises UserError when the chat was deleted meanwhile."""
    with writing(db):
        if one_row(db, "SELECT 1 AS found FROM chats WHERE id = ?", [chat_id]) is None:
            raise UserError(
                f"대화 '{chat_id}'이(가) 없습니다. 지워졌을 수 있습니다. 새 대화를 시작하세요.",
                f"There is no chat '{chat_id}'. It may have been deleted. Start a new one.",
            )
        seq = db.execute("SELECT COALESCE(max(seq) + 1, 0) FROM chat_messages WHERE chat_id = ?", [chat_id]).fetchone()[
            0
        ]
        db.execute("INSERT INTO chat_messages VALUES (?, ?, ?, ?, ?)", [chat_id, seq, role, text, now()])
    return int(seq)


def read_messages(db: Database, chat_id: str) -> list[dict[str, Any]]:
    """[{seq, role, text, created_at}] in order."""
    sql = "SELECT seq, role, text, created_at FROM chat_messages WHERE chat_id = ? ORDER BY seq"
    return all_rows(db, sql, [chat_id])


def list_chats(db: Database, limit: int = 50) -> list[dict[str, Any]]:
    """Newest chats first."""
    return all_rows(db, "SELECT id, model, title, created_at FROM chats ORDER BY created_at DESC LIMIT ?", [limit])


def get_chat(db: Database, chat_id: str) -> dict[str, Any]:
    """The chat, settings decoded; `latest` is accepted. Raises UserError when there is none."""
    if chat_id == "latest":
        row = one_row(db, "SELECT * FROM chats ORDER BY created_at DESC LIMIT 1")
    else:
        row = one_row(db, "SELECT * FROM chats WHERE id = ?", [chat_id])
    if row is None:
        raise UserError(
            f"대화 '{chat_id}'이(가) 없습니다. 새 대화를 시작하세요.", f"There is no chat '{chat_id}'. Start a new one."
        )
    row["settings"] = json.loads(row.pop("settings_json"))
    return row


def delete_chat(db: Database, chat_id: str) -> None:
    """Delete a chat with its messages."""
    with writing(db):
        db.execute("DELETE FROM edges WHERE child_kind = 'chat' AND child_id = ?", [chat_id])
        db.execute("DELETE FROM chats WHERE id = ?", [chat_id])
