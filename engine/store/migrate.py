"""Numbered SQL files become the store's schema. A released file never changes; the next change is the next file."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database, Migrations

from engine.config import SCHEMA
from engine.errors import UserError

SET = "malmoi"


def migrations() -> Migrations:
    """One migration per `schema/NNNN_what.sql`, in order of their numbers."""
    found = Migrations(SET)
    for path in sorted(SCHEMA.glob("[0-9][0-9][0-9][0-9]_*.sql")):
        found(name=path.stem)(_runner(path))
    return found


def _runner(path: Path) -> Callable[[Database], None]:
    """Reads its file when it is applied: every opening of a store asks for the list, next to none for what is in it."""

    def run(db: Database) -> None:
        for statement in statements(path.read_text(encoding="utf-8")):
            db.conn.execute(statement)

    return run


def statements(sql: str) -> list[str]:
    """Cut a script at the semicolons that end a statement; `executescript` would commit the open transaction."""
    found, part = [], ""
    for piece in re.split(r"(?<=;)", sql):
        part += piece
        if sqlite3.complete_statement(part):
            found.append(part)
            part = ""
    return found


def migrate(db: Database) -> None:
    """Bring the store to this code's schema. Raises UserError when a newer Malmoi wrote it."""
    known = migrations()
    if _is_current(db, known):
        return
    db.conn.execute("BEGIN IMMEDIATE")  # two processes may open a new store at the same moment
    try:
        refuse_newer(db, known)
        known.apply(db)
        db.conn.execute("COMMIT")
    except BaseException:
        db.conn.rollback()
        raise


def _is_current(db: Database, known: Migrations) -> bool:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone():
        return False
    refuse_newer(db, known)
    return not known.pending(db)


def refuse_newer(db: Database, known: Migrations) -> None:
    """Raise UserError when the store carries a migration this code does not know."""
    names = {path.stem for path in SCHEMA.glob("[0-9][0-9][0-9][0-9]_*.sql")}
    newer = [m.name for m in known.applied(db) if m.name not in names]
    if newer:
        raise UserError(
            f"이 저장소는 더 새로운 말모이가 만들었습니다(스키마 {newer[-1]}). 이 버전은 그 구조를 몰라서 열면 "
            "자료가 상할 수 있습니다. 말모이를 새 버전으로 올리거나 다른 --store를 쓰세요.",
            f"A newer Malmoi wrote this store (schema {newer[-1]}). This version does not know that layout and could "
            "damage it. Update Malmoi, or use another --store.",
        )
