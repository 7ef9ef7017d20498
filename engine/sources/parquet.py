"""Parquet files as rows, a batch at a time. It knows no column."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.json_rows import clean
from engine.sources.reader import ReadReport

PARQUET = b"PAR1"
"""The first bytes, and the last, of every Parquet file."""
BATCH = 1_000


def parquet_rows(path: Path, report: ReadReport) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    """(number from 1, row, "") of every row. Raises UserError for a file that is broken or locked."""
    report.shape, report.encoding = "parquet", "parquet"
    for number, row in enumerate(_read(path, BATCH), 1):
        yield number, row, ""


def parquet_head(path: Path, limit: int) -> list[dict[str, Any]]:
    """The first rows; none when the file cannot be read."""
    found = []
    try:
        for row in _read(path, limit):
            found.append(row)
            if len(found) == limit:
                break
    except UserError:
        return []
    return found


def _read(path: Path, size: int) -> Iterator[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=size):
                yield from (clean(row) for row in batch.to_pylist())
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"'{path.name}' 파일을 Parquet로 읽을 수 없습니다({type(error).__name__}). 파일이 잘렸거나 잠겨 있을 수 있습니다. 다시 내려받아 주세요.",
            f"'{path.name}' cannot be read as Parquet ({type(error).__name__}). It may be cut off or locked. Download it again.",
        ) from None
