"""The owner's settings: small JSON values by key. It holds no secrets."""

import json
import secrets
from typing import Any

from sqlite_utils import Database

from engine.store.open import one_row, writing

VISITOR_TITLE = "visitor_title"
"""What the owner calls the page that visitors see; empty: what the recipe calls it."""


def get_setting(db: Database, key: str, default: Any = None) -> Any:
    """The value stored under `key`, or `default`."""
    row = one_row(db, "SELECT value_json FROM settings WHERE key = ?", [key])
    return json.loads(row["value_json"]) if row else default


def set_setting(db: Database, key: str, value: Any) -> None:
    """Store a JSON value under `key`."""
    with writing(db):
        db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [key, json.dumps(value, ensure_ascii=False)])


def mask_key(db: Database) -> bytes:
    """This store's random key for hashing masked values, made on first use."""
    return _own_key(db, "mask_key")


def capsule_key(db: Database) -> bytes:
    """This store's random key for sealing what leaves in a capsule, made on first use."""
    return _own_key(db, "capsule_key")


def _own_key(db: Database, name: str) -> bytes:
    with writing(db):
        found = get_setting(db, name)
        if found is None:
            found = secrets.token_hex(32)
            set_setting(db, name, found)
    return bytes.fromhex(found)
