"""How much of a chat a model is shown: as many whole turns, from the newest back, as it can read. It knows no store and no page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from engine.curate.row import Message
from engine.serve.asked import Asked
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding

HISTORY_TOKENS = 2048
"""At most so many, however long a model's window is: a processor reads some hundred tokens a second of a 1 B model before it says its
first word, and small models lose the thread beyond."""
CHARACTERS_PER_TOKEN = 16
"""No tokenizer makes fewer tokens of a text than one per so many characters, save of blanks: longer histories are not even tried."""

Shape = Callable[[Sequence[Message]], Asked]
"""A chat's history to the prompt."""


@runtime_checkable
class Reader(Protocol):
    """A backend that tells how long a prompt is. A server does not."""

    def measured(self, prompt: Sequence[Message], decoding: Decoding) -> tuple[int, int]:
        """(tokens of the prompt without what may be cut of it, tokens that a prompt may have beside the answer)."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model is asked, and how much of the chat is in it."""

    asked: Asked
    first: int
    """Place in the history of the first message that it holds."""
    cut: bool
    """Whether the last turn alone is longer than the model can read: the backend cuts it."""


def shown_of(history: Sequence[Message], shape: Shape, backend: Backend, decoding: Decoding) -> Shown:
    """The newest turns that fit, each whole, the user's first. The last one is always there.

    Where a recipe answers each question by itself (`Asked.alone`), nothing before the question is shown.
    """
    last = max((place for place, one in enumerate(history) if one["role"] == "user"), default=0)
    asked = shape(history[last:])
    tokens, room = _length(asked, backend, decoding)
    if asked.alone or tokens > min(room, HISTORY_TOKENS):
        return Shown(asked, last, tokens > room)
    starts = _starts(history, last)
    low, high = 0, len(starts) - 1  # starts[low] fits
    kept = asked
    while low < high:  # as long as a part more fits, one more may
        middle = (low + high + 1) // 2
        tried = shape(history[starts[middle] :])
        if _fits(tried, backend, decoding):
            low, kept = middle, tried
        else:
            high = middle - 1
    return Shown(kept, starts[low], False)


def _starts(history: Sequence[Message], last: int) -> list[int]:
    """Places where a user speaks, from the last back, as far as the text between can fit at all."""
    starts, letters = [last], 0
    for place in range(last - 1, -1, -1):
        letters += len(history[place]["content"])
        if letters > HISTORY_TOKENS * CHARACTERS_PER_TOKEN:
            break
        if history[place]["role"] == "user":
            starts.append(place)
    return starts


def _length(asked: Asked, backend: Backend, decoding: Decoding) -> tuple[int, int]:
    """(tokens, room); of a server, which does not tell, about a token for each Korean syllable, and all the room there is."""
    if isinstance(backend, Reader):
        return backend.measured(asked.messages, decoding)
    letters = sum(len(one["content"]) for one in asked.messages)
    return letters, max(letters, HISTORY_TOKENS)


def _fits(asked: Asked, backend: Backend, decoding: Decoding) -> bool:
    tokens, room = _length(asked, backend, decoding)
    return tokens <= min(room, HISTORY_TOKENS)
