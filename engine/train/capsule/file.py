"""The capsule file: named parts in chunks, each side sealed by a digest. It knows nothing of what the parts mean.

SQLite with three tables. Parts of the side `out` left home and never change; those of the side `back` are what the training
made. A file from anywhere may be opened: nothing in it is run, unpacked or believed before its digests are right.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from engine.errors import UserError

Side = Literal["out", "back"]
CHUNK = 1 << 20
SUFFIX = ".malmoi"
TABLES = {
    "parts": "CREATE TABLE parts (name TEXT PRIMARY KEY, side TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT",
    "chunks": "CREATE TABLE chunks (name TEXT NOT NULL, ord INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, ord)) STRICT",
    "seals": "CREATE TABLE seals (side TEXT PRIMARY KEY, digest TEXT NOT NULL, mac TEXT NOT NULL, store TEXT NOT NULL) STRICT",
}
NAME = re.compile(r"(?:[\w-][\w.+ -]*/){0,4}[\w-][\w.+ -]*")
"""Of a part: at most five plain words with "/" between, none of which begins with a point."""
MOST_PARTS = 10_000
TEXT_LIMIT = 512 << 20
"""Bytes of a part that is read whole (rows, metrics): 500,000 rows take about 200 MB."""


class NotACapsule(UserError):
    """The file is none, is damaged, or was altered."""


@contextmanager
def open_capsule(path: Path) -> Iterator[sqlite3.Connection]:
    """A capsule to read, schema checked. Raises NotACapsule for anything that is none, or is damaged."""
    if not path.is_file():
        raise NotACapsule(
            f"캡슐 파일이 없습니다: {path.name}. 경로를 확인하세요.",
            f"There is no capsule file {path.name}. Check the path.",
        )
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as conn:
            conn.execute("PRAGMA trusted_schema = OFF")
            conn.execute("PRAGMA cell_size_check = ON")
            conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * CHUNK)  # no line of ours is longer: a bomb ends here
            _refuse_foreign(conn, path)
            yield conn
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error


@contextmanager
def change_capsule(path: Path) -> Iterator[sqlite3.Connection]:
    """A capsule to write, in one transaction: all of it or nothing; made when absent."""
    fresh = not path.exists()
    with closing(sqlite3.connect(path)) as conn:
        if not fresh:
            _refuse_foreign(conn, path)
        conn.execute("PRAGMA trusted_schema = OFF")
        conn.execute("BEGIN IMMEDIATE")
        for sql in TABLES.values() if fresh else ():
            conn.execute(sql)
        yield conn
        conn.execute("COMMIT")


def _refuse_foreign(conn: sqlite3.Connection, path: Path) -> None:
    """Exactly our three tables: no view, no trigger, nothing that would do something when it is read."""
    found = dict(
        conn.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex_%'").fetchall()
    )
    if found != TABLES:
        raise NotACapsule(
            f"{path.name}은(는) 말모이 캡슐이 아닙니다. `capsule make`로 만든 파일을 주세요.",
            f"{path.name} is no Malmoi capsule. Give a file that `capsule make` wrote.",
        )


def require_sound(conn: sqlite3.Connection, path: Path) -> None:
    """Every page, before another database is open: a failure in the middle would be taken for one of that. Raises NotACapsule."""
    found = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, "quick_check")


def damaged(path: Path, what: str) -> NotACapsule:
    """The error for a capsule that cannot be read or was altered; `what` names no content."""
    return NotACapsule(
        f"캡슐 {path.name}이(가) 손상되었거나 바뀌었습니다({what}). 받은 그대로의 파일을 다시 가져오거나 캡슐을 새로 만드세요.",
        f"The capsule {path.name} is damaged or was altered ({what}). Bring the file as it was, or make a new capsule.",
    )


def add_part(conn: sqlite3.Connection, side: Side, name: str, pieces: Iterable[bytes]) -> None:
    """Write one part from its bytes, in order."""
    digest, size = hashlib.sha256(), 0
    for ord_, piece in enumerate(_even(pieces)):
        digest.update(piece)
        size += len(piece)
        conn.execute("INSERT INTO chunks VALUES (?, ?, ?)", [name, ord_, piece])
    conn.execute("INSERT INTO parts VALUES (?, ?, ?, ?)", [name, side, size, digest.hexdigest()])


def _even(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, CHUNK at a time."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)


def add_json(conn: sqlite3.Connection, side: Side, name: str, value: Any) -> None:
    """Write a part that is one JSON value."""
    add_part(conn, side, name, [json.dumps(value, ensure_ascii=False, sort_keys=True).encode()])


def add_lines(conn: sqlite3.Connection, side: Side, name: str, rows: Iterable[Any]) -> None:
    """Write a part that is one JSON value a line."""
    add_part(conn, side, name, (json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n" for row in rows))


def add_file(conn: sqlite3.Connection, side: Side, name: str, path: Path) -> None:
    """Write a part from a file, streamed."""
    with path.open("rb") as file:
        add_part(conn, side, name, iter(lambda: file.read(CHUNK), b""))


def parts(conn: sqlite3.Connection, side: Side, below: str = "") -> dict[str, int]:
    """{name: bytes} of a side's parts whose name begins with `below`."""
    found = conn.execute("SELECT name, bytes FROM parts WHERE side = ? ORDER BY name", [side]).fetchall()
    return {name: size for name, size in found if name.startswith(below)}


