"""Keys that open the API server, as hashes. It never holds a key, and knows nothing of HTTP."""

import hashlib
import secrets
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, now, one_row, writing

PREFIX = "mm-"


def hash_of(key: str) -> str:
    """SHA-256 as hex: enough for what has 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def make_key(db: Database, name: str) -> str:
    """A new key under a name; what is returned is nowhere else. Raises UserError when the name is taken or empty."""
    name = name.strip()[:64]
    key = PREFIX + secrets.token_urlsafe(32)
    with writing(db):
        if not name or one_row(db, "SELECT 1 FROM api_keys WHERE name = ?", [name]):
            raise UserError(
                f"열쇠 이름 '{name}'은(는) 비었거나 이미 쓰였습니다. 다른 이름을 쓰세요(`api-keys list`).",
                f"The name '{name}' is empty or was used already. Choose another (`api-keys list`).",
            )
        db.execute("INSERT INTO api_keys VALUES (?, ?, ?, ?, NULL)", [name, hash_of(key), key[-4:], now()])
    return key


def list_api_keys(db: Database) -> list[dict[str, Any]]:
    """{name, hash, hint, created_at, revoked_at}, oldest first."""
    return all_rows(db, "SELECT * FROM api_keys ORDER BY created_at, name")


def revoke_key(db: Database, name: str) -> None:
    """It opens nothing from now on; servers that run notice within seconds. Raises UserError when there is no such key."""
    with writing(db):
        done = db.execute("UPDATE api_keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", [now(), name])
        if done.rowcount:
            return
    known = ", ".join(key["name"] for key in list_api_keys(db) if key["revoked_at"] is None) or "-"
    raise UserError(
        f"쓰이고 있는 API 열쇠 '{name}'이(가) 없습니다. 있는 것: {known}.",
        f"There is no API key '{name}' in use. There are: {known}.",
    )
