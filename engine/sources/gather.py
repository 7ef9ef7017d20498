"""Folders, zip archives and mails become plain files: the chats in them, nothing else. It reads no message.

A chat in a folder is recognised by its header, never by its name: "save as documents" puts what people shared beside it.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.config import cache_folder
from engine.errors import UserError
from engine.korean.hangul import nfc
from engine.sources.aihub import AIHUB, knows_any
from engine.sources.aihub_folder import bundled, refuse_half
from engine.sources.archive import ZIP_MARKS, Unpacked, unpack_zip
from engine.sources.decoding import decode_head, survey_file
from engine.sources.detect import (
    HEAD,
    READERS,
    choose_reader,
    is_read_as_bytes,
    no_items,
    read_head,
    refuse_unknown_kind,
)
from engine.sources.kakao.shape import has_header
from engine.sources.mail import is_mail, unpack_mail
from engine.sources.reader import Reader
from engine.store.clause_records import WRITTEN

MOST_FILES = 20_000
DEEPEST = 4
"""Folders below the given one that are looked into."""
DAY = 86_400.0


@dataclass(slots=True)
class Gathered:
    """Plain files to read."""

    files: list[Path]
    warnings: list[str] = field(default_factory=list)


@contextmanager
def gathered(store: Path, job_id: str, given: Sequence[Path], kinds: Sequence[str]) -> Iterator[Gathered]:
    """The files of what was given; those unpacked lie beside the store, readable by the owner alone, until the end.

    kinds: of source, of which one is looked for in folders and archives. Raises UserError for an archive that must not be
    opened and for a folder, archive or mail without a chat in it.
    """
    folder = cache_folder(store) / "unpacked" / job_id
    _sweep(folder)
    found = Gathered([])
    try:
        for number, path in enumerate(given):
            found.files += _plain(path, folder / str(number), kinds, found.warnings)
        found.files = list({file.resolve(): file for file in found.files}.values())  # a file beside its folder: once
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_readable(path: Path, kind: str | None = None, kinds: Sequence[str] = ()) -> None:
    """Raise UserError for what can be seen to be unreadable without a job: a photo, an empty file, letters of no encoding.

    What a folder, an archive or a mail holds is seen when it is opened; only half of a download is seen by names alone.
    """
    refuse_unknown_kind(kind)
    if path.is_dir():
        refuse_broad(path)
    if kind == AIHUB or (kind is None and AIHUB in kinds):
        refuse_half(path)
    if path.is_dir():
        return
    head = read_head(path)
    if not head.startswith(ZIP_MARKS) and not is_mail(head):
        choose_reader(path, kind, kinds)
        if not is_read_as_bytes(head):
            survey_file(path)


def refuse_broad(folder: Path) -> None:
    """Raise UserError for a whole disk or a whole home: nobody means to have every file in it opened."""
    if folder.resolve() in (Path(folder.resolve().anchor), Path.home().resolve()):
        raise UserError(
            f"'{folder}'은(는) 너무 넓은 폴더입니다. 대화 파일이 든 폴더까지 적어 주세요.",
            f"The folder '{folder}' is too broad. Name the folder that holds the chat.",
        )


def _sweep(own: Path) -> None:
    """What a killed import left: one's own at once, another's after a day."""
    shutil.rmtree(own, ignore_errors=True)
    for other in own.parent.iterdir() if own.parent.is_dir() else ():
        if time.time() - other.stat().st_mtime > DAY:
            shutil.rmtree(other, ignore_errors=True)


def _plain(path: Path, folder: Path, kinds: Sequence[str], warnings: list[str]) -> list[Path]:
    if AIHUB in kinds and (made := _of_aihub(path, folder, kinds)):
        return [made]
    if path.is_dir():
        found = _of_folder(path, folder, kinds)
    else:
        head = read_head(path)
        if head.startswith(ZIP_MARKS):
            found = _of_zip(path, folder, kinds)
        elif is_mail(head):
            found = _of_mail(path, folder, kinds)
        else:
            return [path]
    if not found.files:
        raise _nothing(path, found, kinds)
    warnings += _told(path, found, kinds)
    return found.files


def _of_aihub(path: Path, folder: Path, kinds: Sequence[str]) -> Path | None:
    """All JSON of a folder or zip as one file; None where there is none, or nothing in it is known among several kinds."""
    if path.is_dir():
        refuse_broad(path)
    elif not read_head(path).startswith(ZIP_MARKS):
        return None
    made = bundled(path, folder)
    return made if made and (len(kinds) == 1 or knows_any(made)) else None


def _of_folder(top: Path, folder: Path, kinds: Sequence[str]) -> Unpacked:
    refuse_broad(top)
    found = Unpacked()
    wanted = _Wanted(kinds)
    for path in _files_below(top, found):
        try:
            with path.open("rb") as file:
                head = file.read(HEAD)
        except OSError:
            found.unreadable += 1
            continue
        if head.startswith(ZIP_MARKS):
            found.archives += 1
        elif is_mail(head):
            inner = _of_mail(path, folder / f"mail{len(found.files)}", kinds)
            found.files += inner.files
            found.skipped += inner.skipped + (not inner.files)
        elif wanted(path, head):
            found.files.append(path)
        else:
            found.skipped += 1
    return _best(found, kinds)


def _files_below(top: Path, found: Unpacked) -> Iterator[Path]:
    """Files of a folder and those below, in order of name; links are not followed, what cannot be entered is counted."""
    waiting, seen = [(top, 0)], 0
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError:
            found.unreadable += 1
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            if entry.is_dir() and depth < DEEPEST:
                waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file():
                seen += 1
                if seen > MOST_FILES:
                    raise UserError(
                        f"폴더 '{top.name}'에 파일이 {MOST_FILES:,}개보다 많습니다. 대화 파일이 든 폴더만 주세요.",
                        f"The folder '{top.name}' holds more than {MOST_FILES:,} files. Give the folder of the chat alone.",
                    )
                yield Path(entry.path)


def _of_zip(path: Path, folder: Path, kinds: Sequence[str]) -> Unpacked:
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    wanted = _Wanted(kinds)
    found = unpack_zip(path, folder, lambda name, head: wanted(name, head) or is_mail(head))
    mails = [file for file in found.files if is_mail(read_head(file))]
    found.files = [file for file in found.files if file not in mails]
    for number, mail in enumerate(mails):
        inner = _of_mail(mail, folder / f"mail{number}", kinds)
        found.files += inner.files
        found.skipped += inner.skipped + (not inner.files)
    return _best(found, kinds)


def _of_mail(path: Path, folder: Path, kinds: Sequence[str]) -> Unpacked:
    folder.mkdir(parents=True, mode=0o700)
    return _best(unpack_mail(path, folder, _Wanted(kinds)), kinds)


class _Wanted:
    """Whether a reader of one of the kinds recognises a file."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.readers = [reader for reader in READERS if reader.kind in kinds]

    def __call__(self, path: Path, head: bytes) -> bool:
        return any(reader.recognises(path, head) for reader in self.readers)


