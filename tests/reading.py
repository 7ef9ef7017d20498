"""Reads a source in a test: bytes or text in, records and report out."""

from pathlib import Path

from engine.sources.detect import choose_reader
from engine.sources.reader import ReadReport, Record

Row = tuple[str | None, str | None, str, str]
"""at, speaker, kind, text"""


def read_file(path: Path, kind: str | None = None) -> tuple[list[Record], ReadReport]:
    report = ReadReport()
    return list(choose_reader(path, kind).read(path, report)), report


def read_text(
    folder: Path, text: str, encoding: str = "utf-8", kind: str | None = None
) -> tuple[list[Row], ReadReport]:
    """A file of exactly this text, whose line ends are kept, under a name that says nothing."""
    path = folder / "source"
    path.write_bytes(text.encode(encoding))
    records, report = read_file(path, kind)
    return [(record.at, record.speaker, record.kind, record.text) for record in records], report
