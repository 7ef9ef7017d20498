"""A folder or zip as AI Hub hands it out becomes one file of JSON values, a line each: label zips inside are read, licence notes kept.

What is not whole (a download that stopped, parts of an archive) is refused before anything is read. It knows no shape of an item.
"""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from engine.errors import UserError
from engine.korean.hangul import nfc
from engine.sources.aihub import MARK
from engine.sources.archive import ZIP_MARKS, checked_zip, member_name, refuse_bomb
from engine.sources.decoding import decode_head
from engine.sources.json_rows import LARGEST_WHOLE, clean, parsed
from engine.store.open import require_space

ENDINGS = (".json", ".jsonl")
DEEPEST = 8
"""Folders below the given one: AI Hub nests its release, its set, Training, the labels, the label zip's own folders."""
NESTED = 2
MOST_FILES = 500_000
"""The largest text sets of AI Hub hand out a file for each item, some hundred thousand of them."""
LONGEST_NOTE = 2_000
NOTES = 4
HALF = re.compile(
    r"\.(?:part\d*|crdownload|download|partial|aria2|z\d\d|tmp|opdownload)$|\.zip\.\d{3}$|\.part\d+\.rar$", re.I
)
_LICENCE = re.compile(
    r"licen[cs]e|copyright|terms|이용\s?약관|이용\s?정책|이용\s?조건|라이[선센]스|저작권|동의서", re.I
)
_ABOUT = re.compile(r"^(?:readme|read_me|읽어|안내|metadata|메타데이터|dataset_info)", re.I)
_TELLS = re.compile(r"licen[cs]e|copyright|이용|라이[선센]스|저작|출처|재배포|AI\s?Hub|AI\s?허브|NIA|지능정보", re.I)
_KEYS = re.compile(r"^(?:licen[cs]e(?:info|name)?|copyright|라이[선센]스|저작권|이용조건|이용약관)$", re.I)


@dataclass(slots=True)
class Bundle:
    """What is written, and what is told of it."""

    file: IO[str]
    items: int = 0
    broken: list[str] = field(default_factory=list)
    """Files that are no JSON, by name."""
    notes: dict[str, str] = field(default_factory=dict)
    """File to its words on the licence."""
    skipped: int = 0


def refuse_half(path: Path, deepest: int = DEEPEST) -> None:
    """Raise UserError where a download is not whole: a file called a part, an archive without its end."""
    for one in _below(path, deepest) if path.is_dir() else [path] if path.exists() else []:
        if HALF.search(one.name):
            raise _half(path, one)
        if one.suffix.lower() == ".zip" and not zipfile.is_zipfile(one):
            raise _half(path, one)


def bundled(path: Path, folder: Path) -> Path | None:
    """The one file, under `folder`, of all JSON in a folder or zip; None when there is none in it.

    Raises UserError for what is half downloaded, and for archives that must not be opened.
    """
    refuse_half(path)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    made = folder / "aihub.jsonl"
    made.touch(mode=0o600)
    with made.open("w", encoding="utf-8", newline="\n") as file:
        bundle = Bundle(file)
        if path.is_dir():
            files = list(_below(path, DEEPEST))
            require_space(folder, sum(one.stat().st_size for one in files if _wanted(one.name)))
            for one in files:
                _take(one, one.relative_to(path).as_posix(), bundle, folder)
        else:
            _open(path, path.name, bundle, folder, 0)
        if not bundle.items:
            return None
        told = {"broken": bundle.broken, "notes": bundle.notes, "skipped": bundle.skipped}
        file.write(f'{MARK}"", "told": {json.dumps(told, ensure_ascii=False)}}}\n')
    return made


def _below(top: Path, deepest: int) -> Iterator[Path]:
    """Files of a folder and those below, in order of name; links are not followed."""
    seen = 0
    for folder, below, names in os.walk(top):
        depth = len(Path(folder).relative_to(top).parts)
        below[:] = sorted(name for name in below if not name.startswith(".") and depth < deepest)
        for name in sorted(names):
            one = Path(folder) / name
            if name.startswith(".") or one.is_symlink() or not one.is_file():
                continue
            seen += 1
            if seen > MOST_FILES:
                raise UserError(
                    f"폴더 '{top.name}'에 파일이 {MOST_FILES:,}개보다 많습니다. 데이터셋 하나의 폴더만 주세요.",
                    f"The folder '{top.name}' holds more than {MOST_FILES:,} files. Give the folder of one data set.",
                )
            yield one


