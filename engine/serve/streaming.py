"""Tokens as they are made: out of an engine's callback, into whole characters. It knows no engine and no model."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any

from engine.models.template import Decoder
from engine.serve.sampling import certain, trimmed

Put = Callable[[int], bool]
"""Takes a token that was made; True: make no more."""


def live(run: Callable[[Put], None]) -> Generator[int, None, None]:
    """The tokens that `run` puts, while it runs in a thread of its own. Closing the iterator stops it and waits for its end."""
    tokens: SimpleQueue[int | None] = SimpleQueue()
    over = threading.Event()

    def put(token: int) -> bool:
        tokens.put(token)
        return over.is_set()

    with ThreadPoolExecutor(1, "answer") as pool:
        future = pool.submit(run, put)
        future.add_done_callback(lambda _: tokens.put(None))
        try:
            yield from iter(tokens.get, None)
        finally:
            over.set()
            future.result()


def watched(pieces: Iterator[str], look: Callable[[], None], every: float) -> Generator[str, None, Any]:
    """The pieces, made in a thread of their own; `look` is called every so many seconds, also while none comes, as when a model still
    reads a long prompt. What it raises ends the answer at once; the model, which nobody waits for, ends at its next piece."""
    queue: SimpleQueue[str | None] = SimpleQueue()
    over = threading.Event()
    pool = ThreadPoolExecutor(1, "answer")
    future = pool.submit(_made, pieces, queue.put, over)
    future.add_done_callback(lambda _: queue.put(None))
    looked = time.monotonic()
    try:
        while True:
            try:
                piece = queue.get(timeout=every)
            except Empty:
                piece = ""
            if time.monotonic() - looked >= every:
                look()
                looked = time.monotonic()
            if piece is None:
                return future.result()
            if piece:
                yield piece
    finally:
        over.set()
        pool.shutdown(wait=False)


def _made(pieces: Iterator[str], put: Callable[[str], None], over: threading.Event) -> Any:
    """In the thread: every piece; what the stream returns."""
    try:
        while not over.is_set():
            put(next(pieces))
    except StopIteration as end:
        return end.value
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
    return None


def characters(tokenizer: Any, tokens: Iterable[int]) -> Iterator[str]:
    """The text of each token as far as its characters are whole; an empty text where none is."""
    decoder = Decoder(tokenizer)
    for token in tokens:
        yield decoder.feed(token)
    if rest := decoder.flush():
        yield rest


def sure_texts(pieces: Iterable[str], stop: Sequence[str]) -> Iterator[str]:
    """What no stop phrase can take back any more, without the blanks before and behind the whole."""
    text, shown = "", 0
    for piece in pieces:
        text = (text + piece).lstrip()
        if (sure := certain(trimmed_end(text, stop), stop)) > shown:
            yield text[shown:sure]
            shown = sure
    rest = trimmed(text, stop)[shown:]
    if rest:
        yield rest


def trimmed_end(text: str, stop: Sequence[str]) -> str:
    """The text up to the first stop phrase."""
    ends = [text.find(phrase) for phrase in stop if phrase in text]
    return text[: min(ends, default=len(text))]
