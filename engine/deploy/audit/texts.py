"""Every byte of text in a folder, whatever it is wrapped in. It judges nothing.

Text lies in text files of any usual encoding, in the cells of SQLite files (freed pages too), behind JSON's escapes and base64, in the
headers of weights, in archives, and as runs of letters inside any other file. Weights cut into parts are read as one stream.
"""

import base64
import binascii
import bz2
import gzip
import hashlib
import json
import lzma
import re
import sqlite3
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from engine.deploy.audit.headers import GGUF, gguf_header, safetensors_header

SQLITE = b"SQLite format 3\0"
WEIGHTS = {".safetensors", ".gguf", ".bin", ".pt", ".onnx"}
"""Files of numbers: letters in them are mostly chance, see LONG."""
SHORT, LONG = 6, 16
"""Bytes a run of text must have to count as text: in an unknown file, and among numbers."""
BLOCK = 16 << 20
OVERLAP = 4096
DEEPEST = 3
"""Archives within archives."""
MOST_UNPACKED = 2 << 30
"""Bytes taken out of one archive: more is a bomb, and told as unread."""
STREAMS: Mapping[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
"""One file packed by itself: how it begins, and what opens it."""
CLOSED = {
    b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!": "rar", b"PAR1": "parquet", b"%PDF": "pdf",
}  # fmt: skip
"""Packed in a way that nothing here opens: told as unread, since what is in it shows in no run of letters."""
_PART = re.compile(r"^(?P<whole>.+?)(?:\.part[-_.]?|[-.])(?P<number>\d{2,5})$")
_HANGUL = rb"(?:\xea[\xb0-\xbf]|[\xeb\xec][\x80-\xbf]|\xed[\x80-\x9e])[\x80-\xbf]|\xe3[\x84-\x86][\x80-\xbf]"
_RUN = {least: re.compile(rb"(?:[\x20-\x7e\t\r\n]|%s){%d,}" % (_HANGUL, least)) for least in (SHORT, LONG)}
_WIDE = {
    "utf-16-le": re.compile(rb"(?:[\x20-\x7e]\x00|[\x00-\xff][\xac-\xd7]){8,}"),
    "utf-16-be": re.compile(rb"(?:\x00[\x20-\x7e]|[\xac-\xd7][\x00-\xff]){8,}"),
}
"""Letters and syllables of two bytes inside another file."""
_LETTER = bytes(
    byte in b"\t\r\n\xe3\xea\xeb\xec\xed" or 0x20 <= byte < 0x7F or 0x80 <= byte < 0xC0 for byte in range(256)
)
_HIGH = bytes(byte == 0 or 0xAC <= byte <= 0xD7 for byte in range(256))
_LETTERS = {least: re.compile(rb"\x01{%d,}" % least) for least in (SHORT, LONG)}
_HIGHS = re.compile(rb"\x01{8,}")
"""A first look: 1 where a byte may be of a letter, or the upper half of one of two bytes. Of random numbers it leaves 1 place in 1,000; the
patterns above alone take 7 times as long."""
_WRITTEN = re.compile(r"[\x20-\x7e\t\r\n가-힣ㄱ-ㅣ]")
_BASE64 = re.compile(r"(?<![\w+/=-])(?:[A-Za-z0-9+/]{60,76}\r?\n)*[A-Za-z0-9+/_-]{24,}={0,2}(?![\w+/=-])")


class Text(NamedTuple):
    """One piece of text and where it lies."""

    where: str
    """The file's path within the folder, and the place in it."""
    text: str
    kind: str
    """`file`, `name` of a file, `cell`, `schema`: statements and program text, `words` of a tokenizer, or `numbers`: letters among other bytes."""


class Unread(NamedTuple):
    """A file that could not be looked into."""

    where: str
    reason: str


def texts_of(folder: Path) -> Iterator[Text | Unread]:
    """All text under a folder; a link is not followed but told as unread."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    for _, group in groupby(paths, key=lambda path: str(_whole(path))):
        parts = list(group)
        name = str(parts[0].relative_to(folder).as_posix())
        yield Text(name, name, "name")
        if any(path.is_symlink() for path in parts):
            yield Unread(name, "link")
        elif len(parts) > 1:
            yield from _header(parts[0], name)
            yield from _runs(_joined(parts), name, LONG)
        else:
            yield from _file(parts[0], name)


def _whole(path: Path) -> Path:
    """What the parts of a cut file have in common; a file that is none by itself."""
    cut = _PART.match(path.name)
    return path.with_name(cut["whole"]) if cut else path


def _joined(parts: Iterable[Path]) -> Iterator[bytes]:
    for path in parts:
        with path.open("rb") as file:
            yield from iter(lambda: file.read(BLOCK), b"")


def _file(path: Path, name: str, depth: int = 0) -> Iterator[Text | Unread]:
    with path.open("rb") as file:
        head = file.read(512)
        if head.startswith(SQLITE):
            yield from _sqlite(path, name)
        elif zipfile.is_zipfile(path) or tarfile.is_tarfile(path) or head.startswith(tuple(STREAMS)):
            yield from _archive(path, name, depth)
        elif closed := next((kind for start, kind in CLOSED.items() if head.startswith(start)), None):
            yield Unread(name, closed)
        elif path.suffix.lower() in WEIGHTS or head.startswith(GGUF):
            yield from _header(path, name)
        else:
            file.seek(0)
            yield from _plain(file, path, name)
            return
    if head.startswith(SQLITE):
        live = _live_runs(path)
        yield from (run for run in _runs([path.read_bytes()], name, SHORT) if run.text not in live)
        return
    with path.open("rb") as file:
        yield from _runs(iter(lambda: file.read(BLOCK), b""), name, LONG)


def _live_runs(path: Path) -> set[str]:
    """Runs of a copy without freed pages: cells stand there side by side, and two that touch may look like a number of somebody's."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "live.db"
        try:
            with closing(sqlite3.connect(f"file:{path.as_posix()}?mode=ro&immutable=1", uri=True)) as db:
                db.execute("VACUUM INTO ?", [str(copy)])
        except sqlite3.Error:
            return set()
        return {run.text for run in _runs([copy.read_bytes()], "", SHORT)}


def _plain(file: IO[bytes], path: Path, name: str) -> Iterator[Text | Unread]:
    """A text file in its encoding; any other file as runs of letters."""
    content = file.read()
    text = decoded(content)
    if text is None:
        yield from _runs([content], name, SHORT)
    elif name.endswith("tokenizer.json") and (told := _tokenizer(text)) is not None:
        yield from (Text(f"{name}#{place}", words, kind) for place, words, kind in told)
    elif name.endswith("vocabulary.json") and (words := _word_list(text)) is not None:
        yield Text(name, words, "words")
    else:
        yield Text(name, text, "file")
        kind = "cell" if ".json" in path.suffix else "schema"
        yield from (Text(name, inner, kind) for inner in _unwrapped(text))


def decoded(content: bytes) -> str | None:
    """A text file's text; None for anything that is no text in UTF-8, UTF-16, UTF-32 or cp949."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return content.decode("utf-32", "replace")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content:  # wide letters without a mark
        wide = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
        form = next((form for form in wide if _is_writing(content[:4096].decode(form, "replace"))), None)
        return content.decode(form, "replace") if form else None
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _is_writing(text: str) -> bool:
    """Nearly all Latin or Korean: bytes read in a wrong encoding come out as Chinese and the like."""
    return len(_WRITTEN.findall(text)) >= 0.9 * len(text)


def _unwrapped(text: str) -> Iterator[str]:
    """What reads otherwise than it stands: behind JSON's escapes, or in base64."""
    yield from _unescaped(text)
    for found in _BASE64.finditer(text):
        packed = "".join(found.group().rstrip("=").split()).replace("-", "+").replace("_", "/")
        try:
            inner = base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if _is_writing(inner):
            yield inner


def _unescaped(text: str) -> Iterator[str]:
    """What JSON and JSON lines hide behind \\uXXXX and the like: every string with such an escape, as it reads."""
    for found in re.finditer(r'"((?:[^"\\\n]|\\.)*\\(?:[^"\\\n]|\\.)*)"', text):
        try:
            value = json.loads(f'"{found.group(1)}"')
        except ValueError:
            continue
        if isinstance(value, str) and value != found.group(1):
            yield value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tokenizer(text: str) -> list[tuple[str, str, str]] | None:
    """(place, text, kind) of a tokenizer's file: the vocabulary apart, for it holds everyday names as any dictionary does."""
    try:
        whole = json.loads(text)
        model = whole.pop("model")
        words = model.pop("vocab")
        pairs = ["".join(pair).replace(" ", "") for pair in model.pop("merges", None) or ()]
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    names = list(words) if isinstance(words, dict) else [word[0] for word in words if isinstance(word, list) and word]
    rest = json.dumps([whole, model], ensure_ascii=False)
    return [("added", rest, "file"), ("vocab", "\n".join(map(str, [*names, *pairs])), "words")]


def _word_list(text: str) -> str | None:
    """The vocabulary that CTranslate2 keeps beside a model: a list of words, one a line; None for anything else."""
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return "\n".join(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _header(path: Path, name: str) -> Iterator[Text | Unread]:
    """What somebody wrote beside the numbers of a safetensors or GGUF file, or of the first part of one."""
    with path.open("rb") as file:
        try:
            if file.read(4) == GGUF:
                file.seek(0)
                yield from (
                    Text(f"{name}#{key}", "\n".join(texts), _kind(key, texts)) for key, texts in gguf_header(file)
                )
            elif ".safetensors" in name:
                file.seek(0)
                text = safetensors_header(file, path.stat().st_size)
                yield Text(f"{name}#header", text, "file")
                yield from (Text(f"{name}#header", inner, "cell") for inner in _unwrapped(text))
        except (ValueError, OverflowError, OSError):
            yield Unread(name, "header")


def _kind(key: str, texts: list[str]) -> str:
    if len(texts) > 1:
        return "words"
    return "schema" if key.endswith("chat_template") else "cell"


def _sqlite(path: Path, name: str) -> Iterator[Text | Unread]:
    """Every cell of every table, and the statements that made them. The file's bytes are read besides, for freed pages."""
    try:
        with closing(sqlite3.connect(f"file:{path.as_posix()}?mode=ro&immutable=1", uri=True)) as db:
            db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            tables = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
            yield from (Text(f"{name}#{table}", sql, "schema") for table, sql in tables)
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                yield from _cells(db, name, table)
    except sqlite3.Error as error:
        yield Unread(name, type(error).__name__)


def _cells(db: sqlite3.Connection, name: str, table: str) -> Iterator[Text | Unread]:
    try:
        rows = db.execute(
            f'SELECT * FROM "{table.replace(chr(34), chr(34) * 2)}"'
        )  # the name comes from the file's own list
    except sqlite3.Error:  # a virtual table whose module is missing: its rows lie in tables of their own
        return
    columns = [column[0] for column in rows.description]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            where = f"{name}#{table}.{column}"
            if isinstance(value, str):
                yield Text(where, value, "cell")
                yield from (Text(where, inner, "cell") for inner in _unwrapped(value))
            elif isinstance(value, bytes):
                yield from _blob(value, where)
            elif isinstance(value, int) and abs(value) >= 10**7:
                yield Text(where, str(value), "cell")


def _blob(value: bytes, where: str) -> Iterator[Text | Unread]:
    with_text = decoded(value)
    if with_text is None:
        try:
            with_text = decoded(zlib.decompress(value))
        except zlib.error:
            with_text = None
    if with_text is not None:
        yield Text(where, with_text, "cell")
    else:
        yield from _runs([value], where, LONG)


def _archive(path: Path, name: str, depth: int) -> Iterator[Text | Unread]:
    if depth >= DEEPEST:
        yield Unread(name, "nested")
        return
    try:
        for inner, open_member in _members(path):
            with tempfile.TemporaryDirectory() as scratch:
                copy = Path(scratch) / (re.sub(r"[^\w.-]", "_", Path(inner).name)[-80:] or "member")
                if not _unpack(open_member, copy):
                    yield Unread(f"{name}!{inner}", "size")
                    continue
                yield Text(f"{name}!{inner}", inner, "name")
                yield from _file(copy, f"{name}!{inner}", depth + 1)
    except (
        OSError,
        EOFError,
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        lzma.LZMAError,
    ) as error:
        yield Unread(name, type(error).__name__)


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as bundle:
            for info in bundle.infolist():
                if not info.is_dir():
                    with bundle.open(info) as member:
                        yield info.filename, member
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            for entry in tar:
                if (plain := tar.extractfile(entry) if entry.isfile() else None) is not None:
                    yield entry.name, plain
    else:
        with path.open("rb") as packed:
            head = packed.read(8)
        opened = next(opener for start, opener in STREAMS.items() if head.startswith(start))
        with opened(path, "rb") as unpacked:
            yield path.stem, cast(IO[bytes], unpacked)


def _unpack(member: IO[bytes], copy: Path) -> bool:
    left = MOST_UNPACKED
    with copy.open("wb") as out:
        while block := member.read(1 << 20):
            left -= len(block)
            if left < 0:
                return False
            out.write(block)
    return True


def _runs(blocks: Iterable[bytes], name: str, least: int) -> Iterator[Text]:
    """Runs of text among other bytes; one that lies across two blocks is read whole."""
    kept = b""
    for block in blocks:
        window = kept + block
        yield from (Text(name, text, "numbers") for text in _letters(window, least))
        kept = window[-OVERLAP:]


def _letters(window: bytes, least: int) -> Iterator[str]:
    for rough in _LETTERS[least].finditer(window.translate(_LETTER)):
        for found in _RUN[least].finditer(window, *rough.span()):
            yield found.group().decode("utf-8", "replace")
    for shift in (0, 1):
        for rough in _HIGHS.finditer(window[shift::2].translate(_HIGH)):
            begin, end = 2 * rough.start() + shift, 2 * rough.end() + shift
            for form, wide in _WIDE.items():
                for found in wide.finditer(window, max(0, begin - 1), end):
                    yield found.group().decode(form, "replace")


def content_of(folder: Path) -> str:
    """sha256 over names and bytes of all files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            own = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {own}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
