"""Content-addressed blobs in 1 MiB chunks: streamed in, streamed out, whole or absent. It knows nothing of what they mean."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlite_utils import Database

from engine.store.open import one_row, writing

CHUNK = 1 << 20
BATCH = 16
"""Chunks per transaction: the write-ahead log stays near 16 MiB and other writers wait a moment only."""


def hash_file(path: Path) -> tuple[str, int]:
    """(sha256 hex, bytes) of a file, read in chunks."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def write_blob(db: Database, path: Path) -> tuple[str, int]:
    """Store a file's bytes once; returns (sha256, bytes). Chunks are content-addressed too: what a killed
    process left, or another one is writing, is the same and stays.

    Raises ValueError when the file changes while it is read.
    """
    sha256, size = hash_file(path)
    if is_whole(db, sha256):
        return sha256, size
    with writing(db):
        db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?, 0, 'writing')", [sha256, size])
    count = _write_chunks(db, sha256, path)
    with writing(db):
        db.execute("UPDATE blobs SET chunk_count = ?, state = 'whole' WHERE sha256 = ?", [count, sha256])
    return sha256, size


def _write_chunks(db: Database, sha256: str, path: Path) -> int:
    digest, ord_ = hashlib.sha256(), 0
    with path.open("rb") as file:
        while True:
            pieces = [piece for _ in range(BATCH) if (piece := file.read(CHUNK))]
            if not pieces:
                break
            with writing(db):
                for piece in pieces:
                    digest.update(piece)
                    db.execute("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?)", [sha256, ord_, piece])
                    ord_ += 1
    if digest.hexdigest() != sha256:
        with writing(db):
            db.execute("DELETE FROM chunks WHERE sha256 = ?", [sha256])
        raise ValueError(f"{path.name} changed while it was being stored")
    return ord_


def is_whole(db: Database, sha256: str) -> bool:
    """Whether the blob is stored completely."""
    return db.execute("SELECT 1 FROM blobs WHERE sha256 = ? AND state = 'whole'", [sha256]).fetchone() is not None


def read_blob(db: Database, sha256: str) -> Iterator[bytes]:
    """The blob's chunks in order. Raises ValueError when it is absent, incomplete, or its bytes changed."""
    blob = one_row(db, "SELECT * FROM blobs WHERE sha256 = ? AND state = 'whole'", [sha256])
    if blob is None:
        raise ValueError(f"blob {sha256[:12]} is not in the store")
    digest = hashlib.sha256()
    for ord_ in range(blob["chunk_count"]):
        row = db.execute("SELECT data FROM chunks WHERE sha256 = ? AND ord = ?", [sha256, ord_]).fetchone()
        if row is None:
            raise ValueError(f"blob {sha256[:12]} misses chunk {ord_}")
        digest.update(row[0])
        yield row[0]
    if digest.hexdigest() != sha256:
        raise ValueError(f"blob {sha256[:12]} is damaged")


def copy_blob(db: Database, sha256: str, path: Path) -> None:
    """Write the blob to `path`; the file appears only when every byte was checked."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        for piece in read_blob(db, sha256):
            file.write(piece)
    os.replace(part, path)


def drop_blobs(db: Database, hashes: Sequence[str]) -> None:
    """Delete those of the blobs that no artifact names any more. Others may be in the making: they stay."""
    with writing(db):
        for sha256 in hashes:
            if db.execute("SELECT 1 FROM artifact_files WHERE sha256 = ?", [sha256]).fetchone() is None:
                db.execute("DELETE FROM chunks WHERE sha256 = ?", [sha256])
                db.execute("DELETE FROM blobs WHERE sha256 = ?", [sha256])