def pieces(conn: sqlite3.Connection, name: str) -> Iterator[bytes]:
    """A part's bytes, in order."""
    for (data,) in conn.execute("SELECT data FROM chunks WHERE name = ? ORDER BY ord", [name]):
        yield data


def read_json(conn: sqlite3.Connection, name: str) -> Any:
    """A part that is one JSON value. Raises ValueError when it is none, or too long to be one."""
    return _parsed(b"".join(_short(conn, name)))


def read_lines(conn: sqlite3.Connection, name: str) -> list[Any]:
    """A part that is one JSON value a line. Raises ValueError as `read_json` does."""
    return [_parsed(line) for line in b"".join(_short(conn, name)).splitlines()]


def _short(conn: sqlite3.Connection, name: str) -> Iterator[bytes]:
    row = conn.execute("SELECT bytes FROM parts WHERE name = ?", [name]).fetchone()
    if row is None or row[0] > TEXT_LIMIT:
        raise ValueError(f"part {name} is missing or too long")
    return pieces(conn, name)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def copy_part(conn: sqlite3.Connection, name: str, target: Path) -> None:
    """Write a part to a file. Its name was checked by `digest_of`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        for piece in pieces(conn, name):
            file.write(piece)


def digest_of(conn: sqlite3.Connection, side: Side) -> str:
    """sha256 over names, sizes and contents of a side, every byte read; `back` includes what left.

    Raises ValueError when a part is not what its line says, has no plain name, or there are bytes of no part.
    """
    found = conn.execute("SELECT name, bytes, sha256 FROM parts WHERE side = ? ORDER BY name", [side]).fetchall()
    if len(found) > MOST_PARTS:
        raise ValueError("too many parts")
    digest = hashlib.sha256(_digest_out(conn).encode() if side == "back" else b"")
    for name, size, sha256 in found:
        if not NAME.fullmatch(name) or any(word.strip(". ") == "" for word in name.split("/")):
            raise ValueError("a part with a path for a name")
        if _measured(conn, name) != (size, sha256):
            raise ValueError(f"part {name}")
        digest.update(f"{name}\0{size}\0{sha256}\n".encode())
    return digest.hexdigest()


def _digest_out(conn: sqlite3.Connection) -> str:
    row = conn.execute("SELECT digest FROM seals WHERE side = 'out'").fetchone()
    if row is None:
        raise ValueError("no seal")
    return str(row[0])


def _measured(conn: sqlite3.Connection, name: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces(conn, name):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def seal(conn: sqlite3.Connection, side: Side, mac: str = "", store: str = "") -> str:
    """Write the side's digest, with the store's code over it where home seals; returns the digest."""
    digest = digest_of(conn, side)
    conn.execute("INSERT INTO seals VALUES (?, ?, ?, ?)", [side, digest, mac, store])
    return digest


def require_whole(conn: sqlite3.Connection, path: Path, side: Side) -> None:
    """Raises NotACapsule when a side's parts are not those it was sealed with."""
    row = conn.execute("SELECT digest FROM seals WHERE side = ?", [side]).fetchone()
    try:
        found = digest_of(conn, side)
    except ValueError as error:
        raise damaged(path, str(error)) from error
    sql = "SELECT count(*) FROM chunks WHERE name NOT IN (SELECT name FROM parts WHERE side IN ('out', 'back'))"
    strays = conn.execute(sql).fetchone()[0]
    if row is None or row[0] != found or strays:
        raise damaged(path, "digest")
