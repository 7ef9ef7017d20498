"""Which client wrote an export and what ends its records, learned from the first megabyte. It reads no messages."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.sources.decoding import Survey
from engine.sources.kakao.clocked import is_clocked_message
from engine.sources.kakao.desktop import DATE, MESSAGE
from engine.sources.kakao.header import find_header, is_saved_line, title_of
from engine.sources.kakao.mac import HEADER
from engine.sources.kakao.mobile import Stamp
from engine.sources.kakao.senders import desktop_lines, mobile_lines, regular_senders
from engine.sources.kakao.stamps import ENGLISH_STAMP, NUMERIC_STAMP, TIME_FIRST_STAMP, clock_of, day_line, day_of

STAMPS: tuple[Stamp, ...] = ((NUMERIC_STAMP, 1, 2), (ENGLISH_STAMP, 1, 2), (TIME_FIRST_STAMP, 2, 1))
FIRST_LINES = 12
"""Lines that are not blank among which a chat without a header must show a message."""
STRAYS = 3
"""Lines between CRLFs without a stamp that a chat may have before its line ends are doubted: an unknown title and the like."""
_DOTTED = {"년": "android-ko", ".": "ios-ko", "-": "mobile-iso", "/": "mobile-iso"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What has to be known before reading."""

    name: str
    """android-ko android-en ios-ko ios-en mobile-iso pc-ko pc-en pc-mixed shared clocked mac-csv; no-messages when there is
    only a header."""
    family: str
    """mobile, desktop, clocked or mac; "" when this is no KakaoTalk export."""
    title_line: str | None = None
    title: str = ""
    stamps: tuple[Stamp, ...] = STAMPS
    at_crlf: bool = False
    """Only CRLF ends a record; a bare LF is the sender's."""
    senders: frozenset[str] = frozenset()
    """Who speaks in the sample, without those who are only quoted."""


def is_chat(head: str) -> bool:
    """Whether the beginning of a text is that of a KakaoTalk export."""
    lines = [line for line in _lines(head) if line.strip()][:FIRST_LINES]
    return bool(lines) and (
        HEADER.fullmatch(lines[0]) is not None
        or find_header(lines)[1]
        or any(map(_is_message, lines))
        or _is_dated_clock(lines)
    )


def has_header(head: str) -> bool:
    """Whether the beginning of a text holds the header of an export, not only something like a message."""
    lines = [line for line in _lines(head) if line.strip()][:FIRST_LINES]
    return bool(lines) and (HEADER.fullmatch(lines[0]) is not None or find_header(lines)[1])


def learn_shape(sample: str, survey: Survey) -> Shape:
    """sample: the beginning of the file, line ends as they are. survey: of the whole file."""
    lines = _lines(sample)
    first = next((line for line in lines if line.strip()), "")
    if HEADER.fullmatch(first):
        return Shape("mac-csv", "mac")
    title_line, has_header = find_header(lines[:50])
    title = title_of(title_line or "") or ""
    family = next((family for line in lines if (family := _family_of(line))), "")
    if family == "dated":  # the day stands alone: the first message tells what is below it
        family = next((family for line in lines if (family := _family_of(line)) not in ("", "dated")), "desktop")
    if family == "clocked":
        at_crlf = _ends_at_crlf(sample, survey, lambda line: "-" * is_clocked_message(line), strict=False)
        return Shape("clocked", family, title_line, title, at_crlf=at_crlf)
    if family == "desktop":
        at_crlf = _ends_at_crlf(sample, survey, lambda line: "-" * _is_desktop_message(line), strict=False)
        senders = frozenset(regular_senders(desktop_lines(lines)))
        return Shape(_desktop_name(lines), family, title_line, title, at_crlf=at_crlf, senders=senders)
    if not family:
        return Shape("no-messages", "mobile", title_line, title) if has_header else Shape("", "")
    counts = Counter(place for line in lines for place, stamp in enumerate(STAMPS) if stamp[0].match(line))
    stamps = tuple(STAMPS[place] for place in sorted(range(len(STAMPS)), key=lambda place: -counts[place]))
    at_crlf = _ends_at_crlf(sample, survey, _mobile_time, strict=True)
    senders = frozenset() if at_crlf else frozenset(regular_senders(mobile_lines(lines, stamps)))
    return Shape(_mobile_name(lines, stamps[0]), family, title_line, title, stamps, at_crlf, senders)


