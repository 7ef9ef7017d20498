"""Chats, their messages and what the owner thinks of the answers. It knows nothing of the model that answers."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, new_id, now, one_row, writing

Ended = Literal["whole", "stopped", "failed"]
Thumb = Literal["up", "down"]
TITLE_LENGTH = 80
"""Longest title, in characters."""
SECOND = (
    "(beside_id IS NOT NULL AND EXISTS (SELECT 1 FROM chats b WHERE b.id = chats.beside_id AND b.rowid < chats.rowid))"
)
"""The right side of two chats held side by side: lists name the left one."""


class Said(NamedTuple):
    """A message to be stored."""

    role: Literal["user", "assistant"]
    text: str
    ended: Ended = "whole"


def start_chat(db: Database, model: str, title: str, settings: dict[str, Any]) -> str:
    """A new chat with `model` ('base:NAME' or a run id); returns its id."""
    chat_id = new_id("chat")
    with writing(db):
        db.execute(
            "INSERT INTO chats (id, model, title, settings_json, created_at) VALUES (?, ?, ?, ?, ?)",
            [chat_id, model, title, json.dumps(settings, ensure_ascii=False), now()],
        )
        named = model.partition("@")[0].rpartition(":")[2]  # of ENGINE:RUN@WAY
        if one_row(db, "SELECT 1 AS found FROM runs WHERE id = ?", [named]):
            link(db, "run", named, "chat", chat_id)
    return chat_id


def start_chats(db: Database, models: Sequence[str], title: str, settings: dict[str, Any]) -> list[str]:
    """One chat per model; two stand side by side and name each other. All or none."""
    with writing(db):
        ids = [start_chat(db, model, title, settings) for model in models]
        if len(ids) == 2:
            for one, other in (ids, ids[::-1]):
                db.execute("UPDATE chats SET beside_id = ? WHERE id = ?", [other, one])
    return ids


def add_message(
    db: Database, chat_id: str, role: Literal["user", "assistant"], text: str, ended: Ended = "whole"
) -> int:
    """Append a message; returns its place in the chat. Raises UserError when the chat was deleted meanwhile."""
    with writing(db):
        _require(db, chat_id)
        seq = _next(db, chat_id)
        _insert(db, chat_id, seq, [Said(role, text, ended)])
    return seq


def replace_from(db: Database, chat_id: str, seq: int, upto: int, messages: Sequence[Said]) -> None:
    """Put `messages` in the place of `seq` … `upto`, the chat's last one when the owner asked for it.

    All or nothing. A correction of the answer at `seq` stays with the answer that takes its place: it says what the owner
    would say there. Raises UserError when the chat was deleted, or went on in another window meanwhile.
    """
    with writing(db):
        _require(db, chat_id)
        if _next(db, chat_id) != upto + 1:
            raise UserError(
                "이 대화가 그사이 다른 창에서 이어졌습니다. 아무것도 바꾸지 않았습니다. 새로 고쳐서 보고 다시 하세요.",
                "This chat went on in another window meanwhile. Nothing was changed. Refresh, look, and try again.",
            )
        sql = "SELECT correction FROM chat_feedback WHERE chat_id = ? AND seq = ? AND correction IS NOT NULL"
        corrected = one_row(db, sql, [chat_id, seq])
        db.execute("DELETE FROM chat_messages WHERE chat_id = ? AND seq >= ?", [chat_id, seq])
        # a choice between two answers goes with either; the sides number theirs alike, save where one got none
        beside = "chat_id = (SELECT beside_id FROM chats WHERE id = ?)"
        db.execute(f"DELETE FROM chat_votes WHERE {beside} AND seq >= ?", [chat_id, seq])
        _insert(db, chat_id, seq, messages)
        if corrected and messages[0].role == "assistant":
            judge_answer(db, chat_id, seq, None, corrected["correction"])


def _require(db: Database, chat_id: str) -> None:
    if one_row(db, "SELECT 1 AS found FROM chats WHERE id = ?", [chat_id]) is None:
        raise UserError(
            f"대화 '{chat_id}'이(가) 없습니다. 지워졌을 수 있습니다. 새 대화를 시작하세요.",
            f"There is no chat '{chat_id}'. It may have been deleted. Start a new one.",
        )


def _next(db: Database, chat_id: str) -> int:
    sql = "SELECT COALESCE(max(seq) + 1, 0) AS seq FROM chat_messages WHERE chat_id = ?"
    return int(db.execute(sql, [chat_id]).fetchone()[0])


def _insert(db: Database, chat_id: str, seq: int, messages: Iterable[Said]) -> None:
    sql = "INSERT INTO chat_messages (chat_id, seq, role, text, created_at, ended) VALUES (?, ?, ?, ?, ?, ?)"
    for place, said in enumerate(messages, start=seq):
        db.execute(sql, [chat_id, place, said.role, said.text, now(), said.ended])


def read_messages(db: Database, chat_id: str, last: int | None = None) -> list[dict[str, Any]]:
    """[{seq, role, text, created_at, ended, thumb, correction}] in order; only the `last` ones when that is given."""
    sql = (
        "SELECT m.seq, m.role, m.text, m.created_at, m.ended, f.thumb, f.correction FROM chat_messages m "
        "LEFT JOIN chat_feedback f ON f.chat_id = m.chat_id AND f.seq = m.seq "
        "WHERE m.chat_id = ? ORDER BY m.seq DESC LIMIT ?"
    )
    return all_rows(db, sql, [chat_id, -1 if last is None else last])[::-1]


def count_messages(db: Database, chat_ids: Iterable[str]) -> int:
    """How many messages these chats hold together."""
    sql = "SELECT count(*) FROM chat_messages WHERE chat_id = ?"
    return sum(int(db.execute(sql, [chat_id]).fetchone()[0]) for chat_id in chat_ids)


def list_chats(db: Database, limit: int = 50, search: str = "") -> list[dict[str, Any]]:
    """The owner's chats, newest first, two side by side as one, a blind pair's models in no order that tells; `search`: only
    titles that hold it."""
    wanted = "%" + search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    sql = (
        "SELECT id, model, title, beside_id, created_at, blind, branch_of, "
        "(SELECT b.model FROM chats b WHERE b.id = chats.beside_id) AS beside_model "
        f"FROM chats WHERE visitor_id IS NULL AND NOT {SECOND} AND title LIKE ? ESCAPE '\\' ORDER BY created_at DESC, rowid DESC LIMIT ?"
    )
    found = all_rows(db, sql, [wanted, limit])
    for row in found:
        if row["blind"]:  # their order would tell which is on the left
            row["model"], row["beside_model"] = sorted((row["model"], row["beside_model"]))
    return found


def get_chat(db: Database, chat_id: str) -> dict[str, Any]:
    """The chat, settings decoded; `latest` is accepted. Raises UserError when there is none."""
    if chat_id == "latest":
        row = one_row(
            db,
            f"SELECT * FROM chats WHERE visitor_id IS NULL AND NOT {SECOND} ORDER BY created_at DESC, rowid DESC LIMIT 1",
        )
    else:
        row = one_row(db, "SELECT * FROM chats WHERE id = ?", [chat_id])
    if row is None:
        raise UserError(
            f"대화 '{chat_id}'이(가) 없습니다. 새 대화를 시작하세요.", f"There is no chat '{chat_id}'. Start a new one."
        )
    row["settings"] = json.loads(row.pop("settings_json"))
    return row


def get_chats(db: Database, chat_id: str) -> list[dict[str, Any]]:
    """The chat, and the one held beside it; the left one first. Raises UserError when there is none."""
    found = get_chat(db, chat_id)
    sides = "SELECT id FROM chats WHERE id IN (?, ?) ORDER BY rowid"
    return [get_chat(db, row["id"]) for row in all_rows(db, sides, [found["id"], found["beside_id"]])]


def rename_chat(db: Database, chat_id: str, title: str) -> str:
    """Give the chat, and the one beside it, another title; returns it. Raises UserError for an empty one."""
    short = " ".join(title.split())[:TITLE_LENGTH].strip()
    if not short:
        raise UserError(
            "제목이 비어 있어 바꾸지 않았습니다. 한 글자 이상 쓰세요.",
            "The title is empty; nothing was changed. Write at least one letter.",
        )
    with writing(db):
        for chat in get_chats(db, chat_id):
            db.execute("UPDATE chats SET title = ? WHERE id = ?", [short, chat["id"]])
    return short


def keep_settings(db: Database, chat_id: str, settings: dict[str, Any]) -> None:
    """How the chat, and the one beside it, answer from now on. A chat deleted meanwhile is left alone."""
    value = json.dumps(settings, ensure_ascii=False)
    with writing(db):
        db.execute("UPDATE chats SET settings_json = ? WHERE id = ? OR beside_id = ?", [value, chat_id, chat_id])


def delete_chat(db: Database, chat_id: str) -> list[str]:
    """Delete a chat with its messages and the rows of preferences made from it, and the one beside it; returns the ids. One
    deleted before is no error."""
    from engine.store.forget import forget_chat_rows

    with writing(db):
        doomed = [
            row["id"] for row in all_rows(db, "SELECT id FROM chats WHERE id = ? OR beside_id = ?", [chat_id] * 2)
        ]
        forget_chat_rows(db, doomed)
        for one in doomed:
            db.execute("DELETE FROM edges WHERE child_kind = 'chat' AND child_id = ?", [one])
            db.execute("DELETE FROM edges WHERE parent_kind = 'chat' AND parent_id = ?", [one])
            db.execute("DELETE FROM chats WHERE id = ?", [one])
    return doomed


def judge_answer(db: Database, chat_id: str, seq: int, thumb: Thumb | None, correction: str | None = None) -> None:
    """Keep what the owner thinks of one answer; without thumb and correction it is forgotten.

    A correction alone means that the answer was not good. Raises UserError when the answer is no longer there.
    """
    words = (correction or "").strip() or None
    with writing(db):
        if thumb is None and words is None:
            db.execute("DELETE FROM chat_feedback WHERE chat_id = ? AND seq = ?", [chat_id, seq])
            return
        sql = "SELECT 1 AS found FROM chat_messages WHERE chat_id = ? AND seq = ? AND role = 'assistant'"
        if one_row(db, sql, [chat_id, seq]) is None:
            raise UserError(
                "그 답이 그사이 지워졌거나 바뀌어 평을 남기지 못했습니다. 새로 고쳐서 다시 보세요.",
                "That answer was deleted or replaced meanwhile, so nothing was kept. Refresh and look again.",
            )
        db.execute(
            "INSERT INTO chat_feedback (chat_id, seq, thumb, correction, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (chat_id, seq) DO UPDATE SET thumb = excluded.thumb, correction = excluded.correction, "
            "created_at = excluded.created_at, sent_at = NULL",
            [chat_id, seq, thumb or "down", words, now()],
        )


def count_feedback(db: Database, model: str) -> dict[str, int]:
    """{up, down, corrections} over all chats that the owner held with a model."""
    sql = (
        "SELECT COALESCE(sum(thumb = 'up'), 0) AS up, COALESCE(sum(thumb = 'down'), 0) AS down, "
        "count(correction) AS corrections FROM chat_feedback f JOIN chats c ON c.id = f.chat_id WHERE c.model = ? AND c.visitor_id IS NULL"
    )
    found = one_row(db, sql, [model])
    assert found is not None
    return found
