"""What a body stands for: placeholders only when they are the whole body, everything else is text."""

import pytest

from engine.sources.kakao.kinds import bare_line_kind, body_kind, stamped_line_kind

HEX = "0a" * 32
KINDS = {
    "photo": ["사진", "사진 16장", "<사진>", "(사진)", "Photo", "photo", "<Photo>", f"{HEX}.jpg", f"{HEX}.PNG", f"{HEX}.jpg\n{HEX}.webp"],
    "video": ["동영상", "동영상 2개", "<동영상>", "Video", "videos", f"{HEX}.mp4"],
    "sticker": ["이모티콘", "(이모티콘)", "(이모티콘) ", "Emoticons"],
    "voice": ["음성메시지", "음성 메시지", "Voice Note"],
    "file": ["파일: 보고서.xlsx", "파일: %EA%B3%B5.pdf", "File: notes.pdf"],
    "call": [
        "보이스톡 해요", "보이스톡 0:17", "보이스톡 1:02:03", "페이스톡 해요", "페이스톡 12:34", "보이스톡 취소", "보이스톡 부재중",
        "라이브톡 시작", "라이브톡 종료", "라이브톡 종료 12:34", "보이스룸이 방금 시작했어요.", "Voice Call 0:17", "Live Talk ended 12:34",
    ],
    "link": ["https://example.com/a?b=c", "http://a.kr\nhttps://b.kr", "www.example.com"],
    "board": ["톡게시판 '공지': 모임", "톡게시판 '투표': 어디?\n1. 산\n2. 바다", "톡게시판 '투표 종료': 끝", "톡게시판 '글 공유': 글"],
    "money": [
        "30,000원을 보냈어요. 송금 받기 전까지 보낸 분은 내역 상세화면에서 취소할 수 있어요.", "30,400원을 받으세요.",
        "30,400원 받기 완료! 받은 돈은 카카오페이머니로 쓸 수 있어요.", "송금봉투가 도착했어요. 송금 받기 전까지",
        "송금봉투를 받았어요. 받은 카카오페이머니는", "정산 내용을 확인해주세요.\n\n- 정산금액 : 30,000원", "정산을 시작합니다! 요청인원 : 3명",
    ],
    "search": ["샵검색: #날씨", "샵검색: #맛집 추천"],
    "map": ["지도", "[네이버 지도]\n서울시청\nhttps://naver.me/x", "[카카오맵] 공원"],
    "contact": ["연락처", "카카오톡 프로필"],
    "deleted": ["삭제된 메시지입니다.", "메시지가 삭제되었습니다.", "This message was deleted."],
    "hidden": ["채팅방 관리자가 메시지를 가렸습니다.", "관리자가 메시지를 가렸습니다."],
    "other": ["", "  ", "선물", "배달의민족 선물을 보냈어요."],
    "text": [
        "사진 보내줘", "사진이야", "사진\n봐", "사진 많이 16장", "동영상 봐", "이모티콘 사줘", "지도 어디 있어", "연락처 알려줘", "선물 고마워",
        "파일 보냈어", "파일:", "보이스톡", "보이스톡 하자", "페이스톡 할래?", "https://example.com 이거 봐", "이거 봐 https://example.com",
        "3만원을 보냈어요", "5,000원 있어?", "[전화번호_1]", "네이버 지도 봐", "삭제된 메시지입니다. 라고 뜨네", "톡게시판 봐", "File", "Video?",
        "0", "#날씨", "라이브톡", "X님이 나갔습니다.", "정산 내용을 확인했어",
    ],
}  # fmt: skip
CASES = [(kind, body) for kind, bodies in KINDS.items() for body in bodies]


@pytest.mark.parametrize(("kind", "body"), CASES)
def test_body_has_its_kind(kind: str, body: str) -> None:
    assert body_kind(body) == kind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("가온님이 나리님과 다솜님을 초대하였습니다.", "system"),
        (
            "가온님이 들어왔습니다.운영정책을 위반한 메시지로 신고 접수 시 카카오톡 이용에 제한이 있을 수 있습니다. ",
            "system",
        ),
        ("가온님을 내보냈습니다.", "system"),
        ("타인, 기관 등의 사칭에 유의해 주세요. 금전 요구", "system"),
        ("불법촬영물등 식별 및 게재제한 조치 안내", "system"),
        ("가온님이 방장이 되었습니다.", "system"),
        ("Gaon invited Nari and Dasom.", "system"),
        ("Gaon Kim left.", "system"),
        ("Gaon has left this chatroom.", "system"),
        ("메시지가 삭제되었습니다.", "deleted"),
        ("The message has been deleted.", "deleted"),
        ("관리자가 메시지를 가렸습니다.", "hidden"),
        ("보이스룸이 방금 시작했어요.", "call"),
        ("사진", None),
        ("김 과장님이 승인했습니다.", None),
        ("I left.", None),
        ("2 hours left.", None),
        ("only two are left", None),
        ("초대했습니다", None),
    ],
)
def test_line_without_sender_and_time(line: str, kind: str | None) -> None:
    assert bare_line_kind(line) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("가온님이 나갔습니다.", "system"),
        ("무언가 바뀌었습니다.", "system"),
        ("삭제된 메시지입니다.", "deleted"),
        ("라이브톡 종료", "call"),
    ],
)
def test_line_with_time_and_no_sender(text: str, kind: str) -> None:
    assert stamped_line_kind(text) == kind
