"""Secrets by name: the OS keyring, else Streamlit's secrets file, else the environment. Never the store, a log or an address.

It knows nothing of what a key opens. A value leaves this module only through `get_key`.
"""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.config import ROOT
from engine.errors import UserError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "malmoi"
INDEX = "malmoi key names"
"""A keyring cannot list what it holds: the names stand in an entry of their own. No key can be called so."""
KNOWN: dict[str, tuple[str, str]] = {
    "HF_TOKEN": (
        "Hugging Face 토큰: 조건에 동의해야 하는 기반 모델을 받을 때 씁니다.",
        "Hugging Face token: for bases whose terms must be accepted.",
    ),
    "OPENAI_API_KEY": ("OpenAI나 그와 호환되는 서버의 열쇠", "Key of OpenAI or of a compatible server"),
    "ANTHROPIC_API_KEY": ("Anthropic의 열쇠", "Key of Anthropic"),
    "SERVER_API_KEY": (
        "주소로 부르는 서버(http://…/v1#모델)의 열쇠",
        "Key of a server named by its address (http://…/v1#MODEL)",
    ),
    "GEMINI_API_KEY": ("Google Gemini의 열쇠", "Key of Google Gemini"),
}
"""Names offered; others are allowed."""
NAME = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
LONGEST = 1000
"""Characters; Windows' credential store takes 2,560 bytes of UTF-16."""

Place = Literal["keyring", "secrets", "environment"]


def secrets_files() -> tuple[Path, ...]:
    """Where Streamlit keeps secrets: in the project (not tracked by git), then in the home folder."""
    return tuple(folder / ".streamlit" / "secrets.toml" for folder in (ROOT, Path.home()))


def get_key(name: str) -> str | None:
    """The key, or None when it is nowhere. A keyring that is locked or broken counts as empty.

    Raises UserError for a name that no key can have, or a secrets file that cannot be read.
    """
    check_name(name)
    return _from_keyring(name) or _from_secrets().get(name) or os.environ.get(name) or None


def list_keys() -> list[tuple[str, Place]]:
    """(name, where it would be taken from) of every key there is, in order of name. Never any part of a key."""
    found: dict[str, Place] = {name: "environment" for name in KNOWN if os.environ.get(name)}
    found |= dict.fromkeys((name for name in _from_secrets() if NAME.fullmatch(name)), "secrets")
    found |= dict.fromkeys(_names(), "keyring")
    return sorted(found.items())


def set_key(name: str, value: str) -> None:
    """Keep a key in the OS keyring. Raises UserError for a bad name or value, or when no keyring works here."""
    check_name(name)
    value = value.strip()
    _check_value(name, value)
    backend = _backend()
    if backend is None:
        raise no_keyring(name)
    from keyring.errors import KeyringError

    try:
        backend.set_password(SERVICE, name, value)
        backend.set_password(SERVICE, INDEX, json.dumps(sorted({*_names(), name})))
    except KeyringError as error:
        raise _refused(name, error) from None  # some backends put what was to be stored into their errors


def delete_key(name: str) -> None:
    """Take a key out of the OS keyring. Raises UserError when it is not there; a file or the environment is the owner's."""
    from keyring.errors import KeyringError

    check_name(name)
    backend = _backend()
    if backend is None or name not in _names():
        raise _not_in_keyring(name)
    try:
        if backend.get_password(SERVICE, name) is not None:
            backend.delete_password(SERVICE, name)
        backend.set_password(SERVICE, INDEX, json.dumps([other for other in _names() if other != name]))
    except KeyringError as error:
        raise _refused(name, error) from None


def keyring_name() -> str | None:
    """What the OS keyring is called here; None where none works, as on a server without a desktop."""
    backend = _backend()
    return str(backend.name) if backend is not None else None


def check_name(name: str) -> None:
    """Raises UserError unless it is such as OPENAI_API_KEY. The name is not repeated: it may be the key, mistyped."""
    if not NAME.fullmatch(name):
        raise UserError(
            "열쇠 이름으로 쓸 수 없습니다. 영어 대문자로 시작해 대문자, 숫자, 밑줄로 2–64자를 쓰세요. 예: HF_TOKEN, MY_SERVER_KEY.",
            "That cannot be a key's name. Use 2 to 64 capital letters, digits and underscores, beginning with a letter, "
            "such as HF_TOKEN or MY_SERVER_KEY.",
        )


