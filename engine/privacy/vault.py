"""Originals of masked values, sealed: a box that anybody may put into and only the owner opens.

X25519 for each sealing session, HKDF-SHA256, AES-256-GCM (RFC 7748, 5869, NIST SP 800-38D): masking adds to a vault without its
passphrase. The private key lies wrapped under a passphrase (scrypt, RFC 7914) or in the system's keyring. What is sealed is
bound to its place, so that an entry that was changed, moved or cut off does not open. It knows nothing of how values are found.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from engine.errors import UserError

LOG_N, SCRYPT_R, SCRYPT_P = 15, 8, 1
"""32 MB and about 0.1 s a try."""
MOST_LOG_N = 20
"""1 GB: a header that asks for more was not written by us."""
SHORTEST = 8
"""Letters of a passphrase."""
HEADER = "malmoi-vault-1"
KEY_BYTES, NONCE_BYTES = 32, 12
CHUNK = 2_000
"""Rows sealed together in a file."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The public half of a vault, and where the private half is: wrapped here, or in the keyring under `keyring_name`."""

    public: bytes
    id: str
    salt: bytes = b""
    log_n: int = LOG_N
    wrapped: bytes = field(default=b"", repr=False)

    @property
    def keyring_name(self) -> str:
        return f"VAULT_{self.id.upper()}"

    def as_json(self) -> dict[str, Any]:
        """For a header or a setting; holds no secret that the passphrase does not protect."""
        shown = {"salt": self.salt.hex(), "log_n": self.log_n, "wrapped": self.wrapped.hex()}
        return {"vault": HEADER, "id": self.id, "public": self.public.hex(), **(shown if self.wrapped else {})}


class Key:
    """The private half. It never shows itself."""

    def __init__(self, private: bytes) -> None:
        self._private = private
        self._shared: dict[bytes, Any] = {}

    def __repr__(self) -> str:
        return "Key(…)"

    def hex(self) -> str:
        """For the keyring alone."""
        return self._private.hex()

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for this place. Raises UserError when a byte of it, or its place, was changed."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sender, nonce, body = sealed[:KEY_BYTES], sealed[KEY_BYTES : KEY_BYTES + NONCE_BYTES], sealed[KEY_BYTES + NONCE_BYTES :]  # fmt: skip
        try:
            if sender not in self._shared:
                self._shared[sender] = AESGCM(_agreed(self._private, sender, sender))
            opened: bytes = self._shared[sender].decrypt(nonce, body, place.encode())
        except (InvalidTag, ValueError):
            raise tampered() from None
        return opened


class Sealer:
    """Seals for a lock; needs no passphrase."""

    def __init__(self, lock: Lock) -> None:
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        own = X25519PrivateKey.generate()
        self._sender = own.public_key().public_bytes_raw()
        self._box = AESGCM(_agreed(own.private_bytes_raw(), lock.public, self._sender))

    def __repr__(self) -> str:
        return "Sealer(…)"

    def seal(self, content: bytes, place: str) -> bytes:
        """sender's public key, nonce, ciphertext with its tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._sender + nonce + self._box.encrypt(nonce, content, place.encode())


def _agreed(private: bytes, public: bytes, sender: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=sender, info=HEADER.encode()).derive(shared)


def _wrapping(passphrase: str, salt: bytes, log_n: int) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    from engine.korean.hangul import nfc

    key = Scrypt(salt=salt, length=KEY_BYTES, n=1 << log_n, r=SCRYPT_R, p=SCRYPT_P).derive(nfc(passphrase).encode())
    return AESGCM(key)


def new_vault(passphrase: str | None) -> tuple[Lock, Key]:
    """A fresh pair; without a passphrase the key goes into the system's keyring.

    Raises UserError for a passphrase that is too short, or when there is neither passphrase nor keyring.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    own = X25519PrivateKey.generate()
    private, public, id_ = own.private_bytes_raw(), own.public_key().public_bytes_raw(), secrets.token_hex(6)
    if passphrase is None:
        lock, key = Lock(public, id_), Key(private)
        keep_in_keyring(lock, key)
        return lock, key
    if len(passphrase) < SHORTEST:
        raise UserError(
            f"암호 문구가 너무 짧습니다. {SHORTEST}자 이상으로 정하세요. 잊으면 아무도 열 수 없습니다.",
            f"The passphrase is too short. Use at least {SHORTEST} characters. Nobody can open the vault without it.",
        )
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
    wrapped = nonce + _wrapping(passphrase, salt, LOG_N).encrypt(nonce, private, public)
    return Lock(public, id_, salt, LOG_N, wrapped), Key(private)


