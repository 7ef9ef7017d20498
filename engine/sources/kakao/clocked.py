"""Exports with a day on a line of dashes and "오전 9:23, 가온 : 본문" below it. It knows nothing of files.

Known from one public parser only, so the day may stand between dashes or between two lines of dashes. Read as Windows' form,
apart from how a message begins and that system lines carry a time.
"""

import re

from engine.sources.kakao.desktop import DesktopChat
from engine.sources.kakao.header import RULE
from engine.sources.kakao.stamps import CLOCK, SP, clock_of, day_line
from engine.sources.reader import Record

CLOCKED = re.compile(rf"(?P<clock>{CLOCK}),{SP}")
"""What every record begins with; a sender follows, or a system text."""


def is_clocked_message(line: str) -> bool:
    """Whether the line has a time without a day, then a sender."""
    return CLOCKED.match(line) is not None and " : " in line


class ClockedChat(DesktopChat):
    """Lines such as "오전 9:23, 가온 : 본문" under "--------------- 2026년 5월 30일 토요일 ---------------"."""

    _rule: str | None = None
    """A line of dashes that waits for the next one: layout above a day, else somebody's."""

    def push(self, line: str) -> Record | None:
        match = CLOCKED.match(line)
        if match is None and self._takes_block(line):
            return None
        if self._rule is not None:
            self.append(self._rule)
            self._rule = None
        if match is None:
            return self.take_unmarked(line)
        self.settle(None)
        clock = clock_of(match["clock"])
        if clock is None:
            return self.unparsed(line)
        at = f"{self.day}T{clock}" if self.day else None
        end = line.find(" : ", match.end())
        if end < 0 and line.endswith(" :"):
            end = len(line) - 2
        if end < 0 or "\n" in line[match.end() : end]:
            return self.start(at, None, line[match.end() :])
        self.undated += at is None
        name = line[match.end() : end]
        return self.start(at, self.names.setdefault(name, name), line[end + 3 :])

    def _takes_block(self, line: str) -> bool:
        """Whether the line belongs to a day between two lines of dashes; the day must move forward."""
        if RULE.fullmatch(line):
            self._rule = line if self.can_append and self._rule is None else None
            return True
        day = day_line(line)
        if day is None or (self.day is not None and day <= self.day and self.can_append):
            return False
        self._rule, self.day = None, max(day, self.day or "")
        self.end_of_day()
        return True

    def _finish(self) -> Record | None:
        if self._rule is not None:
            self.append(self._rule)
        return super()._finish()
