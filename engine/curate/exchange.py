"""Rows of a dataset as other trainers read them: Alpaca, ShareGPT, OpenAI messages. The way back is `engine.sources.talk_shapes`.

LLaMA-Factory, Axolotl, Unsloth and TRL ignore columns that they do not know, so each line carries its split, and in the column `malmoi`
what those shapes have no place for: the group, whether the prompt is one raw text, and the spans that may be shortened.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from engine.sources.talk_shapes import OWN

Form = Literal["alpaca", "sharegpt", "openai", "parquet"]
FORMS: tuple[Form, ...] = ("alpaca", "sharegpt", "openai", "parquet")
"""Parquet holds what `openai` holds."""
Line = dict[str, Any]
_FROM = {"user": "human", "raw": "human", "assistant": "gpt", "system": "system"}


def line_of(row: Mapping[str, Any], form: Form) -> Line | None:
    """A row {id, split, split_group, messages, target, meta} as one line; None where the form has no place for its turns.

    Of earlier answers in a prompt `weight` 0 says that they are not learned; Alpaca's `history` cannot say that.
    """
    made = {"alpaca": _alpaca, "sharegpt": _sharegpt, "openai": _openai, "parquet": _openai}[form](row)
    return None if made is None else {**made, "split": row["split"], OWN: _own(row)}


def _own(row: Mapping[str, Any]) -> dict[str, Any]:
    """The group as a hash: it can be a day, or begin with what somebody wrote."""
    cuts = [[at, *one["cut"], int(one.get("middle", False))] for at, one in enumerate(row["messages"]) if "cut" in one]
    group = hashlib.sha256(str(row["split_group"]).encode("utf-8", "replace")).hexdigest()[:16]
    return {"group": group, "raw": is_raw(row), "cuts": cuts}


def is_raw(row: Mapping[str, Any]) -> bool:
    """Whether the prompt is one text, verbatim, that no chat template wraps."""
    return any(one["role"] == "raw" for one in row["messages"])


def _openai(row: Mapping[str, Any]) -> Line:
    prompt = [_message(one["role"], one["content"], 0) for one in row["messages"]]
    answer = _message("assistant", row["target"], 1)
    if "rejected" in row["meta"]:
        return {"prompt": prompt, "chosen": [answer], "rejected": [_message("assistant", row["meta"]["rejected"], 1)]}
    if "rating" in row["meta"]:
        return {"prompt": prompt, "completion": [answer], "label": row["meta"]["rating"] > 0}
    return {"messages": [*prompt, answer]}


def _message(role: str, content: str, weight: int) -> dict[str, Any]:
    """Every answer has a weight: columns that come and go inside a file stop `datasets` from reading it."""
    return {"role": "user" if role == "raw" else role, "content": content} | (
        {"weight": weight} if role == "assistant" else {}
    )


def _sharegpt(row: Mapping[str, Any]) -> Line:
    prompt = [_turn(one["role"], one["content"], 0) for one in row["messages"]]
    answer = _turn("assistant", row["target"], 1)
    if "rejected" in row["meta"]:
        return {"conversations": prompt, "chosen": answer, "rejected": _turn("assistant", row["meta"]["rejected"], 1)}
    judged = {"kto_tag": row["meta"]["rating"] > 0} if "rating" in row["meta"] else {}
    return {"conversations": [*prompt, answer], **judged}


def _turn(role: str, content: str, weight: int) -> dict[str, Any]:
    return {"from": _FROM[role], "value": content} | ({"weight": weight} if role == "assistant" else {})


def _alpaca(row: Mapping[str, Any]) -> Line | None:
    """The whole last question is the instruction; nothing is guessed into `input`."""
    messages = list(row["messages"])
    system = messages.pop(0)["content"] if messages and messages[0]["role"] == "system" else ""
    if not _alternates(messages):
        return None
    said = [one["content"] for one in messages]
    history = [list(pair) for pair in zip(said[:-1:2], said[1::2], strict=True)]
    made: Line = {"instruction": said[-1], "input": "", "system": system, "history": history}
    if "rejected" in row["meta"]:
        return made | {"chosen": row["target"], "rejected": row["meta"]["rejected"]}
    judged = {"kto_tag": row["meta"]["rating"] > 0} if "rating" in row["meta"] else {}
    return made | {"output": row["target"], **judged}


def _alternates(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether questions and answers take turns, a question first and last."""
    roles = ["user" if one["role"] == "raw" else one["role"] for one in messages]
    return len(roles) % 2 == 1 and all(role == ("user", "assistant")[at % 2] for at, role in enumerate(roles))
