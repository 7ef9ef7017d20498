"""Addresses from their first to their last word, in the spellings people type; meeting places and counts stay. All invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.privacy.addresses import address
from engine.privacy.masking import find_spans


def found(text):
    return [text[span.start : span.end] for span in find_spans(text) if span.label == "ADDRESS"]


PARTIAL = [
    "솔빛마을 3단지 305동 1204호",
    "나래자이 112동",
    "잠원동 한신 4차 209동",
    "달빛동 1495-2 성원 5차 508동 1101호",
    "가람구 다솜동 힐스테이트 2차 208동",
    "한빛빌 B01",
    "한빛빌 지하 1호",
    "다솜동 366-11 지하1층",
    "다솜동 994-12 나동 반지하 01호",
    "하늘동5가 103-88번지 302호",
    "푸른대로201번길 44-6",
    "가람구 나래로 61길 8 (다솜동, 해든빌) 402호",
    "가람면 솔빛리 산 47-2",
    "원룸 305호",
    "누리하늘채 131동 1802호",
    "현대2차 21동 901호",
    "반디마을5단지 508동 201호",
    "세종시 나래동 2-4생활권 누리포레 703동 2201호",
    "(21399) 인천 부평구 나래로 571",
    "별내동 은하 3204동 1702호",
    "나래동 누리로 94-1 다세대 3층",
    "전주시완산구나래로53, 101동1403호",
    "김해 장유 나래3로 76",
    "노량진 나래로 14길 원룸 505호",
    "누리학사 B동 417호",
    "산본 우람아파트 711동 하고 908호",
    "나래동 새솔아파트 사동 육백일호",
    "평택 나래동 부영 2단지 이백사동 칠백삼호",
    "금천구 나래로 50라길 3-18 옥탑",
    "은평구 나래로 29다길 5 (나래동) 비01호",
    "광주 북구 나래로 81 예가빌 401",
    "이천시 부발읍 나래로 187\n현진에버빌 102동\n1503호",
    "오백이동 구백일호",
    "전남 나주시 나래로 740 한빛아파트 207-1302",
]


@pytest.mark.parametrize("text", PARTIAL)
@pytest.mark.parametrize("frame", ["{}", "주소는 {} 이에요", "택배는 {}로 보내줘", "우리집 {}"])
def test_partial_addresses_as_people_type_them(text, frame):
    written = found(frame.format(text))
    assert len(written) == 1
    assert text in written[0] or written[0] in text
    assert len(written[0]) >= len(text) - 3


REGIONS = st.sampled_from(
    ["서울 강남구", "경기도 성남시 분당구", "부산 해운대구", "전북 익산시", "원주시", "강원도 홍천군 내면"]
)
NUMBER = st.integers(1, 999).map(str) | st.tuples(st.integers(1, 1999), st.integers(1, 99)).map(
    lambda n: f"{n[0]}-{n[1]}"
)
ROADS = st.sampled_from(["테헤란로", "월드컵북로", "다솜2로", "은하수길", "나래대로"]) | st.builds(
    "나래로 {}길".format, st.integers(1, 99)
)
TOWNS = st.sampled_from(["역삼동", "다솜동", "달빛1동", "솔빛읍 나래리"])
UNITS = st.sampled_from(
    ["", " 302호", " 101동 1203호", ", 5층", " 래미안 103동 1502호", " 한빛빌라 201호", " 지하1층", " (다솜동)"]
)
WHOLE = st.builds("{} {} {}{}".format, REGIONS, ROADS | TOWNS, NUMBER, UNITS)
BEFORE = st.sampled_from(["", "주소: ", "집은 ", "네 ", "여기로 보내줘 ", "ㅋㅋ 우리 집은 ", "받는 곳\n"])
AFTER = st.sampled_from(["", " 이에요", "로 와", " 맞지?", "\n감사합니다", " 입니다", " ㅎㅎ"])


@settings(max_examples=300)
@given(BEFORE, WHOLE, AFTER)
def test_whole_addresses_are_found_whole_wherever_they_stand(before, written, after):
    assert found(before + written + after) == [written]


LIVED_IN = [
    ("저희 904호 어제 빈집이었어요", "904호"),
    ("호수는 육백삼호 요", "육백삼호"),
    ("관리실에 전화했더니 1805호 손님 차래요", "1805호"),
    ("703호에 가서 물어봐줘", "703호"),
    ("아직 나래동 누리로 52길 살아?", "나래동 누리로 52길"),
    ("이사해서 멀어 세종 나래동 가온마을 9단지", "세종 나래동 가온마을 9단지"),
    ("나 서울 강남구 역삼동에 살아", "서울 강남구 역삼동"),
]


@pytest.mark.parametrize(("text", "home"), LIVED_IN)
def test_a_home_without_a_number_counts_where_somebody_lives(text, home):
    assert found(text) == [home]


HARMLESS = [
    "본사 9층 902호 대회의실이며", "교육관 3층 305호입니다", "중도 2층 B-204 6시",
    "이동 중이야", "구호 물품 보냈어", "일이동안 힘들었지", "백호랑이", "이백 호 넘게 나갔대", "회의실 903호에서 봐", "호텔 904호 좋더라", "신호 대기", "천호동에서 봐", "오동통", "사이동선", "병원 703호 입원실",
    "나래로 52길 카페 가자", "가온마을 9단지 상가에서 봐", "역시그대로 3개", "다시친구야", "부산 가서 나래길 3시",
    "3호선 타고 와", "강남역 2번 출구에서 봐", "홍대입구역 9번출구 앞", "101번 버스 타", "스타벅스 2층에 있어", "이마트 성수점 지하 1층 푸드코트",
    "전북 상대로 2-1 승", "한국이 일본 상대로 3승", "카드로 20만원", "버스로 30분", "택시로 5분 거리", "그대로 2개 주세요", "3학년 2반 15번",
    "국어 2-1 시험", "회의실 B동", "우리 동 3명", "몇 동이야?", "운동 30분 했어", "이동 2시간", "활동 3-4번", "정리 1-2시간이면 돼",
    "빨리 3개만", "2동 3동 다 갔다", "배터리 3-2 남음", "파리 1-0 승", "그러면 3-4시쯤", "라면 3-4개", "5호점 오픈", "2019-2020 시즌",
    "신촌 3차 갔다", "2차 어디로 갈까", "3단계로 올라감", "서울 3-2 승", "새로 3개 샀어", "앞으로 20분", "위로 3칸", "가는길 3분", "호텔 1203호 체크인했어",
    "세브란스병원 502호 면회", "강남구 맛집 3곳", "홍대에서 만나", "성수동 카페 갈래?", "부산 가는 중", "신림동에서 7시에 보자", "판교에 있어", "주공 시절 얘기",
    "롯데 3-1 한화", "두산 2차전", "현대 2차 협력사", "삼성 5층 사무실", "우리 아파트 101동 앞에 눈사람 있어", "경기 2-0으로 이김", "대구 30도래",
    "제15조 제1항", "2동탄역", "1층 로비", "지하 2층 주차장 B2", "고객센터 1588-3820", "오류나면 1644-9003", "12345 무늬", "등록번호 제11440-2019-00123호",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_meeting_places_counts_and_scores_are_no_addresses(text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["우편번호는 54563 이에요", "우편번호 필요하대 우리동네 54563 맞죠?", "(우) 54563"])
def test_a_postcode_counts_only_as_one(text):
    assert found(text) == ["54563"]


def test_an_address_in_latin_letters():
    text = "영문 주소 1805-ho, 302-dong, 45 Narae-ro, Gangnam-gu, Seoul 이렇게"
    assert found(text) == ["1805-ho, 302-dong, 45 Narae-ro, Gangnam-gu, Seoul"]


@pytest.mark.parametrize(
    "piece", ["서울 ", "가동 ", "101동 ", "나래로 3 ", "3-4", "집 101-1203 ", "가", "((((", "1-ho, ", "5동5호"]
)
def test_long_monotonous_text_takes_no_longer_than_its_length(piece):
    assert sum(1 for _ in address(piece * (200_000 // len(piece)))) >= 0
