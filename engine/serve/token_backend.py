"""What engines with a token at a time have in common: prompts cut by the project's tokenizer, stop phrases, JSON closed in time, streams.

It knows no engine: one is a subclass that makes tokens and scores given ones.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from threading import Lock
from typing import Any, NamedTuple

from engine.curate.row import Message
from engine.models.family import window
from engine.models.template import encode_example, encode_prompt, is_shortened, least_length, loses_words
from engine.serve.backend import Forced, Generated
from engine.serve.decoding import Decoding
from engine.serve.json_closing import closing as closing_text
from engine.serve.json_closing import longest_closing
from engine.serve.json_shape import Shape, shape_of
from engine.serve.sampling import trimmed
from engine.serve.scores import forced_by
from engine.serve.streaming import characters, sure_texts

USUAL_WINDOW = 2048
"""Tokens, for the few bases that have no limit."""


class Piece(NamedTuple):
    """What a token added to an answer: whole characters, an empty text where none became whole."""

    text: str
    tokens: int
    """Made so far."""
    ended: bool
    """Whether the model ended its answer."""


class TokenBackend(ABC):
    """One decoder in memory; calls from several threads wait for each other. Implements `Backend`."""

    def __init__(self, tokenizer: Any, config: dict[str, Any]) -> None:
        """config: the base's config.json."""
        self._tokenizer = tokenizer
        self._ends: list[int] = list(tokenizer.malmoi.end_ids)
        self._context = window(config) or USUAL_WINDOW
        self._lock = Lock()

    @abstractmethod
    def _made(
        self, ids: list[int], decoding: Decoding, shape: Shape | None, fresh: bool
    ) -> Generator[Piece, None, None]:
        """What follows the prompt's tokens, at most `max_new_tokens`; closing it stops the engine. shape: what JSON must be.
        fresh: nothing that an earlier prompt left may be used."""

    @abstractmethod
    def _logits(self, prompt: list[int], target: list[int]) -> Any:
        """An array (tokens of the target, vocabulary), each row from all before its token."""

    @abstractmethod
    def _freed(self) -> None:
        """Give the memory back."""

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        """One answer per prompt, in order. The same seed gives the same answers."""
        decoding = self._settled(decoding)
        made = []
        for prompt in prompts:
            answer = self._answered(prompt, decoding, fresh=True)
            try:
                while True:
                    next(answer)
            except StopIteration as over:
                made.append(over.value)
        return made

    def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Generator[str, None, Generated]:
        """Pieces of one answer as they are made, whole characters only; closing the iterator stops the engine."""
        made: Generated = yield from self._answered(prompt, self._settled(decoding), fresh=False)
        return made

    def measured(self, prompt: Sequence[Message], decoding: Decoding) -> tuple[int, int]:
        """As in `Reader`."""
        room = self._context - self._settled(decoding).max_new_tokens
        return least_length(self._tokenizer, prompt), room

    def losses(self, pairs: Sequence[tuple[Sequence[Message], str]]) -> list[tuple[float, int]]:
        """(summed negative log-likelihood in nats, token count) of each target, its end token included."""
        return [(-sum(step.logprob for step in steps), len(steps)) for steps in self.forced(pairs)]

    def forced(
        self, pairs: Sequence[tuple[Sequence[Message], str]], asked: Sequence[Sequence[int]] | None = None
    ) -> list[list[Forced]]:
        """What the engine makes of each token of each target, cut as in `encode_example`. asked: as in `Scorer`."""
        examples = [encode_example(self._tokenizer, prompt, target, self._context) for prompt, target in pairs]
        cut = [(one.input_ids[: one.prompt_length], one.input_ids[one.prompt_length :]) for one in examples]
        with self._lock:
            logits = [self._logits(prompt, target) for prompt, target in cut]
        tokens = [target for _, target in cut] if asked is None else asked
        return [forced_by(rows, own) for rows, own in zip(logits, tokens, strict=True)]

    def without_adapter(self) -> AbstractContextManager[None]:
        """What has no adapter beside its weights answers as ever."""
        return nullcontext()

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._freed()

    def _pieces(self, tokens: Iterator[int]) -> Iterator[Piece]:
        """Of an engine that tells tokens."""
        made, last = 0, None

        def counted() -> Iterator[int]:
            nonlocal made, last
            for last in tokens:
                made += 1
                yield last

        for text in characters(self._tokenizer, counted()):
            yield Piece(text, made, last in self._ends)

    def _settled(self, decoding: Decoding) -> Decoding:
        """Half the window at most is for the answer; JSON ends by itself: a stop phrase inside one of its texts would break it."""
        longest = min(decoding.max_new_tokens, self._context // 2)
        stop = () if decoding.json_schema is not None else (*decoding.stop, *self._tokenizer.malmoi.end_names)
        return decoding.model_copy(update={"max_new_tokens": longest, "stop": stop})

    def _answered(self, prompt: Sequence[Message], decoding: Decoding, fresh: bool) -> Generator[str, None, Generated]:
        began, room = time.perf_counter(), self._context - decoding.max_new_tokens
        ids = encode_prompt(self._tokenizer, prompt, room)
        shape = None
        if decoding.json_schema is not None:
            shape = shape_of(decoding.json_schema, max(32, decoding.max_new_tokens // 2))
            left = max(1, decoding.max_new_tokens - longest_closing(shape))
            decoding = decoding.model_copy(update={"max_new_tokens": left})
        raw: list[str] = []
        last = Piece("", 0, False)

        def pieces() -> Iterator[str]:
            nonlocal last
            for last in made:
                raw.append(last.text)
                yield last.text
                if decoding.stop and any(phrase in "".join(raw) for phrase in decoding.stop):
                    return

        with self._lock, closing(self._made(ids, decoding, shape, fresh)) as made:
            yield from sure_texts(pieces(), decoding.stop)
        text = "".join(raw)
        if shape is not None:  # cut where its tokens ran out: what is missing is written for it
            missing = closing_text(shape, text.strip().rstrip("\ufffd")) or ""
            yield missing
            text = text.strip().rstrip("\ufffd") + missing
        ended = last.ended or any(phrase in text for phrase in decoding.stop)
        shortened = is_shortened(self._tokenizer, prompt, room)
        cut = shortened and loses_words(self._tokenizer, prompt, room)
        spent = round((time.perf_counter() - began) * 1000)
        return Generated(trimmed(text, decoding.stop), text, spent, last.tokens, ended, len(ids), cut, shortened)
