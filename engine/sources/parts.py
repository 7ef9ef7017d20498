"""Which of the given files are parts of one export, in which order, and whether they are of one chat. It imports nothing.

Phones split an export into -1, -2 … and repeat the header in each. Several exports of one chat may be given at once, too.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from engine.errors import UserError
from engine.korean.hangul import nfc
from engine.sources.decoding import decode_head
from engine.sources.detect import read_head
from engine.sources.kakao.header import find_header, title_of
from engine.sources.overlap import Overlap
from engine.sources.reader import Record

_NUMBER = re.compile(r"-(\d{1,3})$")
_SECONDS = re.compile(r"-\d\d-\d\d-\d\d$")
"""macOS puts the time of the export at the end of the name: no part number."""
_IN_TITLE = re.compile(r"-(\d{1,3})(?:\.txt)?$")
PEEKED = 5_000
"""Records of a part that are looked at for its speakers."""
SHOWN = 20
"""Missing numbers told."""
FEW = 20
"""Messages at the same time that tell nothing against two exports whose headers name the same room."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an export."""

    path: Path
    series: str
    """Same for all parts of one export."""
    number: int
    """0 for a file without one."""
    title_line: str
    title: str
    """Room or partner in the header, "" when it names none."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export in its parts, in order."""

    parts: tuple[Part, ...]

    @property
    def files(self) -> list[Path]:
        return [part.path for part in self.parts]

    @property
    def title(self) -> str:
        return self.parts[0].title


def arrange(files: Sequence[Path]) -> list[Export]:
    """The exports that the files make up, each with its parts by number: `…-2.txt` before `…-10.txt`."""
    parts = [_part(path) for path in files]
    numbers = [part.number for part in parts]
    if len(parts) > 1 and not any(numbers):
        parts = _numbered_by_title(parts)
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.series, []).append(part)
    return [
        Export(tuple(sorted(group, key=lambda part: (part.number, part.path.name))))
        for _, group in sorted(groups.items())
    ]


def in_order(files: Sequence[Path]) -> list[Path]:
    """All files, parts of one export together and by number."""
    return [path for export in arrange(files) for path in export.files]


def _part(path: Path) -> Part:
    stem = nfc(path.stem)
    found = None if _SECONDS.search(stem) else _NUMBER.search(stem)
    series = f"{path.parent}/{stem[: found.start()] if found else stem}{path.suffix if found else path.name}"
    title_line = _title_line(path)
    return Part(path, series, int(found[1]) if found else 0, title_line, title_of(title_line) or "")


def _title_line(path: Path) -> str:
    head = decode_head(read_head(path)) or ""
    line, _ = find_header(head.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:50])
    return (line or "").strip("\ufeff \t")


def _numbered_by_title(parts: list[Part]) -> list[Part]:
    """Renamed parts still carry their own name in the header, where it holds a number each."""
    found = [_IN_TITLE.search(part.title_line) for part in parts]
    marks = [(part.title_line[: m.start()], int(m[1])) for part, m in zip(parts, found, strict=True) if m]
    if len(set(marks)) < len(parts):
        return parts
    return [
        Part(part.path, series, number, part.title_line, part.title)
        for part, (series, number) in zip(parts, marks, strict=True)
    ]


def missing_parts(exports: Sequence[Export]) -> list[str]:
    """Warnings about part numbers that are not there."""
    told = []
    for export in exports:
        numbers = {part.number for part in export.parts}
        lone = len(numbers) == 1 and not _IN_TITLE.search(export.parts[0].title_line)
        gaps = [] if lone else sorted(set(range(1, max(numbers) + 1)) - numbers)
        if gaps:
            shown = ", ".join(f"-{number}" for number in gaps[:SHOWN])
            told.append(f"나뉜 내보내기에서 빠진 번호가 있습니다: {shown}. 그 파일도 함께 가져오면 대화가 이어집니다.")
    return told


def refuse_strangers(export: Export, read: Callable[[Path], Iterator[Record]]) -> None:
    """Raise UserError when the parts of one export are of different chats, by their headers, else by who speaks."""
    first, *others = export.parts
    speakers: dict[Path, set[str]] = {}
    for part in others:
        named = bool(first.title and part.title)
        if named and first.title == part.title:
            continue
        for one in (first, part):
            if not named and one.path not in speakers:
                speakers[one.path] = {r.speaker for r in islice(read(one.path), PEEKED) if r.speaker}
        same_export = _without_number(first.title_line) == _without_number(part.title_line) != ""
        if named or _are_strangers(speakers[first.path], speakers[part.path], sure=same_export):
            raise _two_chats(first.path, part.path)


def _without_number(title_line: str) -> str:
    return _IN_TITLE.sub("", title_line)


def _are_strangers(one: set[str], other: set[str], *, sure: bool) -> bool:
    """Whether two groups of speakers are of two chats: who exported both is in both. sure: both headers name one export."""
    return min(len(one), len(other)) >= 2 and len(one & other) <= (0 if sure else 1)


def refuse_two_chats(exports: Sequence[Export], overlaps: Sequence[Overlap]) -> None:
    """Raise UserError unless each further export has enough in common with those before it. overlaps: one per further export."""
    for export, overlap in zip(exports[1:], overlaps, strict=True):
        titles = {title for title in (exports[0].title, export.title) if title}
        titled = len(titles) == 1 and exports[0].title == export.title
        stranger = _are_strangers(overlap.old_speakers, overlap.new_speakers, sure=False)
        apart = overlap.is_apart and (titled or (len(titles) < 2 and not stranger))
        little = overlap.common + min(overlap.old_only, overlap.new_only) < FEW
        if not (overlap.is_one_chat or apart or (titled and little)):
            raise _two_chats(exports[0].files[0], export.files[0])


def _two_chats(one: Path, other: Path) -> UserError:
    return UserError(
        f"'{one.name}'과(와) '{other.name}'은(는) 서로 다른 대화입니다(방 이름이나 말한 사람, 겹치는 내용이 다름). 한 대화씩 따로 가져오세요. "
        "아무것도 저장하지 않았습니다.",
        f"'{one.name}' and '{other.name}' are two different chats (other room, other speakers, nothing in common). Import one chat "
        "at a time. Nothing was stored.",
    )
