"""What every reader of a source promises. It knows no format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

SAMPLE_LINES = 20
"""Line numbers of unparsed lines kept in a report."""


class Record(NamedTuple):
    """One message, line or row of a source, in file order. A tuple, because a million of them are made: 0.2 µs each."""

    at: str | None
    """YYYY-MM-DDTHH:MM, local time of the exporter; None = untimed."""
    speaker: str | None
    """As written in the export; None for system lines."""
    kind: str
    """text photo video sticker voice file call link board money search map contact deleted hidden system other."""
    text: str
    """The body; its lines end in "\\n"."""
    meta: dict[str, Any] | None = None


@dataclass(slots=True)
class ReadReport:
    """What a reader found out on its way. `shape`, `encoding` and `title` stand before the first record, the rest after the last."""

    unparsed: int = 0
    unparsed_samples: list[int] = field(default_factory=list)
    """Line numbers, from 1, at most SAMPLE_LINES; never text."""
    warnings: list[str] = field(default_factory=list)
    """Never message text."""
    shape: str = ""
    """Which client wrote it, e.g. "android-ko"."""
    encoding: str = ""
    title: str = ""
    """Name in a chat's header: in a chat between two, the one who did not export it."""

    facts: dict[str, Any] = field(default_factory=dict)
    """What else the reader of a kind tells, by name: `mapping`, `duplicates`, `pages` …; never text of the file."""

    day: str = ""
    """YYYY-MM-DD. Before reading: the day that lines above the first date belong to, in a part that follows another.
    Afterwards: the day of the last record."""

    def note_unparsed(self, line_number: int) -> None:
        self.unparsed += 1
        if len(self.unparsed_samples) < SAMPLE_LINES:
            self.unparsed_samples.append(line_number)


class Reader(Protocol):
    """One kind of source."""

    kind: str

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether this is a file of the kind, by its first bytes, never by its name."""
        ...

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Records in file order, streamed. Raises UserError when the file cannot be one of this kind."""
        ...
