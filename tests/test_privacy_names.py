"""Names: participants in every form, others by evidence, words that only look like names. All names are invented."""

import unicodedata

import pytest

from engine.privacy.masking import Masker

SPEAKERS = ["김지은", "박민준", "성수", "이서연", "남궁민수", "Daniel Kim", "나리 [운영]", "쭈니♥", "하늘", "오솔"]
MASKER = Masker(SPEAKERS)


def names(text, masker=MASKER):
    return [text[span.start : span.end] for span in masker.mask(text).spans if span.label == "PERSON"]


FORMS = [
    ("지은아 뭐해", "지은"),
    ("지은이가 그랬어", "지은"),
    ("지은이는 바빠", "지은"),
    ("지은이랑 밥먹음", "지은"),
    ("지은씨 안녕", "지은"),
    ("지은 씨 안녕", "지은"),
    ("지은님", "지은"),
    ("지은언니", "지은"),
    ("지은이 언니 왔다", "지은"),
    ("지은쌤", "지은"),
    ("지은이네 집", "지은"),
    ("지은생일이야", "지은"),
    ("우리지은이가", "지은"),
    ("지으나 빨리와", "지으나"),
    ("김지은 과장님", "김지은"),
    ("김지은입니다", "김지은"),
    ("@김지은 확인", "김지은"),
    ("김 지은 왔어", "김 지은"),
    ("김 지 은", "김 지 은"),
    ("김\u200b지은", "김\u200b지은"),
    ("ㄱㅈㅇ 왔어", "ㄱㅈㅇ"),
    ("jieun아 hi", "jieun"),
    ("박민준책임", "박민준"),
    ("저희팀박민준 님", "박민준"),
    ("민준아", "민준"),
    ("민준이한테 줘", "민준"),
    ("민준이형", "민준"),
    ("민준 선배", "민준"),
    ("박 민 준", "박 민 준"),
    ("서연아아아", "서연"),
    ("서연이~", "서연"),
    ("남궁민수 씨", "남궁민수"),
    ("민수야", "민수"),
    ("민수가 왔다", "민수"),
    ("민수야뭐해", "민수"),
    ("daniel kim 왔어", "daniel kim"),
    ("Daniel 왔어", "Daniel"),
    ("나리야", "나리"),
    ("쭈니야 안녕", "쭈니"),
    ("쭈니♥ 하이", "쭈니♥"),
    ("하늘아 뭐해", "하늘"),
    ("하늘언니", "하늘"),
    ("하늘이가 그랬대", "하늘"),
    ("성수야", "성수"),
    ("성수야 성수역에서 보자", "성수"),
    ("성수 형이랑", "성수"),
    ("솔아", "솔"),
    ("오솔 왔어", "오솔"),
]


@pytest.mark.parametrize(("text", "name"), FORMS)
def test_a_participant_is_found_without_particle_and_title(text, name):
    assert names(text) == [name]


def test_decomposed_text_is_matched_and_offsets_lie_on_the_original():
    text = unicodedata.normalize("NFD", "지은아 안녕")
    assert names(text) == [unicodedata.normalize("NFD", "지은")]


@pytest.mark.parametrize(
    "text",
    [
        "성수동 카페 가자",
        "성수역 3번출구",
        "성수에서 놀자",
        "성수 카페 갈래",
        "성수로 와",
        "하늘이 파랗다",
        "하늘 예쁘다",
        "분지은행",
        "호수지만",
        "국민수준",
        "오늘 뭐해",
    ],
)
def test_a_place_or_a_word_is_no_participant(text):
    assert names(text) == []


@pytest.mark.parametrize("text", ["지은는 왔어", "민수은 왔어"])
def test_a_particle_that_disagrees_is_no_name(text):
    assert names(text) == []


def test_all_forms_of_one_participant_are_one_person():
    masked = Masker(["김지은"]).mask("지은아, 김지은 씨, 김 지은, 지은이가, jieun, ㄱㅈㅇ")
    assert masked.text == "[이름_1]아, [이름_1] 씨, [이름_1], [이름_1]이가, [이름_1], [이름_1]"


def test_two_participants_with_one_given_name_stay_apart():
    masker = Masker(["김지은", "박지은"])
    assert masker.mask("김지은 박지은 지은아").text == "[이름_1] [이름_2] [이름_3]아"


@pytest.mark.parametrize("speaker", ["엄마", "회원님", "나", ".", "(알 수 없음)", "사장님"])
def test_a_speaker_called_by_a_role_registers_nothing(speaker):
    assert not Masker([speaker]).names.aliases


@pytest.mark.parametrize(
    ("speaker", "text", "name"),
    [
        ("김가온 대리", "가온 대리님", "가온"),
        ("늑대#1003", "늑대#1003님", "늑대#1003"),
        ("부서:영업팀", "부서:영업팀 확인", "부서:영업팀"),
        ("다솜/94/서울", "다솜아", "다솜"),
        ("★새벽★", "새벽님 안녕", "새벽"),
        ("JH", "JH 왔어", "JH"),
        ("민수형", "민수 왔다", "민수"),
        ("가온이", "가온아", "가온"),
    ],
)
def test_nicknames_with_odd_characters(speaker, text, name):
    assert names(text, Masker([speaker])) == [name]


OTHERS = [
    ("영희가 그랬어", "영희"),
    ("철수야 밥먹자", "철수"),
    ("최유진 대리님", "최유진"),
    ("윤 과장님", "윤"),
    ("김대리가 늦는대", "김"),
    ("김 과장님이 그랬어", "김"),
    ("정훈이한테 줬어", "정훈"),
    ("강하준이랑 만났어", "강하준"),
    ("최서윤 어제 왔어", "최서윤"),
    ("예금주 홍길동", "홍길동"),
    ("제 이름은 한예린입니다", "한예린"),
    ("수빈이가 좋아해", "수빈"),
    ("현우랑 놀았어", "현우"),
    ("유나 언니 왔어", "유나"),
    ("이준호 선생님", "이준호"),
    ("정다은씨", "정다은"),
    ("황보경태 님", "황보경태"),
    ("독고영재 씨", "독고영재"),
    ("친구 김하람이 왔다", "김하람"),
    ("Minho Kim emailed", "Minho Kim"),
    ("김탁구 씨 계세요", "김탁구"),
    ("박지은이 왔어", "박지은"),
    ("담당자: 노을찬", "노을찬"),
    ("성명: NGUYEN THI HOA", "NGUYEN THI HOA"),
]


@pytest.mark.parametrize(("text", "name"), OTHERS)
def test_people_outside_the_chat_are_found_by_evidence(text, name):
    assert names(text) == [name]


WORDS = """고구마 먹자
고시원 살아
기다림
소화가 안돼
금연 중
피우는
도전하자
길거리
기획사
이상한 형
예쁜 누나
우리 형 왔어
선생님 안녕하세요
사장님 여기요
고객님
아저씨 안녕
이모 여기
강아지 귀여워
이번 주말에
하나만 줘
하나도 없어
나도 그래
언니 뭐해
엄마가 언니랑 있어
변경은 안돼
설정한 대로
표시하는 거
수정하고 올게
지원하는 회사
장기자랑 시켰어
지하주차장
흔적을 지우는 중
정도가 심해
마음씨가 고와
날씨가 좋다
글씨 예쁘다
주한미군
노원구청장
이 사람 누구야
지금 이 순간
전화 정말 안 받네
신기한 일
유명한 집
서로의 마음
추운날씨
국경은 없어""".split("\n")


@pytest.mark.parametrize("text", WORDS)
def test_everyday_words_are_no_names(text):
    assert names(text) == []
