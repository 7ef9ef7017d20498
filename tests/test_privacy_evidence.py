"""Names of others: random invented names and random everyday words in the same frames, and what a whole chat gives away."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.korean.hangul import has_batchim, with_josa
from engine.privacy.evidence import Evidence
from engine.privacy.masking import Masker
from engine.privacy.name_frames import stem_prior
from engine.privacy.name_shape import everyday, shape_odds
from engine.privacy.name_tables import FIRST, GIVEN, SECOND
from engine.privacy.names import NameMatcher
from engine.privacy.public_names import PUBLIC
from engine.privacy.residual import residual_spans

COMMON, KNOWN, THREE, STEMS = everyday()
INVENTED = sorted(
    a + b
    for a in FIRST
    for b in SECOND
    if shape_odds(a + b) > 2.5 and a + b not in COMMON | KNOWN | STEMS | GIVEN and a + b + "이" not in THREE
)
INVENTED = [name for name in INVENTED if stem_prior(name) > 0.5 and name[-1] not in "샘양형"]
UNSURE = next(
    name
    for name in sorted(a + b for a in FIRST for b in SECOND)
    if has_batchim(name[1]) and -0.4 < stem_prior(name) < 0.2
)
WORDS = sorted(word for word in COMMON if word not in GIVEN)
SURNAMES = "김박최정윤장권황송홍허"
MATCHER = NameMatcher()


def names(text, found=None, speakers=()):
    return [text[hit.start : hit.end] for hit in NameMatcher(speakers, found).find(text)]


def found_in(texts):
    evidence = Evidence()
    evidence.add(texts)
    return evidence.names()


GIVEN_FRAMES = [
    "{}{이가} 그랬어",
    "어제 {}{이랑} 밥 먹었어",
    "{} 씨 오셨어요?",
    "{}님 확인 부탁드려요",
    "{}언니 언제 와?",
    "{} 과장님이 그러셨어",
    "{}쌤 수업 좋더라",
]
FULL_FRAMES = [
    "{}{이} 왔어",
    "{} 씨 오셨어요?",
    "예금주: {}",
    "담당자는 {}입니다",
    "{} 과장님이 그러셨어",
    "내 친구 {} 알지?",
    "이름이 {}{이라}고 했어",
]


def framed(frame, name):
    closed = has_batchim(name[-1])
    with_i = name + "이" if closed and len(name) == 2 else name
    forms = {"이가": with_i[len(name) :] + "가" if len(name) == 2 else "", "이랑": "이랑" if closed else "랑"}
    forms |= {"이": with_josa(name, "이/가")[len(name) :], "이라": "이라" if closed else "라"}
    return frame.replace("{}", name).format(**forms)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(INVENTED), st.sampled_from([f for f in GIVEN_FRAMES if "{이" not in f]))
def test_an_invented_given_name_is_found_before_a_title(name, frame):
    assert names(framed(frame, name)) == [name]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([name for name in INVENTED if has_batchim(name[-1])]),
    st.sampled_from(["{}이가 그랬어", "{}이는 바빠", "{}이한테 줘"]),
)
def test_an_invented_closed_name_is_found_by_its_suffix(name, frame):
    assert names(frame.format(name)) == [name]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SURNAMES), st.sampled_from(INVENTED), st.sampled_from(FULL_FRAMES))
def test_an_invented_full_name_is_found_whole(surname, given_name, frame):
    name = surname + given_name
    # 준아 may call 준, 현하라고 may be told to do something, and well-known people stay.
    if name in THREE or name in PUBLIC or name[:2] in COMMON | KNOWN or name[-1] in "아하":
        return
    if surname == "황보" and len(name) == 3:  # 황 보솔 or 황보 솔
        return
    assert names(framed(frame, name)) == [name]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(WORDS),
    st.sampled_from(
        ["{}{이} 왔어", "어제 {}{이랑} 밥 먹었어", "{} 좀 봐", "{}만 줘", "그 {}{이라}고 했어", "{} 과장님"]
    ),
)
def test_an_everyday_word_in_the_same_frame_is_no_name(word, frame):
    assert word not in names(framed(frame, word))


def test_a_name_shown_once_is_known_everywhere():
    texts = [f"{UNSURE}이가 어제 그랬어", f"{UNSURE} 어디야", f"나 {UNSURE} 만났어 ㅋㅋ"]
    found = found_in(texts)
    assert UNSURE in found
    assert names(texts[1]) == []
    assert names(texts[1], found) == [UNSURE]


def test_a_full_name_gives_its_given_name_away():
    found = found_in(["편석찬 왔어?", "석찬이 데려갈게", "석찬이는 안 온대"])
    assert {"편석찬", "석찬"} <= found.keys()
    assert names("ㅍㅅㅊ 그 대학원생", found) == ["ㅍㅅㅊ"]


def test_words_that_stand_like_words_are_not_found():
    texts = [
        "고양이가 귀여워",
        "날씨가 좋다",
        "회사에서 봐",
        "이정도는 괜찮아",
        "사람들이랑 놀았어",
        "변경은 안 돼",
    ] * 50
    assert found_in(texts) == {}


def test_two_halves_give_what_the_whole_gives():
    texts = [f"{name}이가 왔어" for name in INVENTED[:50] if has_batchim(name[-1])] * 3
    whole, left, right = Evidence(), Evidence(), Evidence()
    whole.add(texts)
    left.add(texts[: len(texts) // 2])
    right.add(texts[len(texts) // 2 :])
    left.merge(pickle.loads(pickle.dumps(right)))
    assert left.names() == whole.names() and whole.names()


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("engine.privacy.evidence.MOST_WORDS", 100)
    evidence = Evidence()
    evidence.add(["혜솜이가 왔어"] * 20)
    for number in range(20):
        evidence.add([chr(0xAC00 + number * 50 + n) + "가나다" for n in range(50)])
    assert len(evidence.words) <= 100
    assert "혜솜" in evidence.names()


def test_what_evidence_found_stays_open_to_review():
    texts = [f"{UNSURE}이가 어제 그랬어", f"{UNSURE} 어디야"]
    found = found_in(texts)
    spans = Masker(found=found).mask(texts[1]).spans
    assert [span.label for span in spans] == ["PERSON"]
    assert spans[0].confidence < 1


@pytest.mark.parametrize(
    ("speaker", "text", "expected"),
    [
        ("박도윤 대리", "도윤아 회의", ["도윤"]),
        ("지은이💕", "지은아", ["지은"]),
        ("김대리(총무)", "김대리 왔어", ["김"]),
        ("혜솜/94/늑대", "혜솜이 왔다", ["혜솜"]),
        ("하율엄마", "하율이 아파요?", ["하율"]),
        ("백엔드_구본휘", "본휘님 그거요", ["본휘"]),
        ("수학과외 임재하T", "재하쌤", ["재하"]),
        ("24 강이레", "이레야 카포 가져와", ["이레"]),
        ("부회장 JK", "JK가 담당", ["JK"]),
        ("Chloe", "클로이 뭐해", ["클로이"]),
        ("Minji", "민지도 온대", ["민지"]),
        ("관리사무소 염과장", "염 과장님", ["염"]),
        ("한빛교회 청년부 총무", "총무님 청년부 교회", []),
        ("엄마", "엄마 뭐해", []),
        ("용달 최기사님", "기사님 용달 불러", []),
    ],
)
def test_display_names_are_read_as_people_write_them(speaker, text, expected):
    assert names(text, speakers=[speaker]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "도산 안창호 기념관",
        "뉴진스 민지 직캠 봤어?",
        "손흥민 경기 봤냐",
        "이순신 장군",
        "새벽에 비 온대",
        "시간이 지나고 나면",
        "화장 지우고 자",
        "동시성 문제",
        "주요한 변경",
        "서울 가고 싶다",
        "사라지는 것들",
        "고려하는 중",
        "사촌누나 결혼식",
        "이상형이 뭐야",
        "공영주차장 어디야",
    ],
)
def test_what_is_public_or_a_word_stays(text):
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("회비 안낸 사람 변성찬, 위나은, 탁율", ["변성찬", "위나은", "탁율"]),
        ("1조: 진하람/배수린/우찬", ["진하람", "배수린", "우찬"]),
        ("영문이름은 BAE HANEUL 맞지", ["BAE HANEUL"]),
        ("Mr. Hwang 도 온대", ["Hwang"]),
        ("서준맘님 안녕하세요", ["서준"]),
        ("故 남기철님께서 별세하셨기에", ["남기철"]),
        ("명 원장님한테 진료봤는데", ["명"]),
        ("반기훈·이숙자의 장녀 서현", ["반기훈", "이숙자", "서현"]),
    ],
)
def test_lists_forms_and_letters(text, expected):
    assert names(text) == expected


def test_long_hostile_input_takes_linear_time():
    for text in (
        "김" * 200_000,
        "가나, " * 50_000,
        "지은이" * 60_000,
        "A" * 200_000,
        "김민준 " * 50_000,
        "이름: " * 50_000,
    ):
        MATCHER.find(text)


def test_what_the_chat_gave_away_stays_hidden_and_the_second_look_agrees():
    """Built rows are read again without the chat's evidence: it must find nothing that was not hidden."""
    texts = [
        "편석찬 왔어?",
        "석찬이 데려갈게",
        "김지은이랑 봉태구쌤",
        "서준맘님 담당자: 노을찬",
        f"{UNSURE}이가 {UNSURE} 집에 감",
    ]
    masker = Masker(["김지은"], found=found_in(texts))
    for text in texts:
        assert residual_spans(masker.mask(text).text, masker.names) == []
        assert residual_spans(masker.mask(text).text, NameMatcher(["김지은"])) == []


def test_a_list_with_a_name_in_each_line() -> None:
    text = "교섭위원 명단\n1. 위성모\n2. 갈민호\n3. 석정아"
    assert [text[s.start : s.end] for s in Masker().find([text])[0]] == ["위성모", "갈민호", "석정아"]
    for shopping in ("살 것\n1. 고구마\n2. 양파\n3. 우유", "- 공부\n- 운동\n- 이사 준비\n- 청소"):
        assert Masker().find([shopping])[0] == []
