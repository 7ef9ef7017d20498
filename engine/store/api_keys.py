"""Keys that open the API server, as hashes. It never holds a key, and knows nothing of HTTP."""

import hashlib
import secrets
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import now, writing
from engine.store.settings import get_setting, set_setting

PREFIX = "mm-"
SETTING = "api_keys"
"""{name: {hash, hint, created_at, revoked_at}}. A key has 256 random bits: its plain SHA-256 cannot be guessed back."""


def hash_of(key: str) -> str:
    """SHA-256 as hex: enough for what has 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def make_key(db: Database, name: str) -> str:
    """A new key under a name; what is returned is nowhere else. Raises UserError when the name is taken or empty."""
    name = name.strip()[:64]
    key = PREFIX + secrets.token_urlsafe(32)
    with writing(db):
        known = get_setting(db, SETTING, {})
        if not name or name in known:
            raise UserError(
                f"열쇠 이름 '{name}'은(는) 비었거나 이미 쓰였습니다. 다른 이름을 쓰세요(`api-keys list`).",
                f"The name '{name}' is empty or was used already. Choose another (`api-keys list`).",
            )
        made = {"hash": hash_of(key), "hint": key[-4:], "created_at": now(), "revoked_at": None}
        set_setting(db, SETTING, {**known, name: made})
    return key


def list_api_keys(db: Database) -> list[dict[str, Any]]:
    """{name, hash, hint, created_at, revoked_at}, oldest first. `hint`: its last four signs, to tell keys apart."""
    return [{"name": name, **key} for name, key in get_setting(db, SETTING, {}).items()]


def revoke_key(db: Database, name: str) -> None:
    """It opens nothing from now on; servers that run notice within seconds. Raises UserError when there is no such key."""
    with writing(db):
        known = get_setting(db, SETTING, {})
        if name in known and known[name]["revoked_at"] is None:
            set_setting(db, SETTING, {**known, name: {**known[name], "revoked_at": now()}})
            return
    used = ", ".join(name for name, key in known.items() if key["revoked_at"] is None) or "-"
    raise UserError(
        f"쓰이고 있는 API 열쇠 '{name}'이(가) 없습니다. 있는 것: {used}.",
        f"There is no API key '{name}' in use. There are: {used}.",
    )
