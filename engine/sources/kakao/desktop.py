"""Windows: dates stand on lines of their own, messages carry a sender and a time. It knows nothing of files.

System lines carry no time. Every line without a mark continues the message before it. Text shared out of a chat looks the
same, but may carry the date in every mark.
"""

import re

from engine.sources.kakao.chat import Chat
from engine.sources.kakao.kinds import bare_line_kind, is_notice
from engine.sources.kakao.stamps import DATED_CLOCK, SP, clock_of, day_line, day_of
from engine.sources.reader import ReadReport, Record

MESSAGE = re.compile(rf"\[(?P<name>.+?)\] \[{DATED_CLOCK}\](?: |(?=\n)|$)")
"""The leftmost "] [" before a time ends the name, which may hold brackets itself. Body follows."""
DATE = re.compile(rf"-{{3,}}{SP}?(.+?){SP}?-{{3,}}\s*")


class DesktopChat(Chat):
    """Lines such as "[가온] [오후 11:58] 본문" under "--------------- 2026년 5월 30일 토요일 ---------------"."""

    def __init__(self, report: ReadReport, title_line: str | None) -> None:
        super().__init__(report, title_line)
        self.undated = 0
        """Messages before the first date."""
        self.day: str | None = report.day or None
        self._last_at = ""
        self._clocks: dict[str, str] = {}  # times so far with what ends them: a chat has 1,440 at most

    def push(self, line: str) -> Record | None:
        end = line.find("] [", 2)
        close = line.find("]", end + 3) + 2
        clock = self._clocks.get(line[end + 3 : close])
        if clock is not None and end > 0 and self.day and line[0] == "[" and line[1:end] in self.names:
            self.settle(None)  # a name and a time that were understood, if not together
            return self.take_message(line, line[1:end], f"{self.day}T{clock}", close)
        match = MESSAGE.match(line)
        if match is None:
            return self.take_unmarked(line)
        self.settle(None)
        name, date, time = match.group("name", "date", "clock")
        clock = clock_of(time)
        if clock and not date and match[0].endswith("] "):
            self._clocks[f"{time}] "] = clock
        day = day_of(date) if date else self.day
        if clock is None or (date and day is None):
            return self.unparsed(line)
        return self.take_message(line, name, f"{day}T{clock}" if day else None, match.end())

    def forget_day(self) -> None:
        self.day = None
        self._last_at = ""

    def take_message(self, line: str, name: str, at: str | None, start: int) -> Record | None:
        """A message whose body begins at `start`, unless it is a quote."""
        if at is None:
            self.undated += 1
        elif at < self._last_at and name not in self.names and self.can_append:
            self.append(line)  # an older line of a stranger: pasted from another chat
            return None
        else:
            self._last_at = at
            self.day = at[:10]
        return self.start(at, self.names.setdefault(name, name), line[start:])

    def take_unmarked(self, line: str) -> Record | None:
        """A line that begins no message: blank, a date, a header, a system line, or a piece of the message before."""
        if not line or line.isspace():
            self.take_blank(line)
            return None
        if self._takes_day(line) or self.takes_header(line):
            return None
        self.settle(None)
        kind = bare_line_kind(line)
        if kind is not None:
            return self.start(None, None, line, kind, alone=not is_notice(line))
        if self.can_append:
            self.append(line)
            return None
        return self.unparsed(line)

    def _takes_day(self, line: str) -> bool:
        """Whether the line is a date separator. A person may type one, so inside a chat the day must move forward."""
        match = DATE.fullmatch(line) if line[0] == "-" else None
        day = day_line(match[1]) if match else None
        if day is None or (self.day is not None and day <= self.day and self.can_append):
            return False
        self.settle(None)
        self.day = day if self.day is None else max(day, self.day)
        self.end_of_day()
        return True
