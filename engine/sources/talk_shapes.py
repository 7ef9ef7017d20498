"""Rows as other trainers keep them (Alpaca, ShareGPT, OpenAI messages) become turns of a talk. It reads no file and judges no answer.

Alpaca: {instruction, input, output, system, history: [[asked, answered]]}, where LLaMA-Factory puts the input behind the instruction and a
newline. ShareGPT: {conversations: [{from: human|gpt|system, value}]}. OpenAI: {messages: [{role, content, weight}]}, where an answer of
weight 0 is not learned from, and the older {prompt, completion}.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

SHAPES = ("openai", "sharegpt", "alpaca")
OWN = "malmoi"
"""The column in which an export keeps what those shapes have no place for: {group, raw, cuts}."""
ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant",
    "model": "assistant", "bot": "assistant", "chatgpt": "assistant",
}  # fmt: skip
"""The names under which a speaker stands in such files; whoever is not here is a tool."""
SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "test": "test"}
ASKED_OTHERWISE = ("dialogue", "question", "claim", "turns", "대화", "질문")
"""Fields by which recipes ask."""
Turn = dict[str, Any]
"""{role, content} of a turn; `weight` 0 where an answer is not to be learned, `cut` (start, end) and `middle` as in a prompt."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One row read as a talk."""

    turns: list[Turn]
    group: str
    """Talks of one group never lie in two splits: those that begin with the same words, unless the file says otherwise."""
    split: str | None = None
    left: Counter[str] = field(default_factory=Counter)
    """What was there and is not read: `tools`, `pictures`."""

    @property
    def text(self) -> str:
        """Every turn, a line or more each: what is searched and masked."""
        return "\n".join(turn["content"] for turn in self.turns)

    @property
    def answers(self) -> list[int]:
        """The places of the answers that are to be learned."""
        return [
            at for at, turn in enumerate(self.turns) if at and turn["role"] == "assistant" and turn.get("weight") != 0
        ]


@dataclass(frozen=True, slots=True)
class Judged:
    """A row in which an answer was chosen over another, or was liked or not."""

    talk: Talk
    """What was asked."""
    answer: str
    """Verbatim: the better one of a pair."""
    rejected: str | None = None
    liked: bool | None = None
    """None for a pair."""

    @property
    def text(self) -> str:
        """All of it, a line or more each: what is searched and masked."""
        return "\n".join(filter(None, (self.talk.text, self.answer, self.rejected)))


def judged_in(row: Mapping[str, Any]) -> Judged | None:
    """The preference of a row in a trainer's shape, as LLaMA-Factory and TRL read them; None for a row without one, and for one of which
    a recipe's own fields tell more (`dialogue`, `question` …).

    A pair: `chosen` and `rejected` beside {instruction, input, system, history}, {conversations} or {prompt: messages}. A rating: `kto_tag`
    beside {…, output} or {conversations}, `label` beside {prompt, completion}.
    """
    own, shape = isinstance(row.get(OWN), dict), _judged_shape(row)
    if shape is None or (any(row.get(name) for name in ASKED_OTHERWISE) and not own):
        return None
    if "chosen" in row and "rejected" in row:
        if shape == "alpaca" and not own and not any(row.get(name) for name in ("input", "system", "history")):
            return None
        asked = {name: value for name, value in row.items() if name not in ("output", "completion")}
        return Judged(talk_in(asked, shape), _answer_in(row["chosen"]), _answer_in(row["rejected"]))
    liked = row.get("label" if shape == "openai" else "kto_tag")
    if not isinstance(liked, bool):
        return None
    talk = talk_in(row, shape)
    if not talk.turns or talk.turns[-1]["role"] != "assistant":
        return None
    return Judged(replace(talk, turns=talk.turns[:-1]), talk.turns[-1]["content"], liked=liked)


def _judged_shape(row: Mapping[str, Any]) -> str | None:
    if _is_talk(row.get("conversations"), "from"):
        return "sharegpt"
    if _is_talk(row.get("prompt"), "role") or (
        isinstance(row.get("prompt"), str) and "label" in row and "completion" in row
    ):
        return "openai"
    return "alpaca" if isinstance(row.get("instruction"), str) else None


def _answer_in(value: Any) -> str:
    """Text, a message, or messages of which the last one answers."""
    last = value[-1] if isinstance(value, list) and value else value
    return text_in(last.get("content", last.get("value"))) if isinstance(last, dict) else text_in(last)


def shape_of(row: Mapping[str, Any]) -> str | None:
    """Which of SHAPES a row has; None for none."""
    if _is_talk(row.get("messages"), "role") or (_is_said(row.get("prompt")) and _is_said(row.get("completion"))):
        return "openai"
    if _is_talk(row.get("conversations"), "from"):
        return "sharegpt"
    return "alpaca" if isinstance(row.get("instruction"), str) and isinstance(row.get("output"), str) else None


