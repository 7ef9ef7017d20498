"""Tables beside the masks: sealed originals, pseudonyms, verdicts of the last look, and what the owner let pass.

It knows nothing of how values are sealed, invented or found.
"""

import json
import secrets
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlite_utils import Database

from engine.store.open import all_rows, now, one_row, writing

WINDOW = 20_000
"""Masks read at once."""


def written_values(db: Database, source_id: str | None = None) -> Iterator[tuple[str, str, str]]:
    """(label, value key, as it is written) of every mask that hides something, in order of the masks.

    Cut here and not in SQL: SQLite's substr ends at a NUL.
    """
    sql = (
        'SELECT m.id, m.label, m.value_key, m.start, m."end", r.text FROM masks m JOIN records r ON r.id = m.record_id '
        "WHERE m.id > ? AND m.state = 'applied' AND (? IS NULL OR r.source_id = ?) ORDER BY m.id LIMIT ?"
    )
    after = 0
    while window := db.conn.execute(sql, [after, source_id, source_id, WINDOW]).fetchall():
        for _, label, value_key, start, end, text in window:
            yield label, value_key, text[start:end]
        after = window[-1][0]


def add_sealed(db: Database, entries: Iterable[tuple[str, str, bytes]]) -> None:
    """Keep (label, value key, sealed); a newer entry replaces an older one."""
    with writing(db):
        db.conn.executemany("INSERT OR REPLACE INTO vault_entries VALUES (?, ?, ?)", entries)


def sealed_entry(db: Database, label: str, value_key: str) -> bytes | None:
    """What is kept of one value."""
    row = one_row(db, "SELECT sealed FROM vault_entries WHERE label = ? AND value_key = ?", [label, value_key])
    return row["sealed"] if row else None


def sealed_entries(db: Database) -> Iterator[tuple[str, int, str, bytes]]:
    """(label, number, value key, sealed) of everything kept."""
    sql = "SELECT v.label, n.number, v.value_key, v.sealed FROM vault_entries v JOIN mask_values n USING (label, value_key)"
    yield from db.conn.execute(sql)


def count_sealed(db: Database) -> int:
    """Values kept."""
    return int(db.conn.execute("SELECT count(*) FROM vault_entries").fetchone()[0])


def drop_sealed(db: Database) -> int:
    """Delete everything kept; returns how many values."""
    with writing(db):
        return int(db.conn.execute("DELETE FROM vault_entries").rowcount)


def all_pseudonyms(db: Database) -> dict[tuple[str, str], str]:
    """(kind, value key) → the invented text."""
    return {(row["kind"], row["value_key"]): row["text"] for row in all_rows(db, "SELECT * FROM pseudonyms")}


def add_pseudonyms(db: Database, new: Iterable[tuple[str, str, str]]) -> None:
    """Remember (kind, value key, text); a text that another process gave away meanwhile stays where it is."""
    entries = list(new)
    with writing(db):
        db.conn.executemany("UPDATE OR IGNORE pseudonyms SET text = ?3 WHERE kind = ?1 AND value_key = ?2", entries)
        db.conn.executemany("INSERT OR IGNORE INTO pseudonyms VALUES (?, ?, ?)", entries)


def retire_pseudonyms(db: Database, used: Collection[tuple[str, str]]) -> int:
    """Cut the tie to values no longer in `used`. The invented text stays known: rows of others may hold it."""
    gone = [key for key in all_pseudonyms(db) if key not in used]
    with writing(db):
        db.conn.executemany(
            "UPDATE pseudonyms SET value_key = ? WHERE kind = ? AND value_key = ?",
            [(f"gone-{secrets.token_hex(12)}", *key) for key in gone if not key[1].startswith("gone-")],
        )
    return len(gone)


def remembered_scan(db: Database, dataset_id: str, rules: str) -> dict[str, Any] | None:
    """{hits, kinds} of the last look at a dataset, when it was made by these rules."""
    row = one_row(db, "SELECT hits, kinds_json FROM scans WHERE dataset_id = ? AND rules = ?", [dataset_id, rules])
    return {"hits": row["hits"], "kinds": json.loads(row["kinds_json"])} if row else None


def remember_scan(db: Database, dataset_id: str, rules: str, hits: int, kinds: dict[str, int]) -> None:
    """Keep a verdict on a dataset."""
    with writing(db):
        db.execute(
            "INSERT OR REPLACE INTO scans VALUES (?, ?, ?, ?, ?)", [dataset_id, rules, hits, json.dumps(kinds), now()]
        )


def add_allowance(db: Database, what: str, target_id: str, hits: int, reason: str) -> None:
    """Record that the owner let a hit pass, and why."""
    with writing(db):
        db.execute(
            "INSERT INTO allowances (at, what, target_id, hits, reason) VALUES (?, ?, ?, ?, ?)",
            [now(), what, target_id, hits, reason],
        )


def list_allowances(db: Database, target_id: str) -> list[dict[str, Any]]:
    """{at, what, hits, reason} of what the owner let pass of one dataset, run or chat, newest first."""
    sql = "SELECT at, what, hits, reason FROM allowances WHERE target_id = ? ORDER BY id DESC"
    return all_rows(db, sql, [target_id])
