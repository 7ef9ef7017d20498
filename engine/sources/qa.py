"""Question-answer pairs: the owner's `train_dataset*.json` and `dataset_part_*.json`, and any table by a mapping of its columns.

It judges no pair: what a row lacks stays empty, and validation counts it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.columns import guess_mapping, merged, require_pair
from engine.sources.json_rows import first_rows, json_rows
from engine.sources.pairs_in import asked_in_clause, expanded, mapped_pair, unfolded
from engine.sources.parquet import PARQUET, parquet_head, parquet_rows
from engine.sources.reader import ReadReport, Record
from engine.sources.table import TableReader
from engine.sources.talk_shapes import is_long_talk

PAIR = "qa"
"""The kind of a record that is a question with its answer."""
LOOKED_AT = 50
"""Rows that a mapping is guessed from."""
SHOWN = 3
LOOK = 1 << 20
"""Bytes that a mapping is guessed from."""
EMPTY = "질문이나 답변이 비어 있는 행이 {0:,}개 있습니다. 데이터셋에는 들어가지 않습니다. / {0:,} rows lack a question or an answer and enter no dataset."
Rows = Iterator[tuple[int, dict[str, Any] | None, str]]


@dataclass(frozen=True, slots=True)
class Guess:
    """What a look at a file says of its columns. `sample` is for the owner's screen alone."""

    columns: list[str]
    mapping: dict[str, str]
    sample: list[dict[str, Any]]
    """The first pairs as they would be stored."""


class QaReader:
    """Pairs of a JSON, CSV, TSV or Parquet file."""

    kind = "qa"

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        """mapping: field to column, put over what is guessed."""
        self.mapping = dict(mapping or {})

    def recognises(self, path: Path, head: bytes) -> bool:
        rows = _first_rows(path, head)
        if any(map(is_long_talk, rows)):
            return False
        found = guess_mapping(_columns(rows), rows)
        return {"question", "answer"} <= set(found)

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Pairs in file order. Raises UserError when no column holds the question, or the answer."""
        mapping, flat = self._fitted(path)
        report.facts["mapping"] = mapping
        empty = 0
        for number, row, line in _rows(path, report):
            if row is None:
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}")
                continue
            pair = mapped_pair(unfolded(row) or row, mapping, "clause" if flat else "question")
            if not pair["question"] and not pair["answer"]:
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}")
                continue
            empty += not (pair["question"] and pair["answer"])
            yield pair_record(pair, row)
        if empty:
            report.warnings.append(EMPTY.format(empty))

    def look(self, path: Path) -> Guess:
        """Columns, the mapping as it would be used, and the first pairs. Raises UserError for a told column that is not there."""
        rows = _first_rows(path, _head(path))
        columns = _columns(rows)
        mapping = merged(guess_mapping(columns, rows), self.mapping, columns)
        flat = asked_in_clause([unfolded(row) or row for row in rows], mapping)
        shown = [mapped_pair(unfolded(row) or row, mapping, "clause" if flat else "question") for row in rows[:SHOWN]]
        return Guess(columns, mapping, shown)

    def _fitted(self, path: Path) -> tuple[dict[str, str], bool]:
        rows = _first_rows(path, _head(path))
        if not rows:
            raise UserError(
                f"'{path.name}' 파일에서 질문과 답변의 표를 찾지 못했습니다. 첫 줄에 열 이름이 있는 CSV, 한 줄에 객체 하나인 JSONL, JSON 배열, "
                "Parquet 가운데 하나로 주세요.",
                f"No table of questions and answers was found in '{path.name}'. Give CSV with column names in the first line, JSONL "
                "with one object a line, a JSON array, or Parquet.",
            )
        columns = _columns(rows)
        mapping = merged(guess_mapping(columns, rows), self.mapping, columns)
        require_pair(mapping, columns, path.name)
        return mapping, asked_in_clause([unfolded(row) or row for row in rows], mapping)


def pair_record(pair: Mapping[str, Any], row: Mapping[str, Any]) -> Record:
    """A pair as a record: the question is its text."""
    chunk_id = row.get("chunk_id")
    meta = {
        "answer": pair["answer"],
        "type": pair["type"],
        "answerable": pair["answerable"],
        "chunk": None,
        "chunk_id": str(chunk_id)[:300] if isinstance(chunk_id, str | int) and not isinstance(chunk_id, bool) else None,
        "clause": pair["clause"],
        "generation": None,
        "id": pair["id"],
    }
    return Record(None, None, PAIR, pair["question"], meta)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LOOK)


def _first_rows(path: Path, head: bytes) -> list[dict[str, Any]]:
    if head.startswith(PARQUET):
        return parquet_head(path, LOOKED_AT)
    found = [inner for row in first_rows(head, LOOKED_AT) for inner in expanded(row)][:LOOKED_AT]
    if found:
        return found
    table = TableReader()
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") or not table.recognises(path, head):
        return []
    report = ReadReport()
    rows: list[dict[str, Any]] = []
    for record in table.read(path, report):
        if record.meta:
            rows.append(record.meta)
        if len(rows) >= LOOKED_AT:
            break
    return rows


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """Names of all columns, in order of appearance, those of an unfolded row among them."""
    return list(dict.fromkeys(name for row in rows for name in (unfolded(row) or row)))


def _rows(path: Path, report: ReadReport) -> Rows:
    head = _head(path)
    if head.startswith(PARQUET):
        yield from parquet_rows(path, report)
        return
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] in (b"{", b"["):
        for number, row, line in json_rows(path, report):
            if row is None:
                yield number, None, line
            else:
                yield from ((number, inner, line) for inner in expanded(row))
        return
    for number, record in enumerate(TableReader().read(path, report), 2):
        yield number, record.meta, record.text