def is_long_talk(row: Mapping[str, Any]) -> bool:
    """Whether a row would lose something if its last question and answer were all that is read."""
    if isinstance(row.get(OWN), dict):
        return True
    if shape_of(row) not in ("openai", "sharegpt"):
        return bool(row.get("history"))
    return [turn["role"] for turn in talk_in(row).turns].count("user") > 1


def talk_in(row: Mapping[str, Any], shape: str | None = None) -> Talk:
    """The talk of a row that has the shape. A turn that is no text is left out and counted."""
    left: Counter[str] = Counter()
    given = _alpaca(row) if (shape or shape_of(row)) == "alpaca" else _listed(row)
    turns = _turns(given, left)
    own = row.get(OWN)
    own = own if isinstance(own, dict) else {}
    for place, start, end, middle in _cuts(own.get("cuts"), turns):
        turns[place] |= {"cut": [start, end], **({"middle": True} if middle else {})}
    if own.get("raw") and turns and turns[0]["role"] == "user":
        turns[0]["role"] = "raw"
    return Talk(turns, str(own.get("group") or _group(turns)), SPLITS.get(str(row.get("split")).casefold()), left)


def text_in(value: Any) -> str:
    """The words of a cell: text, or OpenAI's parts [{type: text, text}]."""
    if isinstance(value, list):
        return "\n".join(
            str(part["text"]) for part in value if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return value if isinstance(value, str) else ""


def _is_talk(value: Any, name: str) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(turn, dict) and name in turn for turn in value)


def _is_said(value: Any) -> bool:
    return isinstance(value, str) or _is_talk(value, "role")


def _alpaca(row: Mapping[str, Any]) -> list[Any]:
    """As LLaMA-Factory reads it; earlier answers are shown and not learned, for the file holds one output a row."""
    given: list[Any] = [{"role": "system", "content": row["system"]}] if text_in(row.get("system")) else []
    history = row.get("history")
    for pair in history if isinstance(history, list | tuple) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2:
            given += [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1], "weight": 0}]
    asked = "\n".join(filter(None, (text_in(row.get("instruction")), text_in(row.get("input")))))
    answer = {"role": "assistant", "content": row["output"]} if "output" in row else None
    return [*given, {"role": "user", "content": asked}, *([answer] if answer else [])]


def _listed(row: Mapping[str, Any]) -> list[Any]:
    talk = row.get("messages") or row.get("conversations")
    if isinstance(talk, list):
        system = text_in(row.get("system"))
        return [*([{"role": "system", "content": system}] if system else []), *talk]
    answer = _said(row["completion"], "assistant") if "completion" in row else []
    return [*_said(row.get("prompt"), "user"), *answer]


def _said(value: Any, role: str) -> list[Any]:
    return value if isinstance(value, list) else [{"role": role, "content": value}]


def _turns(given: Sequence[Any], left: Counter[str]) -> list[Turn]:
    found: list[Turn] = []
    after_tool = False
    for one in given:
        role = ROLES.get(str(one.get("role") or one.get("from")).casefold()) if isinstance(one, dict) else None
        content = one.get("content", one.get("value")) if isinstance(one, dict) else None
        text = text_in(content)
        if role is None or (
            role == "assistant" and not text.strip() and (one.get("tool_calls") or one.get("function_call"))
        ):
            left["tools"] += 1
            after_tool = True
            continue
        left["pictures"] += isinstance(content, list) and any(isinstance(p, dict) and "text" not in p for p in content)
        # what is said to a tool's result cannot be known from the rest: it is shown, not learned
        weight = {"weight": 0} if role == "assistant" and (after_tool or _is_zero(one.get("weight"))) else {}
        after_tool = after_tool and role != "user"
        found.append({"role": role, "content": text, **weight})
    return found


def _is_zero(weight: Any) -> bool:
    """False also for a weight that is absent or no number."""
    return isinstance(weight, int | float) and weight == 0


def _cuts(given: Any, turns: Sequence[Turn]) -> list[tuple[int, int, int, bool]]:
    """(turn, start, end, middle) of spans that may be shortened; those that lie in no turn are nothing."""
    found = []
    for one in given if isinstance(given, list) else ():
        if isinstance(one, list) and len(one) == 4 and all(isinstance(number, int) for number in one):
            place, start, end, middle = one
            if 0 <= place < len(turns) and 0 <= start <= end <= len(turns[place]["content"]):
                found.append((place, start, end, bool(middle)))
    return found


def _group(turns: Sequence[Turn]) -> str:
    first = next((turn["content"] for turn in turns if turn["role"] == "user"), "")
    return hashlib.sha256(" ".join(first.split()).encode("utf-8", "replace")).hexdigest()[:16]
