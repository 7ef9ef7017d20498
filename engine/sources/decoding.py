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
FEW_NULS = 16
"""NULs in the first bytes of what may still be text; more make a file binary."""
_UNMARKED = ("utf-16-le", "utf-16-be")
_WIDE_LOOK = 64 * 1024
"""Bytes looked at for UTF-16 without a mark."""
SAMPLE_BYTES, SAMPLE_LINES = 2_000, 6


@dataclass(frozen=True, slots=True)
class Survey:
    """One look over a whole file."""

    encoding: str
    broken: int
    """Characters that could not be decoded, and NULs: both are read as U+FFFD."""
    crlf: int
    bare_lf: int


def survey_file(path: Path) -> Survey:
    """Encoding and line ends of a text file: by its mark, else UTF-8, CP949 or UTF-16 by its bytes.

    Raises UserError when it is none of them; `decoding_samples` shows what each would make of it.
    """
    with path.open("rb") as file:
        encodings = _candidates(file.read(_WIDE_LOOK))
    for encoding in encodings:
        try:
            return _survey(path, encoding, "strict")
        except UnicodeError:
            continue
    if encodings[0].startswith("utf-8"):
        found = _survey(path, encodings[0], "replace")
        if found.broken * INTACT <= path.stat().st_size or (found.broken == 1 and _is_cut(path)):
            return found
    raise unknown_encoding(path)


def _is_cut(path: Path) -> bool:
    """Whether a UTF-8 file stops inside a character, as one does whose copying was broken off."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 3))
        end = file.read()
    starts = [at for at, byte in enumerate(end) if byte >= 0xC2]
    return bool(starts) and len(end) - starts[-1] < (
        2 if end[starts[-1]] < 0xE0 else 3 if end[starts[-1]] < 0xF0 else 4
    )


class UnknownEncoding(UserError):
    """A text whose letters nobody can read. Who shows it to the owner may add `decoding_samples`; a job must not log them."""


def unknown_encoding(path: Path) -> UnknownEncoding:
    """The refusal; it holds no letter of the file, because a job's errors are logged."""
    return UnknownEncoding(
        f"'{path.name}' 파일의 글자 인코딩을 알 수 없습니다(UTF-8, CP949, UTF-16이 모두 아님). 메모장이나 편집기에서 UTF-8로 다시 "
        "저장해 주세요.",
        f"The letters of '{path.name}' are in no known encoding (none of UTF-8, CP949, UTF-16). Save it again as UTF-8 in an editor.",
    )


def decoding_samples(path: Path) -> dict[str, str]:
    """Encoding to how the first lines would look in it. For the owner's screen alone: it is chat text."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    samples = {}
    for encoding in ("utf-8", "cp949", *_UNMARKED):
        lines = head.decode(encoding, "replace").replace("\0", "\ufffd").splitlines()
        samples[encoding] = "\n".join([line for line in lines if line.strip()][:SAMPLE_LINES])
    return samples


def _candidates(head: bytes) -> list[str]:
    """Encodings to try, likeliest first."""
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    wide = None if marked else _wide_encoding(head)
    return [marked or wide or "utf-8"] if marked or wide else ["utf-8", "cp949"]


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a mark, which line ends and spaces give away: every other byte of ASCII is NUL."""
    if head.count(0) * 50 < len(head):
        return None
    for encoding in _UNMARKED:
        text = codecs.getincrementaldecoder(encoding)("ignore").decode(head)
        told = sum(map(text.count, " \n"))
        strange = sum("\u0100" <= letter < "\u1100" or letter == "\0" for letter in text)
        if told * 60 > len(text) and strange * 50 <= len(text):
            return encoding
    return None


def _survey(path: Path, encoding: str, errors: str) -> Survey:
    """Raises UnicodeError under errors="strict"."""
    crlf = feeds = broken = 0
    last = ""
    nuls = _nuls(path) if not encoding.startswith("utf-16") else 0
    for block in read_blocks(path, encoding, errors):
        crlf += block.count("\r\n") + (last == "\r" and block[0] == "\n")
        feeds += block.count("\n")
        broken += block.count("\ufffd") if errors == "replace" else 0
        last = block[-1]
    return Survey(encoding, broken or nuls, crlf, feeds - crlf)


def _nuls(path: Path) -> int:
    with path.open("rb") as file:
        return sum(data.count(0) for data in iter(lambda: file.read(BLOCK), b""))


def read_blocks(path: Path, encoding: str, errors: str = "strict") -> Iterator[str]:
    """The decoded file in non-empty blocks, line ends as they are. Raises UnicodeError under errors="strict"."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with path.open("rb") as file:
        while data := file.read(BLOCK):
            if text := decoder.decode(data):
                yield text.replace("\0", "\ufffd")  # SQLite and C libraries end a text at a NUL
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

    Milder than `survey_file`, which sees the whole file and decides: three broken characters pass, and a few NULs.
    """
    encodings = _candidates(head)
    if head.count(0) > FEW_NULS and not encodings[0].startswith("utf-16"):
        return None
    for encoding in encodings:
        try:
            return codecs.getincrementaldecoder(encoding)("strict").decode(head).replace("\0", "\ufffd")
        except UnicodeError:
            continue
    text = head.decode("utf-8", "replace")
    return text if text.count("\ufffd") <= 3 else None
