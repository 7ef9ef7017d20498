"""What every request passes before anything of it is read: the host it asked for, its key, its pace, its size. It knows no model.

Pure ASGI, so that a stream behind it is never buffered. A body is read whole here, within a time, before the app sees it.
"""

import asyncio
import base64
import binascii
import ipaddress
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.api.errors import ApiError
from engine.api.keys import Keys
from engine.errors import UserError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/health",)
"""What needs no key."""
BROWSED = ("/docs", "/openapi.json", "/docs/ui.js", "/docs/ui.css", "/docs/icon.png")
"""What a browser may open with the key as a password: it cannot send the header that programs send."""
WRONG_KEYS = 30
"""Wrong keys a minute from one address; then it waits."""
HOPELESS = 20
"""A body so many times too large is cut off while it comes."""
log = logging.getLogger("malmoi.api")


@dataclass(frozen=True)
class Limits:
    """What one request, and one key, may take."""

    body_bytes: int = 1_000_000
    body_seconds: float = 20.0
    """From the first byte of a request to the last byte of its body."""
    characters: int = 20_000
    """Of all messages, or all fields of an item, together."""
    new_tokens: int = 1024
    per_minute: int = 600
    """Requests of one key."""
    answer_seconds: float = 120.0
    """In line and with the model."""


class Pace:
    """So many a minute, of each who asks: a window that slides."""

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._seen: dict[str, deque[float]] = {}

    def wait(self, who: str) -> float:
        """Seconds until `who` may ask again; 0: now."""
        now = time.monotonic()
        times = self._seen.setdefault(who, deque())
        while times and times[0] <= now - 60:
            times.popleft()
        if not times:
            self._seen = {name: held for name, held in self._seen.items() if held or name == who}
        return times[0] + 60 - now if len(times) >= self._most else 0.0

    def count(self, who: str) -> None:
        """One more."""
        self._seen.setdefault(who, deque()).append(time.monotonic())


class Guard:
    """Middleware around the app."""

    def __init__(self, app: App, keys: Keys, hosts: Sequence[str], limits: Limits) -> None:
        self.app = app
        self.keys = keys
        self.hosts = {host.lower() for host in hosts}
        self.limits = limits
        self.pace = Pace(limits.per_minute)
        self.wrong = Pace(WRONG_KEYS)
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. What goes out is logged as status and time, never as text."""
        if scope["type"] != "http":
            await (self.app(scope, receive, send) if scope["type"] == "lifespan" else _refuse_socket(send))
            return
        began, sent = time.perf_counter(), _Sent(send)
        self.requests += 1
        try:
            self._pass(scope)
            body = await self._body(scope, receive)
        except ApiError as error:
            await respond(sent, error)
        except UserError as error:  # the store with the keys is locked, full or gone
            await respond(sent, ApiError(503, "store_trouble", error.ko, error.en))
        except _Gone:
            return
        else:
            await self.app(scope, _again(body, receive), sent)
        finally:
            _log(scope, sent.status, time.perf_counter() - began)

    def _pass(self, scope: Scope) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not _known_host(headers.get("host", ""), self.hosts):
            raise _wrong_host()
        if scope["path"] in OPEN:
            return
        who = (scope.get("client") or ("?", 0))[0]
        name = self.keys.name_of(_key_in(headers, scope))
        if name is None:
            self._wrong_key(who, scope)
        if (seconds := self.pace.wait(str(name))) > 0:
            raise _too_fast(seconds, self.limits.per_minute)
        self.pace.count(str(name))
        scope["state"] = {**scope.get("state", {}), "key_name": name}
        if (
            scope["method"] == "POST"
            and headers.get("content-type", "").partition(";")[0].strip() != "application/json"
        ):
            raise _not_json()

    def _wrong_key(self, who: str, scope: Scope) -> None:
        if (seconds := self.wrong.wait(who)) > 0:
            raise _too_fast(seconds, WRONG_KEYS)
        self.wrong.count(who)
        raise _no_key(scope["path"] in BROWSED)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if told.isdigit() and int(told[:12]) > HOPELESS * self.limits.body_bytes:
            raise _too_large(self.limits.body_bytes)
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                return await self._read(receive)
        except TimeoutError as error:
            raise _too_slow(self.limits.body_seconds) from error

    async def _read(self, receive: Receive) -> bytes:
        """All of it. What is somewhat too large is read to its end, so that the client can hear why."""
        body, length = bytearray(), 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            part, more = message.get("body", b""), message.get("more_body")
            length += len(part)
            if length <= self.limits.body_bytes:
                body += part
            elif not more or length > HOPELESS * self.limits.body_bytes:
                raise _too_large(self.limits.body_bytes)
            if not more:
                return bytes(body)


class _Gone(Exception):
    """The client left before its request was whole."""


class _Sent:
    """Passes on what is sent and remembers the status."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.status = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", []), *SAFE_HEADERS]
        await self.send(message)


SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
]


def _again(body: bytes, receive: Receive) -> Receive:
    """The body as one message; after it, what the client still does: it can only leave."""
    given = False

    async def receive_again() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _key_in(headers: dict[str, str], scope: Scope) -> str:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic" and scope["path"] in BROWSED and scope["method"] == "GET":
        try:
            return base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
    return ""


def _known_host(header: str, names: set[str]) -> bool:
    """An address of numbers, or a name that was allowed: a page of another site that points its name here is neither."""
    host = header.strip().lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if host in names:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _log(scope: Scope, status: int, seconds: float) -> None:
    """The route, not the address: somebody may have put words into it."""
    route = scope.get("route")
    path = route.path if route is not None else scope["path"] if scope["path"] in (*OPEN, *BROWSED) else "-"
    method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH") else "-"
    log.info("%s %s %s %d ms", method, path, status or "left", round(seconds * 1000))


async def respond(send: Send, error: ApiError) -> None:
    """Send a refusal."""
    body = error.text()
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    if error.status in (408, 413):  # what is still on its way is not read
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse_socket(send: Send) -> None:
    await send({"type": "websocket.close", "code": 1008})


def _wrong_host() -> ApiError:
    return ApiError(
        403,
        "unknown_host",
        "이 이름으로는 이 서버를 부를 수 없습니다. 서버를 --allow-host 이름으로 다시 시작하거나 127.0.0.1을 쓰세요.",
        "This server does not answer to that host name. Start it with --allow-host NAME, or use 127.0.0.1.",
    )


def _no_key(browsed: bool) -> ApiError:
    scheme = 'Basic realm="Malmoi", charset="UTF-8"' if browsed else "Bearer"
    return ApiError(
        401,
        "invalid_api_key",
        "열쇠가 없거나 맞지 않습니다. 머리글에 Authorization: Bearer 열쇠를 넣으세요.",
        "The key is missing or wrong. Send the header Authorization: Bearer KEY.",
        headers={"WWW-Authenticate": scheme},
    )


def _too_fast(seconds: float, most: int) -> ApiError:
    wait = max(1, round(seconds + 0.5))
    return ApiError(
        429,
        "rate_limit_exceeded",
        f"1분에 {most:,}번까지 부를 수 있습니다. {wait}초 뒤에 다시 하세요.",
        f"At most {most:,} requests a minute. Try again in {wait} s.",
        headers={"Retry-After": str(wait)},
    )


def _not_json() -> ApiError:
    return ApiError(
        415,
        "not_json",
        "본문은 JSON이어야 합니다. 머리글에 Content-Type: application/json을 넣으세요.",
        "The body must be JSON. Send the header Content-Type: application/json.",
    )


def _too_large(most: int) -> ApiError:
    return ApiError(
        413,
        "body_too_large",
        f"본문이 {most:,}바이트를 넘습니다. 나누어 보내세요.",
        f"The body is larger than {most:,} bytes. Send less at once.",
    )


def _too_slow(seconds: float) -> ApiError:
    return ApiError(
        408,
        "body_too_slow",
        f"본문이 {seconds:g}초 안에 다 오지 않았습니다. 다시 보내세요.",
        f"The body did not arrive within {seconds:g} s. Send it again.",
    )