def _check_value(name: str, value: str) -> None:
    if not value:
        raise UserError(
            f"{name}에 넣을 열쇠가 비어 있습니다. 열쇠를 붙여 넣으세요.", f"The key for {name} is empty. Paste it in."
        )
    if not (value.isascii() and value.isprintable()) or " " in value or len(value) > LONGEST:
        raise UserError(
            f"{name}에 넣은 것은 열쇠로 보이지 않습니다(한글, 빈칸, 줄바꿈이 있거나 {LONGEST:,}자보다 깁니다). 열쇠만 다시 복사해 붙여 넣으세요.",
            f"What was given for {name} does not look like a key (it holds spaces, line breaks or letters outside ASCII, or "
            f"is longer than {LONGEST:,} characters). Copy the key alone and paste it again.",
        )


def _backend() -> "KeyringBackend | None":
    """The keyring of this machine, None where there is none that keeps anything, or no package that asks for it, as on a host."""
    try:
        import keyring
        from keyring.backends import chainer, fail, null
    except ImportError:
        return None

    found = keyring.get_keyring()
    if isinstance(found, chainer.ChainerBackend) and not found.backends:
        return None
    return None if isinstance(found, fail.Keyring | null.Keyring) else found


def _from_keyring(name: str) -> str | None:
    backend = _backend()
    if backend is None:
        return None
    from keyring.errors import KeyringError

    try:
        return backend.get_password(SERVICE, name)
    except KeyringError:
        return None


def _names() -> list[str]:
    """Names of the keys that we put into the keyring."""
    listed = _from_keyring(INDEX)
    try:
        names = json.loads(listed) if listed else []
    except ValueError:  # somebody else wrote there: the next key makes it whole
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _from_secrets() -> dict[str, str]:
    """Top-level texts of the secrets files; the project's come first."""
    found: dict[str, str] = {}
    for path in reversed(secrets_files()):
        if path.is_file():
            found |= _read_secrets(path)
    return found


def _read_secrets(path: Path) -> dict[str, str]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        place = re.search(r"line \d+", str(error))
        where = f" ({place.group()})" if place else ""
        raise UserError(
            f'.streamlit/secrets.toml을 읽을 수 없습니다{where}. 한 줄에 하나씩 NAME = "열쇠" 꼴로 쓰세요.',
            f'.streamlit/secrets.toml cannot be read{where}. Write one key a line: NAME = "key".',
        ) from None  # the error can quote the line, and with it a key
    return {name: value for name, value in values.items() if isinstance(value, str) and value}


def no_keyring(name: str) -> UserError:
    """Where else to put a key on a machine without a keyring."""
    return UserError(
        f"이 컴퓨터에는 쓸 수 있는 OS 키링이 없습니다(화면이 없는 리눅스 서버가 흔히 그렇습니다). 대신 프로젝트의 `.streamlit/secrets.toml`에 "
        f'{name} = "열쇠" 한 줄을 쓰거나, 환경 변수 {name}에 넣고 다시 시작하세요.',
        f"This machine has no working OS keyring, as is usual on a Linux server without a desktop. Write a line "
        f'{name} = "key" into the project\'s `.streamlit/secrets.toml` instead, or set the environment variable {name} and '
        "start again.",
    )


def _refused(name: str, error: Exception) -> UserError:
    kind = type(error).__name__
    return UserError(
        f"OS 키링이 {name}을(를) 받아 주지 않았습니다({kind}). 키링이 잠겨 있으면 풀고 다시 하세요. 안 되면 `.streamlit/secrets.toml`에 쓰세요.",
        f"The OS keyring refused {name} ({kind}). Unlock it if it is locked and try again; otherwise write the key into "
        "`.streamlit/secrets.toml`.",
    )


def _not_in_keyring(name: str) -> UserError:
    return UserError(
        f"{name}은(는) OS 키링에 없습니다. secrets.toml이나 환경 변수에 있는 열쇠는 거기서 지우세요.",
        f"{name} is not in the OS keyring. Remove a key from secrets.toml or the environment where it stands.",
    )
