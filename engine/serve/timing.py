"""How long an answer took as it streamed, and what the process held then. It knows no chat and no store."""

import time
from collections.abc import Iterator

from engine.resources import Watch, count_tokens
from engine.store.resources import ChatCost


class Timing:
    """Listens to one stream."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._first: float | None = None
        self._tokens: int | None = None

    def listen(self, pieces: Iterator[str]) -> Iterator[str]:
        """The pieces as they come."""
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                self._tokens = end.value.new_tokens if end.value else None
                count_tokens(self._tokens or 0)
                return
            self._first = self._first or self._now()
            yield piece

    def cost(self) -> ChatCost:
        """What it took until now."""
        seconds, seen = self._now(), Watch(alone=True).look()
        return ChatCost(self._tokens, self._first or seconds, seconds, seen.rss_mb, seen.vram_mb)

    def _now(self) -> float:
        return time.perf_counter() - self._began
