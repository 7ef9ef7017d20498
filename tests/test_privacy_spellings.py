"""Adversarial spellings of numbers, ids and links, and their harmless look-alikes, one a line in fixtures/spellings. All invented."""

from itertools import product
from pathlib import Path

from bench.labelled import unmarked
from engine.privacy.masking import Masker, canonical, find_spans
from tests.leaks import leaked_values

SPELLINGS = Path(__file__).parent / "fixtures" / "spellings"
INVISIBLE = "\u200e\u200f\u202c\u202e"


def lines(name):
    return [line.replace("\\n", "\n") for line in (SPELLINGS / name).read_text(encoding="utf-8").split("\n") if line]


def found(text):
    spans = [span for span in find_spans(text) if span.label not in ("PERSON", "ADDRESS")]
    return [(span.label, text[span.start : span.end]) for span in spans]


def test_a_phone_is_found_in_every_spelling():
    wrong = []
    for phone, frame in product(lines("phones.txt"), ["{}", "내 번호 {}이야", "{} 여기로 전화줘", "번호는 {} 맞지?"]):
        hits = [(label, hit.strip(INVISIBLE)) for label, hit in found(frame.format(phone))]
        if hits != [("PHONE", phone.strip(INVISIBLE).removesuffix("번"))]:
            wrong.append((frame.format(phone), hits))
    assert wrong == []


def test_nothing_of_a_phone_is_left_behind():
    wrong = []
    for phone in lines("phones.txt"):
        masked = Masker().mask(f"번호는 {phone} 맞지?")
        value = canonical("PHONE", phone)
        if len(value) < 9 or leaked_values(masked.text, [("PHONE", value)]):
            wrong.append((phone, value, masked.text))
    assert wrong == []


def test_exactly_the_marked_part_is_found():
    wrong = []
    for line in lines("marked.txt"):
        text, gold = unmarked(line)
        if found(text) != [(mark.label, text[mark.start : mark.end]) for mark in gold]:
            wrong.append((line, found(text)))
    assert wrong == []


def test_look_alikes_stay():
    assert [(text, found(text)) for text in lines("harmless.txt") if found(text)] == []


BANKS = {
    "국민": ["123456-04-123456", "123-12-1234-123"], "신한": ["110-123-456789"], "우리": ["1002-123-456789", "123-123456-12-123"],
    "하나": ["123-456789-01234"], "농협": ["302-1234-5678-91", "123-12-123456"], "기업": ["123-123456-01-012"], "카뱅": ["3333-01-1234567"],
    "토뱅": ["1000-1234-5678", "1908-1234-5678"], "케뱅": ["100-200-300400"], "새마을금고": ["9002-1234-5678-1"], "우체국": ["012345-02-123456"],
    "신협": ["131-012-345678"], "수협": ["1010-1234-5678"], "SC제일": ["123-20-123456"], "씨티": ["123-12345-123"], "부산은행": ["112-1234-5678-90"],
    "아이엠뱅크": ["508-12-123456-7"], "광주은행": ["1107-021-558840"], "제주은행": ["12-01-558820-7"], "KB": ["123456-04-123456"], "미래에셋": ["5012-08-771203"],
}  # fmt: skip
FRAMES = [
    "{b} {a}", "{b}: {a}", "{b} 계좌 {a}", "{a} {b}", "{a} {b}입니다", "{a} ({b})", "계좌번호는 {b} {a} 예금주 홍길동", "{b}\n{a}", "{b} 홍길동 {a}", "{a} {b} 홍길동",
]  # fmt: skip
SEPARATORS = ["-", " ", ".", " - ", "ㅡ", "에 ", " 다시 ", "/", "~", "—"]


def test_accounts_of_all_banks_before_and_behind_their_name():
    wrong = []
    for bank, separator in product(BANKS, SEPARATORS):
        for plain, frame in product(BANKS[bank], FRAMES):
            account = plain.replace("-", separator)
            text = frame.format(b=bank, a=account)
            if found(text) != [("ACCOUNT", account)]:
                wrong.append((text, found(text)))
    assert wrong == []


MONOTONOUS = [
    "1", "12 ", "1-", "1,", "1.", "1:", "1 - ", "010", "010-1234-5678 ", "공", "일 이 ", "공일공", "하나 둘 ", "가동 ", "12가", "차번호12", "a@", "a.", "a_", "a at ", "@", "골뱅이",
    "아이디 ", "카톡 a", "http://", "token=", "&a=", "900101-", "900101-1", "4*** ", "뒷자리 ", "여권M1", "생일 ", "3월 4일 ", "90년 ", "계좌 12 ", "1[.]", "1점", "ㄱㅏ", "0\u200b", "❤️", " ", "\n",
]  # fmt: skip


def test_long_monotonous_messages_end():
    for piece in MONOTONOUS:
        text = (piece * 20_000)[:20_000] + "!"
        assert all(0 <= span.start < span.end <= len(text) for span in find_spans(text))
