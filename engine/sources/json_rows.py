"""Rows of JSON files: one object a line, an array, a page of objects one under the other. It knows no field.

Whatever stands in a file is bounded here: long lines, deep nesting, numbers without end, letters that no text can hold.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.decoding import decode_head, read_blocks, split_records, survey_file
from engine.sources.reader import ReadReport

LONGEST_LINE = 16 << 20
"""Characters of a line that are still parsed; a longer one counts as not understood."""
LARGEST_WHOLE = 256 << 20
"""Bytes of a file that is parsed whole, which takes about ten times as much memory."""
LOOK = 40
"""Lines looked at to see whether each is an object of its own."""
HOLDERS = ("data", "rows", "items", "examples", "records", "chunks", "train", "cases")
"""Names under which a file that is one object keeps its rows, also one inside another: {"data": {"train": [ …"""
TWICE = "한 객체 안에 같은 열쇠가 두 번 나오는 줄이 {0:,}개 있습니다. 뒤의 값을 씁니다. / {0:,} rows hold a key twice. The later value counts."
_HOLDER = (
    r'\{\s*(?:"[^"]{1,40}"\s*:\s*(?:"[^"]{0,300}"|[-\d.]{1,20}|null|true|false|\{[^{}\[\]]{0,1000}\})\s*,\s*){0,20}"(?:'
    + "|".join(HOLDERS)
    + r')"\s*:\s*'
)
_ROWS_BEGIN = re.compile(rf"(?:{_HOLDER}){{0,2}}\[\s*")
"""An array of rows, also one that stands behind a few plain values or flat objects in an object: {"version": "1", "data": [ …"""
_LONE = re.compile("[\ud800-\udfff\0]")
Row = tuple[int, dict[str, Any] | None, str]
"""(line from 1, or number of the object in an array; the object or None when it is none; the line's text then)"""


def json_rows(path: Path, report: ReadReport) -> Iterator[Row]:
    """Every row of a JSON file, in order; `shape` and `encoding` of the report are set before the first.

    Raises UserError for an array that is broken (the line is named) or too large to be parsed whole.
    """
    survey = survey_file(path)
    errors = "replace" if survey.broken else "strict"
    head = next(read_blocks(path, survey.encoding, errors), "").lstrip("\ufeff").lstrip()
    report.encoding = survey.encoding
    report.shape = "jsonl" if is_json_lines(head) else "json"
    twice = _Twice()
    if report.shape == "jsonl":
        yield from _lines(split_records(read_blocks(path, survey.encoding, errors), at_crlf=False), twice)
    else:
        yield from _whole(path, survey.encoding, errors, twice)
    if twice.count:
        report.warnings.append(TWICE.format(twice.count))


def first_rows(head: bytes, limit: int = 20) -> list[dict[str, Any]]:
    """The objects that stand whole in a file's first bytes; none for what is no JSON."""
    text = (decode_head(head) or "").lstrip("\ufeff").lstrip()
    if not text.startswith(("{", "[")):
        return []
    if is_json_lines(text):
        found = [parsed(line) for line in text.splitlines()[:LOOK]]
        return [row for row in found if isinstance(row, dict)][:limit]
    return list(_objects(text, limit))


def is_json_lines(head: str) -> bool:
    """Whether each line is an object of its own, by the first lines that can be parsed."""
    if not head.startswith("{"):
        return False
    found = [value for value in map(parsed, head.split("\n", LOOK)[:LOOK]) if isinstance(value, dict)]
    return bool(found) and not (len(found) == 1 and _rows_of(found[0]) != found)


def parsed(text: str) -> Any:
    """The value of a JSON text; None for what is none, or too deep, or a number too long."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _objects(text: str, limit: int) -> Iterator[dict[str, Any]]:
    """The objects of an array whose end may be missing, or of one under HOLDERS."""
    inner = _ROWS_BEGIN.match(text)
    at = inner.end() if inner else 0
    decoder = json.JSONDecoder()
    for _ in range(limit):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            yield value
        gap = re.compile(r"[\s,]*").match(text, at)
        at = gap.end() if gap else at


class _Twice:
    """Counts objects that hold a key twice, as json.loads makes them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        self.count += len(made) < len(pairs)
        return made


def _lines(lines: Iterator[str], twice: _Twice) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        text = line.strip("\ufeff \t\r")
        if not text:
            continue
        value = None
        if len(text) <= LONGEST_LINE:
            try:
                value = json.loads(text, object_pairs_hook=twice)
            except (ValueError, RecursionError):
                value = None
        yield number, clean(value) if isinstance(value, dict) else None, text


def _whole(path: Path, encoding: str, errors: str, twice: _Twice) -> Iterator[Row]:
    if path.stat().st_size > LARGEST_WHOLE:
        raise UserError(
            f"'{path.name}' 파일은 {path.stat().st_size / 1e6:,.0f} MB짜리 JSON 배열이라 통째로 읽을 수 없습니다(최대 {LARGEST_WHOLE >> 20} MB). "
            "한 줄에 객체 하나인 JSONL로 저장해 주세요.",
            f"'{path.name}' is a JSON array of {path.stat().st_size / 1e6:,.0f} MB, too much to parse whole (at most "
            f"{LARGEST_WHOLE >> 20} MB). Save it as JSONL, one object a line.",
        )
    text = "".join(read_blocks(path, encoding, errors)).lstrip("\ufeff")
    number = 0
    for value in _values(path, text, twice):
        for row in _rows_of(value):
            number += 1
            known = isinstance(row, dict)
            yield number, clean(row) if known else None, "" if known else json.dumps(row, ensure_ascii=False)[:1000]


def _values(path: Path, text: str, twice: _Twice) -> Iterator[Any]:
    decoder = json.JSONDecoder(object_pairs_hook=twice)
    blank = re.compile(r"[\s,]*")
    at = blank.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except RecursionError:
            raise _too_deep(path) from None
        except json.JSONDecodeError as error:
            raise _broken(path, error.lineno) from None
        except ValueError:  # a number of thousands of digits
            raise _broken(path, text.count("\n", 0, at) + 1) from None
        yield value
        at = blank.match(text, at).end()  # type: ignore[union-attr]


def _rows_of(value: Any) -> list[Any]:
    """The rows of a whole value: a list's, those under one of HOLDERS, else itself."""
    return value if isinstance(value, list) else _held(value) or [value]


def _held(value: Any, depth: int = 2) -> list[Any] | None:
    """The objects under one of HOLDERS, also of an object that stands under one; None where there are none."""
    if not isinstance(value, dict) or not depth:
        return None
    for name in HOLDERS:
        rows = value.get(name)
        if isinstance(rows, list):
            return rows if rows and isinstance(rows[0], dict) else None
        if deeper := _held(rows, depth - 1):
            return deeper
    return None


def _broken(path: Path, line: int) -> UserError:
    return UserError(
        f"'{path.name}' 파일의 JSON이 {line}번째 줄에서 깨져 있어 읽을 수 없습니다. 그 줄을 고치거나 다시 내려받아 주세요. "
        "JSON이 아니라 글로 된 약관이면 `--as clauses`로 가져오세요.",
        f"The JSON of '{path.name}' is broken at line {line} and cannot be read. Mend that line or download it again. If it is "
        "no JSON but a policy as text, import it with --as clauses.",
    )


def _too_deep(path: Path) -> UserError:
    return UserError(
        f"'{path.name}' 파일의 JSON이 너무 깊게 겹쳐 있어 읽지 않았습니다. 한 줄에 평평한 객체 하나인 JSONL로 저장해 주세요.",
        f"The JSON of '{path.name}' is nested too deep, so it was not read. Save it as JSONL with one flat object a line.",
    )


def clean(value: Any) -> Any:
    """The value with U+FFFD for what no store can hold: halves of characters, and NULs."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_LONE.sub("\ufffd", str(key)): clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    return value
