"""The socket, the signals and the log around the app. It knows no route."""

import logging
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from engine.api.app import Life, make_app
from engine.api.asking import Answering
from engine.api.desk import Desk
from engine.api.guard import Guard, Limits
from engine.api.keys import Keys
from engine.api.served import Served
from engine.api.watching import watched
from engine.errors import UserError

HEAD_SECONDS = 10.0
"""A client that has not sent a whole head at two looks of this distance is let go."""
CONNECTIONS = 256
GRACE_SECONDS = 5
"""What is being answered when the server is stopped may take so long."""
HOME = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Address:
    """Where it listens, and by which names it may be called."""

    host: str = "127.0.0.1"
    port: int = 8000
    names: Sequence[str] = field(default=())


def listen(address: Address) -> socket.socket:
    """The bound socket; port 0 takes a free one. Raises UserError when it cannot be had."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=CONNECTIONS)
    except (OSError, OverflowError, UnicodeError) as error:
        raise UserError(
            f"{address.host}:{address.port}에서 기다릴 수 없습니다({type(error).__name__}). 이미 쓰이는 포트이면 --port를 바꾸거나 0을 주세요.",
            f"Cannot listen on {address.host}:{address.port} ({type(error).__name__}). If the port is taken, choose another --port, "
            "or 0 for a free one.",
        ) from error


def serve(
    served: Served,
    store: Path,
    address: Address,
    limits: Limits,
    line: tuple[int, int],
    given: str | None,
    ready: Callable[[str], None],
) -> dict[str, Any]:
    """Serve until a signal comes. `line`: wishes answered at once, and wishes that may wait; `ready` is called with the URL when
    the model answers. Returns {url, model, requests, answers, seconds}. Raises what kept the model from loading."""
    sock = listen(address)
    url = url_of(sock)
    answering = Answering(served, Desk(*line), limits)
    life = Life(answering, lambda: ready(url), lambda: setattr(server, "should_exit", True))
    guard = Guard(make_app(life, store), Keys(store, given), [*HOME, address.host, *address.names], limits)
    server = uvicorn.Server(_config(guard))
    began = time.monotonic()
    _set_up_log()
    with _signals_end_it(), watched(store, served.name):
        server.run(sockets=[sock])
    if life.failed is not None:
        raise life.failed
    told = {"url": url, "model": served.name, "requests": guard.requests, "answers": answering.answered}
    return {**told, "seconds": round(time.monotonic() - began, 1)}


def url_of(sock: socket.socket) -> str:
    """What to type on this machine."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"


def _config(guard: Guard) -> uvicorn.Config:
    return uvicorn.Config(
        guard, http=_Protocol, ws="none", lifespan="on", log_config=None, access_log=False, server_header=False,
        date_header=True, proxy_headers=False, timeout_keep_alive=15, timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=CONNECTIONS,
    )  # fmt: skip


class _Protocol(H11Protocol):
    """Lets go of clients that never finish the head of a request."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._stuck = False
        self.loop.call_later(HEAD_SECONDS, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        idle = self.cycle is None or (self.cycle.response_complete and bool(self.conn.trailing_data[0]))
        if idle and self._stuck:
            self.transport.close()
            return
        self._stuck = idle
        self.loop.call_later(HEAD_SECONDS, self._look)


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """uvicorn stops at a signal, then raises it again for whoever stood there before: nobody, so that the answer can be printed."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        signals.append(signal.SIGBREAK)
    before = {number: signal.signal(number, lambda *_: None) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Wordless(logging.Formatter):
    """A failure as where it happened and what kind it was: its message may hold what somebody wrote."""

    def formatException(self, ei: Any) -> str:
        """Frames without source lines, and the type."""
        frames = [f"  {Path(one.filename).name}:{one.lineno} {one.name}" for one in traceback.extract_tb(ei[2])]
        return "\n".join([*frames, ei[0].__name__])


def _set_up_log() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Wordless("%(asctime)s %(message)s", "%H:%M:%S"))
    for name, level in (("malmoi.api", logging.INFO), ("uvicorn.error", logging.WARNING), ("asyncio", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
