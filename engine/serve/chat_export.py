"""A chat as a file to keep: Markdown for reading, JSONL for programs. It knows nothing of pages or models."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from engine.serve.chat import Turn, turns_of
from engine.store.chats import get_chats, read_messages
from engine.store.facts import masked_sources_behind

SIGNS = re.compile(r"([\\`*_\[\]<>~|$&])")
"""What is markup anywhere in a line."""
OPENERS = re.compile(r"^(#{1,6}|[+=:-]|\d{1,9}(?=[.)]))")
"""What is markup where a line begins: headings, lists, rules."""
WORDS = {
    "me": ("나", "Me"),
    "made": ("말모이에서 나눈 대화", "A chat held with Malmoi"),
    "stopped": ("멈춘 답", "stopped"),
    "failed": ("중간에 끊긴 답", "cut off"),
    "instead": ("나라면 이렇게", "What I would have said"),
    "up": ("좋음", "good"),
    "down": ("아쉬움", "not good"),
    "sides": ("가나", "AB"),
    "none": ("(답이 없습니다)", "(no answer)"),
}


def as_jsonl(db: Database, chat_id: str) -> str:
    """One message a line: {chat, model, seq, role, text, at, ended, thumb, correction}; the left chat first. model: null while
    it is not to be known whose answers these are."""
    lines = [
        json.dumps(
            {
                "chat": chat["id"],
                "model": None if chat["blind"] else chat["model"],
                **{name: message[name] for name in ("seq", "role", "text")},
                "at": message["created_at"],
                **{name: message[name] for name in ("ended", "thumb", "correction")},
            },
            ensure_ascii=False,
        )
        for chat in get_chats(db, chat_id)
        for message in read_messages(db, chat["id"])
    ]
    return "".join(f"{line}\n" for line in lines)


def require_clean_chat(db: Database, chat_id: str, text: str, allow: str | None = None) -> None:
    """Raises UserError when a chat with a model that learned from masked material leaves with personal data in it.

    allow: the owner's reason to let it pass, recorded.
    """
    from engine.privacy.gate import require_clean_text

    sources = [source for chat in get_chats(db, chat_id) for source in masked_sources_behind(db, chat["model"])]
    if sources:
        require_clean_text(db, text, list(dict.fromkeys(sources)), "chat", chat_id, allow)


def as_markdown(db: Database, chat_id: str, english: bool = False) -> str:
    """The chat to read, turn by turn, two side by side under each question. What was said stays text: no sign of it acts."""
    chats = get_chats(db, chat_id)
    models = [_shown(chat, side, english) for side, chat in enumerate(chats)]
    began = datetime.fromisoformat(chats[0]["created_at"]).astimezone().strftime("%Y-%m-%d %H:%M")
    opening = [
        f"# {escaped(chats[0]['title']) or '…'}",
        f"{WORDS['made'][english]} · {began} · {', '.join(map(escaped, models))}",
    ]
    turns = turns_of([read_messages(db, chat["id"]) for chat in chats])
    return "\n\n".join([*opening, *(part for turn in turns for part in _turn(turn, models, english))]) + "\n"


def _shown(chat: dict[str, Any], side: int, english: bool) -> str:
    """A model's name; a letter while it is not to be known."""
    return WORDS["sides"][english][side] if chat["blind"] else str(chat["model"])


def _turn(turn: Turn, models: Sequence[str], english: bool) -> list[str]:
    parts: list[str] = []
    for side, (model, messages) in enumerate(zip(models, turn.sides, strict=True)):
        asked = [one for one in messages if one["role"] == "user"]
        answers = [one for one in messages if one["role"] == "assistant"]
        if asked and not (side and turn.alike):
            parts += [f"**{WORDS['me'][english]}**", escaped(asked[0]["text"])]
        for answer in answers:
            parts += _answer(model, answer, english)
        if messages and not answers:
            parts += [f"**{escaped(model)}**", WORDS["none"][english]]
    return parts


def _answer(model: str, answer: dict[str, Any], english: bool) -> list[str]:
    marks = [WORDS[mark][english] for mark in (answer["ended"], answer["thumb"]) if mark in WORDS]
    parts = [" · ".join([f"**{escaped(model)}**", *marks]), escaped(answer["text"])]
    if answer["correction"]:
        quoted = escaped(answer["correction"]).split("\n")
        parts.append("\n".join(f"> {line}" for line in [f"{WORDS['instead'][english]}:", "", *quoted]))
    return parts


def escaped(text: str) -> str:
    """Text as Markdown that shows it as it is: signs are escaped, indents go, line breaks stay."""
    lines = (OPENERS.sub(_harmless, SIGNS.sub(r"\\\1", line.strip())) for line in text.strip().splitlines())
    return "  \n".join(lines)


def _harmless(opener: re.Match[str]) -> str:
    """`1` before a point takes its backslash after the digits."""
    found = opener.group()
    return f"{found}\\" if found.isdigit() else f"\\{found}"
