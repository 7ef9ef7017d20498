"""Rows of any table (CSV, TSV, JSON, JSONL, Parquet) as objects, one after the other. It knows no field."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UserError
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


def refuse_no_table(path: Path, columns: Sequence[str]) -> None:
    """Raise UserError where not one column was seen: naming columns with --map would not help."""
    if not columns:
        raise UserError(
            f"'{path.name}'에서 열 이름과 행을 하나도 읽지 못했습니다. 깨진 JSON이거나, 열이 하나뿐이거나, 열 이름을 적은 첫 줄이 없는 표입니다. 파일을 열어 "
            "고치거나 다시 내려받으세요.",
            f"No column and no row could be read in '{path.name}': broken JSON, a table of a single column, or one without a first line of "
            "column names. Open and correct the file, or download it again.",
        )


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
