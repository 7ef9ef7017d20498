"""Backends that say what a test tells them to, and a dashboard with a slow one: python talkers.py PORT. No tests here."""

import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from engine.config import ROOT


class Talker:
    """A backend that says its words, then fails if told to; it remembers what it was asked and what happened to it."""

    def __init__(self, words: Sequence[str] = (), fails: Exception | None = None, pause: float = 0.0) -> None:
        self.words = words
        self.fails = fails
        self.pause = pause
        self.closed = False
        self.bare = False
        self.asked: list[Any] = []
        self.decodings: list[Any] = []

    def stream(self, prompt: Any, decoding: Any) -> Iterator[str]:
        self.asked.append([message["content"] for message in prompt])
        self.decodings.append(decoding)
        for word in itertools.islice(self.words, decoding.max_new_tokens):
            time.sleep(self.pause)
            yield "맨몸 " + word if self.bare else word
        if self.fails:
            raise self.fails

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        self.bare = True
        yield
        self.bare = False

    def close(self) -> None:
        self.closed = True


def counting() -> Talker:
    """It counts aloud, twenty numbers a second, as far as the longest answer goes."""
    return Talker([f" 말{number}" for number in range(1, 4097)], pause=0.05)


def serve_slowly(port: str) -> None:
    """The dashboard, every model of which counts."""
    from streamlit.web import cli

    import ui.chat_talk
    import ui.visitor_here

    ui.chat_talk.open_model = ui.visitor_here.open_model = lambda store, model: counting()  # type: ignore[assignment, return-value]
    options = [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    cli.main(["run", str(ROOT / "Home.py"), *options])


if __name__ == "__main__":
    serve_slowly(sys.argv[1])