def _best(found: Unpacked, kinds: Sequence[str]) -> Unpacked:
    """The files of one kind, the most particular; of chats those with a header, if any has one."""
    heads = {path: read_head(path) for path in found.files}
    by_reader = [_recognised(reader, heads) for reader in READERS if reader.kind in kinds]
    files = next((files for files in by_reader if files), [])
    headed = [path for path in files if has_header(decode_head(heads[path]) or "")]
    chosen = headed or files
    found.skipped += len(found.files) - len(chosen)
    found.files = chosen
    return found


def _recognised(reader: Reader, heads: dict[Path, bytes]) -> list[Path]:
    return [path for path, head in heads.items() if reader.recognises(path, head)]


def _told(path: Path, found: Unpacked, kinds: Sequence[str]) -> list[str]:
    chats = not set(kinds) & {AIHUB, *WRITTEN}
    name, wanted = nfc(path.name), "대화가" if chats else "문항이" if AIHUB in kinds else "약관이나 질문·답변이"
    told = []
    if found.skipped:
        told.append(f"'{name}'에서 {wanted} 아닌 파일 {found.skipped}개를 건너뛰었습니다.")
    if found.archives:
        told.append(f"'{name}' 안의 압축 파일 {found.archives}개는 열지 않았습니다.")
    if found.unreadable:
        told.append(f"'{name}'에서 읽을 권한이 없는 {found.unreadable}곳을 건너뛰었습니다.")
    return told


def _nothing(path: Path, found: Unpacked, kinds: Sequence[str]) -> UserError:
    if AIHUB in kinds:
        return no_items(path.name)
    looked = found.skipped + found.archives + found.unreadable
    nested_ko = f" 그 안의 압축 파일 {found.archives}개는 열지 않습니다: 먼저 푸세요." if found.archives else ""
    nested_en = f" The {found.archives} archives inside it are not opened: unpack them first." if found.archives else ""
    if set(kinds) & set(WRITTEN):
        return UserError(
            f"'{path.name}' 안에서 약관이나 질문·답변 파일을 찾지 못했습니다(살펴본 파일 {looked}개, 읽을 수 없는 곳 {found.unreadable}개).{nested_ko} "
            "chunked_data.jsonl, 약관 글이나 PDF, 질문과 답변의 표를 주세요. 한글(hwpx)이나 워드(docx) 문서는 PDF로 저장해 주세요.",
            f"No clauses and no questions with answers were found in '{path.name}' ({looked} files looked at, {found.unreadable} "
            f"unreadable).{nested_en} Give chunked_data.jsonl, a policy as text or PDF, or a table of questions and answers. Save a "
            "word processor's file (docx, hwpx) as PDF.",
        )
    return UserError(
        f"'{path.name}' 안에서 카카오톡 대화를 찾지 못했습니다(살펴본 파일 {looked}개, 읽을 수 없는 곳 {found.unreadable}개).{nested_ko} "
        "'대화 내보내기'로 받은 txt·csv 파일을 주세요.",
        f"No KakaoTalk chat was found in '{path.name}' ({looked} files looked at, {found.unreadable} unreadable).{nested_en} Give the "
        "txt or csv file that 'Export chat' wrote.",
    )
