"""Every client's export is read exactly, in every encoding it may have been saved in."""

import json
from pathlib import Path

import pytest
from reading import Row, read_file, read_text

from engine.sources.decoding import BLOCK, split_records
from engine.sources.detect import choose_reader
from engine.sources.reader import ReadReport

FIXTURES = Path(__file__).parent / "fixtures" / "kakao"
SHAPES = {
    "android_ko_12h": "android-ko",
    "android_ko_24h": "android-ko",
    "android_en_2015": "android-en",
    "android_en_2018": "android-en",
    "android_en_2023": "android-en",
    "ios_ko_12h": "ios-ko",
    "ios_ko_24h_lf": "ios-ko",
    "ios_en": "ios-en",
    "ios_en_24h": "ios-en",
    "mobile_iso": "mobile-iso",
    "pc_ko_12h": "pc-ko",
    "pc_ko_24h": "pc-ko",
    "pc_en": "pc-en",
    "pc_mixed": "pc-mixed",
    "mac_csv": "mac-csv",
}


def source_of(name: str) -> Path:
    return FIXTURES / f"{name}.{'csv' if name == 'mac_csv' else 'txt'}"


def expected(name: str) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in (FIXTURES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def found(path: Path) -> tuple[list[dict[str, str | None]], ReadReport]:
    records, report = read_file(path)
    return [{"at": r.at, "speaker": r.speaker, "text": r.text, "kind": r.kind} for r in records], report


def test_every_fixture_has_its_shape() -> None:
    assert {path.stem for path in FIXTURES.glob("*.jsonl")} == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_shape_is_read_exactly(name: str) -> None:
    messages, report = found(source_of(name))
    assert messages == expected(name)
    assert report.shape == SHAPES[name]
    assert report.unparsed == (1 if name == "pc_mixed" else 0)
    assert report.warnings == []


@pytest.mark.parametrize("name", SHAPES)
def test_extension_and_name_do_not_matter(name: str, tmp_path: Path) -> None:
    path = tmp_path / "attachment.pdf"
    path.write_bytes(source_of(name).read_bytes())
    assert found(path)[0] == expected(name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
@pytest.mark.parametrize("name", [name for name in SHAPES if name != "android_en_2023"])  # U+202F is not in CP949
def test_every_encoding_reads_the_same(name: str, encoding: str, tmp_path: Path) -> None:
    text = source_of(name).read_bytes().decode("utf-8-sig")
    path = tmp_path / "chat.txt"
    path.write_bytes(text.encode(encoding))
    messages, report = found(path)
    assert messages == expected(name)
    assert report.encoding == ("utf-8" if encoding == "cp949" and text.isascii() else encoding)


@pytest.mark.parametrize(
    "name", ["android_ko_24h", "android_en_2015", "ios_ko_12h", "mobile_iso", "pc_ko_24h", "pc_en"]
)
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\r\r\n"])
def test_rewritten_line_ends_change_nothing(name: str, end: str, tmp_path: Path) -> None:
    """These have no line inside a message that looks like anything but a line."""
    text = source_of(name).read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\n", end)
    path = tmp_path / "chat.txt"
    path.write_bytes(text.encode("utf-8"))
    assert found(path)[0] == expected(name)


def test_line_ends_rewritten_in_part_are_not_taken_for_a_sender_s(tmp_path: Path) -> None:
    rows, _ = read_text(
        tmp_path,
        "가온 님과 카카오톡 대화\r\n저장한 날짜 : 2026년 6월 1일 오전 10:50\r\n\r\n" + stamped("하나", "둘", "셋"),
    )
    assert [row[3] for row in rows] == ["하나", "둘", "셋"]


def test_stray_bare_lf_does_not_orphan_lines_whose_ends_were_rewritten(tmp_path: Path) -> None:
    body = "\r\n".join(f"2026년 5월 30일 오후 1:{i:02d}, 가온 : 첫 줄\r\n둘째 줄" for i in range(10)) + "\n"
    rows, report = read_text(tmp_path, body)
    assert [row[3] for row in rows] == ["첫 줄\n둘째 줄"] * 10
    assert report.unparsed == 0


def stamped(*texts: str) -> str:
    return "".join(f"2026년 5월 30일 오후 1:{i:02d}, 가온 : {text}\n" for i, text in enumerate(texts))


@pytest.mark.parametrize(
    "title",
    [
        "가온 님과 카카오톡 대화",
        "가온 님과의 카카오톡 대화",
        "가온님과 카카오톡 대화",
        "나들이 카카오톡 대화",
        "나들이 (4명)과 카카오톡 대화-2.txt",
        "가온, 나리 3 님과 카카오톡 대화",
        "KakaoTalk Chats with Gaon",
        "KakaoTalk Chats with Gaon,Nari (4)",
        "나들이 with KakaoTalk Chats",
        "나들이 Talk Chats",
        "Talk_2026.5.25 15:10-1.txt",
        "Talk_2026.5.25 15_10-12.txt",
        "머리글이 바뀐 방",
    ],
)
@pytest.mark.parametrize("saved", ["저장한 날짜 : 2026. 6. 1. 오전 10:50", "Date Saved: 2026-06-01", "Saved Date : x"])
def test_header_in_every_spelling_is_no_message(title: str, saved: str, tmp_path: Path) -> None:
    rows, report = read_text(tmp_path, f"{title}\n{saved}\n\n\n{stamped('안녕')}")
    assert rows == [("2026-05-30T13:00", "가온", "text", "안녕")]
    assert report.unparsed == 0


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("가온 님과 카카오톡 대화", "가온"),
        ("나들이 (4명)과 카카오톡 대화-1.txt", "나들이"),
        ("KakaoTalk Chats with Gaon-1.txt", "Gaon"),
        ("나들이 with KakaoTalk Chats", "나들이"),
        ("Talk_2026.5.25 15:10-1.txt", ""),
    ],
)
def test_report_names_the_room(title: str, name: str, tmp_path: Path) -> None:
    _, report = read_text(tmp_path, f"{title}\n저장한 날짜 : 2026. 6. 1. 오전 10:50\n\n{stamped('안녕')}")
    assert report.title == name


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("2026년 5월 30일 오전 12:05", "2026-05-30T00:05"),
        ("2026년 5월 30일 오후 12:00", "2026-05-30T12:00"),
        ("2026년 5월 30일 오후 11:58", "2026-05-30T23:58"),
        ("2026년 5월 30일 0:03", "2026-05-30T00:03"),
        ("2026년 5월 30일 23:58", "2026-05-30T23:58"),
        ("2026년 5월 30일\u00a0오후\u202f11:58", "2026-05-30T23:58"),
        ("2026. 5. 30. 오후 11:58", "2026-05-30T23:58"),
        ("2026. 5. 30. 23:58", "2026-05-30T23:58"),
        ("2026-05-30 오전 4:39", "2026-05-30T04:39"),
        ("2026-05-30 16:39", "2026-05-30T16:39"),
        ("2026/05/30 16:39", "2026-05-30T16:39"),
        ("8:34pm, July 9, 2015", "2015-07-09T20:34"),
        ("12:01am, August 3, 2015", "2015-08-03T00:01"),
        ("May 1, 2018, 3:12 PM", "2018-05-01T15:12"),
        ("May 1, 2018, 3:12 p.m.", "2018-05-01T15:12"),
        ("Sept. 1, 2018, 3:12 a.m.", "2018-09-01T03:12"),
        ("May 1, 2023 at 3:12\u202fPM", "2023-05-01T15:12"),
        ("May 1, 2023 at 3:12\u00a0p.m.", "2023-05-01T15:12"),
        ("Jul 16, 2020 22:23", "2020-07-16T22:23"),
        ("1 May 2023 at 15:12", "2023-05-01T15:12"),
    ],
)
def test_stamp_in_every_spelling(stamp: str, at: str, tmp_path: Path) -> None:
    rows, _ = read_text(tmp_path, f"{stamp}, 가온, 운영 : 3:12 PM, 나리 : 라고\n")
    assert rows == [(at, "가온, 운영", "text", "3:12 PM, 나리 : 라고")]


