"""How a browser shows that it is the one that came in: it signs a fresh number with a key it cannot give away.

The key is made in the browser, told once, and kept there as a non-extractable Web Crypto key (W3C Web Cryptography API §13),
so that neither a copied address nor copied cookies open anything elsewhere.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PAGE = "page "
"""How the id of a browser begins that keeps no key (storage is shut, or plain http from another machine): it ends with its page."""
ID, KEY = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Browser:
    """A browser whose key is known. `id`: 32 hex signs, behind PAGE where it keeps no key; `key`: 64 hex signs (32 bytes)."""

    id: str
    key: str

    @property
    def keeps(self) -> bool:
        """Whether it is known again after its page is closed."""
        return not self.id.startswith(PAGE)


def make_browser() -> Browser:
    """One that nobody has: for a visit that ends with its page."""
    return Browser(secrets.token_hex(16), secrets.token_hex(32))


def told_browser(id_: object, key: object, keeps: bool = True) -> Browser | None:
    """What a page sent, when it has the right shape."""
    shaped = isinstance(id_, str) and isinstance(key, str) and ID.fullmatch(id_) and KEY.fullmatch(key)
    return Browser(("" if keeps else PAGE) + str(id_), str(key)) if shaped else None


def is_signed(key: str, nonce: str, proof: str) -> bool:
    """Whether `proof` is HMAC-SHA256 of `nonce` under the key, as hex; compared in constant time."""
    wanted = hmac.new(bytes.fromhex(key), nonce.encode("ascii"), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode("ascii"), proof.encode("utf-8", "replace"))
