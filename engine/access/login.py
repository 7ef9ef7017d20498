"""The owner by login: a service that speaks OpenID Connect vouches for an account that the owner listed. It knows nothing of pages.

An account is an e-mail address that the service calls verified, or `ISSUER#SUB`: the service and its own number for the account
(OpenID Connect Core 1.0 §2, §5.7: only both together name somebody for good). Both are compared sign by sign.
"""

import time
from collections.abc import Mapping
from typing import Any, Literal

from sqlite_utils import Database

from engine.access.codes import hash_of
from engine.access.owner import SETTING, Owner, change_access
from engine.errors import UserError
from engine.store.open import writing
from engine.store.settings import get_setting, set_setting

USED = "owner_logins"
"""Setting: {hash of a login that opened: when}, as long as it could be shown again."""
FRESH, AHEAD = 600.0, 120.0
"""Seconds that a login may be old, or a clock ahead. Streamlit's cookie says the same login for 30 days: it opens once, and the
browser's own key, which cannot be copied, opens from then on."""

Refused = Literal["unlisted", "unverified", "old"]


def open_by_login(db: Database, claims: Mapping[str, Any], now: float | None = None) -> Owner | Refused:
    """The owner, when the claims of an ID token (signature, audience and nonce already checked) name an account of the list.

    Otherwise why not: nobody of the list, an address that the service does not call verified, or a login that is old, over or
    was shown before.
    """
    names = get_setting(db, SETTING, {}).get("emails", [])
    at = time.time() if now is None else now
    if not set(accounts_of(claims)) & set(names):
        return "unverified" if _email_of(claims) in names else "unlisted"
    if not _is_fresh(claims, at) or not _take(db, claims, at):
        return "old"
    return Owner("login", hash_of(" ".join(names)))


def accounts_of(claims: Mapping[str, Any]) -> list[str]:
    """The names that the claims prove, the one for good first."""
    issuer, sub = claims.get("iss"), claims.get("sub")
    named = [f"{issuer}#{sub}"] if isinstance(issuer, str) and isinstance(sub, str) and issuer and sub else []
    email = _email_of(claims)
    verified = claims.get("email_verified") in (True, "true")  # some services write it as text; absent is not verified
    return [*named, email] if email and verified else named


def set_logins(db: Database, names: list[str]) -> None:
    """The accounts that are the owner's; an empty list ends that way in. Raises UserError for what names no account."""
    plain = sorted({_checked(name.strip()) for name in names})
    change_access(db, lambda kept: {**kept, "emails": plain})


def _email_of(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    return email.lower() if isinstance(email, str) and email.isascii() else ""  # "K" (U+212A) would become "k"


def _is_fresh(claims: Mapping[str, Any], at: float) -> bool:
    began, over = claims.get("iat"), claims.get("exp")
    numbers = isinstance(began, int | float) and isinstance(over, int | float)
    return numbers and at - FRESH <= float(began or 0) <= at + AHEAD and float(over or 0) > at - AHEAD


def _take(db: Database, claims: Mapping[str, Any], at: float) -> bool:
    """Whether this login was not shown before; it is from now on."""
    shown = hash_of(" ".join(str(claims.get(name)) for name in ("iss", "sub", "iat", "nonce", "exp")))
    with writing(db):
        used = {name: when for name, when in get_setting(db, USED, {}).items() if when > at - FRESH - AHEAD}
        if shown in used:
            return False
        set_setting(db, USED, {**used, shown: at})
    return True


def _checked(name: str) -> str:
    issuer, _, sub = name.partition("#")
    plain = name.isascii() and name.isprintable() and " " not in name and len(name) <= 512
    if plain and issuer.startswith(("https://", "http://")) and sub:
        return name
    local, _, domain = name.partition("@")
    if plain and local and domain and "@" not in domain and ":" not in name and len(name) <= 254:
        return name.lower()
    raise UserError(
        f"'{name[:60]}'은(는) 계정 이름이 아닙니다. 이메일(name@example.com, 영문 글자로만)이나 로그인한 화면에 나온 "
        "https://서비스#번호를 그대로 쓰세요.",
        f"'{name[:60]}' names no account. Write an e-mail address (name@example.com, ASCII signs only), or https://SERVICE#NUMBER "
        "as the page said it after logging in.",
    )
