"""Verdicts on answers: every kind of error is found, and what only says the same in other words is not one. All clauses are invented."""

import pytest

from engine.ground.judge import judge
from engine.ground.refusals import REFUSALS, is_refusal

SURGERY = "제5조(수술급여금) 회사는 피보험자가 질병으로 수술을 받은 경우 수술 1회당 50만원을 지급합니다."
STAY = "제6조(입원급여금) 회사는 피보험자가 3일을 초과하여 입원한 경우 입원 1일당 3만원을 120일을 한도로 지급합니다."
EXCLUDED = "제7조(보상하지 않는 손해) 회사는 다음의 손해는 보상하지 않습니다. 1. 고의로 생긴 손해 2. 음주운전으로 생긴 손해 3. 미용 목적의 성형수술"
CLAIM = "제8조(보험금의 청구) 보험금은 사고일부터 3년 이내에 청구하여야 하며, 회사는 서류를 접수한 날부터 3영업일 이내에 지급합니다."
ALL = [SURGERY, STAY, EXCLUDED, CLAIM]

WRONG = [
    ("수술비 얼마예요?", [SURGERY], "수술을 받으시면 80만원이 지급됩니다.", "contradicted"),
    ("수술비 얼마예요?", [SURGERY, STAY], "수술을 받은 경우 수술 1회당 3만원을 지급합니다.", "contradicted"),
    ("고의로 다쳐도 되나요?", ALL, "네, 고의로 생긴 손해도 보상합니다.", "contradicted"),
    ("음주운전 사고도 되나요?", [EXCLUDED], "네, 음주운전으로 생긴 손해도 보상됩니다.", "contradicted"),
    ("언제까지 청구해요?", [CLAIM], "사고일부터 5년 이내에 청구하시면 됩니다.", "contradicted"),
    ("어느 조항이에요?", [SURGERY], "수술급여금은 제9조에 따라 1회당 50만원입니다.", "contradicted"),
    ("수술비 얼마예요?", [SURGERY], "수술비는 50만원입니다. 이번에 새로 나온 휴대폰을 소개합니다.", "tail"),
    ("수술비 얼마예요?", [SURGERY], "수술비는 50만원입니다. Este es un ejemplo de respuesta.", "tail"),
    ("수술비 얼마예요?", [SURGERY], "수술비는 50만원입니다. ### 질문: 입원비는요?", "tail"),
    ("수술비 얼마예요?", [SURGERY], "수술비는 50만원입니다. 지금 바로 가입하시면 사은품을 드립니다!", "tail"),
    ("수술비 얼마예요?", [SURGERY], "수술비는 手術後に 50만원입니다.", "foreign_script"),
    (
        "수술비 얼마예요?",
        [SURGERY],
        "수술비는 50만원입니다. 수술비는 50만원입니다. 수술비는 50만원입니다.",
        "repetition",
    ),
    ("수술비 얼마예요?", [SURGERY], "피보험자가 질병으로 수술을 받은 경우 수술 1회당 50만원을", "cut_off"),
]
RIGHT = [
    ("수술비 얼마예요?", [SURGERY], "수술을 받으시면 1회당 오십만 원을 드립니다."),
    ("수술비 얼마예요?", [SURGERY], "한 번 수술에 500,000원이 나와요. (제5조)"),
    ("10일 입원하면 얼마예요?", [STAY], "3일을 뺀 7일에 대해 하루 3만원씩, 모두 21만원을 받으실 수 있습니다."),
    ("고의로 다치면 되나요?", ALL, "고의로 생긴 손해는 보상하지 않습니다."),
    ("성형수술도 되나요?", [EXCLUDED], "아니요, 미용 목적의 성형수술은 보상에서 제외됩니다."),
    ("언제까지 청구해요?", [CLAIM], "사고일로부터 36개월 안에 청구하시면 됩니다."),
    ("돈은 언제 나와요?", [CLAIM], "서류를 접수한 날부터 영업일로 사흘 이내에 지급합니다."),
]


