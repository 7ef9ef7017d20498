"""What belongs to a chat beside its words: what the model saw, branches, blind pairs and their votes, settings kept per model."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.chats import get_chat, get_chats, read_messages, start_chats
from engine.store.lineage import link
from engine.store.open import all_rows, now, one_row, writing
from engine.store.votes import CHOICES, Choice


class View(NamedTuple):
    """What a model saw when it answered."""

    first_seq: int
    """The first message that it was shown."""
    cut: bool
    """Whether the question alone was longer than the model can read, and lost words."""


def keep_view(db: Database, chat_id: str, seq: int, view: View) -> None:
    """Of the answer that stands there."""
    with writing(db):
        db.execute("INSERT OR REPLACE INTO chat_views VALUES (?, ?, ?, ?)", [chat_id, seq, view.first_seq, view.cut])


def read_views(db: Database, chat_id: str) -> dict[int, View]:
    """{place of the answer: what the model saw}, of those answered since this is kept."""
    rows = all_rows(db, "SELECT seq, first_seq, cut FROM chat_views WHERE chat_id = ?", [chat_id])
    return {row["seq"]: View(row["first_seq"], bool(row["cut"])) for row in rows}


def branch_chat(db: Database, chat_id: str, seq: int) -> list[str]:
    """A new chat, or two side by side, that holds all that was said up to message `seq` of this one; returns the ids, the left one
    first. The other side goes as many turns along. Thumbs stay where they were given. Raises UserError where there is none."""
    with writing(db):
        chats = get_chats(db, chat_id)
        own = get_chat(db, chat_id)["id"]
        said = {chat["id"]: read_messages(db, chat["id"]) for chat in chats}
        if seq not in {one["seq"] for one in said[own]}:
            raise _no_message(seq)
        asked = sum(one["role"] == "user" for one in said[own] if one["seq"] <= seq)
        upto = [seq if id_ == own else _end_of_turn(messages, asked) for id_, messages in said.items()]
        ids = start_chats(db, [chat["model"] for chat in chats], chats[0]["title"], chats[0]["settings"])
        for chat, new, last in zip(chats, ids, upto, strict=True):
            _copy(db, chat["id"], new, last)
            facts = [chat["blind"], chat["id"], last, new]
            db.execute("UPDATE chats SET blind = ?, branch_of = ?, branch_seq = ? WHERE id = ?", facts)
            link(db, "chat", chat["id"], "chat", new)
    return ids


def _end_of_turn(messages: Sequence[dict[str, Any]], turns: int) -> int:
    """The place of the last message of so many turns; -1 where there is none."""
    asked, last = 0, -1
    for one in messages:
        asked += one["role"] == "user"
        if asked > turns:
            break
        last = one["seq"]
    return last


COPIED = {
    "chat_messages": "seq, role, text, created_at, ended",
    "chat_clauses": "seq, ord, record_id",
    "chat_costs": "seq, tokens, first_seconds, seconds, rss_mb, vram_mb",
    "chat_views": "seq, first_seq, cut",
}
"""What a branch takes along: the words and what their answers were given with."""


def _copy(db: Database, old: str, new: str, last: int) -> None:
    for table, columns in COPIED.items():
        sql = (
            f"INSERT INTO {table} (chat_id, {columns}) SELECT ?, {columns} FROM {table} WHERE chat_id = ? AND seq <= ?"
        )
        db.execute(sql, [new, old, last])


def _no_message(seq: int) -> UserError:
    return UserError(
        f"이 대화에 {seq}번 말이 없습니다. 그사이 지워졌거나 바뀌었습니다. 새로 고쳐서 보고 다시 하세요.",
        f"There is no message {seq} in this chat: it was deleted or replaced. Refresh, look, and try again.",
    )


def make_blind(db: Database, chat_ids: Sequence[str]) -> None:
    """Their models are not named from now on."""
    with writing(db):
        for chat_id in chat_ids:
            db.execute("UPDATE chats SET blind = 1 WHERE id = ?", [chat_id])


def reveal(db: Database, chat_id: str) -> list[str]:
    """Name the models of a blind pair from now on; returns them, the left one first. Raises UserError for a chat that is gone."""
    with writing(db):
        chats = get_chats(db, chat_id)
        for chat in chats:
            db.execute("UPDATE chats SET blind = 0 WHERE id = ?", [chat["id"]])
    return [str(chat["model"]) for chat in chats]


def vote(db: Database, chat_id: str, seq: int, choice: Choice | None) -> None:
    """Which of two answers was better: `seq` is the place of the left chat's answer; None takes the vote back.

    Raises UserError when the chat has no other beside it, or that answer is gone.
    """
    with writing(db):
        chat = get_chat(db, chat_id)
        if chat["beside_id"] is None:
            raise UserError(
                f"대화 {chat['id']}은(는) 한 모델과 나눈 것이라 고를 답이 둘이 아닙니다. 둘을 나란히 둔 대화에서 고르세요.",
                f"Chat {chat['id']} is held with one model: there are no two answers to choose from. Vote in a chat of two.",
            )
        if choice is None:
            db.execute("DELETE FROM chat_votes WHERE chat_id = ? AND seq = ?", [chat["id"], seq])
            return
        sql = "SELECT 1 AS found FROM chat_messages WHERE chat_id = ? AND seq = ? AND role = 'assistant'"
        if one_row(db, sql, [chat["id"], seq]) is None:
            raise _no_message(seq)
        values = [chat["id"], seq, choice, chat["blind"], now()]
        db.execute("INSERT OR REPLACE INTO chat_votes VALUES (?, ?, ?, ?, ?)", values)


def read_votes(db: Database, chat_id: str) -> dict[int, Choice]:
    """{place of the left answer: which was better} of a left chat."""
    rows = all_rows(db, "SELECT seq, choice FROM chat_votes WHERE chat_id = ?", [chat_id])
    return {row["seq"]: row["choice"] for row in rows}


def count_votes(db: Database, left: str, right: str) -> dict[str, int]:
    """{left, right, both, neither} over all chats that hold these two models side by side, whichever side each stood on."""
    sql = (
        "SELECT a.model AS model, v.choice, count(*) AS n FROM chat_votes v JOIN chats a ON a.id = v.chat_id "
        "JOIN chats b ON b.id = a.beside_id WHERE (a.model, b.model) IN (VALUES (?, ?), (?, ?)) GROUP BY a.model, v.choice"
    )
    found = dict.fromkeys(map(str, CHOICES), 0)
    turned = {"left": "right", "right": "left"}
    for row in all_rows(db, sql, [left, right, right, left]):
        choice = row["choice"] if row["model"] == left else turned.get(row["choice"], row["choice"])
        found[choice] += row["n"]
    return found


def read_voted(db: Database, recipe: str, bases: bool) -> list[dict[str, Any]]:
    """Choices between two answers of chats that hold a run of the recipe (`bases`: or two bare bases), in order: {chat_id, seq, choice,
    answers: (left, right), whole: whether both are, run_id: the recipe's, alike: whether both were asked with the same words
    before}."""
    run = (
        "(SELECT r.id FROM edges e JOIN runs r ON r.id = e.parent_id WHERE e.parent_kind = 'run' AND e.child_kind = 'chat' "
        "AND e.child_id = {side}.id AND r.recipe = ?)"
    )
    sql = (
        "SELECT v.chat_id, v.seq, v.choice, b.id AS other_id, m.text AS text, n.text AS other_text, m.ended = 'whole' AND n.ended = 'whole' "
        f"AS whole, COALESCE({run.format(side='a')}, {run.format(side='b')}) AS run_id, "
        "a.model LIKE '%base:%' AND b.model LIKE '%base:%' AS bare FROM chat_votes v JOIN chats a ON a.id = v.chat_id "
        "JOIN chats b ON b.id = a.beside_id JOIN chat_messages m ON m.chat_id = a.id AND m.seq = v.seq "
        "JOIN chat_messages n ON n.chat_id = b.id AND n.seq = v.seq AND n.role = 'assistant' ORDER BY v.voted_at, v.chat_id, v.seq"
    )
    rows = [row for row in all_rows(db, sql, [recipe, recipe]) if row["run_id"] or (bases and row["bare"])]
    return [
        {
            **{name: row[name] for name in ("chat_id", "seq", "choice", "run_id")},
            "answers": (row["text"], row["other_text"]),
            "whole": bool(row["whole"]),
            "alike": _before(db, row["chat_id"], row["seq"]) == _before(db, row["other_id"], row["seq"]),
        }
        for row in rows
    ]


def _before(db: Database, chat_id: str, seq: int) -> list[tuple[str, str]]:
    return [(one["role"], one["text"]) for one in read_messages(db, chat_id) if one["seq"] < seq]


def keep_model_settings(db: Database, model: str, settings: dict[str, Any] | None) -> None:
    """How this model answers in chats that begin from now on; None: as its recipe says again."""
    with writing(db):
        if settings is None:
            db.execute("DELETE FROM model_settings WHERE model = ?", [model])
            return
        values = [model, json.dumps(settings, ensure_ascii=False), now()]
        db.execute("INSERT OR REPLACE INTO model_settings VALUES (?, ?, ?)", values)


def model_settings(db: Database, model: str) -> dict[str, Any]:
    """What the owner keeps for this model; {} for nothing."""
    row = one_row(db, "SELECT settings_json FROM model_settings WHERE model = ?", [model])
    found: dict[str, Any] = json.loads(row["settings_json"]) if row else {}
    return found
