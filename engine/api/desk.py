"""Wishes for answers stand in a short line; one thread asks the models. It knows nothing of HTTP, prompts or recipes.

Wishes that wait at the same moment with the same settings are answered as one batch: each answer is drawn by a seed and a prompt
of its own, so it is the same as alone. Nobody is made to wait so that a batch may grow.
"""

import asyncio
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from engine.resources import count_tokens
from engine.serve.backend import Backend, Generated
from engine.serve.decoding import Decoding
from engine.serve.members import opened
from engine.serve.way import Prompts, Way, answers, finished, narrows


class Full(Exception):
    """The line is as long as it may be."""


@dataclass(eq=False)
class Wish:
    """One answer that somebody waits for. Made and read in the event loop; only `stop` is looked at by the model's thread."""

    prompts: Prompts
    """Of each model that answers, its own prompt."""
    decoding: Decoding
    way: Way
    piece: Callable[[str], None] | None = None
    """Called in the event loop with each piece as it comes; None: nobody streams."""
    stop: threading.Event = field(default_factory=threading.Event)
    done: "asyncio.Future[Generated]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def alone(self) -> bool:
        """Whether it is one draw from one model, which can be streamed and stopped half-way."""
        return len(self.prompts) == 1 and self.way.candidates == 1 and not narrows(self.way, self.decoding)


class Desk:
    """Holds the models. `run` is to be kept running in the event loop."""

    def __init__(self, at_once: int, longest: int) -> None:
        """at_once: wishes in one batch; longest: wishes that may wait beside those being answered."""
        self._at_once = at_once
        self._longest = longest
        self._line: list[Wish] = []
        self._now: Sequence[Wish] = ()
        self._some = asyncio.Event()
        self._pool = ThreadPoolExecutor(1, "model")
        self._backends: Sequence[Backend] = ()
        self._held = ExitStack()
        self.ready = False

    @property
    def waiting(self) -> int:
        """Wishes in line."""
        return len(self._line)

    async def load(self, openers: Sequence[Callable[[], Backend]]) -> None:
        """Bring the models into memory, in the thread that will ask them. Raises UserError where they do not
        fit beside each other, and what an opener raises."""
        loop = asyncio.get_running_loop()
        self._backends = await loop.run_in_executor(self._pool, self._held.enter_context, opened(openers))
        self.ready = True

    def put(self, wish: Wish) -> None:
        """Stand in line. Raises Full."""
        if len(self._line) >= self._longest and self._now:
            raise Full
        self._line.append(wish)
        self._some.set()

    async def run(self) -> None:
        """Answer whatever stands in line, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            self._now = self._take()
            if not self._now:
                self._some.clear()
                continue
            work = loop.run_in_executor(self._pool, self._answer, self._now, loop)
            await asyncio.wait([work])
            self._hand_over(work)
            self._now = ()

    def close(self) -> None:
        """Stop what is being answered, and free the models."""
        for wish in (*self._line, *self._now):
            wish.stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._held.close()

    def _take(self) -> list[Wish]:
        """The first in line that somebody still waits for, and those behind it that can go with it."""
        self._line = [wish for wish in self._line if not wish.stop.is_set()]
        if not self._line:
            return []
        first = self._line[0]
        batch = [wish for wish in self._line if wish is first or _together(first, wish)][: self._at_once]
        self._line = [wish for wish in self._line if wish not in batch]
        return batch

    def _hand_over(self, work: "asyncio.Future[list[Generated]]") -> None:
        failed = work.exception()
        for index, wish in enumerate(self._now):
            if wish.done.done():
                continue
            if failed is not None:
                wish.done.set_exception(failed)
            else:
                wish.done.set_result(work.result()[index])

    def _answer(self, batch: Sequence[Wish], loop: asyncio.AbstractEventLoop) -> list[Generated]:
        """In the model's thread."""
        first = batch[0]
        if len(batch) == 1 and first.alone:
            return [self._stream(first, loop)]
        prompts = [[wish.prompts[at] for wish in batch] for at in range(len(self._backends))]
        return answers(self._backends, prompts, first.decoding, first.way)

    def _stream(self, wish: Wish, loop: asyncio.AbstractEventLoop) -> Generated:
        """Pieces as they come, where the way leaves the text as it is; the model stops when nobody waits any more."""
        live = wish.piece if wish.way.finish is None else None

        def heard(piece: str) -> None:
            if live is not None:
                loop.call_soon_threadsafe(live, piece)

        made = _listen(self._backends[0].stream(wish.prompts[0], wish.decoding), heard, wish.stop)
        count_tokens(made.new_tokens)
        return finished(wish.way, wish.prompts[0], made)


def _together(first: Wish, other: Wish) -> bool:
    return first.piece is None and other.piece is None and first.decoding == other.decoding and first.way is other.way


def _listen(pieces: Iterator[str], heard: Callable[[str], None], stop: threading.Event) -> Generated:
    """All of a stream, or what came until `stop`."""
    text: list[str] = []
    while not stop.is_set():
        try:
            text.append(next(pieces))
        except StopIteration as end:
            whole = "".join(text)
            return end.value or Generated(whole, whole, 0, len(text), True)
        heard(text[-1])
    if isinstance(pieces, Generator):
        pieces.close()
    return Generated("".join(text), "".join(text), 0, len(text), False)
