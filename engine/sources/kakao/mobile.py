"""Android and iOS: every message carries its own date. It knows nothing of files.

In a genuine export CRLF ends a message and a bare LF stands inside one, so every record begins with a stamp. In a file
whose line ends were rewritten, a line without a stamp continues the message before it.
"""

import re
from collections.abc import Sequence

from engine.sources.kakao.chat import Chat
from engine.sources.kakao.kinds import bare_line_kind, is_photo_name, stamped_line_kind
from engine.sources.kakao.stamps import clock_of, day_line, day_of
from engine.sources.reader import ReadReport, Record

Stamp = tuple[re.Pattern[str], int, int]
"""A pattern and the numbers of its day and clock groups; its third group is what ends it."""


class MobileChat(Chat):
    """Lines such as "2026년 5월 30일 오후 11:58, 가온 : 본문"."""

    def __init__(self, report: ReadReport, title_line: str | None, stamps: Sequence[Stamp], *, whole: bool) -> None:
        """stamps: the most frequent of the file first. whole: every line is a whole record, its "\\n" are the sender's."""
        super().__init__(report, title_line)
        self._stamps = stamps
        self._whole = whole
        self._odd_names = [name for name in self.names if " : " in name]
        self._last_at = ""
        self._day_text, self._day = "\0", ""  # the last stamp's beginning, as written and as the day it names
        self._clocks: dict[str, str] = {}  # the ends of stamps so far, with their commas: a chat has 1,440 at most

    def push(self, line: str) -> Record | None:
        if line.startswith(self._day_text):
            start = line.find(",", len(self._day_text)) + 2
            clock = self._clocks.get(line[len(self._day_text) : start])
            if clock is not None:  # a day and a time that were understood, if not together
                return self._said(line, self._day + clock, start)
        for pattern, day_group, clock_group in self._stamps:
            match = pattern.match(line)
            if match is not None:
                day, clock = day_of(match[day_group]), clock_of(match[clock_group])
                if day is None or clock is None:
                    self.settle(None)
                    return self.unparsed(line)
                if match[3][0] == ":":
                    return self._happened(line, f"{day}T{clock}", match.end())
                if day_group < clock_group:
                    begin = match.start(clock_group)
                    self._day_text, self._day = line[:begin], f"{day}T"
                    self._clocks[line[begin : match.end()]] = clock
                return self._said(line, f"{day}T{clock}", match.end())
        return self._unstamped(line)

    def forget_day(self) -> None:
        self._last_at = ""

    def _said(self, line: str, at: str, start: int) -> Record | None:
        """A message, or an Android system line: those have no " : "."""
        end = line.find(" : ", start)
        name = self.names.get(line[start:end]) if end >= 0 and not self._odd_names else None
        if name is None:
            end = self._name_end(line, start)
            if end < 0:
                return self._happened(line, at, start, certain=False)
            name = line[start:end]
        if self._held:
            self.settle(at)
        if at < self._last_at and not self._whole and name not in self.names and self.can_append:
            self.append(line)  # an older line of a stranger: pasted from another chat
            return None
        self._last_at = at
        return self.start(at, self.names.setdefault(name, name), line[end + 3 :])

    def _happened(self, line: str, at: str, start: int, *, certain: bool = True) -> Record | None:
        """A system line. certain: it has iOS's colon; else it may be a typed date with an appointment."""
        self.settle(at)
        text = line[start:]
        if not (certain or self._whole) and self.can_append and _is_appointment(text):
            self.append(line)
            return None
        self._last_at = at
        return self.start(at, None, text)

    def _name_end(self, line: str, start: int) -> int:
        """Where the sender's name ends: at the first " : ", unless the title says that the name holds one. -1: no sender."""
        for name in self._odd_names:
            if line.startswith(f"{name} : ", start):
                return start + len(name)
        end = line.find(" : ", start)
        if end < 0 and line.endswith(" :"):
            end = len(line) - 2
        return -1 if "\n" in line[start:end] else end

    def _unstamped(self, line: str) -> Record | None:
        if not line or line.isspace():
            self.take_blank(line)
            return None
        if self.takes_header(line, sure=self._whole):
            return None
        self.settle(None)
        day = day_line(line)
        if day is not None and self._takes_day(day, line):
            return None
        kind = bare_line_kind(line)
        if kind in ("deleted", "hidden") or (kind and (self._whole or not self.begun)):
            return self.start(None, None, line, kind, alone=True)
        if self.can_append and (not self._whole or is_photo_name(line)):
            self.append(line)
            return None
        return self.unparsed(line)

    def _takes_day(self, day: str, line: str) -> bool:
        """Whether the line is a date separator, not something typed.

        A typed date cannot begin a whole record. Elsewhere the day must move forward, and the next message must be of it.
        """
        if self._whole or not self.can_append:
            return True
        if day > self._last_at[:10]:
            self.hold(line, day)
            return True
        return False


def _is_appointment(text: str) -> bool:
    """Whether it says nothing that a client writes, so that the date before it was typed."""
    return stamped_line_kind(text) == "system" and "님" not in text and not text.rstrip().endswith(".")
