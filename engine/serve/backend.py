"""The contract of a backend: one loaded model that answers, streams, and measures references."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from engine.curate.row import Message
from engine.serve.decoding import Decoding


@dataclass(frozen=True, slots=True)
class Generated:
    """One answer. `text` is trimmed at stop phrases; `raw` is as generated, special tokens removed."""

    text: str
    raw: str
    duration_ms: int
    new_tokens: int
    ended: bool
    """True when the model itself stopped (end token or stop phrase), False when the length ran out."""
    prompt_tokens: int | None = None
    """Tokens of the prompt as the model read it; None where the backend cannot tell."""
    cut: bool = False
    """Whether the prompt lost more than what it marked as dispensable, because the model's window is too short."""
    shortened: bool = False
    """Whether the prompt lost anything at all to the window."""


class Weights(NamedTuple):
    """What a loaded model consists of. A base is the same weights with no adapter on them."""

    store: Path
    base: str
    """Where the base is, or the artifact of a whole model."""
    quantisation: str
    adapter_id: str | None


class Forced(NamedTuple):
    """What a model makes of one given token after all before it."""

    likeliest: int
    """The token it would have taken itself."""
    logprob: float
    """Of the given token, in nats."""
    best: float
    """Log-probability of the likeliest."""


class Backend(Protocol):
    """One model in memory."""

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        """One answer per prompt, in order. The same seed gives the same answers."""
        ...

    def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Iterator[str]:
        """Pieces of one answer as they are made; whole Korean syllables only. Closing the iterator stops the model.

        A generator may return what `generate` would have, as the value of its StopIteration.
        """
        ...

    def losses(self, pairs: Sequence[tuple[Sequence[Message], str]]) -> Sequence[tuple[float | None, int]]:
        """(summed negative log-likelihood in nats, token count) of each target given its prompt, end token included; None where
        the backend cannot tell, as a server cannot."""
        ...

    def without_adapter(self) -> AbstractContextManager[None]:
        """While it is held, the base answers: one set of weights serves both. Other threads must not ask meanwhile."""
        ...

    def close(self) -> None:
        """Free the memory."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """A backend that tells what it makes of each token of a given text."""

    def forced(
        self, pairs: Sequence[tuple[Sequence[Message], str]], asked: Sequence[Sequence[int]] | None = None
    ) -> list[list[Forced]]:
        """For each token of each target, cut as in `encode_example`, what the model makes of it after all before it. asked: the
        tokens whose log-probability is told instead of the target's, as many."""
        ...
