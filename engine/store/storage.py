"""How much room the store and its caches take, and what a backup list holds. Quick on a large store: counts are exact,
bytes of texts are estimated from samples, never summed over whole tables. It knows nothing of what the bytes mean."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import UserError
from engine.store.jobs import living_jobs
from engine.store.open import all_rows, one_row

SAMPLES, WINDOW = 25, 20
"""Places and rows per place that an estimate looks at: 500 rows, 1 ms."""
TEXTS: dict[str, tuple[tuple[str, str], ...]] = {
    "records": (("records", "length(CAST(text AS BLOB)) + 60"), ("masks", "110")),
    "rows": (("rows", "length(CAST(messages_json AS BLOB)) + length(CAST(target AS BLOB)) + length(meta_json) + 200"),),
    "tokens": (("row_tokens", "length(ids) + 60"),),
    "answers": (("answers", "length(CAST(answer AS BLOB)) + length(CAST(raw AS BLOB)) + length(scores_json) + 60"),),
    "log": (("log_lines", "length(CAST(text AS BLOB)) + 80"),),
}
"""Family to its tables and what one row of each takes: its texts, and about so many bytes of columns and index entries."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of content. `bytes` is an estimate unless `exact`; `count` is None where counting means nothing."""

    name: str
    count: int | None
    bytes: int
    exact: bool = False


def families(db: Database) -> list[Family]:
    """What the file holds, largest first; `rest` is what the others do not explain (search index and the like)."""
    found = [_texts(db, name, tables) for name, tables in TEXTS.items()]
    found += _artifacts(db)
    page, pages, unused = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    explained = sum(family.bytes for family in found)
    free = Family("free", None, unused * page, exact=True)
    rest = Family("rest", None, max(0, (pages - unused) * page - explained))
    kept = [family for family in (*found, rest, free) if family.bytes or family.count]
    return sorted(kept, key=lambda family: -family.bytes)


def _texts(db: Database, name: str, tables: tuple[tuple[str, str], ...]) -> Family:
    counts = [int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table, _ in tables]  # 50 ms a million
    size = sum(n * _mean(db, table, row) for n, (table, row) in zip(counts, tables, strict=True))
    return Family(name, counts[0], round(size))


def _mean(db: Database, table: str, row_bytes: str) -> float:
    """Of rows sampled evenly over the ids; 0 for an empty table."""
    ends = one_row(db, f"SELECT min(id) AS first, max(id) AS last FROM {table}")
    if ends is None or ends["first"] is None:
        return 0.0
    total, seen = 0, 0
    step = max(1, (ends["last"] - ends["first"]) // SAMPLES)
    for place in range(ends["first"], ends["last"] + 1, step):
        window = f"SELECT {row_bytes} AS size FROM {table} WHERE id >= ? ORDER BY id LIMIT {WINDOW}"
        sizes = [row["size"] for row in all_rows(db, window, [place])]
        total, seen = total + sum(sizes), seen + len(sizes)
    return total / seen if seen else 0.0


def _artifacts(db: Database) -> list[Family]:
    """Adapters and checkpoints by their files: exact."""
    sql = (
        "SELECT kind, count(*) AS n, sum(bytes) AS size FROM artifacts GROUP BY kind "
        "UNION ALL SELECT 'unnamed', NULL, sum(bytes) FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM artifact_files)"
    )
    return [Family(row["kind"], row["n"], row["size"] or 0, exact=True) for row in all_rows(db, sql)]


def store_files(store: Path) -> int:
    """Bytes of the store with its write-ahead log."""
    return sum(path.stat().st_size for suffix in ("", "-wal", "-shm") if (path := Path(f"{store}{suffix}")).exists())


@dataclass(frozen=True, slots=True)
class Cache:
    """One folder of copies beside the store."""

    name: str
    files: int
    bytes: int


def caches(store: Path) -> list[Cache]:
    """The folders inside the store's cache folder, by name; loose files count under an empty name."""
    folder = cache_folder(store)
    if not folder.is_dir():
        return []
    found = [_cache(path.name, path.rglob("*")) for path in sorted(folder.iterdir()) if path.is_dir()]
    loose = _cache("", iter(path for path in folder.iterdir() if path.is_file()))
    return [cache for cache in (*found, loose) if cache.files]


def _cache(name: str, paths: Iterator[Path]) -> Cache:
    sizes = []
    for path in paths:
        try:
            if path.is_file():
                sizes.append(path.stat().st_size)
        except FileNotFoundError:  # a job moved it meanwhile
            continue
    return Cache(name, len(sizes), sum(sizes))


def drop_cache(db: Database, store: Path, name: str) -> int:
    """Delete one folder of copies; returns the bytes freed. What a program holds open stays.

    Raises UserError while a job runs or waits, or when there is no such folder.
    """
    refuse_while_working(db)
    known = {path.name: path for path in cache_folder(store).iterdir()} if cache_folder(store).is_dir() else {}
    if name not in known or not known[name].is_dir():  # looked up, never joined to a path
        raise UserError("그 폴더는 이미 없습니다.", "That folder is gone already.")
    before = _cache(name, known[name].rglob("*")).bytes
    shutil.rmtree(known[name], ignore_errors=True)
    return before - (_cache(name, known[name].rglob("*")).bytes if known[name].is_dir() else 0)


def refuse_while_working(db: Database) -> None:
    """Raises UserError while a job runs or waits: it may need what is about to go."""
    if busy := living_jobs(db):
        names = ", ".join(busy[:5])
        raise UserError(
            f"작업이 돌고 있거나 기다립니다({names}). 쓰고 있는 파일을 지울 수 있어 아무것도 하지 않았습니다. 끝난 뒤 다시 하세요.",
            f"Jobs are at work or waiting ({names}) and may need these files. Nothing was done. Try again when they have ended.",
        )


def list_backups(db: Database, limit: int = 50) -> list[dict[str, Any]]:
    """Backups made from this store, newest first: {path, bytes, created_at, exists}."""
    found = all_rows(db, "SELECT path, bytes, created_at FROM backups ORDER BY created_at DESC LIMIT ?", [limit])
    return [{**row, "exists": Path(row["path"]).exists()} for row in found]
