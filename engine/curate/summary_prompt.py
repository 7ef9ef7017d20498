"""A dialogue becomes a prompt, in training, evaluation and answers alike. It knows nothing of tokens or models."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.curate.row import Message
from engine.curate.summary_options import SummaryOptions
from engine.dialogue.tidy import tidied
from engine.dialogue.turns import require_dialogue


def summary_prompt(dialogue: str, options: SummaryOptions, template: int = 0) -> tuple[Message, ...]:
    """The prompt of a style with one of its instructions; the span that may be cut when it is too long is the dialogue.

    instruction: one message of role `raw`, `### Instruction:\\n…\\n\\n### Input:\\n…\\n\\n### Response:\\n`. chat: system and user.
    plain: the dialogue alone.
    """
    told = options.templates[template]
    if options.style == "plain":
        return (_cuttable("user", "", dialogue, ""),)
    if options.style == "instruction":
        return (_cuttable("raw", f"### Instruction:\n{told}\n\n### Input:\n", dialogue, "\n\n### Response:\n"),)
    asked = _cuttable("user", f"{told}\n\n", dialogue, "")
    return (Message(role="system", content=options.system), asked) if options.system else (asked,)


def _cuttable(role: str, lead: str, shown: str, tail: str) -> Message:
    return Message(role=role, content=f"{lead}{shown}{tail}", cut=(len(lead), len(lead) + len(shown)), middle=True)


def shown_dialogue(messages: Sequence[Message]) -> str:
    """The dialogue that a prompt of this recipe shows."""
    for message in messages:
        if "cut" in message:
            return message["content"][slice(*message["cut"])]
    return messages[-1]["content"] if messages else ""


def tidied_answer(messages: Sequence[Message], summary: str, steps: Sequence[str] | None = None) -> str:
    """A model's summary after post-processing, against the dialogue of its prompt. steps: all, unless named."""
    return tidied(shown_dialogue(messages), summary, steps)[0]


def prompt_of(item: Mapping[str, Any], options: SummaryOptions) -> tuple[Message, ...]:
    """The prompt for {"dialogue": text or list of turns}; what the model's window cannot hold leaves its middle. Raises KeyError for a missing field, UserError for an empty dialogue."""
    return summary_prompt(require_dialogue(item["dialogue"]), options)
