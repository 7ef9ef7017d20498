"""Amounts in Korean text: one value for every spelling, the right place in the text, and no amount where a word only looks like one."""

import pytest

from engine.ground.arithmetic import wrong_results
from engine.ground.bounds import side, strictness
from engine.ground.derive import derivable
from engine.ground.numbers import read_amounts

SAME = [
    ["30만원", "300,000원", "삼십만 원", "30만 원", "300000원", "３０만원"],
    ["1억 5천만 원", "150,000,000원", "1.5억원", "1억5,000만원", "일억 오천만 원"],
    ["3만 5천원", "35,000원", "3만5천 원", "삼만 오천 원"],
    ["50%", "50퍼센트", "오십 퍼센트", "50 %", "절반", "2분의 1"],
    ["1년", "12개월", "일 년", "열두 달"],
    ["10일", "열흘", "십일간"],
    ["7일", "일주일", "1주일", "이레"],
    ["6개월", "반년", "여섯 달"],
    ["3회", "세 번", "3번", "세 차례"],
    ["2배", "두 배"],
    ["만 15세", "15세", "열다섯 살"],
    ["24시간", "스물네 시간"],
    ["제5조", "제 5 조", "제5조의", "5조에"],
    ["1할", "10%"],
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_one_amount_whatever_its_spelling(spellings):
    found = [read_amounts(f"그것은 {text} 정도입니다") for text in spellings]
    assert [len(amounts) for amounts in found] == [1] * len(spellings)
    assert all(amounts[0].same(found[0][0]) for amounts in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30만원", "3만원"),
        ("30만원", "30%"),
        ("3일", "3개월"),
        ("제5조", "5항"),
        ("2년", "20개월"),
        ("3회", "3일"),
        ("1억원", "1천만원"),
    ],
)
def test_different_amounts_are_not_the_same(one, other):
    assert not read_amounts(one)[0].same(read_amounts(other)[0])


@pytest.mark.parametrize(
    "text", ["이 회사는 일반 사항을 정합니다", "이 경우 세대를 나누어", "사고일이 이 항목", "구조 비용", "이호선"]
)
def test_words_that_look_like_numbers_are_none(text):
    assert [a for a in read_amounts(text) if a.dimension != "bare"] == []


def test_spans_are_code_points_of_the_text():
    text = "😀수술비 30만원, 입원 1일당 삼만 원을 제5조에 따라"
    assert [text[a.start : a.end] for a in read_amounts(text)] == ["30만원", "1일", "삼만 원", "제5조"]


@pytest.mark.parametrize(
    ("text", "expected", "strict"),
    [
        ("3일 이내", 1, -1), ("3일 안에", 1, 0), ("3일까지", 1, -1), ("3일 미만", 1, 1), ("최대 3일", 1, 0), ("3일을 넘지 않는", 1, 0),
        ("3일 이상", -1, -1), ("3일을 초과", -1, 1), ("3일이 지나", -1, 0), ("3일부터", -1, 0), ("최소 3일", -1, 0), ("3일", 0, 0),
    ],
)  # fmt: skip
def test_which_side_of_an_amount_is_meant(text, expected, strict):
    amount = read_amounts(text)[0]
    assert (side(text, amount), strictness(text, amount)) == (expected, strict)


@pytest.mark.parametrize(
    ("known", "result"),
    [
        ("하루 3만원 10일", "30만원"),
        ("1억원 50%", "5천만원"),
        ("13만원 3만원 70%", "7만원"),
        ("수술비 50만원 입원비 30만원", "80만원"),
        ("24일 4일 하루 10만원", "200만원"),
    ],
)
def test_what_can_be_calculated_is_derivable(known, result):
    assert derivable(read_amounts(result)[0], read_amounts(known), "")


def test_days_that_do_not_count_are_not_paid():
    clause = "4일 이상 입원한 경우 3일 초과 1일당 30,000원을 지급합니다"
    known = [*read_amounts("13일 입원했어요"), *read_amounts(clause)]
    assert derivable(read_amounts("30만원")[0], known, clause)
    assert not derivable(read_amounts("39만원")[0], known, clause)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("60만원의 15%인 9만원", False), ("60만원의 15%인 12만원", True), ("50만원에서 20만원을 뺀 30만원", False),
        ("50만원에서 20만원을 뺀 20만원", True), ("하루 3만원씩 10일이면 30만원", False), ("하루 3만원씩 10일이면 40만원", True),
        ("80만원과 35만원을 더하면 115만원", False), ("80만원과 35만원을 더하면 125만원", True), ("한도는 30만원이고 공제는 5만원", False),
    ],
)  # fmt: skip
def test_written_calculations_are_checked(text, wrong):
    assert bool(list(wrong_results(text, read_amounts(text)))) == wrong
