"""Mask a JSONL file row by row, with placeholders or pseudonyms, with a vault or without.

It knows nothing of the store; the result appears only when every row is done.
"""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UserError
from engine.privacy.canonical import key_of
from engine.privacy.labels import Style
from engine.privacy.masking import Masked, MaskedSpan, Masker
from engine.privacy.policy import DEFAULT, MaskPolicy
from engine.privacy.spans import apply_spans
from engine.sources.whole_file import whole_file

if TYPE_CHECKING:
    from engine.privacy.vault import FileVault

BATCH = 1000
"""Rows masked together: a bare number is read with the rows before it, and a tagger works in batches."""


def mask_file(
    src: Path,
    dst: Path,
    speakers: Sequence[str],
    style: Style = "placeholder",
    vault: "FileVault | None" = None,
    policy: MaskPolicy = DEFAULT,
) -> dict[str, Any]:
    """Rows {id, text} → rows {id, masked, spans: [{start, end, label, placeholder}]}; returns {rows, spans, seconds}.

    style: pseudonyms read the file twice, so that none is a value that comes later. vault: gets what leads back to every text.
    UserError when the file is missing, a line is no such row (named), or `dst` is no place for a file; then nothing is
    written.
    """
    began = time.monotonic()
    masker = Masker(speakers, policy=policy)
    rows = spans = 0
    _require_file(src)
    writer = _Styled(src, masker, vault) if style == "pseudonym" else _Placed(vault)
    with whole_file(dst) as out:
        for number, (row, masked) in enumerate(_masked_rows(src, masker)):
            line = writer.row(number, row, masked)
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            rows, spans = rows + 1, spans + len(masked.spans)
        if vault:
            vault.finish(writer.values)
    return {"rows": rows, "spans": spans, "seconds": round(time.monotonic() - began, 3)}


class _Placed:
    """Rows with placeholders, and what leads back from them."""

    def __init__(self, vault: "FileVault | None") -> None:
        self.vault = vault
        self.values: dict[str, str] = {}

    def spans(self, text: str, found: Sequence[MaskedSpan]) -> list[dict[str, Any]]:
        """What stands where, as `apply_spans` takes it."""
        return [{"start": s.start, "end": s.end, "label": s.label, "placeholder": s.placeholder} for s in found]

    def row(self, number: int, row: dict[str, Any], masked: Masked) -> dict[str, Any]:
        """The line to write."""
        placed = self.spans(row["text"], masked.spans)
        text = apply_spans(row["text"], placed)
        if self.vault:
            self._keep(self.vault, number, row, text, placed)
        return {"id": row["id"], "masked": text, "spans": placed}

    def _keep(self, vault: "FileVault", number: int, row: dict[str, Any], masked: str, placed: Any) -> None:
        from engine.privacy.unmask import digest_of, edits_of, unmask_text

        for span in placed:
            self.values.setdefault(span["placeholder"], row["text"][span["start"] : span["end"]])
        if unmask_text(masked, self.values) != row["text"]:
            vault.add_row([number, digest_of(row["id"], masked), edits_of(row["text"], placed)])


class _Styled(_Placed):
    """Rows with pseudonyms, from a key that lives as long as this call: the file alone leads nowhere."""

    def __init__(self, src: Path, masker: Masker, vault: "FileVault | None") -> None:
        from engine.privacy.pseudonyms import Pseudonyms

        super().__init__(vault)
        key = secrets.token_bytes(32)
        real = set()
        for _, masked in _masked_rows(src, masker):
            for span in masked.spans:
                real.add((span.label, key_of(key, span.label, span.canonical)))
        self.pseudonyms = Pseudonyms(key, masker.names, real)

    def spans(self, text: str, found: Sequence[MaskedSpan]) -> list[dict[str, Any]]:
        from engine.privacy.pseudonyms import restyled

        return restyled(text, super().spans(text, found), self.pseudonyms)


def masked_rows(src: Path) -> Iterator[dict[str, Any]]:
    """Rows {id, masked} of a file that `mask_file` wrote. Raises UserError as it does."""
    _require_file(src)
    yield from _rows(src, "masked")


def _masked_rows(src: Path, masker: Masker) -> Iterator[tuple[dict[str, Any], Masked]]:
    rows = _rows(src)
    while batch := list(islice(rows, BATCH)):
        yield from zip(batch, masker.mask_all([row["text"] for row in batch]), strict=True)


def _require_file(src: Path) -> None:
    if not src.is_file():
        raise UserError(
            f"파일 {src}이(가) 없습니다. 한 줄에 {{id, text}} 하나씩 든 JSONL 파일을 주세요.",
            f"There is no file {src}. Give a JSONL file with one {{id, text}} per line.",
        )


def _rows(src: Path, text: str = "text") -> Iterator[dict[str, Any]]:
    with src.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parsed(line, number, text)


def _parsed(line: bytes, number: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError):  # RecursionError: lists within lists within lists
        row = None
    if not isinstance(row, dict) or not _is_row(row, text):
        raise UserError(
            f"{number}번째 줄이 {{id, {text}}} 형식의 UTF-8 JSON이 아니라서 읽을 수 없습니다. 그 줄을 고친 뒤 다시 실행하세요. 아무것도 쓰지 않았습니다.",
            f"Line {number} is not UTF-8 JSON of the form {{id, {text}}}, so it cannot be read. Mend that line and run again. Nothing was written.",
        )
    return row


def _is_row(row: dict[str, Any], text: str) -> bool:
    return "id" in row and not isinstance(row["id"], list | dict) and isinstance(row.get(text), str)
