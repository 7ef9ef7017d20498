"""The thirteen traps of KakaoTalk exports, one heading each."""

from pathlib import Path

import pytest
from reading import Row, read_text

from engine.sources.overlap import Overlap, merge_streams
from engine.sources.reader import Record

PC_HEAD = "나들이방 님과 카카오톡 대화\r\n저장한 날짜 : 2026-06-01 10:50:33\r\n\r\n"
PC_DAY = "--------------- 2026년 5월 30일 토요일 ---------------\r\n"
IOS_HEAD = "나들이 님과 카카오톡 대화\r\n저장한 날짜 : 2026. 6. 1. 오전 10:50\r\n\r\n\r\n"


def pc(folder: Path, *lines: str) -> list[Row]:
    return read_text(folder, PC_HEAD + PC_DAY + "".join(f"{line}\r\n" for line in lines))[0]


# 1. A body quotes a message.


def test_leftmost_stamp_is_the_message_s(tmp_path: Path) -> None:
    rows = pc(tmp_path, "[가온] [오전 9:11] [나리] [오후 3:12] 인용")
    assert rows == [("2026-05-30T09:11", "가온", "text", "[나리] [오후 3:12] 인용")]
    rows, _ = read_text(tmp_path, "2026년 5월 30일 오후 1:00, 가온 : 2026년 5월 30일 오후 1:00, 나리 : 인용\n")
    assert rows == [("2026-05-30T13:00", "가온", "text", "2026년 5월 30일 오후 1:00, 나리 : 인용")]


def test_older_lines_of_a_stranger_are_a_quote(tmp_path: Path) -> None:
    before, after = "[나리] [오후 9:10] 뭔데", "[가온] [오후 9:12] 끝"
    rows = pc(tmp_path, before, "[가온] [오후 9:11] 이거 봐", "[모르는 사람] [오후 3:12] 옛말", after)
    assert [row[3] for row in rows] == ["뭔데", "이거 봐\n[모르는 사람] [오후 3:12] 옛말", "끝"]
    ios = (
        "2026. 5. 30. 21:10, 나리 : 뭔데\n2026. 5. 30. 21:11, 가온 : 이거 봐\n2026. 1. 2. 15:12, 모르는 사람 : 옛말\n"
        "2026. 5. 30. 21:12, 가온 : 끝\n"
    )
    rows, _ = read_text(tmp_path, ios)
    assert [row[3] for row in rows] == ["뭔데", "이거 봐\n2026. 1. 2. 15:12, 모르는 사람 : 옛말", "끝"]


def test_the_second_speaker_is_no_stranger_and_a_clock_may_stay_behind(tmp_path: Path) -> None:
    rows = pc(tmp_path, "[가온] [오후 9:11] 하나", "[나리] [오후 3:12] 둘", "[가온] [오후 9:12] 셋")
    assert [row[1] for row in rows] == ["가온", "나리", "가온"]
    rows = pc(
        tmp_path, "[가온] [오후 9:10] 하나", "[나리] [오후 9:11] 둘", "[다솜] [오후 3:12] 셋", "[다솜] [오후 3:13] 넷"
    )
    assert [row[1] for row in rows] == ["가온", "나리", "다솜", "다솜"]


def test_message_of_a_known_sender_may_be_older(tmp_path: Path) -> None:
    rows = pc(tmp_path, "[가온] [오후 9:11] 하나", "[나리] [오후 9:11] 둘", "[가온] [오후 9:10] 셋")
    assert [(row[1], row[3]) for row in rows] == [("가온", "하나"), ("나리", "둘"), ("가온", "셋")]


def test_between_crlf_records_a_quoted_line_never_begins_one(tmp_path: Path) -> None:
    quoted = "2026년 5월 30일 오후 1:05, 가온 : 옛말\n2026년 5월 30일 토요일\n저장한 날짜 : 2026년"
    text = f"2026년 5월 30일 오후 1:00, 가온 : 봐\n{quoted}\r\n2026년 5월 30일 오후 1:10, 가온 : 끝\r\n"
    rows, _ = read_text(tmp_path, text)
    assert [row[3] for row in rows] == [f"봐\n{quoted}", "끝"]


def test_many_older_quotes_do_not_make_line_ends_doubtful(tmp_path: Path) -> None:
    quoted = "2026. 5. 1. 오후 1:02, 나리 : 옛말\n2026. 5. 1. 오후 1:03, 나리 : 옛말"
    rows, _ = read_text(tmp_path, IOS_HEAD + f"2026. 5. 30. 오후 9:00, 가온 : 봐\n{quoted}\r\n")
    assert [row[3] for row in rows] == [f"봐\n{quoted}"]


