"""Mask a JSONL file row by row, in order. It knows nothing of the store; the result appears only when every row is done.

Rows are looked through in blocks, by two processes when there are many; numbers are given in file order by one.
"""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.pool import Workers, spare
from engine.privacy.labels import Span
from engine.privacy.masking import Masker
from engine.privacy.spans import apply_spans
from engine.sources.whole_file import whole_file

Block = tuple[int, list[bytes], list[bytes]]
"""(number of the first line, a few lines before it, lines as they stand in the file)"""
LEAD = 8
"""Lines before a block that are read with it, for a message may be told by those before it."""
FoundRow = tuple[Any, str, list[Span], list[str]] | str
"""(id, text, spans, the one spelling of each), or the row as it is written when nothing is hidden in it."""
BLOCK_BYTES = 1 << 20
WORTH_BYTES = 4 << 20
"""Size of a file from which on a second process pays."""


def mask_file(src: Path, dst: Path, speakers: Sequence[str]) -> dict[str, Any]:
    """Rows {id, text} → rows {id, masked, spans: [{start, end, label, placeholder}]}; returns {rows, spans, seconds}.

    UserError when the file is missing, a line is no such row (named), or `dst` is no place for a file; then nothing is
    written.
    """
    began = time.monotonic()
    rows = spans = 0
    _require_file(src)
    count = spare(src.stat().st_size >= WORTH_BYTES)
    masker = Masker(speakers)
    with whole_file(dst) as out, Workers(Masker, (speakers,), count) as workers:
        for block in workers.map(find_in_block, _blocks(src)):
            for found in block:
                if not isinstance(found, str):
                    spans += len(found[2])
                    found = _placed(masker, *found)
                out.write(found)
                rows += 1
    return {"rows": rows, "spans": spans, "seconds": round(time.monotonic() - began, 3)}


def find_in_block(masker: Masker, block: Block) -> list[FoundRow]:
    """What every row of a block holds. Raises UserError for a line that is no row."""
    first, before, lines = block
    lead = [_parsed(line, number)["text"] for number, line in enumerate(before, first - len(before)) if line.strip()]
    rows = [_parsed(line, number) for number, line in enumerate(lines, first) if line.strip()]
    spans = masker.find([*lead, *(row["text"] for row in rows)])[len(lead) :]
    return [_found(masker, row["id"], row["text"], found) for row, found in zip(rows, spans, strict=True)]


def _found(masker: Masker, row_id: Any, text: str, spans: list[Span]) -> FoundRow:
    if not spans:
        return _line(row_id, apply_spans(text, []), [])
    return row_id, text, spans, [masker.value(text, span) for span in spans]


def _placed(masker: Masker, row_id: Any, text: str, spans: Sequence[Span], values: Sequence[str]) -> str:
    """A row as it is written, its values numbered."""
    placed = [
        {"start": s.start, "end": s.end, "label": s.label, "placeholder": masker.placeholder(s.label, value)}
        for s, value in zip(spans, values, strict=True)
    ]
    return _line(row_id, apply_spans(text, placed), placed)


def _line(row_id: Any, masked: str, spans: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"id": row_id, "masked": masked, "spans": spans}, ensure_ascii=False) + "\n"


def _require_file(src: Path) -> None:
    if not src.is_file():
        raise UserError(
            f"파일 {src}이(가) 없습니다. 한 줄에 {{id, text}} 하나씩 든 JSONL 파일을 주세요.",
            f"There is no file {src}. Give a JSONL file with one {{id, text}} per line.",
        )


def _blocks(src: Path) -> Iterator[Block]:
    first, before = 1, list[bytes]()
    with src.open("rb") as file:
        while lines := file.readlines(BLOCK_BYTES):
            yield first, before, lines
            first, before = first + len(lines), lines[-LEAD:]


def _parsed(line: bytes, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError):  # RecursionError: lists within lists within lists
        row = None
    if not isinstance(row, dict) or not _is_row(row):
        raise UserError(
            f"{number}번째 줄이 {{id, text}} 형식의 UTF-8 JSON이 아니라서 읽을 수 없습니다. 그 줄을 고친 뒤 다시 실행하세요. 아무것도 쓰지 않았습니다.",
            f"Line {number} is not UTF-8 JSON of the form {{id, text}}, so it cannot be read. Mend that line and run again. Nothing was written.",
        )
    return row


def _is_row(row: dict[str, Any]) -> bool:
    return "id" in row and not isinstance(row["id"], list | dict) and isinstance(row.get("text"), str)
