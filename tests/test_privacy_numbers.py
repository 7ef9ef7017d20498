"""Numbers, addresses, links and handles: what is found, in what spelling, and what must stay. All values are invented."""

import pytest

from engine.privacy.masking import canonical, find_spans


def found(text):
    return [(span.label, text[span.start : span.end]) for span in find_spans(text)]


PHONES = [
    "010-1234-5678",
    "01012345678",
    "010 1234 5678",
    "010.1234.5678",
    "010/1234/5678",
    "010~1234~5678",
    "010ㅡ1234ㅡ5678",
    "010—1234—5678",
    "010–1234–5678",
    "010‐1234‐5678",
    "010−1234−5678",
    "０１０－１２３４－５６７８",
    "010 - 1234 - 5678",
    "010 12 34 56 78",
    "010에 1234에 5678",
    "010\n1234\n5678",
    "010)1234-5678",
    "010--1234--5678",
    "010 다시 1234 다시 5678",
    "010・1234・5678",
    "010＊1234＊5678",
    "공일공 일이삼사 오육칠팔",
    "공일공에 일이삼사에 오육칠팔",
    "공일공일이삼사오육칠팔",
    "공일공-일이삼사-오육칠팔",
    "영일영 일이삼사 오육칠팔",
    "010 일이삼사 오육칠팔",
    "공하나공 하나둘셋넷 다섯여섯일곱여덟",
    "공1공-1234-5678",
    "O1O-1234-5678",
    "oIo-1234-5678",
    "0lO-1234-5678",
    "01O12345678",
    "⓪①⓪-①②③④-⑤⑥⑦⑧",
    "٠١٠-١٢٣٤-٥٦٧٨",
    "𝟎𝟏𝟎-𝟏𝟐𝟑𝟒-𝟓𝟔𝟕𝟖",
    "0️⃣1️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
    "010\u200b1234\u200b5678",
    "010\u00ad-1234-5678",
    "010\u31641234\u31645678",
    "0 1 0 1 2 3 4 5 6 7 8",
    "0-1-0-1-2-3-4-5-6-7-8",
    "+82 10-1234-5678",
    "+82-10-1234-5678",
    "82-10-1234-5678",
    "+82 010-1234-5678",
    "+821012345678",
]
LINES = [
    "02-123-4567",
    "02-1234-5678",
    "02)123-4567",
    "031-123-4567",
    "070-1234-5678",
    "0502-1234-5678",
    "011-234-5678",
    "016 123 4567",
    "0212345678",
    "+1 415 555 2671",
]


@pytest.mark.parametrize("frame", ["{}", "내 번호 {}이야", "{}로 전화해줘", "번호는{} 저장해"])
@pytest.mark.parametrize("phone", PHONES + LINES)
def test_phone_in_any_spelling_and_place(phone, frame):
    text = frame.format(phone)
    assert found(text) == [("PHONE", phone)]


@pytest.mark.parametrize("phone", PHONES)
def test_every_spelling_of_a_phone_has_one_canonical_value(phone):
    assert canonical("PHONE", phone) == "01012345678"


NUMBERS = [
    ("RRN", "900101-1234567"),
    ("RRN", "900101 1234567"),
    ("RRN", "9001011234567"),
    ("RRN", "900101-1******"),
    ("RRN", "９００１０１－１２３４５６７"),
    ("RRN", "구공공일공일 일이삼사오육칠"),
    ("FRN", "900101-5234567"),
    ("CARD", "5412-7512-3412-3456"),
    ("CARD", "4111 1111 1111 1111"),
    ("CARD", "4111111111111111"),
    ("CARD", "9410-1234-5678-9012"),
    ("CARD", "3782-822463-10005"),
    ("PASSPORT", "M12345678"),
    ("PASSPORT", "M123A4567"),
    ("DRIVER", "11-12-345678-90"),
    ("DRIVER", "서울12-345678-90"),
    ("PLATE", "12가 3456"),
    ("PLATE", "12가3456"),
    ("PLATE", "123가4567"),
    ("PLATE", "서울12가1234"),
    ("PLATE", "１２가 ３４５６"),
    ("IP", "192.168.0.14"),
    ("IP", "203.0.113.77"),
    ("IP", "2001:db8:85a3:0:0:8a2e:370:7334"),
    ("IP", "2001:db8::8a2e:370:7334"),
    ("EMAIL", "gaon@example.com"),
    ("EMAIL", "gaon.na_ri+x@example.co.kr"),
    ("EMAIL", "gaon골뱅이naver닷com"),
    ("EMAIL", "gaon 골뱅이 네이버 점 컴"),
    ("EMAIL", "gaon[at]naver.com"),
    ("EMAIL", "gaon(at)naver(dot)com"),
    ("EMAIL", "ｇａｏｎ＠ｎａｖｅｒ．ｃｏｍ"),
    ("EMAIL", "gaon at naver dot com"),
    ("EMAIL", "gaon @ naver . com"),
    ("EMAIL", "gaon@naver"),
    ("EMAIL", "가온누리@한국.kr"),
]