@pytest.mark.parametrize(
    "day", ["2026년 5월 30일 토요일", "Saturday, May 30, 2026", "2026. 5. 30. 토요일", "May 30, 2026", "2026-05-30"]
)
@pytest.mark.parametrize(
    ("clock", "at"), [("오후 1:05", "13:05"), ("13:05", "13:05"), ("1:05 PM", "13:05"), ("PM 1:05", "13:05")]
)
def test_desktop_dates_and_times_mix(day: str, clock: str, at: str, tmp_path: Path) -> None:
    rows, _ = read_text(
        tmp_path, f"방 님과 카카오톡 대화\r\n\r\n--------------- {day} ---------------\r\n[가온] [{clock}] 네\r\n"
    )
    assert rows == [(f"2026-05-30T{at}", "가온", "text", "네")]


@pytest.mark.parametrize(
    "head", ["가온 님과 카카오톡 대화\n저장한 날짜 : 2026. 6. 1. 오전 10:50\n\n", "Date,User,Message\n"]
)
def test_chat_without_a_message_is_read(head: str, tmp_path: Path) -> None:
    rows, report = read_text(tmp_path, head)
    assert rows == []
    assert report.unparsed == 0


def test_messages_before_the_first_date_are_kept_untimed(tmp_path: Path) -> None:
    rows, report = read_text(tmp_path, "방 님과 카카오톡 대화\r\n[가온] [오후 1:05] 비밀 이야기\r\n")
    assert rows == [(None, "가온", "text", "비밀 이야기")]
    assert len(report.warnings) == 1
    assert "비밀" not in report.warnings[0]