def _family_of(line: str) -> str:
    """Decided on the first line that tells it: later ones may be quotes of another client's lines."""
    if _is_mobile_message(line):
        return "mobile"
    if _is_desktop_message(line):
        return "desktop"
    return "clocked" if is_clocked_message(line) else "dated" if _has_date(line) else ""


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _is_message(line: str) -> bool:
    return _is_desktop_message(line) or (_is_mobile_message(line) and (" : " in line or ": " in line))


def _is_dated_clock(lines: Sequence[str]) -> bool:
    """A time alone begins many lines; under a line with nothing but a day it is a message's."""
    return any(_has_date(line) or day_line(line) for line in lines) and any(map(is_clocked_message, lines))


def _is_mobile_message(line: str) -> bool:
    return any(stamp[0].match(line) for stamp in STAMPS)


def _mobile_time(line: str) -> str:
    for pattern, day_group, clock_group in STAMPS:
        if match := pattern.match(line):
            return f"{day_of(match[day_group])}T{clock_of(match[clock_group])}"
    return ""


def _is_desktop_message(line: str) -> bool:
    return MESSAGE.match(line) is not None


def _is_header(line: str) -> bool:
    return is_saved_line(line) or title_of(line) is not None


def _has_date(line: str) -> bool:
    return (match := DATE.fullmatch(line)) is not None and day_line(match[1]) is not None


def _ends_at_crlf(sample: str, survey: Survey, when: Callable[[str], str], *, strict: bool) -> bool:
    """Whether bare LFs are the senders' and CRLFs end records, which holds for every genuine mobile export.

    when: the time of a message, "" for another line. Line ends that an editor or a transfer rewrote in part show up as
    messages behind bare LFs, more than any quoting and not older than the message they stand in, or (strict) as records
    without a beginning.
    """
    if not survey.crlf or not survey.bare_lf:
        return False
    begun = begun_inside = inside = strays = 0
    for record in sample.split("\r\n"):
        first, *rest = record.split("\n")
        at = when(first)
        begun += at != ""
        strays += not (at or not first.strip() or _is_header(first) or day_line(first))
        inside += len(rest)
        begun_inside += sum(found != "" and found >= at for found in map(when, rest))
    return begun_inside <= begun and (strays <= inside + STRAYS or not strict)


def _mobile_name(lines: Sequence[str], stamp: Stamp) -> str:
    if stamp[0] is TIME_FIRST_STAMP:
        return "android-en"
    matches = [match for line in lines if (match := stamp[0].match(line))]
    if stamp[0] is NUMERIC_STAMP:
        return Counter(_DOTTED[match[1][4]] for match in matches).most_common(1)[0][0]
    days = (line for line in lines if line[:1].isalpha() and day_line(line))
    weekdays = any(line.split(",")[0].endswith("day") for line in days)
    return "ios-en" if weekdays or any(match[3][0] == ":" for match in matches) else "android-en"


def _desktop_name(lines: Sequence[str]) -> str:
    """pc-mixed when header, dates and times are not of one language."""
    marks = [match for line in lines if (match := MESSAGE.match(line))]
    dates = [line for line in lines if _has_date(line)]
    headers = [line for line in lines[:5] if line.strip() and _is_header(line)]
    parts = [
        *dates,
        *headers,
        *(match["clock"] for match in marks if match["clock"][-1] in "Mm" or match["clock"][0] not in "0123456789"),
    ]
    korean = {any("가" <= letter <= "힣" for letter in part.replace(_room(part), "")) for part in parts}
    if any(match["date"] for match in marks) and not dates:
        return "shared"
    if any(match["clock"][0] in "AaPp" for match in marks):
        return "pc-mixed"
    return "pc-mixed" if len(korean) > 1 else "pc-en" if korean == {False} else "pc-ko"


def _room(line: str) -> str:
    """The name in a title line, which says nothing of the client's language."""
    return title_of(line) or "\0"