@pytest.mark.parametrize("frame", ["{}", "여기 {} 확인해줘", "이거야 {}임"])
@pytest.mark.parametrize(("label", "value"), NUMBERS)
def test_numbers_with_a_structure(label, value, frame):
    text = frame.format(value)
    assert found(text) == [(label, value)]


CUED = [
    ("국민은행 123456-04-123456", "ACCOUNT", "123456-04-123456"),
    ("계좌 3333-01-1234567 카뱅", "ACCOUNT", "3333-01-1234567"),
    ("3333-01-1234567로 보내", "ACCOUNT", "3333-01-1234567"),
    ("농협 302-1234-5678-91", "ACCOUNT", "302-1234-5678-91"),
    ("하나 123-456789-01234로", "ACCOUNT", "123-456789-01234"),
    ("우리은행 1002 123 456789", "ACCOUNT", "1002 123 456789"),
    ("카뱅 3333011234567", "ACCOUNT", "3333011234567"),
    ("토스 1000-1234-5678", "ACCOUNT", "1000-1234-5678"),
    ("계좌는 일일공에 일이삼에 사오육칠팔구", "ACCOUNT", "일일공에 일이삼에 사오육칠팔구"),
    ("사업자번호 123-45-67891", "BRN", "123-45-67891"),
    ("사업자등록번호: 1234567891", "BRN", "1234567891"),
    ("생일 900304", "BIRTHDATE", "900304"),
    ("생년월일 1990.03.04", "BIRTHDATE", "1990.03.04"),
    ("생년월일은 90.03.04", "BIRTHDATE", "90.03.04"),
    ("1990년 3월 4일생", "BIRTHDATE", "1990년 3월 4일생"),
    ("내 생일 3월 4일이야", "BIRTHDATE", "3월 4일"),
    ("걔 90년생이야", "BIRTHDATE", "90년생"),
    ("여권 EH8841290 맞지", "PASSPORT", "EH8841290"),
    ("내 폰 번호는 9876-5432", "PHONE", "9876-5432"),
]


@pytest.mark.parametrize(("text", "label", "value"), CUED)
def test_numbers_that_only_a_word_nearby_gives_away(text, label, value):
    assert found(text) == [(label, value)]


ADDRESSES = [
    "서울시 강남구 테헤란로 123",
    "서울특별시 강남구 역삼동 123-45",
    "역삼동 123-45",
    "판교로 256",
    "래미안 101동 1203호",
    "푸르지오아파트 101동 1203호",
    "101동 1203호",
    "래미안 101-1203",
    "경기도 성남시 분당구 판교역로 235, 에이치스퀘어 7층",
    "부산 해운대구 우동 1234번지",
    "서울시강남구테헤란로123",
    "강원도 춘천시 남면 산 12-3",
    "올림픽로35길 25",
    "월드컵북로 396",
    "세종특별자치시 다솜2로 94",
    "서울 송파구 올림픽로 300 롯데월드타워 101층",
]


