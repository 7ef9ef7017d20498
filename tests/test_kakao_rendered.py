"""Whatever people write: a chat rendered as a client would is read back as it was."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from reading import read_text

from engine.sources.kakao.clocked import CLOCKED
from engine.sources.kakao.desktop import DATE, MESSAGE
from engine.sources.kakao.header import is_saved_line, title_of
from engine.sources.kakao.kinds import bare_line_kind

PC_HEAD = "나들이방 님과 카카오톡 대화\r\n저장한 날짜 : 2026-06-01 10:50:33\r\n\r\n"
IOS_HEAD = "나들이 님과 카카오톡 대화\r\n저장한 날짜 : 2026. 6. 1. 오전 10:50\r\n\r\n\r\n"

LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\0")
TRICKY = st.sampled_from(
    [
        "사진",
        "네",
        " : ",
        "[나리] [오후 3:12] 인용",
        "2026년 5월 1일 금요일",
        "2026. 5. 1. 오후 1:02, 나리 : 옛말",
        "",
        "  ",
        "X님이 나갔습니다.",
        "-------",
        "오전 9:23, 나리 : 옛말",
    ]
)
LINE = st.text(LETTERS, max_size=20) | TRICKY
BODY = st.lists(LINE, min_size=1, max_size=4).map("\n".join)
NAME = st.text(LETTERS, min_size=1, max_size=12).filter(
    lambda name: name == name.strip() and f"{name} : ".find(" : ") == len(name) and "] [" not in name
)
CHAT = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(range(3)), BODY), min_size=1, max_size=8)
NAMES_OF_THREE = st.lists(NAME, min_size=3, max_size=3, unique=True)
START = datetime(2026, 5, 30, 22, 0)


def timed(chat: list[tuple[int, int, str]], names: list[str]) -> list[tuple[datetime, str, str]]:
    now, messages = START, []
    for minutes, who, body in chat:
        now += timedelta(minutes=minutes)
        messages.append((now, names[who], body))
    return messages


def half(at: datetime) -> str:
    return f"{'오전' if at.hour < 12 else '오후'} {at.hour % 12 or 12}:{at.minute:02d}"


def android(at: datetime) -> str:
    return f"{at.year}년 {at.month}월 {at.day}일 {half(at)}"


def ios(at: datetime) -> str:
    return f"{at.year}. {at.month}. {at.day}. {at.hour}:{at.minute:02d}"


def weekday(at: datetime) -> str:
    return f"{at.year}년 {at.month}월 {at.day}일 {'월화수목금토일'[at.weekday()]}요일"


def read_back(text: str) -> list[tuple[str | None, str | None, str]]:
    with TemporaryDirectory() as folder:
        return [(at, speaker, body) for at, speaker, _, body in read_text(Path(folder), text, kind="kakao")[0]]


def wanted(messages: list[tuple[datetime, str, str]]) -> list[tuple[str, str, str]]:
    return [(at.strftime("%Y-%m-%dT%H:%M"), name, body) for at, name, body in messages]


MONTHS = "January February March April May June July August September October November December".split()


def pm(at: datetime, word: str = "PM", space: str = " ") -> str:
    other = {"PM": "AM", "pm": "am", "p.m.": "a.m."}[word]
    return f"{at.hour % 12 or 12}:{at.minute:02d}{space}{other if at.hour < 12 else word}"


def english_date(at: datetime, letters: int = 99) -> str:
    return f"{MONTHS[at.month - 1][:letters]} {at.day}, {at.year}"


FORMS = {
    "V1": (android, android),
    "V1b": (lambda at: f"{at.year}년 {at.month}월 {at.day}일 {at.hour}:{at.minute:02d}",) * 2,
    "V2 2015": (lambda at: f"{pm(at, 'pm', '')}, {english_date(at)}",) * 2,
    "V2 2018": (lambda at: f"{english_date(at)}, {pm(at)}",) * 2,
    "V2 2023": (lambda at: f"{english_date(at)} at {pm(at, 'p.m.', chr(0x202F))}",) * 2,
    "V3": (lambda at: f"{at.year}. {at.month}. {at.day}. {half(at)}", weekday),
    "V3b": (ios, weekday),
    "V4": (lambda at: f"{english_date(at, 3)}, {pm(at)}", lambda at: f"{at:%A}, {english_date(at)}"),
    "V4 24 h": (lambda at: f"{english_date(at, 3)} {at:%H:%M}", lambda at: f"{at:%A}, {english_date(at)}"),
    "V5": (lambda at: f"{at:%Y-%m-%d} {half(at)}", weekday),
}


@settings(max_examples=200, deadline=None)
@given(CHAT, NAMES_OF_THREE, st.sampled_from(sorted(FORMS)).map(FORMS.__getitem__))
def test_mobile_chat_is_read_back(chat, names, form) -> None:  # type: ignore[no-untyped-def]
    """A message is any text: between CRLFs nothing in it can be mistaken."""
    stamp, separator = form
    messages, lines, day = timed(chat, names), [], None
    for at, name, body in messages:
        if at.date() != day:
            lines += ["", separator(at)]
            day = at.date()
        lines.append(f"{stamp(at)}, {name} : {body}")
    lines.append(f"{stamp(messages[-1][0])}, {names[0]} : 끝\n.")  # one bare LF at least
    text = IOS_HEAD + "\r\n".join(lines) + "\r\n"
    assert read_back("\ufeff" + text)[:-1] == wanted(messages)


def is_plain(line: str) -> bool:
    """Whether a line of a desktop message cannot be taken for the beginning of something."""
    marked = MESSAGE.match(line) or DATE.fullmatch(line) or title_of(line) is not None or is_saved_line(line)
    return not marked and bare_line_kind(line) is None


DESKTOP_FORMS = {
    "V6": (half, weekday),
    "V6b": (lambda at: f"{at.hour}:{at.minute:02d}", weekday),
    "V7": (pm, lambda at: f"{at:%A}, {english_date(at)}"),
    "V7b": (lambda at: " ".join(reversed(pm(at).split())), weekday),
    "V9": (lambda at: f"{at.year}. {at.month}. {at.day}. {half(at)}", None),
}


@settings(max_examples=200, deadline=None)
@given(CHAT, NAMES_OF_THREE, st.sampled_from(sorted(DESKTOP_FORMS)).map(DESKTOP_FORMS.__getitem__))
def test_desktop_chat_is_read_back(chat, names, form) -> None:  # type: ignore[no-untyped-def]
    """A message is any text whose further lines look like nothing else; blank lines at its end are layout."""
    chat = [
        (minutes, who, re.sub(r"(\n\s*)+\Z", "", "\n".join([first, *filter(is_plain, rest)])))
        for minutes, who, (first, *rest) in ((m, w, b.split("\n")) for m, w, b in chat)
    ]
    clock, date = form
    messages, lines, day = timed(chat, names), [], None
    for at, name, body in messages:
        if at.date() != day and date:
            lines += ["", f"--------------- {date(at)} ---------------"]
            day = at.date()
        lines.append(f"[{name}] [{clock(at)}] " + body.replace("\n", "\r\n"))
    assert read_back((PC_HEAD if date else "") + "\r\n".join(lines) + "\r\n") == wanted(messages)


@settings(max_examples=100, deadline=None)
@given(CHAT, NAMES_OF_THREE)
def test_clocked_chat_is_read_back(chat, names) -> None:  # type: ignore[no-untyped-def]
    """As the desktop's, apart from the marks; a further line with a time of its own would begin a message."""
    chat = [
        (
            minutes,
            who,
            re.sub(r"(\n\s*)+\Z", "", "\n".join([first, *(x for x in rest if is_plain(x) and not CLOCKED.match(x))])),
        )
        for minutes, who, (first, *rest) in ((m, w, b.split("\n")) for m, w, b in chat)
    ]
    messages, lines, day = timed(chat, names), [], None
    for at, name, body in messages:
        if at.date() != day:
            lines += ["", f"--------------- {weekday(at)} ---------------"]
            day = at.date()
        lines.append(f"{half(at)}, {name} : " + body.replace("\n", "\r\n"))
    assert read_back(PC_HEAD + "\r\n".join(lines) + "\r\n") == wanted(messages)


@settings(max_examples=100, deadline=None)
@given(CHAT, NAMES_OF_THREE)
def test_mac_chat_is_read_back(chat, names) -> None:  # type: ignore[no-untyped-def]
    messages = timed(chat, names)
    rows = [
        [f"{at:%Y-%m-%d %H:%M:%S}", *('"' + field.replace('"', '""') + '"' for field in (name, body))]
        for at, name, body in messages
    ]
    found = read_back("\n".join(["Date,User,Message", *map(",".join, rows)]) + "\n")
    assert [(at, body) for at, _, body in found] == [(at, body) for at, _, body in wanted(messages)]