@pytest.mark.parametrize(("question", "context", "answer", "kind"), WRONG, ids=lambda value: str(value)[:24])
def test_errors_are_found(question, context, answer, kind):
    verdict = judge(question, context, answer)
    assert (verdict.label, verdict.kind) == ("hallucinated", kind)
    assert any(claim.kind == kind for claim in verdict.claims)


@pytest.mark.parametrize(("question", "context", "answer"), RIGHT, ids=lambda value: str(value)[:24])
def test_the_same_in_other_words_is_no_error(question, context, answer):
    verdict = judge(question, context, answer)
    assert (verdict.label, verdict.kind) == ("grounded", "supported")


@pytest.mark.parametrize(
    "text",
    [
        *REFUSALS,
        "죄송합니다. 제공된 약관만으로는 답변드리기 어렵습니다. 고객센터에 문의해 주세요.",
        "수익률 정보는 이 글에 없습니다. 수수료에 대해서만 알려 드릴 수 있어요.",
        "그 부분은 약관에 나와 있지 않아요.",
        "보여주신 조항에는 그런 말이 없네요.",
        "세금 문제는 이 조항의 범위를 벗어나 있어 답해 드릴 자료가 없습니다.",
    ],
)
def test_refusals_are_known(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "고의로 생긴 손해는 보상하지 않습니다.",
        "가입 후 90일 안에는 보험금이 나오지 않습니다.",
        "치과 치료는 보장 대상에 포함되지 않습니다.",
        "약관에 해당 내용이 없습니다. 다만 일반적으로 30만원을 지급합니다.",
        "5등급은 지급 대상이 아니라서 받으실 돈이 없습니다.",
        "",
    ],
)
def test_exclusions_are_no_refusals(text):
    assert not is_refusal(text)


def test_a_refusal_is_grounded_and_told_right_or_wrong():
    refused = REFUSALS[0]
    assert judge("치과 치료비는?", [SURGERY], refused, answerable=False).kind == "refused_correctly"
    assert judge("수술비는?", [SURGERY], refused, answerable=True).kind == "refused_wrongly"
    assert judge("수술을 받으면 얼마를 지급해요?", [SURGERY], refused).kind == "refused_wrongly"
    assert judge("반려견 미용은 어디서 해요?", [SURGERY], refused).kind == "refused_correctly"
    assert judge("무엇이든", [], refused).kind == "refused_correctly"


def test_an_assertion_where_the_clauses_do_not_tell_should_have_been_a_refusal():
    verdict = judge("반려견도 되나요?", [SURGERY], "반려견도 50만원까지 됩니다.", answerable=False)
    assert (verdict.label, verdict.kind) == ("hallucinated", "should_have_refused")


def test_an_answer_whose_end_did_not_come_is_cut_off():
    assert judge("수술비?", [SURGERY], "수술 1회당 50만원을 지급", ended=False).kind == "cut_off"
    assert judge("수술비?", [SURGERY], "수술 1회당 50만원을 지급합니다.", ended=True).kind == "supported"


def test_a_foreign_product_is_a_swap():
    clause = ["[하늘 건강보험] " + SURGERY]
    said = "바다 종신보험은 수술 1회당 50만원을 지급합니다."
    assert judge("수술비?", clause, said, products=["바다 종신보험", "하늘 건강보험"]).kind == "contradicted"


def test_an_amount_of_the_other_product_is_a_swap():
    clauses = [
        "[하늘 건강보험] 제3조 수술을 받은 때에는 50만원을 지급합니다.",
        "[바다 건강보험] 제3조 수술을 받은 때에는 90만원을 지급합니다.",
    ]
    assert judge("바다 건강보험 수술비?", clauses, "바다 건강보험은 수술을 받으면 50만원입니다.").kind == "contradicted"
    assert judge("바다 건강보험 수술비?", clauses, "바다 건강보험은 수술을 받으면 90만원입니다.").kind == "supported"


def test_evidence_names_the_clause():
    verdict = judge("수술비 얼마예요?", [STAY, SURGERY], "수술을 받으시면 80만원이 지급됩니다.")
    claim = next(claim for claim in verdict.claims if claim.kind == "contradicted")
    assert claim.context_index == 1 and claim.evidence in SURGERY
