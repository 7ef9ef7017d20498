"""Open the store: pragmas, schema, clear refusals. Open per use and close; a connection never crosses threads."""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.migrate import migrate

BUSY_MS = 30_000
"""Longest wait for another writer. A batch of 50,000 records holds the lock for about 0.5 s."""


class StoreTrouble(UserError, sqlite3.OperationalError):
    """What SQLite met, in words: a lock, a full disk, no right to write. Whoever waits for SQLite's own error meets it too."""


@contextmanager
def open_store(path: Path) -> Iterator[Database]:
    """The store at `path`, created when absent, migrated when old.

    Raises UserError when the file is no store, damaged, locked, from the future, or in a folder that cannot be written;
    StoreTrouble when such a thing shows only while it is used.
    """
    db = _connect(path)
    try:
        yield db
    except sqlite3.DatabaseError as error:
        told = _mendable(path, error)
        if told is error:
            raise
        raise told from error
    finally:
        db.close()


def _connect(path: Path) -> Database:
    if path.is_dir():
        raise UserError(
            f"저장소 자리에 폴더가 있습니다: {path.name}. 저장소는 파일 하나여야 합니다. --store에 파일 이름을 주세요.",
            f"There is a folder where the store should be: {path.name}. The store is one file. Give --store a file name.",
        )
    if not path.parent.is_dir():
        raise UserError(
            f"저장소를 둘 폴더가 없습니다: {path.parent}. 먼저 폴더를 만들거나 다른 --store를 쓰세요.",
            f"The store's folder does not exist: {path.parent}. Make it first, or use another --store.",
        )
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # chats are nobody else's on a shared machine
        conn = sqlite3.connect(str(path), timeout=BUSY_MS / 1000)
    except (sqlite3.OperationalError, OSError) as error:
        raise _mendable(path, sqlite3.OperationalError(f"unable to open: {error}")) from error
    try:
        db = Database(conn)
        _refuse_foreign(db, path)
        _set_pragmas(db)
        migrate(db)
    except sqlite3.DatabaseError as error:
        conn.close()
        raise _mendable(path, error) from error
    except BaseException:
        conn.close()
        raise
    return db


def _refuse_foreign(db: Database, path: Path) -> None:
    """A database of another program is left alone."""
    names = {row[0] for row in db.conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if names and "_sqlite_migrations" not in names:
        raise UserError(
            f"{path.name}은(는) 다른 프로그램의 데이터베이스입니다(표: {', '.join(sorted(names)[:3])} …). 거기에 쓰지 않습니다. "
            "다른 --store를 쓰세요.",
            f"{path.name} is another program's database (tables: {', '.join(sorted(names)[:3])} …). It is not written to. "
            "Use another --store.",
        )


def _set_pragmas(db: Database) -> None:
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "foreign_keys = ON",
        "secure_delete = ON",
        "synchronous = NORMAL",  # with WAL, a kill −9 loses nothing committed
        "temp_store = MEMORY",
        "cache_size = -65536",  # 64 MiB
    ):
        db.conn.execute(f"PRAGMA {pragma}")
    if db.conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        db.conn.execute("PRAGMA journal_mode = WAL")


def _mendable(path: Path, error: sqlite3.DatabaseError) -> Exception:
    if isinstance(error, (UserError, sqlite3.IntegrityError)):
        return error
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreTrouble(
            f"저장소 {path.name}을(를) 다른 프로그램이 잠그고 있습니다({BUSY_MS // 1000}초 기다렸습니다). "
            "저장소를 열어 둔 다른 도구를 닫고 다시 하세요.",
            f"Another program holds the store {path.name} locked (waited {BUSY_MS // 1000} s). "
            "Close the tool that has it open and try again.",
        )
    if "not a database" in text or "malformed" in text:
        return StoreTrouble(
            f"{path.name}은(는) 말모이 저장소가 아니거나 손상되었습니다({text}). 백업에서 되돌리거나 다른 --store를 쓰세요.",
            f"{path.name} is not a Malmoi store, or is damaged ({text}). Restore a backup, or use another --store.",
        )
    if "unable to open" in text or "readonly" in text or "disk I/O" in text:
        return StoreTrouble(
            f"저장소 {path.name}을(를) 열거나 쓸 수 없습니다({text}). 폴더의 쓰기 권한과 남은 디스크를 확인하세요.",
            f"The store {path.name} cannot be opened or written ({text}). Check write permission and free disk space.",
        )
    if "full" in text:
        return StoreTrouble(
            f"디스크가 가득 차서 {path.name}에 쓸 수 없습니다. 공간을 비우고 다시 하세요. 저장된 것은 그대로입니다.",
            f"The disk is full, so {path.name} cannot be written. Free some space and try again; what was saved is kept.",
        )
    return error


def mendable(path: Path, error: sqlite3.DatabaseError) -> Exception:
    """The UserError for a SQLite failure an owner can mend, else the error itself."""
    return _mendable(path, error)


FLOOR = 20_000_000
"""Free bytes below which nothing is begun: the write-ahead log of one batch alone can take them."""


def require_space(path: Path, needed: int) -> None:
    """Raise UserError when the store's disk has less than `needed` bytes free (20 MB at least)."""
    free = shutil.disk_usage(path.parent).free
    if free < max(needed, FLOOR):
        raise UserError(
            f"디스크에 {free / 1e6:,.0f} MB가 남았는데 이 일에는 {max(needed, FLOOR) / 1e6:,.0f} MB쯤 필요합니다. "
            "아무것도 쓰지 않았습니다. 공간을 비우고 다시 하세요.",
            f"{free / 1e6:,.0f} MB are free on the disk, but this needs about {max(needed, FLOOR) / 1e6:,.0f} MB. "
            "Nothing was written. Free some space and try again.",
        )


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """A write transaction that takes the lock at once: what is read inside cannot change before the commit."""
    if db.conn.in_transaction:
        yield
        return
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.conn.rollback()
        raise
    db.conn.execute("COMMIT")


def path_of(db: Database) -> Path:
    """The file of an open store."""
    return Path(db.conn.execute("PRAGMA database_list").fetchone()[2])


PER_STATEMENT = 500
"""Rows per INSERT; with eleven columns 5,500 of the 32,766 values a statement may hold."""


def insert_rows(db: Database, into: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of one width, PER_STATEMENT at a time. `into`: "table (columns)".

    Takes 2.4 µs a record where executemany takes 4.0, and leaves the other threads running for a whole statement.
    """
    for first in range(0, len(rows), PER_STATEMENT):
        part = rows[first : first + PER_STATEMENT]
        marks = f"({','.join('?' * len(part[0]))})"
        db.conn.execute(f"INSERT INTO {into} VALUES {','.join([marks] * len(part))}", list(chain.from_iterable(part)))


def all_rows(db: Database, sql: str, parameters: Any = ()) -> list[dict[str, Any]]:
    """Every result row as a dict."""
    cursor = db.conn.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def one_row(db: Database, sql: str, parameters: Any = ()) -> dict[str, Any] | None:
    """The first result row as a dict, or None."""
    cursor = db.conn.execute(sql, parameters)
    row = cursor.fetchone()
    names = [column[0] for column in cursor.description]
    return dict(zip(names, row, strict=True)) if row else None


def new_id(prefix: str) -> str:
    """A short id such as `run-4k7d2m`: 30 random bits; a collision fails on the primary key, never overwrites."""
    return f"{prefix}-" + "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(6))


def now() -> str:
    """UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
