"""Single signals of the detector: what excludes each other, kinds of value, grounds at the end, suppositions, cut endings."""

import pytest

from engine.ground.context import Shown
from engine.ground.form import cut_off_at
from engine.ground.judge import judge, read_answer
from engine.ground.pieces import pieces
from engine.ground.refusals import is_refusal

CLAUSES = [
    "제4조(깁스치료비) 깁스를 하면 사고 1건당 20만원을 지급합니다. 공제금액은 1만원과 치료비의 20% 중 큰 금액으로 합니다.",
    "제9조(보험기간) 보험기간은 5년으로 하며 회사는 지급을 결정한 날부터 7일 이내에 지급합니다.",
]


def signals(answer, question="어떻게 되나요?"):
    return read_answer(answer, Shown(question, CLAUSES), None).signals


@pytest.mark.parametrize(
    ("wrong", "right", "name"),
    [
        ("공제금액은 둘 중 작은 금액입니다.", "공제금액은 둘 중 큰 금액입니다.", "greater_smaller"),
        ("깁스치료비는 1인당 20만원입니다.", "깁스치료비는 사고 1건당 20만원입니다.", "other_rate"),
        ("깁스치료비는 5년입니다.", "깁스치료비는 20만원입니다.", "kind_wrong"),
        ("깁스치료비는 20만원입니다. (제44조)", "깁스치료비는 20만원입니다. (제4조)", "no_article"),
    ],
)
def test_a_signal_is_raised_by_the_wrong_answer_alone(wrong, right, name):
    assert signals(wrong)[name] > 0
    assert signals(right)[name] == 0


def test_days_counted_from_another_event_are_told_apart():
    assert (
        signals("접수한 날부터 7일 이내에 지급합니다.")["other_start"]
        > signals("결정한 날부터 7일 이내에 지급합니다.")["other_start"]
    )


def test_a_ground_at_the_end_belongs_to_its_statement():
    answer = "깁스치료비는 20만원입니다. (제4조)"
    assert [(piece.start, piece.end) for piece in pieces(answer)] == [(0, len(answer))]


def test_a_copy_with_a_wrong_ground_is_not_let_pass():
    assert judge("얼마예요?", CLAUSES, "깁스를 하면 사고 1건당 20만원을 지급합니다. (제44조)").label == "hallucinated"


def test_what_an_answer_supposes_is_no_strange_amount():
    found = signals("치료비가 30만원이라면 6만원이 공제됩니다.")
    assert found["premises"] == 1
    assert found["absent"] == found["other"] == 0


def test_a_bounded_amount_is_a_claim_even_in_a_condition():
    assert signals("결정한 날부터 9일 이내라면 지급됩니다.")["premises"] == 0


@pytest.mark.parametrize(
    "text", ["3일 이내에 지급됩니", "보험료를 돌려드립", "청구서류를 접수한 날부터 3영업", "20만원을 지급하고, 입원"]
)
def test_half_endings_are_cut_off(text):
    assert cut_off_at(text, None) is not None


@pytest.mark.parametrize(
    "text", ["그 내용은 약관에 없습니다.", "약관에서는 찾아볼 수 없습니다.", "약관에 정해진 바가 없습니다."]
)
def test_more_refusals(text):
    assert is_refusal(text)


def test_a_condition_that_nothing_is_found_is_no_refusal():
    assert not is_refusal("구입일을 확인할 수 없으면 제조일부터 셉니다.")