# 2. Nicknames hold anything.

NAMES = [
    "부서:영업팀",
    "김 종원",
    "이름/94/늑대#1003",
    "나리 [운영]",
    ".",
    "가온, 운영",
    "나리님",
    ">_<",
    "🐶 두부",
    "a b:c",
    "[",
    "A] [",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_nickname_is_read_whole(name: str, tmp_path: Path) -> None:
    assert pc(tmp_path, f"[{name}] [오후 3:12] 말 : 말") == [("2026-05-30T15:12", name, "text", "말 : 말")]
    for stamp in ("2026년 5월 30일 오후 3:12", "2026. 5. 30. 15:12", "2026-05-30 오후 3:12", "May 30, 2026 at 3:12 PM"):
        rows, _ = read_text(tmp_path, f"{stamp}, {name} : 말 : 말\r\n")
        assert rows == [("2026-05-30T15:12", name, "text", "말 : 말")]


def test_title_tells_that_a_name_holds_the_separator(tmp_path: Path) -> None:
    text = "부서 : 영업팀 님과 카카오톡 대화\n저장한 날짜 : 2026년 6월 1일 오전 1:00\n\n2026년 5월 30일 오후 3:12, 부서 : 영업팀 : 말\n"
    assert read_text(tmp_path, text)[0] == [("2026-05-30T15:12", "부서 : 영업팀", "text", "말")]


def test_empty_body_keeps_its_sender(tmp_path: Path) -> None:
    assert pc(tmp_path, "[가온] [오후 3:12] ", "[가온] [오후 3:12]") == [("2026-05-30T15:12", "가온", "other", "")] * 2
    rows, _ = read_text(tmp_path, "2026년 5월 30일 오후 3:12, 가온 : \r\n2026년 5월 30일 오후 3:12, 가온 :\r\n")
    assert rows == [("2026-05-30T15:12", "가온", "other", "")] * 2


# 3. A typed system line is a message.


@pytest.mark.parametrize(
    "text", ["X님이 나갔습니다.", "가온님이 나리님을 초대했습니다.", "채팅방 관리자입니다.", "Nari left."]
)
def test_typed_system_line_is_a_message(text: str, tmp_path: Path) -> None:
    assert pc(tmp_path, f"[가온] [오후 3:12] {text}")[0][1:] == ("가온", "text", text)
    assert read_text(tmp_path, f"2026. 5. 30. 15:12, 가온 : {text}\n")[0][0][1:] == ("가온", "text", text)


@pytest.mark.parametrize("stamp", ["2026년 5월 30일 오후 3:12,", "2026. 5. 30. 15:12:", "2026. 5. 30. 오후 3:12:"])
def test_stamped_line_without_sender_is_a_system_line(stamp: str, tmp_path: Path) -> None:
    rows, _ = read_text(tmp_path, f"{IOS_HEAD}{stamp} 가온님이 부서 이름을 바꿨습니다.\r\n")
    assert rows == [("2026-05-30T15:12", None, "system", "가온님이 부서 이름을 바꿨습니다.")]


# 4. A body line that is a date.


def test_typed_date_stays_in_its_message(tmp_path: Path) -> None:
    rows = pc(tmp_path, "[가온] [오후 3:12] 모임", "--------------- 2026년 5월 30일 토요일 ---------------", "끝")
    assert [row[3] for row in rows] == ["모임\n--------------- 2026년 5월 30일 토요일 ---------------\n끝"]
    for date in ("2026년 5월 1일 금요일", "2026년 5월 30일 토요일", "2026년 7월 1일 수요일"):
        text = f"2026. 5. 30. 15:12, 가온 : 모임\n{date}\n\n2026. 5. 30. 15:13, 가온 : 끝\n"
        assert [row[3] for row in read_text(tmp_path, text)[0]] == [f"모임\n{date}", "끝"]


def test_date_before_a_message_of_that_day_is_layout(tmp_path: Path) -> None:
    text = "2026. 5. 30. 15:12, 가온 : 모임\n\n2026년 5월 31일 일요일\n\n2026. 5. 31. 15:13, 가온 : 끝\n2026년 6월 1일 월요일\n"
    assert [row[3] for row in read_text(tmp_path, text)[0]] == ["모임", "끝"]


def test_typed_appointment_is_no_system_line(tmp_path: Path) -> None:
    text = "2026-05-30 15:12, 가온 : 일정\n2026-06-02 14:00, 역 앞에서 보자\n2026-05-30 15:13, 가온 : 끝\n"
    assert [row[3] for row in read_text(tmp_path, text)[0]] == ["일정\n2026-06-02 14:00, 역 앞에서 보자", "끝"]


# 5. Noon, midnight, impossible times.


@pytest.mark.parametrize("clock", ["AM 13:04", "오후 13:04", "24:10", "오전 9:61"])
def test_impossible_time_is_unparsed(clock: str, tmp_path: Path) -> None:
    rows, report = read_text(tmp_path, f"{PC_HEAD}{PC_DAY}[가온] [오전 9:00] 앞\r\n[가온] [{clock}] 뒤\r\n")
    assert [row[2] for row in rows] == ["text", "other"]
    assert (report.unparsed, report.unparsed_samples) == (1, [6])
    rows, report = read_text(tmp_path, f"2026년 5월 30일 오전 9:00, 가온 : 앞\n2026년 5월 30일 {clock}, 가온 : 뒤\n")
    assert report.unparsed == 1
    assert rows[1] == (None, None, "other", f"2026년 5월 30일 {clock}, 가온 : 뒤")


def test_impossible_day_is_unparsed(tmp_path: Path) -> None:
    assert read_text(tmp_path, "2026년 2월 30일 오전 9:00, 가온 : 앞\n")[1].unparsed == 1


# 6. Order and repeats.


def test_repeats_within_a_minute_stay_in_file_order(tmp_path: Path) -> None:
    said = ["네", "네", "아니", "네"]
    assert [row[3] for row in pc(tmp_path, *(f"[가온] [오후 3:12] {text}" for text in said))] == said


# 7. Overlapping exports.


def record(minute: int, text: str, speaker: str | None = "가온") -> Record:
    return Record(f"2026-05-30T13:{minute:02d}", speaker, "text", text)


def merged(*exports: list[Record]) -> list[Record]:
    stream = iter(exports[0])
    for export in exports[1:]:
        stream = merge_streams(stream, export, Overlap())
    return list(stream)


def test_overlap_is_counted_once() -> None:
    old = [record(0, "네"), record(0, "네"), record(1, "응")]
    new = [record(0, "네"), record(1, "응"), record(1, "응"), record(2, "끝")]
    assert merged(old, new) == [*old, record(1, "응"), record(2, "끝")]
    assert merged(new, old) == merged(old, new)


def test_untimed_records_keep_their_place_in_a_merge() -> None:
    gone = Record(None, None, "deleted", "메시지가 삭제되었습니다.")
    old = [record(0, "하나"), gone, record(2, "둘")]
    assert merged([record(1, "사이")], old, old) == [record(0, "하나"), gone, record(1, "사이"), record(2, "둘")]


def test_a_rename_in_the_exporter_s_contacts_doubles_nothing() -> None:
    old = [record(0, "네", "나리"), record(1, "응", "회원님")]
    new = [record(0, "네", "나리 대리"), record(1, "응", "가온"), record(2, "끝", "가온")]
    assert merged(old, new) == [*old, record(2, "끝", "가온")]


# 8. Lines without sender and time.


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("메시지가 삭제되었습니다.", "deleted"),
        ("The message has been deleted.", "deleted"),
        ("채팅방 관리자가 메시지를 가렸습니다.", "hidden"),
        ("가온님이 나리님과 다솜님을 초대했습니다.", "system"),
        ("나리님이 나갔습니다.", "system"),
        ("나리님을 내보냈습니다.", "system"),
    ],
)
def test_bare_line_is_a_record_of_its_own(line: str, kind: str, tmp_path: Path) -> None:
    rows = pc(tmp_path, "[가온] [오후 3:12] 앞", line, "[가온] [오후 3:13] 뒤")
    assert rows[1] == (None, None, kind, line)
    assert [row[3] for row in rows] == ["앞", line, "뒤"]


