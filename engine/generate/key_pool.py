"""Keys from a file or by name, each with a label that tells nothing and a pace of its own. Read again while it runs.

A key's value stays in this process: the store, logs and errors get the label.
"""

import hashlib
import json
import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import UserError
from engine.generate.pace import LONG_PAUSE, Pace
from engine.keys import LONGEST, NAME, get_key, list_keys
from engine.serve.address import KEY_NAMES

MOST_KEYS = 1000
MOST_BYTES = 2_000_000
NO_KEY = "-"
"""Label of the one way in to a server that wants no key."""
State = Literal["used", "refused", "spent", "removed"]


def label_of(key: str) -> str:
    """Six signs of the key's hash: the same in every run, and nothing of the key."""
    return "key-" + hashlib.sha256(b"malmoi key label " + key.encode()).hexdigest()[:6]


def check_keys(provider: str, keys: Mapping[str, Any]) -> int:
    """How many there are. Raises UserError for a file that cannot be read, names nobody knows, or none at all."""
    return len(read_keys(provider, keys))


def read_keys(provider: str, keys: Mapping[str, Any]) -> dict[str, str | None]:
    """{label: key}. `keys`: {"file": path}, {"names": [...]} or {} for the provider's usual name.

    Raises UserError; what a file holds is never repeated.
    """
    if keys.get("file"):
        return _from_file(Path(keys["file"]))
    names = keys.get("names") or _usual(provider)
    found: dict[str, str | None] = {}
    for name in names:
        value = get_key(name)
        if value is None:
            raise UserError(
                f"'{name}'이라는 열쇠가 없습니다. `keys set {name}`으로 넣거나 `keys list`로 있는 이름을 보세요.",
                f"There is no key called '{name}'. Keep it with `keys set {name}`, or see `keys list` for what there is.",
            )
        found[name] = value
    if not found and provider == "gemini":
        raise UserError(
            "Gemini는 열쇠가 있어야 합니다. `keys set GEMINI_API_KEY`로 넣거나 --keys로 파일을 주세요.",
            "Gemini needs a key. Keep one with `keys set GEMINI_API_KEY`, or give a file with --keys.",
        )
    return found or {NO_KEY: None}


def _usual(provider: str) -> list[str]:
    name = KEY_NAMES[provider]
    return [name for known, _ in list_keys() if known == name]


def _from_file(path: Path) -> dict[str, str | None]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _bad_file(path, "너무 큽니다", "is too large")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise _bad_file(
            path, f"읽을 수 없습니다({type(error).__name__})", f"cannot be read ({type(error).__name__})"
        ) from None
    named = _from_json(path, text) if text.lstrip()[:1] in ("[", "{") else _from_lines(text)
    found: dict[str, str | None] = {}
    for name, key in named:
        if not (key.isascii() and key.isprintable()) or " " in key or len(key) > LONGEST:
            raise _bad_file(
                path,
                f"{len(found) + 1}번째 열쇠가 열쇠로 보이지 않습니다",
                f"holds, as key {len(found) + 1}, what is no key",
            )
        if key not in found.values():
            found[name if name and NAME.fullmatch(name) and name != key else label_of(key)] = key
    if not found:
        raise _bad_file(path, "열쇠가 하나도 없습니다", "holds no key")
    if len(found) > MOST_KEYS:
        raise _bad_file(path, f"열쇠가 {MOST_KEYS:,}개를 넘습니다", f"holds more than {MOST_KEYS:,} keys")
    return found


def _from_lines(text: str) -> list[tuple[str | None, str]]:
    """One key a line, or NAME=key; `#` begins a remark."""
    found: list[tuple[str | None, str]] = []
    for line in text.splitlines():
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        name, equals, key = said.partition("=")
        if equals and NAME.fullmatch(name.strip()) and key.strip():
            found.append((name.strip(), key.strip().strip("\"'")))
        else:
            found.append((None, said.strip("\"',")))
    return found


