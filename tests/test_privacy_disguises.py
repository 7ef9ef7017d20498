"""Random numbers in random disguises inside random sentences: found exactly, nothing of them left; harmless ones stay."""

import unicodedata
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.privacy.chains import straight
from engine.privacy.masking import Masker, canonical, find_spans
from engine.privacy.normalise import fold
from engine.privacy.residual import residual_spans
from tests.leaks import leaked_values

SINO, NATIVE = "공일이삼사오육칠팔구", ["공", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"]
ALPHABETS = [
    "0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨", "๐๑๒๓๔๕๖๗๘๙", "⁰¹²³⁴⁵⁶⁷⁸⁹", "০১২৩৪৫৬৭৮৯", SINO, "영일이삼사오육칠팔구", "빵일이삼사오육칠팔구",
    [f"{digit}\ufe0f\u20e3" for digit in "0123456789"], [f"{digit}\u200b" for digit in "0123456789"], [unicodedata.normalize("NFD", sign) for sign in SINO],
]  # fmt: skip
GAPS = ["-", " ", ".", " - ", "ㅡ", "—", "·", "~", "/", "에 ", " 다시 ", " 하이픈 ", "_", "  "]
BEFORE = ["", "내 번호 ", "여기로 연락해 ", "아 맞다! ", "ㅋㅋㅋ ", "저장해둬\n", "번호는 ", "☎ ", "엄마가 그러는데 "]
BEHIND = ["", " 이야", " 로 전화줘", "\n저장!", " ㅋㅋ", " 맞지?", ", 꼭 해", " (개인)", "❤️"]
MIDDLE = st.text("23456789", min_size=4, max_size=4)


def spelled(groups, alphabet, gap):
    return gap.join("".join(alphabet[int(digit)] for digit in group) for group in groups)


def found(text):
    return [(s.label, s.start, s.end) for s in find_spans(text) if s.label not in ("PERSON", "ADDRESS")]


@given(
    MIDDLE, MIDDLE, st.sampled_from(ALPHABETS), st.sampled_from(GAPS), st.sampled_from(BEFORE), st.sampled_from(BEHIND)
)
@settings(max_examples=400, deadline=None)
def test_a_mobile_in_any_disguise(middle, end, alphabet, gap, before, behind):
    phone = spelled(["010", middle, end], alphabet, gap)
    text = before + phone + behind
    [(label, start, stop)] = found(text)
    assert (label, start) == ("PHONE", len(before))
    assert text[start:stop].rstrip("\u200b") == phone.rstrip("\u200b")
    masked = Masker().mask(text)
    assert canonical("PHONE", phone) == f"010{middle}{end}"
    assert leaked_values(masked.text, [("PHONE", f"010{middle}{end}")]) == []
    assert residual_spans(masked.text) == []
    assert not any(sign.isdecimal() for sign in fold(masked.text.replace("[전화번호_1]", "")).text)


@given(MIDDLE, MIDDLE, st.sampled_from(BEFORE), st.sampled_from(BEHIND))
@settings(max_examples=100, deadline=None)
def test_a_mobile_digit_by_digit(middle, end, before, behind):
    for gap in (" ", "-", ".", "·", "/"):
        text = before + gap.join(f"010{middle}{end}") + behind
        spans = found(text)
        # A number with hardly two different digits is no number that somebody has: 0 1 0 1 1 1 0 …
        assert len(spans) == 1 or len({*"010", *middle, *end}) < 4
        assert all(text[start:stop] == gap.join(f"010{middle}{end}") for _, start, stop in spans)


@given(
    st.dates(date(1936, 1, 1), date(2009, 12, 31)),
    st.integers(0, 999999),
    st.sampled_from(ALPHABETS[:10]),
    st.sampled_from(["-", " - ", "ㅡ", " 다시 ", "—", "~"]),
    st.sampled_from(["주민번호 ", "주민등록번호: ", "제 주민번호는 "]),
)
@settings(max_examples=200, deadline=None)
def test_a_resident_number_in_any_disguise(day, tail, alphabet, gap, before):
    front, back = f"{day:%y%m%d}", f"{(1 if day.year < 2000 else 3) + tail % 2}{tail:06d}"
    text = before + spelled([front, back], alphabet, gap)
    assert found(text) == [("RRN", len(before), len(text))]


@given(st.integers(0, 9), st.integers(0, 9999999), st.sampled_from(ALPHABETS[:9]), st.sampled_from(GAPS[:12]))
@settings(max_examples=200, deadline=None)
def test_an_account_in_any_disguise(kind, number, alphabet, gap):
    account = spelled(["3333", f"0{kind}", f"{number:07d}"], alphabet, gap)
    text = f"카카오뱅크 {account} 로 보내줘"
    assert found(text) == [("ACCOUNT", 6, 6 + len(account))]


AMOUNT = st.integers(1000, 10**10).map(lambda n: f"{n:,}원")
DATE = st.dates(date(1950, 1, 1), date(2040, 1, 1))
HARMLESS = st.one_of(
    AMOUNT,
    DATE.map(lambda day: f"{day:%Y.%m.%d}"),
    DATE.map(lambda day: f"{day:%Y-%m-%d} 14:30:00"),
    DATE.map(lambda day: f"{day.year}년 {day.month}월 {day.day}일에 보자"),
    st.tuples(DATE, DATE).map(lambda days: f"{days[0]:%Y.%m.%d} ~ {days[1]:%Y.%m.%d}"),
    st.integers(10**9, 10**13 - 1).map(lambda n: f"주문번호 {n}"),
    st.integers(10**11, 10**12 - 1).map(lambda n: f"운송장번호: {n}"),
    st.integers(10**5, 10**6 - 1).map(lambda n: f"인증번호 [{n}]"),
    st.integers(0, 9999).map(lambda n: f"1588-{n:04d}"),
    st.integers(1, 1200).map(lambda n: f"민법 제{n}조 제{n % 9 + 1}항"),
    st.lists(st.integers(1, 45), min_size=6, max_size=6, unique=True).map(
        lambda n: "로또 " + ", ".join(map(str, sorted(n)))
    ),
    st.tuples(st.integers(0, 9), st.integers(0, 30), st.integers(0, 30)).map(lambda v: "버전 {}.{}.{}".format(*v)),
    st.tuples(st.integers(0, 120), st.integers(0, 120)).map(lambda s: f"{s[0]}:{s[1]} 로 이겼어"),
    st.integers(10, 99).map(lambda n: f"{n}개월 할부 {n}만원"),
    st.integers(1, 30).map(lambda n: f"{SINO[n % 9 + 1]} 개월 {SINO[n % 7 + 1]}천 명"),
    st.floats(0, 100).map(lambda share: f"{share:.12f} %"),
)


@given(HARMLESS, st.sampled_from(["", "오늘 ", "그거 ", "ㅋㅋ "]), st.sampled_from(["", " 맞지?", " ㅋㅋㅋ", "\n확인"]))
@settings(max_examples=500, deadline=None)
def test_harmless_numbers_stay(number, before, behind):
    assert found(before + number + behind) == []


@given(st.text("가각간갈감공일이삼사오육칠팔구힣쀍", min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_jamo_of_every_kind_fold_to_their_syllables(text):
    decomposed = unicodedata.normalize("NFD", text)
    typed = "".join(chr(_compatibility(ch)) for ch in decomposed)
    for spelling in (decomposed, typed):
        folded = fold(spelling)
        assert folded.text == text
        pieces = [spelling[slice(*folded.original(at, at + 1))] for at in range(len(text))]
        assert "".join(pieces) == spelling


def _compatibility(ch):
    """The keyboard's jamo for a conjoining one."""
    code = ord(ch)
    if code < 0x1113:
        return ord("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"[code - 0x1100])
    if code < 0x1176:
        return code - 0x1161 + 0x314F
    return ord("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"[code - 0x11A8])


ODD = st.text(
    st.one_of(
        st.sampled_from("공일이삼사오육칠팔구O oIl|ㅣㅡ-·~.,/()\n\t"),
        st.sampled_from("０９①⑨⓪🄀𝟎٣\u200b\u00ad\u3164\ufe0f\u20e3\u202e\u0301\u1100\u1161\u11a8ㄱㅏﾡￂ\u2028\ufeff"),
        st.characters(),
    ),
    max_size=40,
)


@given(ODD)
@settings(max_examples=500, deadline=None)
def test_every_view_leads_back_in_order(text):
    folded = fold(text)
    for view, size in [(folded, len(text))] + [
        (v, len(folded.text)) for v in map(lambda s: straight(folded.text, s), (True, False)) if v
    ]:
        last = 0
        for at in range(len(view.text)):
            start, end = view.original(at, at + 1)
            assert last <= start < end <= size
            last = start
    for span in find_spans(text):
        assert 0 <= span.start < span.end <= len(text)
