"""Mask a JSONL file row by row. It knows nothing of the store; the result appears only when every row is done."""

import json
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.privacy.masking import Masker
from engine.privacy.policy import DEFAULT, MaskPolicy
from engine.sources.whole_file import whole_file

BATCH = 1000
"""Rows masked together: a bare number is read with the rows before it, and a tagger works in batches."""


def mask_file(src: Path, dst: Path, speakers: Sequence[str], policy: MaskPolicy = DEFAULT) -> dict[str, Any]:
    """Rows {id, text} → rows {id, masked, spans: [{start, end, label, placeholder}]}; returns {rows, spans, seconds}.

    UserError when the file is missing, a line is no such row (named), or `dst` is no place for a file; then nothing is
    written.
    """
    began = time.monotonic()
    masker = Masker(speakers, policy=policy)
    rows = spans = 0
    _require_file(src)
    with whole_file(dst) as out:
        lines = _rows(src)
        while batch := list(islice(lines, BATCH)):
            for row, masked in zip(batch, masker.mask_all([row["text"] for row in batch]), strict=True):
                out.write(json.dumps(_out_row(row["id"], masked.text, masked.spans), ensure_ascii=False) + "\n")
                rows, spans = rows + 1, spans + len(masked.spans)
    return {"rows": rows, "spans": spans, "seconds": round(time.monotonic() - began, 3)}


def _out_row(row_id: Any, text: str, spans: Sequence[Any]) -> dict[str, Any]:
    placed = [{"start": s.start, "end": s.end, "label": s.label, "placeholder": s.placeholder} for s in spans]
    return {"id": row_id, "masked": text, "spans": placed}


def _require_file(src: Path) -> None:
    if not src.is_file():
        raise UserError(
            f"파일 {src}이(가) 없습니다. 한 줄에 {{id, text}} 하나씩 든 JSONL 파일을 주세요.",
            f"There is no file {src}. Give a JSONL file with one {{id, text}} per line.",
        )


def _rows(src: Path) -> Iterator[dict[str, Any]]:
    with src.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parsed(line, number)


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