def test_line_that_fits_nowhere_is_counted_and_kept(tmp_path: Path) -> None:
    text = "가온 님과 카카오톡 대화\r\n\r\n2026년 5월 30일 오후 1:00, 가온 : 두\n줄\r\n길 잃은 줄\r\n2026년 5월 30일 오후 1:01, 가온 : 끝\r\n"
    rows, report = read_text(tmp_path, text)
    assert rows == [
        ("2026-05-30T13:00", "가온", "text", "두\n줄"),
        (None, None, "other", "길 잃은 줄"),
        ("2026-05-30T13:01", "가온", "text", "끝"),
    ]
    assert (report.unparsed, report.unparsed_samples) == (1, [5])


def test_report_holds_twenty_line_numbers_at_most(tmp_path: Path) -> None:
    rows, report = read_text(tmp_path, "방 님과 카카오톡 대화\r\n" + "길 잃은 줄\r\n" * 50)
    assert report.unparsed == len(rows) == 50
    assert report.unparsed_samples == list(range(2, 22))


def test_two_exports_in_one_file_are_two_headers(tmp_path: Path) -> None:
    part = "가온 님과 카카오톡 대화\n저장한 날짜 : 2026. 6. 1. 오전 10:50\n\n2026년 5월 30일 토요일\n2026. 5. 30. 오후 1:00, 가온 : 네\n\n"
    rows, report = read_text(tmp_path, part + part)
    assert rows == [("2026-05-30T13:00", "가온", "text", "네")] * 2
    assert report.unparsed == 0
    rows, _ = read_text(tmp_path, part + "가온 님과 카카오톡 대화\n라고 쓰여 있네\n" + part)
    assert [row[3] for row in rows] == ["네\n\n가온 님과 카카오톡 대화\n라고 쓰여 있네", "네"]


def test_two_desktop_exports_in_one_file_go_back_in_time(tmp_path: Path) -> None:
    part = "방 님과 카카오톡 대화\r\n저장한 날짜 : 2026-06-01\r\n\r\n--------------- 2026년 5월 30일 토요일 ---------------\r\n[가온] [오후 1:05] 네\r\n"
    rows, _ = read_text(tmp_path, part + "\r\n" + part)
    assert rows == [("2026-05-30T13:05", "가온", "text", "네")] * 2


def test_damage_in_a_large_file_costs_one_letter(tmp_path: Path) -> None:
    data = (stamped("가나다") * 4000).encode("utf-8") + "2026년 5월 30일 오후 2:00, 가온 : 끝".encode()[:-1]
    path = tmp_path / "chat.txt"
    path.write_bytes(data)
    records, report = read_file(path)
    assert len(records) == 4001
    assert records[-1].text == "\ufffd"
    assert len(report.warnings) == 1


def test_records_are_the_same_wherever_a_block_ends() -> None:
    text = "하나\r\n둘\n셋\r넷\r\n\r\n다섯"
    for at_crlf in (True, False):
        whole = list(split_records([text], at_crlf=at_crlf))
        for cut in range(1, len(text)):
            assert list(split_records([text[:cut], text[cut:]], at_crlf=at_crlf)) == whole
    assert list(split_records([text], at_crlf=True)) == ["하나", "둘\n셋\n넷", "", "다섯"]


def test_file_of_several_blocks_is_streamed_whole(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    line = "2026년 5월 30일 오후 1:00, 가온 : " + "가" * 30 + "\n" + "나" * 30 + "\r\n"
    path.write_bytes(line.encode() * (3 * BLOCK // len(line.encode())))
    reader, report = choose_reader(path), ReadReport()
    assert {(r.at, r.text) for r in reader.read(path, report)} == {("2026-05-30T13:00", "가" * 30 + "\n" + "나" * 30)}


def test_rows_of_the_fixtures_are_typed() -> None:
    row: Row = (None, None, "other", "")
    assert row[2] in KINDS
    assert {message["kind"] for name in SHAPES for message in expected(name)} <= KINDS


KINDS = set(
    "text photo video sticker voice file call link board money search map contact deleted hidden system other".split()
)