def _from_json(path: Path, text: str) -> list[tuple[str | None, str]]:
    """["key", …], [{"name": …, "key": …}, …], {"name": "key", …} or {"keys": […]}."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise _bad_file(path, "JSON으로 읽을 수 없습니다", "is no JSON") from None
    if isinstance(given, dict) and isinstance(given.get("keys"), list):
        given = given["keys"]
    pairs = list(given.items()) if isinstance(given, dict) else [_named(one) for one in given]
    if not all(isinstance(key, str) and key.strip() for _, key in pairs):
        raise _bad_file(path, "열쇠가 글이 아닌 것이 있습니다", "holds a key that is no text")
    return [(name, key.strip()) for name, key in pairs]


def _named(one: Any) -> tuple[Any, Any]:
    return (one.get("name"), one.get("key")) if isinstance(one, dict) else (None, one)


def _bad_file(path: Path, ko: str, en: str) -> UserError:
    return UserError(
        f"열쇠 파일 '{path.name}'이(가) {ko}. 한 줄에 열쇠 하나씩, 또는 JSON 목록으로 쓴 UTF-8 파일을 주세요.",
        f"The key file '{path.name}' {en}. Give a UTF-8 file with one key a line, or a JSON list.",
    )


def known_file(given: str) -> str:
    """The whole path of a key file. Raises UserError, without repeating what was given: it may be the key itself."""
    path = Path(given).expanduser()
    if re.search(r"[\0\n]", given) or len(given) > 1000 or not path.is_file():
        raise UserError(
            "--keys에 준 파일이 없습니다. 열쇠를 적어 둔 파일의 경로를 주세요. 열쇠 자체를 명령에 쓰면 기록에 남습니다.",
            "There is no file where --keys points. Give the path of a file that holds the keys; a key itself on the command "
            "line would stay in the shell's history.",
        )
    return str(path.resolve())


@dataclass
class Key:
    """One key at work."""

    label: str
    value: str | None
    pace: Pace
    state: State = "used"

    def told(self, now: float) -> dict[str, Any]:
        """What a page shows of it: {key, state, per_minute, in_flight, window, waits}."""
        spacing = self.pace.spacing
        return {
            "key": self.label,
            "state": self.state,
            "per_minute": None if spacing is None else round(60 / spacing, 1),
            "in_flight": self.pace.in_flight,
            "window": int(self.pace.window),
            "waits": round(max(0.0, self.pace.blocked_until - now), 1),
        }


class KeyPool:
    """All keys of a generation."""

    def __init__(self, provider: str, most: int, spread: random.Random) -> None:
        self.provider = provider
        self.most = most
        self.spread = spread
        self.keys: dict[str, Key] = {}

    def renew(self, found: Mapping[str, str | None], now: float) -> None:
        """Take in what is new and set aside what is gone; a label whose key changed begins anew."""
        for label, key in self.keys.items():
            if label not in found:
                key.state = "removed"
        for label, value in found.items():
            known = self.keys.get(label)
            if known is None or known.value != value:
                self.keys[label] = Key(label, value, Pace(now, self.most, random.Random(self.spread.random())))
            elif known.state == "removed":
                known.state = "used"

    def usable(self) -> list[Key]:
        """Keys that may be asked, now or later."""
        return [key for key in self.keys.values() if key.state == "used"]

    def next_ready(self, now: float) -> tuple[Key | None, float]:
        """(a key that may be used now, 0) or (None, seconds until one may); the one with the fewest in flight first."""
        ready, soonest = None, math.inf
        for key in self.usable():
            wait = key.pace.wait(now)
            soonest = min(soonest, wait)
            if wait <= 0 and (ready is None or key.pace.in_flight < ready.pace.in_flight):
                ready = key
        return ready, 0.0 if ready else soonest

    def set_aside_spent(self, now: float) -> list[Key]:
        """Keys that were told to wait for long are set aside, unless none is left; they come back by themselves."""
        for key in self.keys.values():
            long = key.pace.blocked_until - now > LONG_PAUSE
            if key.state == "used" and long:
                key.state = "spent"
            elif key.state == "spent" and key.pace.blocked_until <= now:
                key.state = "used"
        return [key for key in self.keys.values() if key.state == "spent"]