def test_nothing_continues_a_bare_line(tmp_path: Path) -> None:
    text = f"{PC_HEAD}{PC_DAY}[가온] [오후 3:12] 앞\r\n메시지가 삭제되었습니다.\r\n떠도는 줄\r\n"
    rows, report = read_text(tmp_path, text)
    assert rows[2] == (None, None, "other", "떠도는 줄")
    assert report.unparsed == 1


def test_notice_of_the_service_takes_its_paragraph_along(tmp_path: Path) -> None:
    notice = [
        "불법촬영물등 식별 및 게재제한 조치 안내",
        "그룹 오픈채팅방에서 동영상을 보내면",
        "",
        "식별될 수 있습니다.",
    ]
    rows = pc(tmp_path, *notice, "[가온] [오후 3:12] 네")
    assert [(row[2], row[3]) for row in rows] == [("system", "\n".join(notice)), ("text", "네")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_mobile_deletion_without_stamp_is_a_record_of_its_own(end: str, tmp_path: Path) -> None:
    text = f"2026. 5. 30. 15:12, 가온 : 앞\n줄{end}메시지가 삭제되었습니다.{end}2026. 5. 30. 15:13, 가온 : 뒤{end}"
    assert [row[2] for row in read_text(tmp_path, text)[0]] == ["text", "deleted", "text"]


# 9. Placeholders are whole bodies: see test_kakao_kinds.py.


# 10. Blank lines.


def test_blank_lines_inside_a_message_are_content(tmp_path: Path) -> None:
    rows = pc(tmp_path, "[가온] [오후 3:12] 하나", "", " ", "둘", "", "", "[가온] [오후 3:13] 셋", "")
    assert [row[3] for row in rows] == ["하나\n\n \n둘", "셋"]


def test_blank_lines_before_a_date_are_layout(tmp_path: Path) -> None:
    rows = pc(
        tmp_path,
        "[가온] [오후 3:12] 하나",
        "",
        "--------------- 2026년 5월 31일 일요일 ---------------",
        "[가온] [오후 3:13] 둘",
    )
    assert [(row[0], row[3]) for row in rows] == [("2026-05-30T15:12", "하나"), ("2026-05-31T15:13", "둘")]


# 11. Warnings hold no message text: see test_kakao_shapes.py, which has the cases that warn.


# 12. Spaces, months, days of the week.


@pytest.mark.parametrize(
    "line", ["2025. 10. 14. 화요일", "2025년 10월 14일", "Tuesday, October 14, 2025", "Oct 14, 2025"]
)
def test_date_line_in_every_spelling_is_layout(line: str, tmp_path: Path) -> None:
    text = f"2025. 10. 13. 오전 9:30, 가온 : 하나\n\n{line}\n\n2025. 10. 14. 오전 9:30, 가온 : 둘\n"
    assert [row[3] for row in read_text(tmp_path, text)[0]] == ["하나", "둘"]


# 13. Chat text is not to be trusted, and not to be touched.

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "[전화번호_1]",
    "이전 지시를 무시해",
    "{{7*7}}",
    "\u2028줄\u0085줄\x0b\x0c",
    "\u202e거꾸로",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_through_as_it_is(text: str, tmp_path: Path) -> None:
    assert pc(tmp_path, f"[가온] [오후 3:12] {text}") == [("2026-05-30T15:12", "가온", "text", text)]
    rows, _ = read_text(tmp_path, f"2026. 5. 30. 15:12, 가온 : {text}\r\n")
    assert rows == [("2026-05-30T15:12", "가온", "text", text)]
    quoted = text.replace('"', '""')
    rows, _ = read_text(tmp_path, f'Date,User,Message\n2026-05-30 15:12:00,"가온","{quoted}"\n')
    assert rows == [("2026-05-30T15:12", "가온", "text", text)]


# macOS: quotes that are not balanced.


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('"열린 채', "열린 채"),
        ('"그는 "안녕" 했다', '그는 "안녕" 했다'),
        ("따옴표 없음, 쉼표", "따옴표 없음, 쉼표"),
        ('"한 줄\n\n,,두 줄"', "한 줄\n\n,,두 줄"),
        ('""', ""),
        ('"2026-01-01 00:00:00,""나리"",""옛말"""', '2026-01-01 00:00:00,"나리","옛말"'),
    ],
)
def test_mac_row_ends_where_the_next_begins(body: str, text: str, tmp_path: Path) -> None:
    csv = f'Date,User,Message\n2026-05-30 15:12:00,"가온",{body}\n2026-05-30 15:13:00,"나리","끝"\n'
    assert [row[3] for row in read_text(tmp_path, csv)[0]] == [text, "끝"]


def test_mac_line_outside_a_row_is_unparsed(tmp_path: Path) -> None:
    csv = 'Date,User,Message\n2026-05-30 15:12:00,"가온","네"\n떠도는 줄\n2026-13-30 15:13:00,"나리","끝"\n'
    rows, report = read_text(tmp_path, csv)
    assert [row[2] for row in rows] == ["text", "other", "other"]
    assert report.unparsed_samples == [3, 4]
