"""One value, one placeholder: every spelling of a value has one canonical form, and two values never share one."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.privacy.canonical import canonical
from engine.privacy.labels import PLACEHOLDER_WORDS
from engine.privacy.masking import Masker

FULL = str.maketrans(
    "0123456789-@.ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "０１２３４５６７８９－＠．ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ",
)
SPOKEN = str.maketrans("0123456789", "공일이삼사오육칠팔구")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
NUMBERS = st.tuples(st.integers(2000, 9999), st.integers(0, 9999)).map(lambda p: f"010-{p[0]}-{p[1]:04d}")


def disguised(text: str) -> list[str]:
    """The same signs by other code points."""
    return [
        text,
        text.translate(FULL),
        "\u200b".join(text),
        unicodedata.normalize("NFD", text),
        text.replace("-", "\u2011"),
    ]


def phone_spellings(number: str) -> list[str]:
    bare = number.replace("-", "")
    forms = [
        number,
        bare,
        number.replace("-", " "),
        number.replace("-", "."),
        f"+82 {bare[1:3]} {bare[3:7]} {bare[7:]}",
    ]
    forms += [f"+82-{number[1:]}", f"82{bare[1:]}", f"+82(0){bare[1:]}", f"0082 {number[1:]}", bare.translate(CIRCLED)]
    forms += [
        bare.translate(SPOKEN),
        f"{bare[:3].translate(SPOKEN)} {bare[3:7].translate(SPOKEN)}에 {bare[7:].translate(SPOKEN)}",
    ]
    return [*forms, bare.replace("0", "O").replace("1", "l"), *disguised(number)]


@given(NUMBERS)
@settings(max_examples=100, deadline=None)
def test_a_phone_is_one_value_however_it_is_written(number):
    assert {canonical("PHONE", form) for form in phone_spellings(number)} == {number.replace("-", "")}


@given(NUMBERS)
@settings(max_examples=60, deadline=None)
def test_a_phone_gets_one_placeholder_however_it_is_written(number):
    masker = Masker()
    texts = [f"내 번호는 {form} 이야" for form in phone_spellings(number)]
    found = {span.placeholder for text in texts for span in masker.mask(text).spans if span.label == "PHONE"}
    assert found == {"[전화번호_1]"}


DIGITS = {
    "RRN": (st.from_regex(r"[0-9]{6}-[1-4][0-9]{6}", fullmatch=True), "-"),
    "FRN": (st.from_regex(r"[0-9]{6}-[5-8][0-9]{6}", fullmatch=True), "-"),
    "ACCOUNT": (st.from_regex(r"[0-9]{6}-[0-9]{2}-[0-9]{6}", fullmatch=True), "- "),
    "CARD": (st.from_regex(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}", fullmatch=True), "-. "),
    "BRN": (st.from_regex(r"[0-9]{3}-[0-9]{2}-[0-9]{5}", fullmatch=True), "- "),
    "DRIVER": (st.from_regex(r"1[1-9]-[0-9]{2}-[0-9]{6}-[0-9]{2}", fullmatch=True), "- "),
}


@pytest.mark.parametrize("label", DIGITS)
def test_a_number_is_one_value_however_it_is_written(label):
    values, joints = DIGITS[label]

    @given(values)
    @settings(max_examples=50, deadline=None)
    def one(value):
        bare = value.replace("-", "")
        forms = [bare, *(value.replace("-", joint) for joint in joints), *disguised(value)]
        assert {canonical(label, form) for form in forms} == {bare}

    one()


SAME = [
    ("EMAIL", ["hong.gd@naver.com", "Hong.GD@Naver.com", "hong.gd골뱅이네이버닷컴", "hong.gd 골뱅이 네이버 점 컴", "hong.gd [at] naver [dot] com", "hong.gd at naver dot com", "hong.gd(at)naver.com", "ｈｏｎｇ．ｇｄ＠ｎａｖｅｒ．ｃｏｍ", "hong점gd골뱅이naver.com", "hong.gd골뱅이네이버"]),
    ("EMAIL", ["a1@hanmail.net", "a1골뱅이한메일", "a1골뱅이한메일닷넷"]),
    ("ADDRESS", ["서울특별시 강남구 테헤란로 123", "서울시 강남구 테헤란로123", "서울 강남구 테헤란로 123", "서울,강남구,테헤란로 123", unicodedata.normalize("NFD", "서울시 강남구 테헤란로 123")]),
    ("ADDRESS", ["경상남도 창원시 성산구 역삼동 12-3번지", "경남 창원시 성산구 역삼동 12-3", "경남 창원시 성산구 역삼동 12－3"]),
    ("ADDRESS", ["강원특별자치도 춘천시 로 3", "강원도 춘천시 로 3", "강원 춘천시 로 3"]),
    ("ADDRESS", ["부산광역시 중구 1", "부산시 중구 1", "부산 중구 1"]),
    ("BIRTHDATE", ["1990년 3월 4일", "1990.03.04", "90.3.4", "900304", "19900304", "90년 3월 4일생", "１９９０－０３－０４"]),
    ("BIRTHDATE", ["2003년 11월 2일", "03.11.02", "031102"]),
    ("PLATE", ["12가3456", "12가 3456", "１２가 ３４５６", "12가-3456", unicodedata.normalize("NFD", "12가 3456")]),
    ("PASSPORT", ["M12345678", "m12345678", "M 12345678", "Ｍ１２３４５６７８"]),
    ("DRIVER", ["11-12-345678-90", "서울 12-345678-90", "서울12-345678-90", "111234567890"]),
    ("ID_HANDLE", ["gaon_99", "@gaon_99", "Gaon_99", "ｇａｏｎ＿99".replace("＿", "_")]),
    ("IP", ["2001:DB8::1", "2001:db8:0:0:0:0:0:1"]),
    ("RRN", ["900101-1******", "900101 1******"]),
]  # fmt: skip


@pytest.mark.parametrize(("label", "forms"), SAME)
def test_spellings_of_one_value(label, forms):
    assert len({canonical(label, form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        ("PHONE", "010-1234-5678", "010-1234-5679"),
        ("EMAIL", "a.b@naver.com", "ab@naver.com"),
        ("EMAIL", "a@naver.com", "a@naver.co.kr"),
        ("ADDRESS", "경기도 광주시 1", "광주광역시 1"),
        ("ADDRESS", "강남구 테헤란로 12", "강남구 테헤란로 1-2"),
        ("BIRTHDATE", "1990.3.4", "1990.4.3"),
        ("URL_TOKEN", "AbC", "abc"),
        ("RRN", "900101-1******", "900101-1234567"),
    ],
)
def test_two_values_stay_two(label, one, other):
    assert canonical(label, one) != canonical(label, other)


FORMS = ["김지은", "지은", "지은이가", "지은아", "지은씨", "지 은", "김 지은", "김 지 은", "지은이랑", "지으나", "우리지은이", "jieun", unicodedata.normalize("NFD", "김지은")]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_participant_is_one_person(form):
    masker = Masker(["김지은", "박민준"])
    people = {
        masker.person("김지은"),
        *(s.canonical for s in masker.mask(f"{form} 있잖아").spans if s.label == "PERSON"),
    }
    assert people == {"김지은"}


@pytest.mark.parametrize("word", PLACEHOLDER_WORDS.values())
@pytest.mark.parametrize(
    "shape", ["[{}_7]", "［{}_12］", "[{}_７]", "[{}＿3]", "[ {}_7 ]", "[[{}_7]]", "［{}_7]", "（[{}_7]）"]
)
def test_a_typed_placeholder_never_reads_as_ours(word, shape):
    forged = shape.format(word)
    masked = Masker(["김지은"]).mask(f"지은아 {forged} 010-1234-5678")
    assert forged.strip("（）") not in masked.text
    assert masked.text.count("[") == len(masked.spans) + (shape.startswith("[["))


IN_CHAT = {
"EMAIL":["{} 로 보내",["hong.gd@naver.com","Hong.GD@NAVER.com","hong.gd골뱅이네이버닷컴","hong.gd 골뱅이 네이버 점 컴","hong.gd [at] naver [dot] com","hong.gd(at)naver.com","hong.gd at naver dot com","hong.gd골뱅이naver.com","hong.gd@naver．com"]],
"ACCOUNT":["국민은행 {} 입금해줘",["123456-04-123456","12345604123456","123456 04 123456","１２３４５６-０４-１２３４５６","123456.04.123456"]],
"CARD":["카드번호 {} 야",["4111-1111-1111-1111","4111 1111 1111 1111","4111111111111111","4111.1111.1111.1111","４１１１１１１１１１１１１１１１"]],
"RRN":["주민번호 {} 이야",["900101-1234567","9001011234567","900101 1234567","900101－1234567","구공공일공일 일이삼사오육칠"]],
"FRN":["외국인등록번호 {} 임",["900101-5234567","9001015234567","900101 5234567"]],
"BRN":["사업자번호 {} 입니다",["120-81-47521","1208147521","120 81 47521","120－81－47521"]],
"DRIVER":["면허번호 {} 야",["11-12-345678-90","서울 12-345678-90","서울12-345678-90","11 12 345678 90"]],
"PASSPORT":["여권번호 {} 야",["M12345678","m12345678","M 12345678","Ｍ12345678"]],
"PLATE":["내 차 {} 빼줘",["12가3456","12가 3456","12가　3456","１２가３４５６"] ],
"ADDRESS":["우리집 {} 이야",["서울특별시 강남구 테헤란로 123","서울시 강남구 테헤란로123","서울 강남구 테헤란로 123","서울 강남구  테헤란로 123","서울특별시 강남구 테헤란로 １２３"]],
"BIRTHDATE":["생년월일 {} 이야",["1990년 3월 4일","1990.03.04","1990-3-4","900304","19900304","90.03.04","1990. 3. 4","1990/03/04"]],
"IP":["서버 {} 로 접속",["192.168.10.21","192.168.10.21","１９２.１６８.１０.２１"]],
"ID_HANDLE":["카톡 아이디 {} 추가해",["gaon_99","@gaon_99","Gaon_99","ＧＡＯＮ_99"]],
"URL_TOKEN":["https://open.kakao.com/o/{} 들어와",["abcD123","abcD123"]],
}  # fmt: skip


@pytest.mark.parametrize("label", IN_CHAT)
def test_in_a_message_every_spelling_gets_the_first_placeholder(label):
    template, forms = IN_CHAT[label]
    masker = Masker()
    for form in forms:
        for written in (form, unicodedata.normalize("NFD", form), "\u200b".join(form)):
            masked = masker.mask(template.format(written))
            assert [span.placeholder for span in masked.spans] == [f"[{PLACEHOLDER_WORDS[label]}_1]"], written
