"""Fields of an item as somebody wrote them, each of the kind that it must be. It knows no recipe."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.curate.row import Message
from engine.errors import UserError

KINDS: dict[type, tuple[str, str]] = {
    type(None): ("null", "null"),
    bool: ("참/거짓", "true or false"),
    int: ("숫자", "a number"),
    float: ("숫자", "a number"),
    str: ("글", "text"),
    list: ("목록", "a list"),
    dict: ("묶음 { }", "an object"),
}
"""What JSON can hold, Korean and English."""
TEXT = ("글", "text")
TURNS = (
    '{"role": "user" 또는 "assistant", "content": 글}의 목록',
    'a list of {"role": "user" or "assistant", "content": text}',
)
PROMPT = (
    '{"role": "system", "user", "assistant" 또는 "raw", "content": 글}의 목록',
    'a list of {"role": "system", "user", "assistant" or "raw", "content": text}',
)


def text_in(item: Mapping[str, Any], name: str) -> str:
    """The text of a field. Raises KeyError where there is none of that name, UserError for what is no text or has not a letter."""
    found = item[name]
    if not isinstance(found, str):
        raise wrong_kind(name, found, TEXT)
    if not found.strip():
        raise UserError(
            f"{name} 칸이 비어 있어(0자) 물을 것이 없습니다. 그 칸에 글을 넣어 주세요.",
            f"{name} is empty (0 characters), so nothing can be asked. Put words into it.",
        )
    return found


def text_or_none(item: Mapping[str, Any], name: str) -> str | None:
    """The text of a field that may be missing, null or empty. Raises UserError for anything else."""
    found = item.get(name)
    if found is None or isinstance(found, str):
        return found
    raise wrong_kind(name, found, TEXT)


def wrong_kind(name: str, found: Any, wanted: tuple[str, str]) -> UserError:
    """`name` holds something else than is wanted, Korean and English; never what it holds."""
    ko, en = KINDS.get(type(found), ("다른 것", "something else"))
    return UserError(
        f"{name} 칸에는 {wanted[0]}이(가) 와야 하는데 {ko}이(가) 있습니다. 고쳐 주세요.",
        f"{name} must hold {wanted[1]}, but there is {en}. Please change it.",
    )


def turns_in(found: Any) -> list[Message]:
    """A talk: {role: user or assistant, content} or bare texts in turn, the user's last. Raises UserError."""
    if not isinstance(found, list | tuple) or not found:
        raise wrong_kind("turns", found, TURNS)
    sides = ("user", "assistant")
    return [_turn(one, sides[(len(found) - 1 - at) % 2]) for at, one in enumerate(found)]


def _turn(found: Any, side: str) -> Message:
    told = {"role": side, "content": found} if isinstance(found, str) else found
    if not _is_message(told, ("user", "assistant")):
        raise wrong_kind("turns", found, TURNS)
    return Message(role=told["role"], content=told["content"])


def messages_in(found: Any) -> list[Message]:
    """A whole prompt with what may be cut of it: a long one then loses the same words as where it was made. Raises UserError."""
    if not isinstance(found, list | tuple) or not found:
        raise wrong_kind("messages", found, PROMPT)
    return [_message(one) for one in found]


def _message(found: Any) -> Message:
    if not _is_message(found, ("system", "user", "assistant", "raw")):
        raise wrong_kind("messages", found, PROMPT)
    told = Message(role=found["role"], content=found["content"])
    if found.get("cut") is not None:
        told["cut"] = _span(found["cut"], len(told["content"]))
        if found.get("middle"):
            told["middle"] = True
    return told


def _is_message(found: Any, roles: Sequence[str]) -> bool:
    return isinstance(found, Mapping) and found.get("role") in roles and isinstance(found.get("content"), str)


def _span(found: Any, length: int) -> tuple[int, int]:
    span = ("두 숫자 [처음, 끝]", "two numbers [start, end]")
    if not isinstance(found, list | tuple) or [type(one) for one in found] != [int, int]:
        raise wrong_kind("cut", found, span)
    start, end = found
    if not 0 <= start <= end <= length:
        raise wrong_kind("cut", found, span)
    return start, end
