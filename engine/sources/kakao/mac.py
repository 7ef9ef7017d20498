"""macOS: a CSV with date, user and message. It knows nothing of files.

Not read with the csv module: exports hold unbalanced quotes, and one of them would swallow the rest of the chat. A row
begins at a date followed by two well-formed fields; pasted rows inside a message have their quotes doubled and do not match.
"""

import re
from collections.abc import Iterable, Iterator

from engine.sources.kakao.kinds import bare_line_kind, body_kind, is_about, stamped_line_kind
from engine.sources.kakao.stamps import clock_of, day_of
from engine.sources.reader import ReadReport, Record

HEADER = re.compile(r'\ufeff?"?Date"?,"?User"?,"?Message"?\s*', re.IGNORECASE)
_ROW = re.compile(r'"?(\d{4}-\d{2}-\d{2}) (\d{1,2}:\d{2})(?::\d{2})?"?,(?:"((?:[^"]|"")*)"|([^",]*)),(.*)')
_BARE_ROW = re.compile(r'(?:""|),(?:""|),(.*)')


class MacChat:
    """Rows such as `2026-05-30 23:58:04,"가온","본문"`; deleted and hidden messages have neither date nor user."""

    def __init__(self, report: ReadReport) -> None:
        self._report = report
        self._names: dict[str, str] = {}
        self._line_number = 0
        self._open: tuple[str | None, str | None] | None = None  # at, speaker
        self._message: list[str] = []  # its raw lines
        self._quotes = 0

    def read(self, lines: Iterable[str]) -> Iterator[Record]:
        """All records, in file order."""
        for line in lines:
            self._line_number += 1
            yield from self._push(line)
        yield from self._close()

    def _push(self, line: str) -> Iterator[Record]:
        row = _ROW.match(line)
        if row:
            yield from self._start_row(row, line)
        elif self._is_bare_row(line):
            yield from self._start(None, None, line.split(",", 2)[2])
        elif self._is_open:
            self._message.append(line)
            self._quotes += line.count('"')
        elif line.strip() and not HEADER.fullmatch(line):
            yield from self._unparsed(line)

    def _start_row(self, row: re.Match[str], line: str) -> Iterator[Record]:
        day, clock = day_of(row[1]), clock_of(row[2])
        if day is None or clock is None:
            yield from self._unparsed(line)
            return
        name = row[3].replace('""', '"') if row[3] is not None else row[4]
        yield from self._start(f"{day}T{clock}", self._names.setdefault(name, name) if name else None, row[5])

    def _is_bare_row(self, line: str) -> bool:
        """Inside an open quote only a known deletion is one: a message may hold a line that begins with commas."""
        match = _BARE_ROW.match(line)
        return match is not None and (not self._is_open or bare_line_kind(_unquoted(match[1])) in ("deleted", "hidden"))

    @property
    def _is_open(self) -> bool:
        """Whether the message's closing quote is still to come."""
        return bool(self._message) and self._message[0].startswith('"') and (self._quotes % 2 == 1 or not self._message[-1].endswith('"'))

    def _start(self, at: str | None, speaker: str | None, message: str) -> Iterator[Record]:
        yield from self._close()
        self._open = (at, speaker)
        self._message = [message]
        self._quotes = message.count('"')

    def _close(self) -> Iterator[Record]:
        if self._open is None:
            return
        (at, speaker), self._open = self._open, None
        text = _unquoted("\n".join(self._message))
        self._message = []
        if speaker is None:
            kind = bare_line_kind(text) if at is None else None
            yield Record(at, None, kind or stamped_line_kind(text), text)
        elif is_about(text, speaker):
            yield Record(at, None, "system", text)
        else:
            yield Record(at, speaker, body_kind(text), text)

    def _unparsed(self, line: str) -> Iterator[Record]:
        yield from self._close()
        self._report.note_unparsed(self._line_number)
        yield Record(None, None, "other", line)


def _unquoted(field: str) -> str:
    """A CSV field as text; a lone opening quote goes too."""
    if not field.startswith('"'):
        return field
    end = len(field) - 1 if len(field) > 1 and field.endswith('"') else len(field)
    return field[1:end].replace('""', '"')
