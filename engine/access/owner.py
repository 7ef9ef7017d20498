"""How the owner comes in: by the token of this start, a token that stays, a password, or a login (engine/access/login.py).

Of none of them more than a hash is kept. It knows nothing of pages: who serves says which token belongs to the start.
"""

import hashlib
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from engine.access.browser import Browser, is_signed
from engine.access.codes import hash_of
from engine.access.slowly import count_refused, wait_before
from engine.access.visitors import too_many
from engine.errors import UserError
from engine.store.open import now, one_row, writing
from engine.store.settings import get_setting, set_setting

By = Literal["local", "start", "token", "password", "login"]
DOOR = "owner"
SETTING = "owner_access"
"""{token: hash, password: {salt, hash}, emails: [accounts that may log in]}; what is missing is no way in."""
START_TOKEN = "MALMOI_TOKEN"
"""Environment variable in which `start.py` hands the token of this start to the dashboard."""
SHORTEST, LONGEST = 10, 200
SCRYPT: Mapping[str, int] = {"n": 2**15, "r": 8, "p": 3, "maxmem": 2**27, "dklen": 32}
"""OWASP Password Storage Cheat Sheet: N = 2^15, r = 8, p = 3, which takes 32 MB. RFC 7914."""
ONE_AT_A_TIME = threading.Lock()
"""So that guessing takes 32 MB once, not per guess."""


@dataclass(frozen=True)
class Owner:
    """The owner, and how: `by`; `proof`: hash of what opened, so that a changed password or token ends it."""

    by: By
    proof: str = ""
    browser_id: str | None = None


def ways_in(db: Database, start_token: str | None = None) -> dict[By, str]:
    """{way: proof it asks for} of every way in that is set up; empty: whoever sits at this machine is the owner."""
    kept = get_setting(db, SETTING, {})
    ways: dict[By, str] = {"start": hash_of(start_token)} if start_token else {}
    if kept.get("token"):
        ways["token"] = kept["token"]
    if kept.get("password"):
        ways["password"] = hash_of(kept["password"]["salt"])
    if kept.get("emails"):
        ways["login"] = hash_of(" ".join(kept["emails"]))
    return ways


def open_by_token(db: Database, token: str, address: str = "", start_token: str | None = None) -> Owner | None:
    """The owner, when the token is that of this start or the one that stays. It has 256 random bits: tries need not wait,
    but they are counted, so that a password guesser gains nothing by mixing."""
    offered = hash_of(token)
    ways = ways_in(db, start_token)
    found: list[By] = [way for way in ("start", "token") if way in ways and hmac.compare_digest(ways[way], offered)]
    if not found:
        count_refused(db, DOOR, address)
        return None
    return Owner(found[0], ways[found[0]])


def open_by_password(db: Database, password: str, address: str = "") -> Owner | None:
    """The owner, when the password fits. Raises UserError while this address has to wait after wrong tries."""
    with ONE_AT_A_TIME:  # asked inside: tries sent at once would all pass before the first is counted
        if (seconds := wait_before(db, DOOR, address)) > 0:
            raise too_many(seconds)
        kept = get_setting(db, SETTING, {}).get("password")
        salt = kept["salt"] if kept else "00" * 16
        fits = hmac.compare_digest(_scrypt(password, salt), kept["hash"] if kept else "")
        if not fits:
            count_refused(db, DOOR, address)
            return None
    return Owner("password", hash_of(salt))


def is_still(db: Database, owner: Owner, start_token: str | None = None) -> bool:
    """Whether what opened still opens, and the browser was not signed out."""
    ways = ways_in(db, start_token)
    if owner.by == "local":
        return not ways
    known = owner.browser_id is None or one_row(
        db, "SELECT 1 FROM owner_browsers WHERE browser_id = ?", [owner.browser_id]
    )
    return bool(known) and ways.get(owner.by) == owner.proof


def keep_browser(db: Database, owner: Owner, browser: Browser) -> Owner:
    """Let this browser come back without token or password, as long as they do not change."""
    at = now()
    with writing(db):
        db.execute("DELETE FROM owner_browsers WHERE browser_id = ?", [browser.id])
        db.execute(
            "INSERT INTO owner_browsers VALUES (?, ?, ?, ?, ?, ?)",
            [browser.id, browser.key, owner.by, owner.proof, at, at],
        )
    return Owner(owner.by, owner.proof, browser.id)


def resume_owner(db: Database, browser_id: str, nonce: str, proof: str, start_token: str | None = None) -> Owner | None:
    """The owner come back: a kept browser that signs `nonce` with its key, by a way that is still open."""
    found = one_row(db, "SELECT * FROM owner_browsers WHERE browser_id = ?", [browser_id])
    if found is None or not is_signed(found["browser_key"], nonce, proof):
        return None
    owner = Owner(found["by"], found["proof"], browser_id)
    if not is_still(db, owner, start_token):
        return None
    with writing(db):
        db.execute("UPDATE owner_browsers SET seen_at = ? WHERE browser_id = ?", [now(), browser_id])
    return owner


def sign_out(db: Database, browser_id: str | None = None) -> int:
    """End one browser's stay, or all; how many. Each has to show token or password again."""
    with writing(db):
        where = "? IS NULL OR browser_id = ?"
        return int(db.execute(f"DELETE FROM owner_browsers WHERE {where}", [browser_id, browser_id]).rowcount)


def change_access(db: Database, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the ways in anew, in one step."""
    with writing(db):
        set_setting(db, SETTING, changed(get_setting(db, SETTING, {})))


def make_token(db: Database) -> str:
    """A token that stays until the next is made; returned once. It voids the old one."""
    token = secrets.token_urlsafe(32)
    change_access(db, lambda kept: {**kept, "token": hash_of(token)})
    return token


def set_password(db: Database, password: str) -> None:
    """Keep a password's hash. Raises UserError for one that is too short or too long."""
    _check_password(password)
    salt = secrets.token_hex(16)
    change_access(db, lambda kept: {**kept, "password": {"salt": salt, "hash": _scrypt(password, salt)}})


def drop_way(db: Database, way: Literal["token", "password"]) -> None:
    """That way in is closed; browsers that came in by it are out."""
    change_access(db, lambda kept: {name: value for name, value in kept.items() if name != way})


def owner_facts(db: Database) -> dict[str, Any]:
    """{token, password: whether there is one; emails; browsers: [{browser_id, by, came_at, seen_at}]}, newest first. No secret."""
    kept = get_setting(db, SETTING, {})
    sql = "SELECT browser_id, by, came_at, seen_at FROM owner_browsers ORDER BY seen_at DESC"
    names = ("browser_id", "by", "came_at", "seen_at")
    browsers = [dict(zip(names, row, strict=True)) for row in db.execute(sql)]
    return {
        "token": "token" in kept,
        "password": "password" in kept,
        "emails": kept.get("emails", []),
        "browsers": browsers,
    }


def _scrypt(password: str, salt: str) -> str:
    """Hex. The password is NFC first: a Mac types Hangul in pieces, Windows whole."""
    plain = unicodedata.normalize("NFC", password)[:LONGEST].encode("utf-8", "surrogatepass")
    return hashlib.scrypt(plain, salt=bytes.fromhex(salt), **SCRYPT).hex()


def _check_password(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < 4:
        raise UserError(
            f"비밀번호가 {len(password)}자입니다. 서로 다른 글자를 섞어 {SHORTEST}자부터 {LONGEST}자까지로 하세요. 문장도 좋습니다.",
            f"The password has {len(password)} characters. Use {SHORTEST} to {LONGEST}, not all the same; a sentence is fine.",
        )
