"""Where a language-model server is, and how a key goes there. It sends nothing."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.errors import UserError

URLS = {"openai": "https://api.openai.com/v1", "gemini": "https://generativelanguage.googleapis.com/v1beta"}
KEY_NAMES = {"openai": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY"}
"""The key that is taken when none is named."""
PROVIDERS = {"openai": URLS["openai"], "gemini": f"{URLS['gemini']}/openai"}
"""Hosted servers that speak OpenAI's protocol, for `api:PROVIDER/MODEL`."""
SERVER_KEY = "SERVER_API_KEY"
"""The key for servers named by address: a provider's own key never goes to another's address."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a model is asked, and by what name. `key`: sent in a header; never told."""

    address: str
    """Up to /chat/completions, without it."""
    model: str
    key_name: str
    """The key's name in `keys list`."""


def check_address(address: str) -> None:
    """Raises UserError for an address that is none, or one that would send keys in the clear."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username or parts.query or parts.fragment:
        raise UserError(
            "서버 주소로 쓸 수 없습니다. `http://127.0.0.1:8080/v1`이나 `https://서버/v1` 꼴로 쓰세요. 열쇠는 주소에 넣지 말고 --keys로 주세요.",
            "That cannot be a server's address. Write it as http://127.0.0.1:8080/v1 or https://server/v1, and give keys with "
            "--keys, never in the address.",
        )
    if parts.scheme == "http" and not is_near(address):
        raise UserError(
            f"'{parts.hostname}'에는 암호화되지 않은 http로 보낼 수 없습니다. 열쇠와 조항이 그대로 보입니다. https 주소를 쓰세요.",
            f"Nothing is sent to '{parts.hostname}' over plain http: keys and clauses could be read on the way. Use https.",
        )


def is_here(address: str) -> bool:
    """Whether the address is this very machine, so that nothing leaves it."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_near(address: str) -> bool:
    """This machine or the same private network."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".lan", ".internal"))


def key_header(provider: str, key: str | None) -> dict[str, str]:
    """Where the key stands in a request: a header, never the address."""
    if key is None:
        return {}
    return {"x-goog-api-key": key} if provider == "gemini" else {"authorization": f"Bearer {key}"}
