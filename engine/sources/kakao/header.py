"""The lines above a KakaoTalk export: the title and the day it was saved. It knows nothing of messages."""

import re
from collections.abc import Sequence

_TITLES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<name>.+?)(?: \d+)? ?님과의? 카카오톡 대화(?:-\d+\.txt)?",
        r"(?P<name>.+?) ?\(\d+명\)과의? 카카오톡 대화(?:-\d+\.txt)?",
        r"(?P<name>.+?) 카카오톡 대화(?:-\d+\.txt)?",
        r"KakaoTalk Chats with (?P<name>.+?)(?: \(\d+(?: people)?\))?(?:-\d+\.txt)?",
        r"(?P<name>.+?) (?:with KakaoTalk|Talk) Chats(?:-\d+\.txt)?",
        r"Talk_\d{4}\.\d{1,2}\.\d{1,2} \d{1,2}[:_-]\d{2}-\d+\.txt",
    )
)
_TITLE_ENDS = ("카카오톡 대화", "Chats", ".txt")
_SAVED = re.compile(r"\ufeff?(?:저장한 날짜|Date Saved|Saved Date) ?: ?\S.*")
RULE = re.compile(r"-{5,}\s*")
"""A line of nothing but dashes, which some clients put under the header."""


def title_of(line: str) -> str | None:
    """The room's or partner's name in a title line, "" when the title holds none, None when it is no title line."""
    text = line.strip("\ufeff \t")
    if not text.endswith(_TITLE_ENDS) and not text.startswith("KakaoTalk Chats"):
        return None
    for pattern in _TITLES:
        if found := pattern.fullmatch(text):
            return found.groupdict().get("name") or ""
    return None


def is_saved_line(line: str) -> bool:
    """Whether it is "저장한 날짜 : …" in one of its spellings."""
    return _SAVED.fullmatch(line) is not None


def find_header(lines: Sequence[str]) -> tuple[str | None, bool]:
    """The title line of a file if it has one, and whether there is any header at all.

    lines: the beginning of the file. A title in no known spelling is one when "저장한 날짜" follows it.
    """
    first = [line for line in lines if line.strip()][:3]
    saved = next((place for place, line in enumerate(first) if is_saved_line(line)), None)
    for line in first:
        if title_of(line) is not None:
            return line, True
    if saved:
        return first[saved - 1], True
    return None, saved is not None
