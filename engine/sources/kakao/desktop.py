"""Windows: dates stand on lines of their own, messages carry a sender and a time. It knows nothing of files.

System lines carry no time. Every line without a mark continues the message before it.
"""

import re

from engine.sources.kakao.chat import Chat
from engine.sources.kakao.kinds import bare_line_kind, is_notice
from engine.sources.kakao.stamps import CLOCK, SP, clock_of, day_line
from engine.sources.reader import ReadReport, Record

MESSAGE = re.compile(rf"\[(.+?)\] \[({CLOCK})\](?: |(?=\n)|$)")
"""The leftmost "] [" before a time ends the name, which may hold brackets itself. Body follows."""
DATE = re.compile(rf"-{{3,}}{SP}?(.+?){SP}?-{{3,}}\s*")


class DesktopChat(Chat):
    """Lines such as "[가온] [오후 11:58] 본문" under "--------------- 2026년 5월 30일 토요일 ---------------"."""

    def __init__(self, report: ReadReport, title_line: str | None) -> None:
        super().__init__(report, title_line)
        self.undated = 0
        """Messages before the first date."""
        self._day: str | None = None
        self._last_at = ""

    def push(self, line: str) -> Record | None:
        match = MESSAGE.match(line)
        if match is None:
            return self._unmarked(line)
        self.settle(None)
        clock = clock_of(match[2])
        if clock is None:
            return self.unparsed(line)
        return self._message(line, match[1], clock, match.end())

    def forget_day(self) -> None:
        self._day = None
        self._last_at = ""

    def _message(self, line: str, name: str, clock: str, start: int) -> Record | None:
        at = f"{self._day}T{clock}" if self._day else None
        if at is None:
            self.undated += 1
        elif at < self._last_at and name not in self.names and self.can_append:
            self.append(line)  # an older line of a stranger: pasted from another chat
            return None
        else:
            self._last_at = at
        return self.start(at, self.names.setdefault(name, name), line[start:])

    def _unmarked(self, line: str) -> Record | None:
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
        if day is None or (self._day is not None and day <= self._day and self.can_append):
            return False
        self.settle(None)
        self._day = day if self._day is None else max(day, self._day)
        self.end_of_day()
        return True