@pytest.mark.parametrize("frame", ["{}", "주소: {}", "여기 {} 확인해줘"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_from_their_first_to_their_last_word(address, frame):
    text = frame.format(address)
    assert found(text) == [("ADDRESS", address)]


SECRETS = [
    ("https://ex.com/a?token=abc123&x=1", "abc123"),
    ("https://open.kakao.com/o/gAbCdEf 로 와", "gAbCdEf"),
    ("키 sk-abcdefghijklmnop1234", "sk-abcdefghijklmnop1234"),
    ("AKIAABCDEFGH1234EXAM", "AKIAABCDEFGH1234EXAM"),
    ("https://user:pw1@host.com/x", "user:pw1"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"),
    ("bit.ly/3AbCdE 봐", "3AbCdE"),
    ("https://card.example.com/v/k8Zq2LmX0pTw", "k8Zq2LmX0pTw"),
    ("https://vote.example.com/b/Tg55xPq-0vRn 눌러", "Tg55xPq-0vRn"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_only_the_secret_part_of_a_link_is_masked(text, secret):
    assert found(text) == [("URL_TOKEN", secret)]


HANDLES = [
    ("카톡 아이디 minji0304", "minji0304"),
    ("인스타 @jieun_kim 팔로우", "jieun_kim"),
    ("텔레그램 @secret99", "secret99"),
    ("아이디: hello_w", "hello_w"),
    ("슬랙 U04ABCDE12", "U04ABCDE12"),
    ("내 아이디는 skyblue야", "skyblue"),
    ("디코 바람개비#1234", "바람개비#1234"),
]


@pytest.mark.parametrize(("text", "name"), HANDLES)
def test_handles_need_a_cue_or_an_at_sign(text, name):
    assert found(text) == [("ID_HANDLE", name)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("900101-1234567 010-1234-5678", ["RRN", "PHONE"]),
        ("입금하면 010-1234-5678로 연락줘", ["PHONE"]),
        ("여권번호 M12345678이고 면허 11-12-345678-90", ["PASSPORT", "DRIVER"]),
        ("신한 110-123-456789 010-1234-5678", ["ACCOUNT", "PHONE"]),
        ("기업은행 010-449928-01-016", ["ACCOUNT"]),
        ("IP는 118.45.220.91 이고 계좌는 농협 302-1234-5678-91", ["IP", "ACCOUNT"]),
    ],
)
def test_neighbours_keep_their_own_label(text, expected):
    assert [label for label, _ in found(text)] == expected


HARMLESS = """2024-01-01 ~ 2024-12-31까지 휴가
2024.01.01-2024.01.31
버전 1.2.3.4 나왔어
확률 0.4111111111111111 나옴
v10.12.300.4 업데이트
1,234,567,890원 입금됨
1700000000000
1710123456789
timestamp 1712345678901
제15조 제1항 2호
ISBN 978-89-6848-512-7
9788968485127
8801234567890
바코드: 8801234567893
주문번호 20240101-01012345
주문번호: 240101-1234567
주문번호: 2024010112345678
운송장번호 6815-2049-3370
송장 123456789012
송장번호 : 5678-1234-9012 한진
등기번호: 1234-5678-9012
법인등록번호 110111-1234567
109에 전화해
112 불러
119 신고
1366
1388로 전화
1577-0199
1588-1234 고객센터
1644-1234
1899-0000
1800-1234 로 전화
18시 30분
3호선 타고 2번 출구
100만 5천원
12시 3000원
10조 2000억
3주 1000원
삼 개월
이천 명
백만 건
오늘 일이 삼사십 개 있어
비율 3:7
24/7
RTX 4090 24GB
2024년 3월 15일
3월 15일에 보자
900304 확인
아이폰 15 프로 256
인증번호 123456
30도 1234번
5000 5000 5000 5000
2020 2021 2022 2023
1 2 3 4 5 6 7 8 9 10 11 12
3.141592653589793
255.255.255.0
127.0.0.1
101동에서 만나
그대로 20분
택시로 10분
버스로 30분 걸려
왼쪽으로 2번
새로 5개 샀어
강남역에서 보자
홍대입구역 9번 출구 스타벅스
서울 강남구 맛집
주말에 서울로 5명 갔어
행동 3번
운동 30분
다시 클릭하면 2로 바뀜
않으면 1588-3366으로
3-4개
100-200명
오전10-12시
@all 공지
GPT-4o
오후 2:30-3:30
카카오뱅크 앱 깔아
카드 3장 샀어
여권 만들었어
면허 땄어 2종
아이디 비번 까먹음
https://www.youtube.com/watch?v=dQw4w9WgXcQ
https://n.news.naver.com/article/001/0012345678
https://ex.com/posts/2945878805504514/
생일 축하해 2025
S20240101 배치""".split("\n")


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_numbers_stay(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("label", "spellings"),
    [
        ("RRN", ["900101-1234567", "9001011234567", "９００１０１ １２３４５６７"]),
        ("EMAIL", ["Gaon@naver.com", "gaon골뱅이naver닷com", "gaon @ naver . com", "gaon 골뱅이 네이버 점 컴"]),
        ("ADDRESS", ["서울특별시 강남구 테헤란로 123", "서울 강남구 테헤란로123"]),
        ("BIRTHDATE", ["1990년 3월 4일", "90.03.04", "19900304", "900304"]),
        ("DRIVER", ["서울12-345678-90", "11-12-345678-90"]),
        ("PLATE", ["12가 3456", "12가3456", "１２가３４５６"]),
        ("ID_HANDLE", ["@Sky", "sky"]),
    ],
)
def test_spellings_of_one_value_are_one(label, spellings):
    assert len({canonical(label, spelling) for spelling in spellings}) == 1
