"""Rows of any table (CSV, TSV, JSON, JSONL, Parquet) as objects, one after the other. It knows no field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.sources.json_rows import Row, first_rows, json_rows
from engine.sources.parquet import PARQUET, parquet_head, parquet_rows
from engine.sources.reader import ReadReport
from engine.sources.table import TableReader, head_rows

LOOK = 1 << 20
"""Bytes that the first rows are taken from."""
LOOKED_AT = 50
"""Rows that are looked at."""


def first_table_rows(path: Path, head: bytes = b"", limit: int = LOOKED_AT) -> list[dict[str, Any]]:
    """The first rows; none for what is no table. head: all there is of a file that lies in an archive still."""
    head = _head(path) if path.is_file() else head
    if head.startswith(PARQUET):
        return parquet_head(path, limit)
    return first_rows(head, limit) if _is_json(head) else head_rows(head, limit)


def table_rows(path: Path, report: ReadReport) -> Iterator[Row]:
    """(number, row or None, text of what is no row) in file order. Raises UserError for a broken file."""
    head = _head(path)
    if head.startswith(PARQUET):
        yield from parquet_rows(path, report)
    elif _is_json(head):
        yield from json_rows(path, report)
    else:
        for number, record in enumerate(TableReader().read(path, report), 2):
            yield number, record.meta, record.text


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LOOK)


def _is_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] in (b"{", b"[")
