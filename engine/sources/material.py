"""What one import reads: the parts of an export, or several exports of one chat, as one stream. It knows nothing of the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import UserError
from engine.sources.clause import Apart
from engine.sources.detect import choose_reader
from engine.sources.mapped import MAPPED, mapped_kind
from engine.sources.options import DEFAULTS, ReadOptions
from engine.sources.overlap import Overlap, merge_streams
from engine.sources.parts import Export, arrange, missing_parts, refuse_strangers, refuse_two_chats
from engine.sources.reader import Reader, ReadReport, Record

CLAUSE_KINDS = ("chunks", "clauses")


@dataclass(slots=True)
class Material:
    """Files in order with their readers; what reading found out stands in `reports` and `overlaps` afterwards."""

    exports: list[Export]
    readers: dict[Path, Reader]
    warnings: list[str]
    reports: dict[Path, ReadReport] = field(default_factory=dict)
    overlaps: list[Overlap] = field(default_factory=list)
    """Of each export after the first with those before it."""

    @property
    def files(self) -> list[Path]:
        return [path for export in self.exports for path in export.files]

    @property
    def kind(self) -> str:
        return next(iter(self.readers.values())).kind

    def records(self) -> Iterator[Record]:
        """All records, each once; `reports` is filled anew. Raises UserError at the end when the exports are of two chats."""
        self.reports = {path: ReadReport() for path in self.files}
        self.overlaps = [Overlap() for _ in self.exports[1:]]
        stream = self._parts(self.exports[0], self.reports)
        apart = Apart() if self.kind in CLAUSE_KINDS else None
        if apart:
            stream = apart.records(stream)
        for export, overlap in zip(self.exports[1:], self.overlaps, strict=True):
            stream = merge_streams(stream, self._parts(export, self.reports), overlap)
        yield from stream
        if apart:
            apart.tell(self.reports[self.files[-1]])
        if self.overlaps:
            refuse_two_chats(self.exports, self.overlaps)

    def peek(self) -> Iterator[Record]:
        """The records of the first export; leaves no trace."""
        return self._parts(self.exports[0], {path: ReadReport() for path in self.files})

    def shape(self) -> str:
        """Which client wrote the first file."""
        report = ReadReport()
        path = self.files[0]
        self.readers[path].read(path, report)  # known before the first record
        return report.shape

    def _parts(self, export: Export, reports: dict[Path, ReadReport]) -> Iterator[Record]:
        """One part after the other: the first lines of one belong to the last day of the one before."""
        day = ""
        for path in export.files:
            reports[path].day = day
            yield from self.readers[path].read(path, reports[path])
            day = reports[path].day


def prepare(
    files: Sequence[Path], kind: str | None, kinds: Sequence[str], recipe: str, options: ReadOptions = DEFAULTS
) -> Material:
    """Choose readers and order. Raises UserError for files nobody reads, of mixed kinds, or of two chats given as one."""
    readers = {path: choose_reader(path, kind, kinds, options) for path in files}
    found = {reader.kind for reader in readers.values()}
    if len(found) > 1 or not found <= set(kinds):
        if found == {"table"} and (mapped := mapped_kind(kinds)):
            first, second = MAPPED[mapped][0][:2]
            raise UserError(
                f"표의 어느 열이 무엇인지({first}, {second}) 알 수 없습니다. `--preview`로 열을 보고 `--map {first}=열,{second}=열`로 알려 주세요.",
                f"Which columns of the table are {first} and {second} cannot be told. See them with --preview and say so with "
                f"--map {first}=COLUMN,{second}=COLUMN.",
            )
        raise UserError(
            f"파일 종류가 {', '.join(sorted(found))}인데 '{recipe}' 레시피는 {', '.join(kinds)}을(를) 읽습니다. "
            "한 번에 한 종류만, 맞는 레시피로 가져오세요.",
            f"The files are of kind {', '.join(sorted(found))}, but recipe '{recipe}' reads {', '.join(kinds)}. "
            "Import one kind at a time, with the recipe that reads it.",
        )
    if found != {"kakao"}:
        parts = [part for export in arrange(files) for part in export.parts]  # rows of tables are never the same row
        return Material([Export(tuple(parts))], readers, [])
    exports = arrange(files)
    for export in exports:
        refuse_strangers(export, lambda path: readers[path].read(path, ReadReport()))
    return Material(exports, readers, missing_parts(exports))
