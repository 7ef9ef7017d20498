"""Around Streamlit's routes for a login: what failed there comes back to the page as a reason, in words instead of a bare English line.

It reads no page and no store. What the service answered is checked by Streamlit and Authlib: signature, issuer, audience, nonce, expiry.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from streamlit import config
from streamlit.auth_util import get_origin_from_redirect_uri

from ui.server import App, Receive, Scope, Send

LOGIN, CALLBACK = "/auth/login", "/oauth2callback"
KEPT = b"_streamlit_user="
"""How the cookie begins that Streamlit sets once a login is proven."""


class LoginRoute:
    """Around an ASGI app."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http" or not scope["path"].endswith((LOGIN, CALLBACK)):
            await self.app(scope, receive, send)
        elif scope["path"].endswith(LOGIN) and (there := _right_address(scope)):
            await _go(send, there)
        elif scope["path"].endswith(LOGIN):
            await self.app(scope, receive, _Told(send, "unreachable").send)
        else:
            await self.app(scope, receive, _Told(send, _reason(scope)).send)


def _right_address(scope: Scope) -> str | None:
    """The service sends the browser back to one address alone; a login begun at another name of this machine would be lost there."""
    origin = get_origin_from_redirect_uri()
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    if not origin or host == origin.partition("://")[2]:
        return None
    return f"{origin}{scope['path']}?{scope['query_string'].decode('latin-1')}"


def _reason(scope: Scope) -> str | None:
    """What it means when no login comes of this answer; None: it is none, but the way back from logging out."""
    said = parse_qs(scope["query_string"].decode("latin-1"))
    if said.get("error") == ["access_denied"]:
        return "cancelled"
    return "unproven" if "code" in said or "error" in said else None


class _Told:
    """Passes an answer on, or goes home with the reason when it holds no login."""

    def __init__(self, send: Send, reason: str | None) -> None:
        self.onward, self.reason, self.is_over = send, reason, False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start" and self.reason and self._is_without_login(message):
            self.is_over = True
            cleared = [(name, value) for name, value in message["headers"] if name.lower() == b"set-cookie"]
            await _go(self.onward, _home(self.reason), cleared)
        elif not self.is_over:
            await self.onward(message)

    def _is_without_login(self, message: MutableMapping[str, Any]) -> bool:
        if self.reason == "unreachable":
            return bool(message["status"] >= 400)
        set_now = [value for name, value in message["headers"] if name.lower() == b"set-cookie"]
        return not any(value.startswith(KEPT) and b"Max-Age=0" not in value for value in set_now)


def _home(reason: str) -> str:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/?login={reason}"


async def _go(send: Send, where: str, cookies: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [(b"location", where.encode("latin-1")), (b"content-length", b"0"), *(cookies or [])]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
