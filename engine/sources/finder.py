"""KakaoTalk exports that lie about on this machine, and paths as people type them. It reads no messages and imports nothing."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

from engine.errors import UserError
from engine.korean.hangul import nfc
from engine.sources.archive import ZIP_MARKS, names_in
from engine.sources.detect import HEAD
from engine.sources.gather import refuse_broad
from engine.sources.kakao import KakaoReader
from engine.sources.mail import is_mail

FOLDERS = {"downloads", "다운로드", "desktop", "바탕 화면", "바탕화면", "documents", "문서"}
CLOUD = "onedrive"
"""Windows 11 moves Desktop and Documents into it."""
LIKELY = re.compile(r"kakao|카카오|카톡|^talk_", re.IGNORECASE)
CHATS = (".txt", ".csv", ".eml")
ENDINGS = (*CHATS, ".zip")
PART = re.compile(r"-\d+$")
MOST_ENTRIES = 3_000
"""Entries looked at per folder, and subfolders entered: a Downloads folder of years must not hold a page up."""
MOST_FOLDERS = 200
SHOWN = 8


@dataclass(frozen=True, slots=True)
class FoundExport:
    """One export; `files` are its parts."""

    files: tuple[Path, ...]
    name: str
    bytes: int
    modified: float
    """Seconds since the epoch, of its newest part."""


def find_exports(home: Path, limit: int = SHOWN) -> list[FoundExport]:
    """The newest KakaoTalk exports in the usual folders of `home` and one level below; links are never followed."""
    groups: dict[str, list[os.DirEntry[str]]] = {}
    for entry in _likely_files(home):
        path = Path(entry.path)
        groups.setdefault(f"{path.parent}/{PART.sub('', path.stem)}{path.suffix}", []).append(entry)
    found = sorted((_export(group) for group in groups.values()), key=lambda export: -export.modified)
    return list(islice((export for export in found if _is_chat(export.files[0])), limit))


def _export(entries: list[os.DirEntry[str]]) -> FoundExport:
    stats = [entry.stat(follow_symlinks=False) for entry in entries]
    files = tuple(sorted(Path(entry.path) for entry in entries))
    name = nfc(files[0].name) if len(files) == 1 else nfc(PART.sub("", files[0].stem) + files[0].suffix)
    return FoundExport(files, name, sum(s.st_size for s in stats), max(s.st_mtime for s in stats))


def _is_chat(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    if head.startswith(ZIP_MARKS):
        return any(name.lower().endswith(CHATS) for name in names_in(path))
    return is_mail(head) or KakaoReader().recognises(path, head)


def _likely_files(home: Path) -> Iterator[os.DirEntry[str]]:
    for folder in _usual_folders(home):
        below = []
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                below.append(Path(entry.path))
            elif _is_likely(entry):
                yield entry
        for inner in below[:MOST_FOLDERS]:
            yield from (entry for entry in _entries(inner) if _is_likely(entry))


def _usual_folders(home: Path) -> list[Path]:
    found = []
    for entry in _entries(home):
        if entry.is_dir(follow_symlinks=False) and nfc(entry.name).lower() in (*FOLDERS, CLOUD):
            found.append(Path(entry.path))
    inner = [Path(entry.path) for cloud in found if cloud.name.lower() == CLOUD for entry in _entries(cloud)]
    usual = [path for path in (*found, *inner) if nfc(path.name).lower() in FOLDERS]
    return [path for path in usual if path.is_dir() and not path.is_symlink()]


def _is_likely(entry: os.DirEntry[str]) -> bool:
    name = nfc(entry.name)
    return name.lower().endswith(ENDINGS) and LIKELY.search(name) is not None and entry.is_file(follow_symlinks=False)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing when it may not be read."""
    try:
        with os.scandir(folder) as entries:
            return list(islice(entries, MOST_ENTRIES))
    except OSError:
        return []


_QUOTED = re.compile(r"""["“”]([^"“”\n]+)["“”]|['‘’]([^'‘’\n]+)['‘’]""")


def typed_paths(text: str) -> list[Path]:
    """The files and folders that a typed or pasted text names: one a line, or several in quotes; `~` and file:// are understood.

    Raises UserError for nothing at all, a path that does not begin at the top, one that leads nowhere, a whole disk or home.
    """
    paths = list(dict.fromkeys(path for line in text.splitlines() for path in _paths_of(line.strip())))
    if not paths:
        raise UserError(
            "경로가 비어 있습니다. 탐색기나 Finder에서 파일의 경로를 복사해 붙여 넣으세요.",
            "No path was given. Copy the file's path in Explorer or Finder and paste it here.",
        )
    for path in paths:
        _require_there(path)
    return paths


def _paths_of(line: str) -> list[Path]:
    quoted = [double or single for double, single in _QUOTED.findall(line)]
    rest = _QUOTED.sub("", line).strip(" ,")
    words = quoted if quoted and not rest else [line]  # a quote inside a name is no quotation
    return [_path(word.strip()) for word in words if word.strip()]


def _path(word: str) -> Path:
    if word.lower().startswith("file://"):
        word = unquote(urlsplit(word).path)
        word = word[1:] if re.match(r"/[A-Za-z]:", word) else word
    try:
        path = Path(word).expanduser()
        if not path.exists() and "\\ " in word:
            path = Path(word.replace("\\ ", " ")).expanduser()  # as a terminal writes it
    except (RuntimeError, OSError, ValueError):  # ~nobody, a name too long, a NUL
        return Path(word)
    return path


def _require_there(path: Path) -> None:
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise UserError(
            f"'{path}' 파일이 없습니다. 폴더와 파일 이름을 확인해 주세요.",
            f"There is no file '{path}'. Check the folder and the name.",
        )
    if there and path.is_dir():
        refuse_broad(path)
    if not path.is_absolute():
        raise UserError(
            f"'{path}'은(는) 어느 폴더의 파일인지 알 수 없습니다. 맨 위 폴더부터 다 적어 주세요(예: ~/Downloads/KakaoTalkChats.txt).",
            f"It is not clear in which folder '{path}' lies. Write the whole path (such as ~/Downloads/KakaoTalkChats.txt).",
        )