def _take(path: Path, shown: str, bundle: Bundle, folder: Path) -> None:
    """One file of a folder."""
    name = nfc(path.name)
    if not _wanted(name):
        bundle.skipped += 1
        return
    with path.open("rb") as file:
        if file.read(4).startswith(ZIP_MARKS):
            _open(path, shown, bundle, folder, 0)
        else:
            file.seek(0)
            _add(nfc(shown), path.stat().st_size, file, bundle)


def _open(path: Path, shown: str, bundle: Bundle, folder: Path, depth: int) -> None:
    """The JSON of an archive, and of the archives inside it."""
    with checked_zip(path, MOST_FILES) as (archive, members):
        wanted = [(name, member) for member in members if _wanted(name := member_name(member))]
        bundle.skipped += len(members) - len(wanted)
        refuse_bomb(path, [member for _, member in wanted])
        require_space(folder, sum(member.file_size for _, member in wanted))
        for name, member in sorted(wanted, key=lambda one: one[0]):
            with archive.open(member) as body:
                if not name.lower().endswith(".zip"):
                    _add(f"{shown}/{name}", member.file_size, body, bundle)
                elif depth < NESTED:
                    inner = folder / f"inner{depth}.zip"
                    with inner.open("wb") as copy:
                        shutil.copyfileobj(body, copy, 1 << 20)
                    _open(inner, f"{shown}/{name}", bundle, folder, depth + 1)
                    inner.unlink()


def _wanted(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    if name.startswith("__MACOSX") or last.startswith("."):
        return False
    return last.lower().endswith((*ENDINGS, ".zip")) or _is_note(last)


def _is_note(name: str) -> bool:
    return bool(_LICENCE.search(name) or _ABOUT.match(name)) and name.lower().endswith(
        (".txt", ".md", "licence", "license", "readme")
    )


def _add(shown: str, size: int, body: IO[bytes], bundle: Bundle) -> None:
    name = shown.rsplit("/", 1)[-1]
    if _is_note(name):
        _note(shown, body.read(64 << 10), bundle)
        return
    values = _values(body.read(LARGEST_WHOLE)) if size <= LARGEST_WHOLE else None
    if not values:
        bundle.broken.append(shown)
        return
    for value in values:
        _licences(value, bundle)
        line = json.dumps({"aihub_file": shown, "item": clean(value)}, ensure_ascii=False)
        bundle.file.write(line + "\n")
        bundle.items += 1


def _values(body: bytes) -> list[Any] | None:
    """The JSON values of a file: one, or the objects of its lines where most lines are one; None for what is no JSON."""
    text = _decoded(body)
    if text is None:
        return None
    if (whole := parsed(text)) is not None:
        return [whole]
    lines = [line for line in text.split("\n") if line.strip()]
    found = [value for value in map(parsed, lines) if isinstance(value, dict)]
    return found if 2 * len(found) > len(lines) else None


def _decoded(body: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp949", "utf-16"):
        if encoding != "utf-16" or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
            try:
                return body.decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def _note(shown: str, body: bytes, bundle: Bundle) -> None:
    """A licence file whole, of a readme the lines on its use."""
    text = (decode_head(body) or "").lstrip("\ufeff").strip()
    if not _LICENCE.search(shown.rsplit("/", 1)[-1]):
        text = "\n".join(line.strip() for line in text.splitlines() if _TELLS.search(line))
    if text and len(bundle.notes) < NOTES:
        bundle.notes[shown] = clean(text)[:LONGEST_NOTE]


def _licences(value: Any, bundle: Bundle, depth: int = 3) -> None:
    """What a JSON itself says of its licence, each wording once."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, dict) and depth:
            _licences(inner, bundle, depth - 1)
        elif isinstance(inner, str) and _KEYS.match(re.sub(r"[\W_]+", "", str(key))):
            words = clean(inner.strip())[:LONGEST_NOTE]
            if words and words not in bundle.notes.values() and len(bundle.notes) < NOTES:
                bundle.notes[f"{key}"] = words


def _half(given: Path, part: Path) -> UserError:
    return UserError(
        f"'{given.name}'에서 내려받다 만 파일 '{part.name}'({part.stat().st_size / 1e6:,.1f} MB)이 있어 아무것도 읽지 않았습니다. 다시 끝까지 내려받으세요. "
        "나뉘어 받은 zip(.part0, .z01 등)이면 AI Hub 안내대로 하나로 합친 뒤 나뉜 파일을 지우세요.",
        f"'{given.name}' holds the unfinished download '{part.name}' ({part.stat().st_size / 1e6:,.1f} MB), so nothing was read. Download it "
        "to its end. If it is a part of a divided zip (.part0, .z01 …), join the parts as AI Hub tells and delete them.",
    )
