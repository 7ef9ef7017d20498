"""Every family of the reference, written out by hand: file in, exactly these messages out.

The tables were written from the description of the formats, not from what the readers do.
"""

from pathlib import Path

import pytest
from reading import Row, read_text

HEX, HEX2 = "0f" * 32, "a1" * 32
Case = tuple[str, str, list[Row]]


def sys(at: str | None, text: str) -> Row:
    return (at, None, "system", text)


def lf(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def crlf(*lines: str) -> str:
    return "".join(f"{line}\r\n" for line in lines)


V1 = crlf(
    "\ufeff가온, 나리 3 님과 카카오톡 대화",
    "저장한 날짜 : 2026년 6월 1일 오전 10:50",
    "",
    "",
    "2026년 5월 30일 오후 11:58",
    "2026년 5월 30일 오후 11:58, 가온님이 나리님과 다솜님을 초대했습니다.",
    "2026년 5월 30일 오후 11:58, 가온 : 안녕",
    "2026년 5월 30일 오후 11:59, 나리 : 두 줄\n\n쓴 말",
    "2026년 5월 30일 오후 11:59, 나리 : 네",
    "2026년 5월 30일 오후 11:59, 나리 : 네",
    "",
    "2026년 5월 31일 오전 12:05",
    f"2026년 5월 31일 오전 12:05, 나리 : {HEX}.jpg",
    "2026년 5월 31일 오후 12:00, 부서:영업팀 : 이모티콘",
    "2026년 5월 31일 오후 12:01, 가온 : https://example.com/a",
    "2026년 5월 31일 오후 12:02, 가온 : 이거 봐 https://example.com/a",
    "2026년 5월 31일 오후 12:03, 다솜님이 나갔습니다.",
)
V1B = crlf("가온 님과 카카오톡 대화", "저장한 날짜 : 2026년 6월 1일 10:50", "", "", "2026년 5월 30일 0:05", "2026년 5월 30일 0:05, 가온 : 하나\n둘", "2026년 5월 30일 23:58, 나리 : 셋")  # fmt: skip
V2_2015 = crlf("\ufeffKakaoTalk Chats with Gaon,Nari (3)", "Date Saved : 1:01am, August 3, 2015", "", "", "8:34pm, July 9, 2015", "8:34pm, July 9, 2015, Gaon invited Nari and Dasom.", "8:34pm, July 9, 2015, Gaon : hi\nthere", "12:00am, July 10, 2015, Nari : <Photo>", "12:30pm, July 10, 2015, Nari : Emoticons")  # fmt: skip
V2_2018 = crlf("KakaoTalk Chats with Gaon", "Date Saved : May 2, 2018, 1:00 PM", "", "May 1, 2018, 3:12 PM", "May 1, 2018, 3:12 PM, Gaon : text", "May 1, 2018, 3:13 p.m., Nari : Voice Call 0:17")  # fmt: skip
V2_2023 = crlf("KakaoTalk Chats with Gaon", "Date Saved : May 2, 2023 at 1:00\u202fPM", "", "May 1, 2023 at 3:12\u202fPM", "May 1, 2023 at 3:12\u202fPM, Gaon : text", "May 1, 2023 at 3:13\u00a0p.m., Nari : This message was deleted.")  # fmt: skip
V3 = crlf(
    "\ufeff나들이 (4명)과 카카오톡 대화-1.txt",
    "저장한 날짜 : 2026. 6. 1. 오전 10:50",
    "",
    "",
    "",
    "2026년 5월 30일 토요일",
    "2026. 5. 30. 오후 11:58, 가온 : 본문",
    "2026. 5. 30. 오후 11:58: 가온님이 나리님을 초대했습니다.",
    "2026. 5. 30. 오후 11:59, 회원님 : 톡게시판 '투표': 어디?\n1. 산\n2. 바다",
    "",
    "2026년 5월 31일 일요일",
    "2026. 5. 31. 오전 12:00, 나리 : 파일: 회의록.xlsx",
    "2026. 5. 31. 오전 12:01: 나리님이 나갔습니다.",
)
V3B = crlf("Talk_2026.5.25 15:10-1.txt", "저장한 날짜 : 2026. 6. 1. 10:50", "", "", "", "2026년 5월 30일 토요일", "2026. 5. 30. 23:58, 가온 : 본문\n둘째 줄", "2026. 5. 30. 23:59, 나리 : 동영상 2개")  # fmt: skip
V4 = crlf("KakaoTalk Chats with 나들이 (4 people)-1.txt", "Date Saved : Aug 3, 2015, 12:20 AM", "", "", "", "Thursday, July 9, 2015", "Jul 9, 2015, 8:34 PM: A invited B and C.", "Jul 9, 2015, 8:35 PM, You : text\nmore", "Jul 9, 2015, 8:36 PM: B left.")  # fmt: skip
V4_24 = crlf("KakaoTalk Chats with sender", "Date Saved : Apr 23, 2021 14:55", "", "", "Thursday, July 16, 2020", "Jul 16, 2020 22:23, sender : text", "Jul 16, 2020 0:03, You : photo")  # fmt: skip
V5 = crlf("Talk_2026.5.25 15:10-1.txt", "저장한 날짜 : 2026-05-27 오후 4:13", "", "", "2019년 3월 30일 토요일", "2019-03-30 오전 4:39, sender : content\n2019-03-31", "2019-03-30 오후 12:01, 나리 : 30,400원을 받으세요.")  # fmt: skip
V6 = crlf(
    "나들이 님과 카카오톡 대화",
    "저장한 날짜 : 2026-06-01 10:50:33",
    "",
    "--------------- 2026년 5월 30일 토요일 ---------------",
    "가온님이 나리님을 초대했습니다.",
    "타인, 기관 등의 사칭에 유의해 주세요.",
    "[가온] [오후 11:58] 본문",
    "둘째 줄",
    "",
    "넷째 줄",
    "메시지가 삭제되었습니다.",
    "[나리 [운영]] [오후 11:59] 사진 16장",
    "채팅방 관리자가 메시지를 가렸습니다.",
    "--------------- 2026년 5월 31일 일요일 ---------------",
    "다솜님이 들어왔습니다.운영정책을 위반한 메시지로 신고 접수 시 카카오톡 이용에 제한이 있을 수 있습니다. ",
    "[다솜] [오전 12:05] [나리] [오후 3:12] 인용",
    "나리님을 내보냈습니다.",
)
V6B = crlf("나리 님과 카카오톡 대화", "저장한 날짜 : 2026-06-01 10:50:33", "", "--------------- 2026년 5월 30일 토요일 ---------------", "[가온] [23:58] 본문", "[나리] [0:03] 보이스톡 0:17")  # fmt: skip
V7 = crlf("나들이 with KakaoTalk Chats", "Date Saved : 2015-08-03 00:47:14", "", "--------------- Saturday, August 1, 2015 ---------------", "A invited B and C.", "[가온] [2:37 PM] text", "A joined", "[Bob] [12:00 AM] File: a b.pdf", "The message has been deleted.", "A left.")  # fmt: skip
V7_2021 = crlf("가온 with KakaoTalk Chats", "Date Saved: 2021-08-03 00:47:14", "", "--------------- Sunday, August 1, 2021 ---------------", "[가온] [2:37 PM] text")  # fmt: skip
V7B = crlf("나들이 with KakaoTalk Chats", "Date Saved : 2015-08-03 00:47:14", "", "--------------- 2015년 8월 1일 토요일 ---------------", "[가온] [오후 2:37] 말", "[Alice] [AM 9:04] text")  # fmt: skip
V8 = lf(
    "Date,User,Message",
    '2026-05-30 23:58:04,"가온","본문, 쉼표"',
    '2026-05-30 23:58:40,"나리 ""운영""","""따옴표""와',
    "",
    '줄"',
    ',,"메시지가 삭제되었습니다."',
    ",,관리자가 메시지를 가렸습니다.",
    '2026-05-31 00:05:00,"나리","(사진)"',
    '2026-05-31 00:06:00,"나리","닫히지 않은',
    '2026-05-31 00:07:00,"가온","=cmd|\'/C calc\'!A0"',
)
V9 = lf("[가온] [2024. 4. 1. 오후 3:24] 본문", "둘째 줄", "[나리] [2024. 4. 2. 오전 12:01] 사진")
V9_UNDATED = lf("[가온] [3:24 PM] 본문", "[나리] [13:24] 네")
V10 = lf("나들이 님과 카카오톡 대화", "저장한 날짜 : 2026-06-01 10:50:33", "", "--------------- 2026년 5월 30일 토요일 ---------------", "오전 9:23, 홍길동 : 본문", "둘째 줄", "오후 12:00, 부서:영업팀 : 이모티콘", "오후 12:01, 홍길동님이 나갔습니다.", "", "--------------- 2026년 5월 31일 일요일 ---------------", "오전 12:05, 나리 : 네")  # fmt: skip

V10_RULES = (
    V10.replace("--------------- 2026년 5월 30일 토요일 ---------------", "-------------\n2026년 5월 30일 토요일\n-------------")
    .replace("--------------- 2026년 5월 31일 일요일 ---------------", "-------------\n2026년 5월 31일 일요일\n-------------")
    .replace("둘째 줄", "둘째 줄\n-------\n2026년 5월 30일 토요일\n끝줄")
)  # fmt: skip

CASES: dict[str, tuple[str, list[Row]]] = {
    "V1": (
        V1,
        [
            sys("2026-05-30T23:58", "가온님이 나리님과 다솜님을 초대했습니다."),
            ("2026-05-30T23:58", "가온", "text", "안녕"),
            ("2026-05-30T23:59", "나리", "text", "두 줄\n\n쓴 말"),
            ("2026-05-30T23:59", "나리", "text", "네"),
            ("2026-05-30T23:59", "나리", "text", "네"),
            ("2026-05-31T00:05", "나리", "photo", f"{HEX}.jpg"),
            ("2026-05-31T12:00", "부서:영업팀", "sticker", "이모티콘"),
            ("2026-05-31T12:01", "가온", "link", "https://example.com/a"),
            ("2026-05-31T12:02", "가온", "text", "이거 봐 https://example.com/a"),
            sys("2026-05-31T12:03", "다솜님이 나갔습니다."),
        ],
    ),
    "V1b": (V1B, [("2026-05-30T00:05", "가온", "text", "하나\n둘"), ("2026-05-30T23:58", "나리", "text", "셋")]),
    "V2 2015": (
        V2_2015,
        [
            sys("2015-07-09T20:34", "Gaon invited Nari and Dasom."),
            ("2015-07-09T20:34", "Gaon", "text", "hi\nthere"),
            ("2015-07-10T00:00", "Nari", "photo", "<Photo>"),
            ("2015-07-10T12:30", "Nari", "sticker", "Emoticons"),
        ],
    ),
    "V2 2018": (
        V2_2018,
        [("2018-05-01T15:12", "Gaon", "text", "text"), ("2018-05-01T15:13", "Nari", "call", "Voice Call 0:17")],
    ),
    "V2 2023": (
        V2_2023,
        [
            ("2023-05-01T15:12", "Gaon", "text", "text"),
            ("2023-05-01T15:13", "Nari", "deleted", "This message was deleted."),
        ],
    ),
    "V3": (
        V3,
        [
            ("2026-05-30T23:58", "가온", "text", "본문"),
            sys("2026-05-30T23:58", "가온님이 나리님을 초대했습니다."),
            ("2026-05-30T23:59", "회원님", "board", "톡게시판 '투표': 어디?\n1. 산\n2. 바다"),
            ("2026-05-31T00:00", "나리", "file", "파일: 회의록.xlsx"),
            sys("2026-05-31T00:01", "나리님이 나갔습니다."),
        ],
    ),
    "V3b": (
        V3B,
        [("2026-05-30T23:58", "가온", "text", "본문\n둘째 줄"), ("2026-05-30T23:59", "나리", "video", "동영상 2개")],
    ),
    "V4": (
        V4,
        [
            sys("2015-07-09T20:34", "A invited B and C."),
            ("2015-07-09T20:35", "You", "text", "text\nmore"),
            sys("2015-07-09T20:36", "B left."),
        ],
    ),
    "V4 24 h": (V4_24, [("2020-07-16T22:23", "sender", "text", "text"), ("2020-07-16T00:03", "You", "photo", "photo")]),
    "V5": (
        V5,
        [
            ("2019-03-30T04:39", "sender", "text", "content\n2019-03-31"),
            ("2019-03-30T12:01", "나리", "money", "30,400원을 받으세요."),
        ],
    ),
    "V6": (
        V6,
        [
            sys(None, "가온님이 나리님을 초대했습니다."),
            sys(None, "타인, 기관 등의 사칭에 유의해 주세요."),
            ("2026-05-30T23:58", "가온", "text", "본문\n둘째 줄\n\n넷째 줄"),
            (None, None, "deleted", "메시지가 삭제되었습니다."),
            ("2026-05-30T23:59", "나리 [운영]", "photo", "사진 16장"),
            (None, None, "hidden", "채팅방 관리자가 메시지를 가렸습니다."),
            sys(
                None,
                "다솜님이 들어왔습니다.운영정책을 위반한 메시지로 신고 접수 시 카카오톡 이용에 제한이 있을 수 있습니다. ",
            ),
            ("2026-05-31T00:05", "다솜", "text", "[나리] [오후 3:12] 인용"),
            sys(None, "나리님을 내보냈습니다."),
        ],
    ),
    "V6b": (
        V6B,
        [("2026-05-30T23:58", "가온", "text", "본문"), ("2026-05-30T00:03", "나리", "call", "보이스톡 0:17")],
    ),
    "V7": (
        V7,
        [
            sys(None, "A invited B and C."),
            ("2015-08-01T14:37", "가온", "text", "text"),
            sys(None, "A joined"),
            ("2015-08-01T00:00", "Bob", "file", "File: a b.pdf"),
            (None, None, "deleted", "The message has been deleted."),
            sys(None, "A left."),
        ],
    ),
    "V7 2021": (V7_2021, [("2021-08-01T14:37", "가온", "text", "text")]),
    "V7b": (V7B, [("2015-08-01T14:37", "가온", "text", "말"), ("2015-08-01T09:04", "Alice", "text", "text")]),
    "V8": (
        V8,
        [
            ("2026-05-30T23:58", "가온", "text", "본문, 쉼표"),
            ("2026-05-30T23:58", '나리 "운영"', "text", '"따옴표"와\n\n줄'),
            (None, None, "deleted", "메시지가 삭제되었습니다."),
            (None, None, "hidden", "관리자가 메시지를 가렸습니다."),
            ("2026-05-31T00:05", "나리", "photo", "(사진)"),
            ("2026-05-31T00:06", "나리", "text", "닫히지 않은"),
            ("2026-05-31T00:07", "가온", "text", "=cmd|'/C calc'!A0"),
        ],
    ),
    "V9": (
        V9,
        [("2024-04-01T15:24", "가온", "text", "본문\n둘째 줄"), ("2024-04-02T00:01", "나리", "photo", "사진")],
    ),
    "V9 undated": (V9_UNDATED, [(None, "가온", "text", "본문"), (None, "나리", "text", "네")]),
    "V10 rules": (
        V10_RULES,
        [
            ("2026-05-30T09:23", "홍길동", "text", "본문\n둘째 줄\n-------\n2026년 5월 30일 토요일\n끝줄"),
            ("2026-05-30T12:00", "부서:영업팀", "sticker", "이모티콘"),
            sys("2026-05-30T12:01", "홍길동님이 나갔습니다."),
            ("2026-05-31T00:05", "나리", "text", "네"),
        ],
    ),
    "V10": (
        V10,
        [
            ("2026-05-30T09:23", "홍길동", "text", "본문\n둘째 줄"),
            ("2026-05-30T12:00", "부서:영업팀", "sticker", "이모티콘"),
            sys("2026-05-30T12:01", "홍길동님이 나갔습니다."),
            ("2026-05-31T00:05", "나리", "text", "네"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_family_is_read_exactly(name: str, tmp_path: Path) -> None:
    text, wanted = CASES[name]
    rows, report = read_text(tmp_path, text)
    assert rows == wanted
    assert report.unparsed == 0


@pytest.mark.parametrize("encoding", ["cp949", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("name", [name for name in CASES if name != "V2 2023"])  # U+202F is not in CP949
def test_family_is_read_from_every_encoding(name: str, encoding: str, tmp_path: Path) -> None:
    """UTF-16 without a mark is known by the zero bytes of its spaces and line ends."""
    text, wanted = CASES[name]
    rows, _ = read_text(tmp_path, text.lstrip("\ufeff"), encoding=encoding)
    assert rows == wanted


@pytest.mark.parametrize("name", ["V1", "V3", "V6", "V8", "V10"])
def test_stray_nuls_cost_one_letter_each_and_are_told(name: str, tmp_path: Path) -> None:
    text, wanted = CASES[name]
    rows, report = read_text(tmp_path, text.replace("본문", "본\0문").replace("안녕", "안\0녕"))
    assert rows == [(a, s, k, t.replace("본문", "본\ufffd문").replace("안녕", "안\ufffd녕")) for a, s, k, t in wanted]
    assert len(report.warnings) == 1 and "본" not in report.warnings[0]