def keep_in_keyring(lock: Lock, key: Key) -> None:
    """Put the key where the system keeps secrets. Raises UserError where there is no keyring."""
    from engine.keys import keyring_name, set_key

    if keyring_name() is None:
        raise UserError(
            "이 컴퓨터에는 열쇠를 맡길 OS 키링이 없습니다(화면이 없는 리눅스 서버가 흔히 그렇습니다). 암호 문구를 정해 쓰세요: "
            "물어볼 때 입력하거나, 파이프로 넣거나, 환경 변수 MALMOI_PASSPHRASE에 넣습니다.",
            "This machine has no OS keyring to hold a key, as is usual on a Linux server without a desktop. Use a passphrase: "
            "type it when asked, pipe it in, or set the environment variable MALMOI_PASSPHRASE.",
        )
    set_key(lock.keyring_name, key.hex())


def unlocked(lock: Lock, passphrase: Callable[[], str | None]) -> Key:
    """The key: from the keyring when it is there, else by passphrase, which is asked for only then.

    Raises UserError for a wrong passphrase, or when there is none and no key in the keyring.
    """
    if (key := key_in_keyring(lock)) is not None:
        return key
    if not lock.wrapped:
        raise UserError(
            f"이 금고의 열쇠({lock.keyring_name})가 이 컴퓨터의 키링에 없습니다. 금고를 만든 컴퓨터와 계정에서 여세요.",
            f"The key of this vault ({lock.keyring_name}) is not in this machine's keyring. Open it on the machine and account "
            "where it was made.",
        )
    given = passphrase()
    if not given:
        raise UserError(
            "금고를 열 암호 문구가 없습니다. 물어볼 때 입력하거나, 파이프로 넣거나, 환경 변수 MALMOI_PASSPHRASE에 넣으세요.",
            "There is no passphrase to open the vault. Type it when asked, pipe it in, or set MALMOI_PASSPHRASE.",
        )
    return _unwrapped(lock, given)


def key_in_keyring(lock: Lock) -> Key | None:
    """The key, when the keyring holds it and it is the right one."""
    from engine.keys import get_key

    held = get_key(lock.keyring_name)
    try:
        key = Key(bytes.fromhex(held)) if held and len(held) == 2 * KEY_BYTES else None
    except ValueError:
        return None
    return key if key is not None and _public_of(key) == lock.public else None


def _public_of(key: Key) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    public: bytes = X25519PrivateKey.from_private_bytes(bytes.fromhex(key.hex())).public_key().public_bytes_raw()
    return public


def _unwrapped(lock: Lock, passphrase: str) -> Key:
    from cryptography.exceptions import InvalidTag

    nonce, body = lock.wrapped[:NONCE_BYTES], lock.wrapped[NONCE_BYTES:]
    try:
        private = _wrapping(passphrase, lock.salt, lock.log_n).decrypt(nonce, body, lock.public)
    except InvalidTag:
        raise UserError(
            "암호 문구가 맞지 않거나 금고의 머리말이 바뀌었습니다. 다시 입력하세요. 한/영과 Caps Lock도 확인하세요.",
            "The passphrase is wrong, or the vault's header was changed. Try again; mind Caps Lock and the input language.",
        ) from None
    return Key(private)


def tampered() -> UserError:
    """What was sealed does not open: bytes or their place changed."""
    return UserError(
        "금고의 내용이 바뀌었거나 잘렸습니다. 이 금고가 만들어질 때의 파일이나 백업을 쓰세요. 아무것도 되돌리지 않았습니다.",
        "The vault's contents were changed or cut off. Use the file as it was made, or a backup. Nothing was restored.",
    )


