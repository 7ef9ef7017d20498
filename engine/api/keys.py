"""Which keys open the server: those the store knows by hash, and one that is given at the start. It never logs or keeps one."""

import hmac
import time
from pathlib import Path

from engine.errors import UserError
from engine.keys import get_key
from engine.store.api_keys import hash_of, list_api_keys, make_key
from engine.store.open import open_store

NAME = "MALMOI_API_KEY"
"""In the keyring, the secrets file or the environment."""
SHORTEST = 16
LOOK_SECONDS = 5.0
"""How soon a key that was made or revoked elsewhere is noticed."""
GIVEN = "given"
FIRST = "first"


class Keys:
    """Answers whose key it is. Every comparison takes the same time."""

    def __init__(self, store: Path, given: str | None) -> None:
        self._store = store
        self._given = {GIVEN: hash_of(given)} if given else {}
        self._known: dict[str, str] = {}
        self._looked = 0.0

    def name_of(self, key: str) -> str | None:
        """The name of the key; None when it opens nothing."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        offered = hash_of(key)
        found = [name for name, known in self._known.items() if hmac.compare_digest(known, offered)]
        return found[0] if found else None

    def _look(self) -> None:
        with open_store(self._store) as db:
            kept = {key["name"]: key["hash"] for key in list_api_keys(db) if key["revoked_at"] is None}
        self._known = {**kept, **self._given}
        self._looked = time.monotonic()


def given_key(file: Path | None) -> str | None:
    """The key in a file, else in the keyring or environment; None where there is none. Raises UserError for one that is too short
    or a file that cannot be read."""
    key = get_key(NAME) if file is None else _read(file)
    if key is not None and len(key) < SHORTEST:
        where = NAME if file is None else file.name
        raise UserError(
            f"{where}의 열쇠가 {len(key)}자입니다. 짐작할 수 없게 {SHORTEST}자 이상으로 하세요.",
            f"The key in {where} has {len(key)} characters. Use at least {SHORTEST}, so that it cannot be guessed.",
        )
    return key


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").strip().split("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"열쇠 파일 {file.name}을(를) 읽을 수 없습니다({type(error).__name__}). 첫 줄에 열쇠 하나를 쓴 UTF-8 파일을 주세요.",
            f"The key file {file.name} cannot be read ({type(error).__name__}). Give a UTF-8 file with one key in its first line.",
        ) from error


def first_key(store: Path, given: str | None) -> str | None:
    """A new key where nothing opens the server yet: to be shown once. None where something does."""
    with open_store(store) as db:
        known = list_api_keys(db)
        if given is not None or any(key["revoked_at"] is None for key in known):
            return None
        return make_key(db, FIRST if not known else f"{FIRST}-{len(known) + 1}")
