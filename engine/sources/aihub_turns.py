"""Turns of an interview, however they are written: lists of utterances with their speakers. It reads no file."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.sources.mcqa_columns import as_cell

Turn = dict[str, str]
"""{role: user | assistant, content}: the patient is the user, who counsels is the assistant."""
_SAYS = (
    "content",
    "utterance",
    "utterancetext",
    "text",
    "sentence",
    "paragraphtext",
    "normtext",
    "form",
    "발화",
    "발화문",
    "대화",
    "value",
    "message",
    "mgtext",
)
_WHO = (
    "role",
    "speaker",
    "speakerid",
    "speakertype",
    "speakerrole",
    "paragraphspeaker",
    "from",
    "화자",
    "발화자",
    "participant",
    "talker",
    "participantid",
)
_ASKS = re.compile(
    r"^(?:user|human|patient|client|customer|child|guardian)|환자|내담자|고객|사용자|보호자|민원|질문자|피상담|상담\s?신청",
    re.I,
)
_ANSWERS = re.compile(
    r"^(?:assistant|doctor|counsel|gpt|bot|system_?bot|agent|nurse|expert|model|therapist)|의사|상담|의료진|간호|전문가|챗봇|시스템|답변자|선생",
    re.I,
)
_SYSTEM = re.compile(r"^(?:system|narrat)|지시문", re.I)


def turns_in(value: Mapping[str, Any]) -> list[Turn]:
    """The turns of an object: of the longest list among its fields whose entries say something and name who says it; [] without one.

    Speakers called by a number or a letter alone: the first to speak is the one who asks, unless that one asks for symptoms.
    """
    lists = [inner for inner in value.values() if isinstance(inner, list) and len(inner) > 1]
    best = max((found for found in map(_said, lists) if found), key=len, default=[])
    return _joined(_roles(best))


def _said(entries: Sequence[Any]) -> list[tuple[str, str]]:
    """(speaker, words) of each entry; [] where one is no utterance. Pairs of a question and an answer are two utterances."""
    found: list[tuple[str, str]] = []
    for one in entries:
        if not isinstance(one, dict):
            return []
        plain = {re.sub(r"[\W_]+", "", str(key)).casefold(): inner for key, inner in one.items()}
        who, words = _first(plain, _WHO), _first(plain, _SAYS)
        if not who or not words:
            return []
        found.append((who, words))
    return found


def _first(plain: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = plain.get(name)
        if isinstance(value, dict):
            value = value.get("role") or value.get("type") or value.get("id") or value.get("name")
        if text := as_cell(value):
            return text
    return ""


def _roles(said: Sequence[tuple[str, str]]) -> list[Turn]:
    names = list(dict.fromkeys(who for who, _ in said if not _SYSTEM.match(who)))
    roles = {who: role for who in names if (role := _role(who))}
    if len(names) == 2 and len(roles) == 1:
        other = "assistant" if "user" in roles.values() else "user"
        roles = {who: roles.get(who, other) for who in names}
    elif len(names) == 2 and not roles:
        opens = next(words for who, words in said if who == names[0])
        first = "assistant" if re.search(r"어디가|무엇을 도와|어떻게 오셨|불편하|어떤 증상", opens) else "user"
        roles = {names[0]: first, names[1]: "user" if first == "assistant" else "assistant"}
    return [Turn(role=roles[who], content=words) for who, words in said if who in roles]


def _role(who: str) -> str | None:
    if _ASKS.search(who):
        return "user"
    return "assistant" if _ANSWERS.search(who) else None


def _joined(turns: Sequence[Turn]) -> list[Turn]:
    """What one of them says in several pieces is one turn."""
    found: list[Turn] = []
    for turn in turns:
        if found and found[-1]["role"] == turn["role"]:
            found[-1] = Turn(role=turn["role"], content=f"{found[-1]['content']}\n{turn['content']}")
        else:
            found.append(turn)
    return found