def lock_from(told: Any) -> Lock:
    """The lock that a header or setting describes. Raises UserError for anything else."""
    try:
        if told["vault"] != HEADER or not 10 <= int(told.get("log_n", LOG_N)) <= MOST_LOG_N:
            raise ValueError
        public, wrapped = bytes.fromhex(told["public"]), bytes.fromhex(told.get("wrapped", ""))
        if len(public) != KEY_BYTES or not str(told["id"]).isalnum() or len(told["id"]) != 12:
            raise ValueError
        return Lock(public, told["id"], bytes.fromhex(told.get("salt", "")), int(told.get("log_n", LOG_N)), wrapped)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError(
            "말모이의 금고가 아니거나 머리말이 상했습니다. `mask --vault`로 만든 파일을 주세요.",
            "This is no vault of Malmoi, or its header is damaged. Give the file that `mask --vault` wrote.",
        ) from None


class FileVault:
    """A vault in a file, written along with a masked one: a header line, then sealed chunks, one a line in hex.

    A chunk's place is its number, and the last says that it is the last: none can be moved, repeated or left out.
    """

    def __init__(self, path: Path, lock: Lock) -> None:
        """Raises UserError when the file exists: it may be the only way back from another masked file."""
        from engine.sources.whole_file import whole_file

        if path.exists():
            raise UserError(
                f"{path.name} 파일이 이미 있습니다. 다른 글을 되돌릴 금고일 수 있어 덮어쓰지 않습니다. 다른 이름을 주세요.",
                f"{path.name} exists already. It may be the way back from other files and is not overwritten. Give another name.",
            )
        self._lock = lock
        self._whole = whole_file(path)
        self._rows: list[Any] = []
        self._chunks = 0

    def __enter__(self) -> "FileVault":
        self._file: TextIO = self._whole.__enter__()
        self._file.write(json.dumps(self._lock.as_json()) + "\n")
        self._sealer = Sealer(self._lock)
        return self

    def add_row(self, row: Any) -> None:
        """Anything JSON can hold."""
        self._rows.append(row)
        if len(self._rows) == CHUNK:
            self._flush("rows")

    def finish(self, values: Any) -> None:
        """The last chunk; without it the file does not open."""
        self._flush("rows")
        self._rows = [values]
        self._flush("last")

    def _flush(self, kind: str) -> None:
        content = json.dumps(self._rows).encode()
        self._file.write(self._sealer.seal(content, f"{self._lock.id} {self._chunks} {kind}").hex() + "\n")
        self._rows, self._chunks = [], self._chunks + 1

    def __exit__(self, *ended: Any) -> None:
        self._whole.__exit__(*ended)


class OpenedVault:
    """A vault file, unlocked: `rows()` and `values`. Raises UserError for a file that is no vault, changed or cut off."""

    def __init__(self, path: Path, passphrase: Callable[[], str | None]) -> None:
        self._path = path
        try:
            with path.open(encoding="ascii") as lines:
                self._lock = lock_from(_json(lines.readline(1 << 16)))
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"금고 {path.name}을(를) 읽을 수 없습니다({type(error).__name__}). 파일이 있는지, `mask --vault`로 만든 것인지 확인하세요.",
                f"The vault {path.name} cannot be read ({type(error).__name__}). Check that it exists and was made by `mask --vault`.",
            ) from None
        self._key = unlocked(self._lock, passphrase)

    def rows(self) -> Iterator[Any]:
        """What `add_row` got, in order."""
        for kind, content in self._chunks():
            if kind == "rows":
                yield from content

    @cached_property
    def values(self) -> Any:
        """What `finish` got."""
        return next(content[0] for kind, content in self._chunks() if kind == "last")

    def _chunks(self) -> Iterator[tuple[str, Any]]:
        with self._path.open(encoding="ascii", errors="replace") as lines:
            next(lines)
            ended = False
            for number, line in enumerate(lines):
                if ended:
                    raise tampered()
                kind, content = self._chunk(line, number)
                ended = kind == "last"
                yield kind, content
        if not ended:
            raise tampered()

    def _chunk(self, line: str, number: int) -> tuple[str, Any]:
        try:
            sealed = bytes.fromhex(line)
        except ValueError:
            raise tampered() from None
        try:
            return "rows", _json(self._key.open(sealed, f"{self._lock.id} {number} rows"))
        except UserError:  # else it is the last one, or changed
            return "last", _json(self._key.open(sealed, f"{self._lock.id} {number} last"))


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
