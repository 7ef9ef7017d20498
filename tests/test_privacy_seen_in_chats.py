"""Spellings that strangers' chats brought up, each with a harmless twin. All values are invented."""

import pytest

from engine.privacy.masking import find_spans

FOUND = [
    ("사십이러에 구일삼오 라고 하네", "PLATE", "사십이러에 구일삼오"),
    ("옆 공육마 다시 팔공삼칠도 빼주세요", "PLATE", "공육마 다시 팔공삼칠"),
    ("67 조 1O48", "PLATE", "67 조 1O48"),
    ("제 차는 157 루 사팔공이 흰색이요", "PLATE", "157 루 사팔공이"),
    ("gaon_zzang12 이거 친추 ㄱㄱ", "ID_HANDLE", "gaon_zzang12"),
    ("narae.gong77 로 가입하셨어요", "ID_HANDLE", "narae.gong77"),
    ("mugung_fig 입니당", "ID_HANDLE", "mugung_fig"),
    ("저는 toma 언더바 toto 언더바 99", "ID_HANDLE", "toma 언더바 toto 언더바 99"),
    ("narae(점)cho88(at)example(점)net", "EMAIL", "narae(점)cho88(at)example(점)net"),
    ("hooks.example.io/services/T02AB/B91KQ/zz8Lm4Qp 노출됐어요", "URL_TOKEN", "T02AB/B91KQ/zz8Lm4Qp"),
    ("970130 1 975423", "RRN", "970130 1 975423"),
    ("3563-1740 하고 0928-1649 국민 체크요", "CARD", "3563-1740 하고 0928-1649"),
    ("O1O-7з48-l925 이분이에요", "PHONE", "O1O-7з48-l925"),
    ("핸드폰은 공하나공에 삼사오오 그담에 팔하나이칠", "PHONE", "공하나공에 삼사오오 그담에 팔하나이칠"),
    ("121.166.92[.]207 이것도요", "IP", "121.166.92[.]207"),
]


@pytest.mark.parametrize(("text", "label", "value"), FOUND)
def test_found(text: str, label: str, value: str) -> None:
    assert [(span.label, text[span.start : span.end]) for span in find_spans(text)] == [(label, value)]


@pytest.mark.parametrize(
    "text",
    [
        "109나 1393으로 전화해", "user_id 컬럼 추가", "snake_case 쓰자", "get_user 함수 로그인", "file_name.txt 로그인", "max_len 5 입니다",
        "이사오면 연락", "오이 사러 가자", "일이 많아", "바다", "바다가 좋아", "3개 하고 5개 더", "2025 그리고 2026 시즌", "환율 100동",
    ],
)  # fmt: skip
def test_harmless(text: str) -> None:
    assert find_spans(text) == []
