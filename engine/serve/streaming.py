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
    queue: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    over = threading.Event()
    threading.Thread(target=_made, args=(pieces, queue, over), name="answer", daemon=True).start()
    looked = time.monotonic()
    try:
        while True:
            try:
                kind, told = queue.get(timeout=every)
            except Empty:
                kind, told = "", None
            if time.monotonic() - looked >= every:
                look()
                looked = time.monotonic()
            if kind == "piece":
                yield told
            elif kind == "error":
                raise told
            elif kind == "end":
                return told
    finally:
        over.set()


def _made(pieces: Iterator[str], queue: "SimpleQueue[tuple[str, Any]]", over: threading.Event) -> None:
    """In the thread: every piece, then what the stream returns or raises."""
    try:
        while not over.is_set():
            queue.put(("piece", next(pieces)))
    except StopIteration as end:
        queue.put(("end", end.value))
    except BaseException as error:
        queue.put(("error", error))
    finally:
        if isinstance(pieces, Generator):
            pieces.close()


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
