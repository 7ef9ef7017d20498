"""Zip archives: the wanted files in one, written into a folder of ours. It knows no format.

No name in an archive is ever used as a path, only the start of each member is read to see what it is, and what it may become on
disk is bounded before a byte is written.
"""

import errno
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from engine.errors import UserError
from engine.korean.hangul import nfc
from engine.sources.detect import HEAD
from engine.sources.uploads import safe_name
from engine.store.open import require_space

MOST_MEMBERS = 20_000
MOST_BYTES = 4 << 30
"""Bytes of all chats in one archive."""
RATIO, RATIO_FROM = 200, 64 << 20
"""How often a member may shrink: chats do 5 to 15 times. Small ones may do what they like."""
ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_UTF8_NAMES, _ENCRYPTED = 0x800, 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


@dataclass(slots=True)
class Unpacked:
    """What came out of an archive, a folder or a mail."""

    files: list[Path] = field(default_factory=list)
    skipped: int = 0
    """Files that are no chats."""
    archives: int = 0
    """Archives inside it, which are not opened."""
    unreadable: int = 0


def names_in(path: Path) -> list[str]:
    """Names of the files in an archive, for a look from outside; none when it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [member_name(member) for member in archive.infolist()[:MOST_MEMBERS]]
    except _BROKEN:
        return []


def unpack_zip(path: Path, folder: Path, is_wanted: Callable[[Path, bytes], bool]) -> Unpacked:
    """Write the wanted members under `folder`, which must exist.

    is_wanted: by name (not to be opened) and first bytes. Raises UserError for an archive that is broken, locked by a
    password, too large, or holds names that lead out of it; nothing of it may be used then.
    """
    found = Unpacked()
    with checked_zip(path) as (archive, members):
        wanted = [member for member in members if _is_wanted(archive, member, is_wanted, found)]
        refuse_bomb(path, wanted)
        require_space(folder, sum(member.file_size for member in wanted))
        places: dict[str, Path] = {}
        for member in wanted:
            with archive.open(member) as body:
                found.files.append(_write(folder, member_name(member), body, places))
    return found


@contextmanager
def checked_zip(path: Path, most: int = MOST_MEMBERS) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """The archive and its files, none of which is opened yet; `refuse_bomb` says which may be.

    most: files in it. Raises UserError as `unpack_zip` does, also for what breaks while it is read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _refuse_dangerous(path, members, most)
            yield archive, members
    except UserError:
        raise
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        raise UserError(
            f"압축 파일 '{path.name}'이(가) 깨졌거나 지원하지 않는 방식({type(error).__name__})이라 풀 수 없습니다. 직접 푼 뒤 그 폴더를 주세요.",
            f"The archive '{path.name}' is broken or of an unsupported kind ({type(error).__name__}). Unpack it yourself and give the folder.",
        ) from None


def member_name(member: zipfile.ZipInfo) -> str:
    """Its name with letters as they were meant: Windows writes Korean names in CP949 without saying so."""
    if member.flag_bits & _UTF8_NAMES or member.filename.isascii():
        return nfc(member.filename)
    try:
        return nfc(member.filename.encode("cp437").decode("cp949"))
    except UnicodeError:
        return nfc(member.filename)


def _is_wanted(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, is_wanted: Callable[[Path, bytes], bool], found: Unpacked
) -> bool:
    name = PurePosixPath(member_name(member))
    if name.parts[0] == "__MACOSX" or name.name.startswith("."):
        return False
    with archive.open(member) as body:
        head = body.read(HEAD)
    if head.startswith(ZIP_MARKS):
        found.archives += 1
        return False
    wanted = is_wanted(Path(safe_name(name.name)), head)
    found.skipped += not wanted
    return wanted


def _write(folder: Path, name: str, body: IO[bytes], places: dict[str, Path]) -> Path:
    """Files of one folder in the archive stay in one folder, because parts belong together; its name is a number."""
    above = str(PurePosixPath(name).parent)
    place = places.setdefault(above, folder / str(len(places)))
    place.mkdir(mode=0o700, exist_ok=True)
    return write_private(place, safe_name(name), body)


def write_private(folder: Path, name: str, body: IO[bytes]) -> Path:
    """A new file readable by the owner alone; a name that is taken gets a number in front."""
    path, number = folder / name, 2
    while path.exists():
        path, number = folder / f"{number}_{name}", number + 1
    path.touch(mode=0o600)
    with path.open("wb") as file:
        shutil.copyfileobj(body, file, 1 << 20)
    return path


def _refuse_dangerous(path: Path, members: list[zipfile.ZipInfo], most: int) -> None:
    if any(_leads_out(member.filename) or _leads_out(member.orig_filename) for member in members):
        raise UserError(
            f"압축 파일 '{path.name}' 안에 바깥 폴더를 가리키는 이름(../ 또는 절대 경로)이 있어 열지 않았습니다. 믿을 수 있는 파일이면 직접 푼 뒤 "
            "그 폴더를 주세요.",
            f"The archive '{path.name}' holds names that lead out of it (../ or an absolute path), so it was not opened. If you trust "
            "it, unpack it yourself and give the folder.",
        )
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise UserError(
            f"압축 파일 '{path.name}'에 암호가 걸려 있습니다. 암호로 직접 푼 뒤 그 폴더를 주세요.",
            f"The archive '{path.name}' is locked with a password. Unpack it yourself and give the folder.",
        )
    if len(members) > most:
        raise UserError(
            f"압축 파일 '{path.name}'에 파일이 {len(members):,}개 있습니다(최대 {most:,}개). 대화 파일만 따로 묶어 주세요.",
            f"The archive '{path.name}' holds {len(members):,} files (at most {most:,}). Pack the chats alone.",
        )
    refuse_bomb(path, [m for m in members if m.file_size > RATIO * max(m.compress_size, 1)])


def _leads_out(name: str) -> bool:
    return ".." in re.split(r"[/\\]", name) or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) is not None


def refuse_bomb(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Raise UserError for members that become far more on disk than they are in the archive."""
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if total <= RATIO_FROM or (total <= MOST_BYTES and total <= RATIO * max(packed, 1)):
        return
    raise UserError(
        f"압축 파일 '{path.name}'은(는) 풀면 {total / 1e6:,.0f} MB({total // max(packed, 1):,}배)가 되어 압축 폭탄일 수 있어 풀지 않았습니다. "
        "믿을 수 있는 파일이면 직접 푼 뒤 그 폴더를 주세요.",
        f"The archive '{path.name}' would become {total / 1e6:,.0f} MB ({total // max(packed, 1):,} times its size), as a zip bomb does, so it "
        "was not unpacked. If you trust it, unpack it yourself and give the folder.",
    )
