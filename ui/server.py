"""What stands before Streamlit's own server, of the dashboard and of a bundle: nobody gets from it what no page shows. It reads no
page and no store.

Streamlit answers some things to whoever opens its socket, without running a script that could refuse: the names of files
that git does not know, the path of the program, the emptying of everybody's caches, and it takes uploads of any visitor into memory.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from engine.config import ROOT

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAW = "rerun_script"
ANSWERED = {DRAW, "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
"""What a page's own script in the browser asks for. Left out: load_git_info, clear_cache, set_run_on_save and what is for tests."""
OPERATIONS = {"deferred_file", "dataframe_chunk"}
"""Of backend operations; left out: installing files beside the program."""
UPLOADS, CLOSED = "/_stcore/upload_file/", ("/_stcore/metrics", "/_stcore/agent")
OUTSIDE = [(b"referrer-policy", b"same-origin"), (b"x-content-type-options", b"nosniff")]
"""Said with every answer: an address may carry a token or a code, and another site has no business knowing it."""
UNFRAMED = [(b"content-security-policy", b"frame-ancestors 'self'"), (b"x-frame-options", b"SAMEORIGIN")]
"""Another site must not lay our buttons under its own. A bundle's host does show it in a frame, so there it is not said."""
PLACE = str(ROOT).encode("utf-8")
MOST_SESSIONS = 1000
TOO_MANY = 1008
"""Of RFC 6455: what was sent breaks the rules of who was asked."""
AT_ONCE, A_SECOND, WAITED = 30, 3, 60
"""Drawings of one open page that may follow each other at once, and those a second beyond: each takes some 0.1 s of a processor, which all
who are here share. Live panels ask for one or two a second, and nobody clicks faster than that for long. Where WAITED follow each
other that all had to wait (20 s), the connection is closed: what lies behind them in the pipe would hold the others up long after its sender
is gone. A page connects again by itself."""
_owners: dict[str, None] = {}
"""Ids of sessions in which the owner is, the latest last."""


def let_upload(session_id: str, is_owner: bool) -> None:
    """Whether files that this session's browser sends are taken."""
    _owners.pop(session_id, None)
    if is_owner:
        _owners[session_id] = None
        while len(_owners) > MOST_SESSIONS:
            del _owners[next(iter(_owners))]


class Fence:
    """Around an ASGI app: passes on what is allowed."""

    def __init__(self, app: App, *, may_be_framed: bool = True) -> None:
        self.app = app
        self.headers = OUTSIDE if may_be_framed else [*OUTSIDE, *UNFRAMED]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "websocket":
            await self.app(scope, _only_answered(receive, send), _without_place(send))
        elif scope["type"] == "http" and not _may_ask(scope["path"]):
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, _with_headers(send, self.headers))


def _with_headers(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    async def send_with(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return send_with


def _may_ask(path: str) -> bool:
    if UPLOADS in path:
        return path.partition(UPLOADS)[2].partition("/")[0] in _owners
    return not any(closed in path for closed in CLOSED)


class Pace:
    """How often one open page may be drawn: what comes faster waits, and the browser with it."""

    def __init__(self) -> None:
        self._left, self._at, self._waited = float(AT_ONCE), time.monotonic(), 0

    async def wait(self) -> bool:
        """Until the next drawing may begin; False where so many waited in a row that no more is taken."""
        now = time.monotonic()
        self._left = min(AT_ONCE, self._left + (now - self._at) * A_SECOND) - 1
        self._at = now
        self._waited = self._waited + 1 if self._left < 0 else 0
        if self._left < 0 and self._waited <= WAITED:
            await asyncio.sleep(-self._left / A_SECOND)
        return self._waited <= WAITED


def _only_answered(receive: Receive, send: Send) -> Receive:
    pace = Pace()

    async def receive_answered() -> MutableMapping[str, Any]:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or not message.get("bytes"):
                return message
            kind = _kind(message["bytes"])
            if kind == DRAW and not await pace.wait():
                await send({"type": "websocket.close", "code": TOO_MANY, "reason": "too many messages"})
                return {"type": "websocket.disconnect", "code": TOO_MANY}
            if kind in ANSWERED:
                return message

    return receive_answered


def _kind(data: bytes) -> str:
    """What a message from a browser asks for; "" for what is not answered."""
    said = BackMsg()
    try:
        said.ParseFromString(data)
    except DecodeError:  # Streamlit closes such a connection itself
        return "stop_script"
    kind = said.WhichOneof("type") or ""
    if kind == "backend_operation_request" and said.backend_operation_request.WhichOneof("payload") not in OPERATIONS:
        return ""
    return kind


def _without_place(send: Send) -> Send:
    async def send_without(message: MutableMapping[str, Any]) -> None:
        data = message.get("bytes")
        if data and PLACE in data:
            message = {**message, "bytes": _renamed(data)}
        await send(message)

    return send_without


def _renamed(data: bytes) -> bytes:
    said = ForwardMsg()
    said.ParseFromString(data)
    if said.WhichOneof("type") != "new_session":
        return data
    said.new_session.main_script_path = Path(said.new_session.main_script_path).name
    return bytes(said.SerializeToString())
