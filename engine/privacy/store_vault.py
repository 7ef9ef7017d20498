"""The store's own vault: originals of masked values, sealed in a table of their own. Off until the owner turns it on.

The records keep the chat as it came, so that a vault adds nothing to what the store can show; it is there for who takes the
placeholders elsewhere and must come back. Masking adds to it without the passphrase. It knows no cipher and no SQL.
"""

import json
from collections.abc import Callable

from sqlite_utils import Database

from engine.errors import UserError
from engine.keys import delete_key, list_keys
from engine.privacy.decisions import placeholder_of
from engine.privacy.vault import (
    Key,
    Lock,
    Sealer,
    keep_in_keyring,
    key_in_keyring,
    lock_from,
    new_vault,
    tampered,
    unlocked,
)
from engine.store.open import writing
from engine.store.settings import get_setting, set_setting
from engine.store.vault import add_sealed, count_sealed, drop_sealed, sealed_entries, sealed_entry, written_values

SETTING = "vault"
MOST_SPELLINGS = 8
"""Ways of writing that are kept of one value; the first is the one it is shown by."""


def lock_of(db: Database) -> Lock | None:
    """The vault's public half; None while there is no vault."""
    told = get_setting(db, SETTING)
    return lock_from(told) if told else None


def require_lock(db: Database) -> Lock:
    """Raises UserError while there is no vault."""
    lock = lock_of(db)
    if lock is None:
        raise UserError(
            "이 저장소에는 금고가 없습니다. `vault on`으로 켜면 그때부터 가린 값을 잠가 둡니다.",
            "This store has no vault. Turn it on with `vault on`; masked values are sealed from then on.",
        )
    return lock


def turn_on(db: Database, passphrase: str | None) -> int:
    """Make the vault and seal what is masked so far; returns how many values. Raises UserError when there is one already."""
    if lock_of(db) is not None:
        raise UserError(
            "금고가 이미 켜져 있습니다. 암호 문구를 바꾸려면 `vault off` 뒤에 다시 켜세요.",
            "The vault is on already. To change the passphrase, turn it off and on again.",
        )
    lock, _ = new_vault(passphrase)
    with writing(db):
        set_setting(db, SETTING, lock.as_json())
        return seal_values(db)


def turn_off(db: Database) -> int:
    """Delete the vault with all it holds, its key in the keyring too; returns how many values."""
    lock = require_lock(db)
    with writing(db):
        gone = drop_sealed(db)
        set_setting(db, SETTING, None)
    close(lock)
    return gone


def seal_values(db: Database, source_id: str | None = None) -> int:
    """Seal what masks hide, of one source or of all; returns how many values. Nothing happens without a vault."""
    lock = lock_of(db)
    if lock is None:
        return 0
    spellings: dict[tuple[str, str], dict[str, None]] = {}
    for label, value_key, written in written_values(db, source_id):
        known = spellings.setdefault((label, value_key), {})
        if len(known) < MOST_SPELLINGS:
            known.setdefault(written)
    sealer = Sealer(lock)
    add_sealed(
        db, ((label, key, sealer.seal(json.dumps(list(known)).encode(), _place(lock, label, key))) for (label, key), known in spellings.items())
    )  # fmt: skip
    return len(spellings)


def seal_value(db: Database, label: str, value_key: str, written: str) -> None:
    """Seal one value more, when there is a vault."""
    lock = lock_of(db)
    if lock is not None:
        sealed = Sealer(lock).seal(json.dumps([written]).encode(), _place(lock, label, value_key))
        add_sealed(db, [(label, value_key, sealed)])


def renew(db: Database) -> None:
    """After something was forgotten: seal only what is still there."""
    if lock_of(db) is not None:
        with writing(db):
            drop_sealed(db)
            seal_values(db)


def unlock(db: Database, passphrase: Callable[[], str | None]) -> Key:
    """The key. Raises UserError without a vault, or for a wrong passphrase."""
    return unlocked(require_lock(db), passphrase)


def stay_open(db: Database, passphrase: Callable[[], str | None]) -> None:
    """Keep the key in the system's keyring, so that nobody is asked again. Raises UserError where there is no keyring."""
    lock = require_lock(db)
    keep_in_keyring(lock, unlocked(lock, passphrase))


def close(lock: Lock) -> bool:
    """Take the key out of the keyring; whether it was there."""
    held = (lock.keyring_name, "keyring") in list_keys()
    if held:
        delete_key(lock.keyring_name)
    return held


def shut(db: Database) -> bool:
    """`close`, where a passphrase leads back. Raises UserError when the keyring holds the only key."""
    lock = require_lock(db)
    if not lock.wrapped:
        raise UserError(
            "이 금고의 열쇠는 키링에만 있습니다. 빼면 다시 열 수 없습니다. 필요 없으면 `vault off`를 쓰세요.",
            "This vault's only key is in the keyring. Without it the vault never opens again. Use `vault off` if that is meant.",
        )
    return close(lock)


def state(db: Database) -> dict[str, object]:
    """{on, values, by, open}: by passphrase or keyring; open: the keyring holds the key now."""
    lock = lock_of(db)
    if lock is None:
        return {"on": False, "values": 0, "by": None, "open": False}
    by = "passphrase" if lock.wrapped else "keyring"
    return {"on": True, "values": count_sealed(db), "by": by, "open": key_in_keyring(lock) is not None}


def spellings_of(db: Database, key: Key, label: str, value_key: str) -> list[str]:
    """Ways one value was written, the first one first. Raises UserError when it is not in the vault, or was changed."""
    lock = require_lock(db)
    sealed = sealed_entry(db, label, value_key)
    if sealed is None:
        raise UserError(
            "이 값은 금고에 없습니다. 자료를 `mask`로 다시 가리면 들어갑니다.",
            "This value is not in the vault. Mask its source again with `mask` and it will be.",
        )
    return _opened(key, sealed, _place(lock, label, value_key))


def all_values(db: Database, key: Key) -> dict[str, str]:
    """{placeholder: value as it was first written} of the whole vault."""
    lock = require_lock(db)
    return {
        placeholder_of(label, number): _opened(key, sealed, _place(lock, label, value_key))[0]
        for label, number, value_key, sealed in sealed_entries(db)
    }


def _opened(key: Key, sealed: bytes, place: str) -> list[str]:
    try:
        found: list[str] = json.loads(key.open(sealed, place))
    except ValueError:
        raise tampered() from None
    return found


def _place(lock: Lock, label: str, value_key: str) -> str:
    return f"{lock.id} {label} {value_key}"
