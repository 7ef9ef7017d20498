"""The dates and times of a KakaoTalk export, in every client's spelling. It knows nothing of senders or messages.

Spaces may be U+0020, U+00A0 or U+202F; months are written short or long; the day of the week is optional.
"""

import re
from datetime import date
from functools import lru_cache

SP = "[ \u00a0\u202f]"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?"
_DAY_NAME = rf"(?:{SP}\(?[월화수목금토일](?:요일)?\)?)"
_NUMERIC = rf"\d{{4}}(?:년{SP}?|\.{SP}?|-|/)\d{{1,2}}(?:월{SP}?|\.{SP}?|-|/)\d{{1,2}}(?:일|\.)?"
_ENGLISH = rf"(?:{_MONTH}{SP}\d{{1,2}},?{SP}\d{{4}}|\d{{1,2}}{SP}{_MONTH},?{SP}\d{{4}})"
_HALF = r"(?:오전|오후|[AaPp][Mm])"
CLOCK = rf"(?:{_HALF}{SP}?)?\d{{1,2}}:\d\d(?:{SP}?[AaPp]\.?[Mm]\.?)?"
_END = rf"(,{SP}|:(?:{SP}|$))"

NUMERIC_STAMP = re.compile(rf"({_NUMERIC}){_DAY_NAME}?{SP}({CLOCK}){_END}")
"""Groups of every stamp: day, clock, then what ends it: a comma before a sender, a colon before a system text (iOS)."""
ENGLISH_STAMP = re.compile(rf"(?:{_WEEKDAY},{SP})?({_ENGLISH})(?:,|{SP}at)?{SP}({CLOCK}){_END}")
TIME_FIRST_STAMP = re.compile(rf"(?P<clock>{CLOCK}),{SP}(?P<day>{_ENGLISH}){_END}")

_DAY_LINES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<day>{_NUMERIC}){_DAY_NAME}?(?:{SP}{CLOCK})?",
        rf"(?:{_WEEKDAY},?{SP})?(?P<day>{_ENGLISH})(?:(?:,|{SP}at)?{SP}{CLOCK})?",
        rf"{CLOCK},{SP}(?P<day>{_ENGLISH})",
    )
)
DATED_CLOCK = rf"(?:(?P<date>{_NUMERIC}{_DAY_NAME}?|{_ENGLISH})(?:,|{SP}at)?{SP})?(?P<clock>{CLOCK})"
"""A time as it stands in brackets: with its date only in text that was shared out of a chat."""
_LONGEST_DAY_LINE = 48
_NUMBERS = re.compile(r"\d+")
_CLOCK_PARTS = re.compile(rf"({_HALF})?{SP}?(\d+):(\d\d)(?:{SP}?([AaPp])\.?[Mm]\.?)?")


@lru_cache(maxsize=20_000)
def day_of(text: str) -> str | None:
    """YYYY-MM-DD of a date in any of the spellings; None when there is no such day."""
    numbers = [int(number) for number in _NUMBERS.findall(text)]
    month = next((place for place, name in enumerate(_MONTHS, 1) if name in text), None)
    if month is None:
        year, month, day = numbers
    else:
        day, year = numbers
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def clock_of(text: str) -> str | None:
    """HH:MM of a time in any of the spellings; None for "AM 13:04", "24:10" and the like. 오전 12:05 is 00:05."""
    parts = _CLOCK_PARTS.fullmatch(text)
    if parts is None:
        return None
    hour, minute = int(parts[2]), int(parts[3])
    half = parts[1] or parts[4]
    if minute > 59 or hour > (12 if half else 23):
        return None
    if half:
        hour = hour % 12 + (12 if half in ("오후", "PM", "pm", "Pm", "pM", "P", "p") else 0)
    return f"{hour:02d}:{minute:02d}"


def day_line(line: str) -> str | None:
    """YYYY-MM-DD when the line is nothing but a date, with or without day of the week and time."""
    if len(line) > _LONGEST_DAY_LINE:
        return None
    text = line.strip()
    for pattern in _DAY_LINES:
        if found := pattern.fullmatch(text):
            return day_of(found["day"])
    return None
