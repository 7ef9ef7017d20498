"""Question and clauses become a prompt, in training, evaluation and chat alike. It knows nothing of tokens or models."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.curate.given_fields import text_in, wrong_kind
from engine.curate.policy_options import PolicyOptions
from engine.curate.row import Message


def policy_prompt(question: str, clauses: Sequence[str], options: PolicyOptions) -> tuple[Message, ...]:
    """The prompt of a style and frame; the span that may be cut when it is too long is the clauses.

    plain: one message of role `raw`, verbatim `### 지시\\n…\\n### 입력\\n…\\n### 출력\\n`. chat: a system and a user message.
    """
    shown = "\n\n".join(clause.strip() for clause in clauses)
    if options.style == "simple":
        instruction, lead, tail = question, "", ""
        shown = shown[: options.simple_characters].rstrip()
    else:
        instruction, lead, tail = options.instruction, "[보험약관]\n", f"\n\n질문: {question}"
    if options.frame == "plain":
        return (_cuttable("raw", f"### 지시\n{instruction}\n### 입력\n{lead}", shown, f"{tail}\n### 출력\n"),)
    return (Message(role="system", content=instruction), _cuttable("user", lead, shown, tail))


def _cuttable(role: str, lead: str, shown: str, tail: str) -> Message:
    return Message(role=role, content=f"{lead}{shown}{tail}", cut=(len(lead), len(lead) + len(shown)))


def prompt_of(item: Mapping[str, Any], options: PolicyOptions) -> tuple[Message, ...]:
    """The prompt for {"question": str, "clauses": [text, …]}, best clause first. Raises KeyError for a missing field, UserError for
    one of another kind."""
    question, clauses = text_in(item, "question"), item["clauses"]
    if not isinstance(clauses, list | tuple) or not all(isinstance(clause, str) for clause in clauses):
        raise wrong_kind("clauses", clauses, ("글의 목록", "a list of texts"))
    return policy_prompt(question, clauses, options)
