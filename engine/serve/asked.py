"""A prompt together with what was looked up for it. It knows nothing of how either was made."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.curate.row import Message
from engine.retrieve.retriever import Found


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked."""

    messages: Sequence[Message]
    found: tuple[Found, ...] | None = None
    """Clauses that stand in the prompt, best first; None where a recipe looks nothing up."""
    alone: bool = False
    """Whether only the last thing said is asked: what was said before it is not shown."""
