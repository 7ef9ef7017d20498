"""Lines become records: the message still being written, its further lines, what fits nowhere.

It knows no client's way of writing a message; `MobileChat` and `DesktopChat` do.
"""

from collections.abc import Iterable, Iterator

from engine.sources.kakao.header import RULE, is_saved_line, title_of
from engine.sources.kakao.kinds import body_kind, stamped_line_kind
from engine.sources.reader import ReadReport, Record


class Chat:
    """One pass over the lines of a chat. `push` takes a line and hands back the record it closed, if any.

    A message stays open until the next one begins, because its further lines carry no mark of their own.
    """

    def __init__(self, report: ReadReport, title_line: str | None) -> None:
        self.report = report
        self.names: dict[str, str] = {report.title: report.title} if report.title else {}
        """Senders so far; one string object per name."""
        self.begun = False
        self._title_line = title_line
        self._line_number = 1
        self._open: Record | None = None
        self._kind: str | None = None  # of the open record, where its text does not tell it
        self._alone = True
        self._more: list[str] = []  # further lines of the open record
        self._blanks: list[str] = []
        self._held: list[str] = []  # lines that wait for the next one to tell what they are
        self._held_day: str | None = None

    def know(self, senders: Iterable[str]) -> None:
        """Who speaks here, as far as a first look has told: their lines are messages whatever their time is."""
        self.names.update((name, name) for name in senders)

    def read(self, lines: Iterable[str]) -> Iterator[Record]:
        """All records, in file order. A line may hold "\\n": it then counts as several in the report."""
        for line in lines:
            record = self.push(line)
            if record is not None:
                yield record
            self._line_number += 1 + line.count("\n") if "\n" in line else 1
        record = self._finish()
        if record is not None:
            yield record

    def push(self, line: str) -> Record | None:
        """Take the next line. Returns the record that it closes."""
        raise NotImplementedError

    def forget_day(self) -> None:
        """Another export begins in the same file: dates may go back."""

    def start(
        self, at: str | None, speaker: str | None, text: str, kind: str | None = None, *, alone: bool = False
    ) -> Record | None:
        """Begin a record; returns the one before it. alone: no further line can belong to this one."""
        closed = self._close() if self._more else self._open
        self._open = Record(at, speaker, kind or _kind_of(speaker, text), text)
        self._kind = kind
        self._alone = alone
        if self._blanks:
            self._blanks = []
        self.begun = True
        return closed

    def unparsed(self, line: str) -> Record | None:
        """A line that fits nowhere: counted, kept, never glued to a message."""
        self.report.note_unparsed(self._line_number)
        return self.start(None, None, line, "other", alone=True)

    @property
    def can_append(self) -> bool:
        """Whether a record is open to further lines."""
        return self._open is not None and not self._alone

    def append(self, line: str) -> None:
        """A further line of the open record, with the blank lines before it."""
        if self._blanks:
            self._more.extend(self._blanks)
            self._blanks = []
        self._more.append(line)

    def take_blank(self, line: str) -> None:
        """Content if another line of the same message follows, else layout."""
        (self._held or self._blanks).append(line)

    def end_of_day(self) -> None:
        """A date separator stood here: nothing after it belongs to the message before it."""
        self._alone = True

    def hold(self, line: str, day: str | None = None) -> None:
        """Keep a line back until the next one tells whether it is layout. day: the date it names, if it names one."""
        self.settle(None)
        self._held, self._held_day = [line], day

    def settle(self, at: str | None) -> None:
        """Held lines are layout when they name the day of the next message, else a piece of the last one. at: its time."""
        if not self._held:
            return
        held, self._held = self._held, []
        if self._held_day is None or at is None or at[:10] != self._held_day:
            for line in held:
                if line.strip():
                    self.append(line)
                else:
                    self.take_blank(line)
        self._held_day = None

    def takes_header(self, line: str, *, sure: bool = False) -> bool:
        """Whether the line belongs to a header, at the top or between two exports in one file.

        A title inside a chat is one only if "저장한 날짜" follows, because a person may type it; sure: nobody can have.
        """
        if not self.begun and (line == self._title_line or RULE.fullmatch(line)):
            return True
        if is_saved_line(line) and (sure or not self.begun or (self._held and self._held_day is None)):
            self._held = []
            self.end_of_day()
            if self.begun:
                self.forget_day()
            return True
        if title_of(line) is None:
            return False
        if self.can_append and not sure:
            self.hold(line)
        return True

    def _close(self) -> Record | None:
        """The open record with its further lines."""
        record, self._open = self._open, None
        if record is None or not self._more:
            return record
        text = "\n".join([record.text, *self._more])
        self._more = []
        return Record(record.at, record.speaker, self._kind or _kind_of(record.speaker, text), text)

    def _finish(self) -> Record | None:
        self.settle(f"{self._held_day}T" if self._held_day else None)  # a date at the very end is layout
        return self._close()


def _kind_of(speaker: str | None, text: str) -> str:
    return body_kind(text) if speaker is not None else stamped_line_kind(text)
