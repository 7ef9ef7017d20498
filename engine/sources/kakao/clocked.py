"""Exports with a day on a line of dashes and "오전 9:23, 가온 : 본문" below it. It knows nothing of files.

Known from one public parser only. Read as Windows' form, apart from how a message begins and that system lines carry a time.
"""

import re

from engine.sources.kakao.desktop import DesktopChat
from engine.sources.kakao.stamps import CLOCK, SP, clock_of
from engine.sources.reader import Record

CLOCKED = re.compile(rf"(?P<clock>{CLOCK}),{SP}")
"""What every record begins with; a sender follows, or a system text."""


def is_clocked_message(line: str) -> bool:
    """Whether the line has a time without a day, then a sender."""
    return CLOCKED.match(line) is not None and " : " in line


class ClockedChat(DesktopChat):
    """Lines such as "오전 9:23, 가온 : 본문" under "--------------- 2026년 5월 30일 토요일 ---------------"."""

    def push(self, line: str) -> Record | None:
        match = CLOCKED.match(line)
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
