"""Bytes become text: which encoding a file has, which line ends, and its text in blocks. It knows no format."""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError

BLOCK = 1 << 20
"""Bytes decoded at once."""
INTACT = 100_000
"""Bytes per broken character at which a file still counts as UTF-8: a cut emoji must not cost an owner 93 MB of chat."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Survey:
    """One look over a whole file."""

    encoding: str
    broken: int
    """Characters that could not be decoded and read as U+FFFD."""
    crlf: int
    bare_lf: int


def survey_file(path: Path) -> Survey:
    """Encoding and line ends of a text file: by its mark, else UTF-8, else CP949. Raises UserError when it is none of them."""
    encodings = _candidates(path)
    for encoding in encodings:
        try:
            return _survey(path, encoding, "strict")
        except UnicodeError:
            continue
    if encodings[0] != "utf-16":
        found = _survey(path, encodings[0], "replace")
        if found.broken * INTACT <= path.stat().st_size:
            return found
    raise UserError(
        f"'{path.name}' 파일이 UTF-8도 CP949도 아니어서 글자를 읽을 수 없습니다. 메모장이나 편집기에서 UTF-8로 다시 저장해 주세요.",
        f"'{path.name}' is neither UTF-8 nor CP949, so its letters cannot be read. Save it again as UTF-8 in an editor.",
    )


def _candidates(path: Path) -> list[str]:
    with path.open("rb") as file:
        head = file.read(4)
    return next(([encoding] for mark, encoding in _MARKS if head.startswith(mark)), ["utf-8", "cp949"])


def _survey(path: Path, encoding: str, errors: str) -> Survey:
    """Raises UnicodeError under errors="strict"."""
    crlf = feeds = broken = 0
    last = ""
    for block in read_blocks(path, encoding, errors):
        crlf += block.count("\r\n") + (last == "\r" and block[0] == "\n")
        feeds += block.count("\n")
        broken += block.count("\ufffd") if errors == "replace" else 0
        last = block[-1]
    return Survey(encoding, broken, crlf, feeds - crlf)


def read_blocks(path: Path, encoding: str, errors: str = "strict") -> Iterator[str]:
    """The decoded file in non-empty blocks, line ends as they are. Raises UnicodeError under errors="strict"."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with path.open("rb") as file:
        while data := file.read(BLOCK):
            if text := decoder.decode(data):
                yield text
    if text := decoder.decode(b"", True):
        yield text


def split_records(blocks: Iterable[str], *, at_crlf: bool) -> Iterator[str]:
    """Lines without their ends. at_crlf: only CRLF ends one, and a bare LF or CR inside it becomes "\\n".

    Breaks at CR and LF alone: U+2028, U+0085, VT and FF stand inside messages.
    """
    tail = ""
    for block in blocks:
        text = tail + block
        held = "\r" if text.endswith("\r") else ""  # its LF may be the first of the next block
        lines = _lines(text[: len(text) - len(held)], at_crlf)
        tail = lines.pop() + held
        yield from lines
    if tail:
        yield from _lines(tail, at_crlf)


def _lines(text: str, at_crlf: bool) -> list[str]:
    if "\r" not in text:
        return [text] if at_crlf else text.split("\n")
    text = text.replace("\r\r\n", "\r\n")
    if not at_crlf:
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = text.split("\r\n")
    return [line.replace("\r", "\n") for line in lines] if text.count("\r") >= len(lines) else lines


def decode_head(head: bytes) -> str | None:
    """The first bytes of a file as text, or None for no text. A character cut at the end is left out.

    Milder than `survey_file`, which sees the whole file and decides: three broken characters pass.
    """
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked is None and b"\0" in head:
        return None
    for encoding in [marked] if marked else ["utf-8", "cp949"]:
        try:
            return codecs.getincrementaldecoder(encoding)("strict").decode(head)
        except UnicodeError:
            continue
    text = head.decode("utf-8", "replace")
    return text if text.count("\ufffd") <= 3 else None
