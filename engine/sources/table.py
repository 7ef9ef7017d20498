"""Tables: CSV, TSV, JSON lines, a JSON array. One record per row, its fields untouched in `meta`. It knows no recipe."""

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.decoding import decode_head, read_blocks, split_records, survey_file
from engine.sources.reader import ReadReport, Record

TEXT_COLUMNS = ("text", "본문", "content")
"""The first of these that a row has becomes the record's text; without one it is the whole row as JSON."""
LARGEST_FIELD = 16 * 1024 * 1024
"""Characters; the csv module stops at 131,072 by default, which one document can exceed."""
DELIMITERS = {"tsv": "\t", "csv": ",", "csv;": ";"}
"""By the shape of a file; Excel writes semicolons where a comma stands in decimals."""
_LONGEST_NAME = 60  # a longer column name is a sentence, so the file is prose


class TableReader:
    """Rows of any table, which readers with more knowledge have not claimed."""

    kind = "table"

    def recognises(self, path: Path, head: bytes) -> bool:
        text = decode_head(head)
        return text is not None and _shape_of(text.lstrip("\ufeff")) is not None

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Records without time and speaker, in file order. Raises UserError when the file is no table, or broken."""
        survey = survey_file(path)
        errors = "replace" if survey.broken else "strict"
        head = next(read_blocks(path, survey.encoding, errors), "")
        shape = _shape_of(head.lstrip("\ufeff"))
        if shape is None:
            raise UserError(
                f"'{path.name}' 파일을 표로 읽을 수 없습니다. 첫 줄에 열 이름이 있는 CSV, 한 줄에 객체 하나인 JSONL, JSON 배열 중 하나로 "
                "저장해 주세요.",
                f"'{path.name}' cannot be read as a table. Save it as CSV with column names in the first line, as JSONL with one "
                "object a line, or as a JSON array.",
            )
        report.shape, report.encoding = shape, survey.encoding
        if shape == "json":
            return _read_array(path, survey.encoding, errors, report)
        lines = split_records(read_blocks(path, survey.encoding, errors), at_crlf=False)
        if shape == "jsonl":
            return _read_json_lines(lines, report)
        return _read_delimited(path, lines, DELIMITERS[shape], report)


def head_rows(head: bytes, limit: int) -> list[dict[str, Any]]:
    """The first rows of a CSV or TSV, from its first bytes alone; none for anything else."""
    text = (decode_head(head) or "").lstrip("\ufeff")
    shape = _shape_of(text)
    if shape not in DELIMITERS:
        return []
    lines = iter(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    found: list[dict[str, Any]] = []
    try:
        for record in _read_delimited(Path(), lines, DELIMITERS[shape], ReadReport()):
            if record.meta:
                found.append(record.meta)
            if len(found) == limit:
                break
    except UserError:  # a quote that closes behind these bytes
        pass
    return found


def _shape_of(head: str) -> str | None:
    """csv, tsv, csv with semicolons, jsonl, json or None, by the beginning of a text."""
    start = head.lstrip()
    if start.startswith("{"):
        return "jsonl" if isinstance(_parsed(start.split("\n", 1)[0]), dict) else None
    if start.startswith("["):
        return "json" if start[1:].lstrip()[:1] in ("{", '"', "]") else None
    return next((name for name, delimiter in DELIMITERS.items() if _is_delimited(start, delimiter)), None)


def _is_delimited(head: str, delimiter: str) -> bool:
    """Whether it begins with a row of column names and a row of as many fields. Prose has spaces after its commas."""
    lines = head.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        rows = list(islice(csv.reader((line + "\n" for line in lines), delimiter=delimiter), 2))
    except csv.Error:
        return False
    if len(rows) < 2 or len(rows[0]) < 2 or len(rows[0]) != len(rows[1]):
        return False
    names = rows[0]
    return len(set(names)) == len(names) and all(
        name == name.strip() and 0 < len(name) <= _LONGEST_NAME for name in names
    )


def _read_array(path: Path, encoding: str, errors: str, report: ReadReport) -> Iterator[Record]:
    """A JSON array is parsed whole: about ten times its size in memory."""
    text = "".join(read_blocks(path, encoding, errors))
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"'{path.name}' 파일의 JSON이 {error.lineno}번째 줄에서 깨져 있어 읽을 수 없습니다. 그 줄을 고치거나 다시 내려받아 주세요.",
            f"The JSON of '{path.name}' is broken at line {error.lineno} and cannot be read. Mend that line or download it again.",
        ) from error
    for number, row in enumerate(rows, 1):
        yield _record(row, number, report)


def _read_json_lines(lines: Iterator[str], report: ReadReport) -> Iterator[Record]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _parsed(line)
            yield _unread(line, number, report) if row is None else _record(row, number, report)


def _read_delimited(path: Path, lines: Iterator[str], delimiter: str, report: ReadReport) -> Iterator[Record]:
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.reader((line.lstrip("\ufeff") + "\n" for line in lines), delimiter=delimiter)
    names: list[str] | None = None
    try:
        for fields in reader:
            if not any(fields):
                continue
            if names is None:
                names = fields
            elif len(fields) == len(names):
                yield _record(dict(zip(names, fields, strict=True)), reader.line_num, report)
            else:
                yield _unread(delimiter.join(fields), reader.line_num, report)
    except csv.Error as error:
        raise UserError(
            f"'{path.name}' 파일이 {reader.line_num}번째 줄에서 표로 읽히지 않습니다({error}). 따옴표가 맞는지 확인해 주세요.",
            f"'{path.name}' stops being a table at line {reader.line_num} ({error}). Check its quotes.",
        ) from error


def _record(row: Any, number: int, report: ReadReport) -> Record:
    """A row, or a bare text. Anything else (a number, a list) is unparsed."""
    if isinstance(row, str):
        return Record(None, None, "text", row)
    if not isinstance(row, dict):
        return _unread(json.dumps(row, ensure_ascii=False), number, report)
    text = next((row[name] for name in TEXT_COLUMNS if name in row), None)
    if not isinstance(text, str):
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return Record(None, None, "text", text, row)


def _unread(text: str, number: int, report: ReadReport) -> Record:
    report.note_unparsed(number)
    return Record(None, None, "other", text)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None
