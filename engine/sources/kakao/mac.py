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
_ROW = re.compile(r'"?(\d{4}-\d{2}-\d{2}) (\d{1,2}:\d{2})(?::\d{2})?"?,(?:"([^"]*(?:""[^"]*)*)"|([^",]*)),(.*)')
_BARE_ROW = re.compile(r'(?:""|),(?:""|),(.*)')


class MacChat:
    """Rows such as `2026-05-30 23:58:04,"가온","본문"`; deleted and hidden messages have neither date nor user."""

    def __init__(self, report: ReadReport) -> None:
        self._report = report
        self._names: dict[str, str] = {}
        self._line_number = 0
        self._row: tuple[str | None, str | None, str | None] | None = None  # at, speaker, kind if known
        self._message = ""  # as it stands in the file
        self._more: list[str] = []
        self._is_open = False  # the message's closing quote is still to come

    def read(self, lines: Iterable[str]) -> Iterator[Record]:
        """All records, in file order."""
        for line in lines:
            self._line_number += 1
            record = self._push(line)
            if record is not None:
                yield record
        record = self._close()
        if record is not None:
            yield record

    def _push(self, line: str) -> Record | None:
        row = _ROW.match(line)
        if row is not None:
            return self._dated(row, line)
        if self._is_bare_row(line):
            return self._start(None, None, line.split(",", 2)[2])
        if self._is_open:
            self._more.append(line)
            self._is_open = _lacks_quote("\n".join([self._message, *self._more])) if '"' in line else True
            return None
        if not line.strip() or HEADER.fullmatch(line):
            return None
        return self._unparsed(line)

    def _dated(self, row: re.Match[str], line: str) -> Record | None:
        date, time, quoted, name, message = row.groups()
        day, clock = day_of(date), clock_of(time)
        if day is None or clock is None:
            return self._unparsed(line)
        if quoted is not None:
            name = quoted.replace('""', '"') if '"' in quoted else quoted
        return self._start(f"{day}T{clock}", self._names.setdefault(name, name) if name else None, message)

    def _is_bare_row(self, line: str) -> bool:
        """Inside an open quote only a known deletion is one: a message may hold a line that begins with commas."""
        match = _BARE_ROW.match(line) if line[:1] in (",", '"') else None
        return match is not None and (not self._is_open or bare_line_kind(_unquoted(match[1])) in ("deleted", "hidden"))

    def _unparsed(self, line: str) -> Record | None:
        self._report.note_unparsed(self._line_number)
        closed = self._start(None, None, "", "other")
        self._message = line
        return closed

    def _start(self, at: str | None, speaker: str | None, message: str, kind: str | None = None) -> Record | None:
        closed = self._close()
        self._row = (at, speaker, kind)
        self._message = message
        self._is_open = _lacks_quote(message)
        return closed

    def _close(self) -> Record | None:
        if self._row is None:
            return None
        (at, speaker, kind), self._row = self._row, None
        raw = "\n".join([self._message, *self._more]) if self._more else self._message
        self._more = []
        if kind is not None:
            return Record(at, speaker, kind, raw)
        text = _unquoted(raw)
        if speaker is None:
            return Record(at, None, (bare_line_kind(text) if at is None else None) or stamped_line_kind(text), text)
        if text.startswith(speaker) and is_about(text, speaker):
            return Record(at, None, "system", text)
        return Record(at, speaker, body_kind(text), text)


def _lacks_quote(field: str) -> bool:
    """Whether a quoted field is still open."""
    return field.startswith('"') and (not field.endswith('"') or field.count('"') % 2 == 1)


def _unquoted(field: str) -> str:
    """A CSV field as text; a lone opening quote goes too."""
    if not field.startswith('"'):
        return field
    end = len(field) - 1 if len(field) > 1 and field.endswith('"') else len(field)
    return field[1:end].replace('""', '"')
