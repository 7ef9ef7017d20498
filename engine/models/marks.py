"""Marks by which a prompt is read as one: control tokens, and what a chat template writes between turns. It knows no model.

Written out in a message they are broken by a blank, so that nobody's text ends a turn or begins one; an answer that writes one out ends
there.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.curate.row import Message

PROBE = "가나다라"
_WRITTEN = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|</?[a-z_]{1,30}>|\[\|[^|\[\]\s]{1,40}\|\]|\[/?[A-Z_]{2,30}\]|<</?[A-Z]{2,10}>>|^###[^\n]{1,30}:$", re.MULTILINE
)  # fmt: skip
"""What a mark looks like: `<|im_start|>`, `<end_of_turn>`, `[|user|]`, `[INST]`, `<<SYS>>`, `### 답변:`. Other words of a template, as those of a
system prompt that it brings, are words."""
ENDS = (
    "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<|end|>", "<end_of_turn>", "<eos>", "</s>", "[|endofturn|]",
)  # fmt: skip
"""How models end turns, where it is not known which model answers."""
ELSEWHERE = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|</?s>|<(?:start|end)_of_(?:turn|image)>|<(?:bos|eos|pad|unk|mask)>|\[\|[^|\[\]\s]{1,40}\|\]|\[/?INST\]"
    r"|<</?SYS>>|</?think>|\[/?(?:BOS|EOS|PAD|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT)\]"
)
"""Marks of the families that servers answer with: their tokenizers read them out of any text."""
Render = Callable[[Sequence[dict[str, str]]], str]


def pattern_of(names: Iterable[str]) -> re.Pattern[str]:
    """Finds the names written out in a text, the longest first; one letter is no name."""
    known = sorted({name for name in names if len(name) > 1}, key=len, reverse=True)
    return re.compile("|".join(re.escape(name) for name in known) or r"(?!)")


def marks_of(render: Render) -> set[str]:
    """Marks that a chat template writes around what is said. render: messages to the prompt; one that takes no system message raises
    jinja2's TemplateError."""
    from jinja2.exceptions import TemplateError

    talk = [{"role": role, "content": PROBE} for role in ("system", "user", "assistant", "user")]
    try:
        text = render(talk)
    except TemplateError:
        text = render(talk[1:])
    return {found for part in text.split(PROBE) for found in _WRITTEN.findall(part)}


def harmless(pattern: re.Pattern[str], messages: Sequence[Message]) -> list[Message]:
    """The messages with every mark in them broken."""
    return [Message(role=_broken(pattern, one["role"]), content=_broken(pattern, one["content"])) for one in messages]


def _broken(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: found[0][0] + " " + found[0][1:], text)


def without_control(tokenizer: Any, pattern: re.Pattern[str], text: str) -> list[int]:
    """Tokens of a text as ordinary text. Vocabularies of whole pieces (Unigram) hold their control tokens among these, and find them
    even where a tokenizer is told to split them: there the text is broken as a message is."""

    def ids(of: str) -> list[int]:
        return list(tokenizer(of, add_special_tokens=False, split_special_tokens=True)["input_ids"])

    found = ids(text)
    if pattern.search(text) and tokenizer.decode(found, skip_special_tokens=True) != tokenizer.decode(found):
        return ids(_broken(pattern, text))
    return found


def end_names(tokenizer: Any, ends: Iterable[int]) -> tuple[str, ...]:
    """The end tokens as a model could write them out in letters."""
    names = (str(tokenizer.decode([end], skip_special_tokens=False)).strip() for end in ends)
    return tuple(dict.fromkeys(name for name in names if _WRITTEN.fullmatch(name) or len(name) > 3))
