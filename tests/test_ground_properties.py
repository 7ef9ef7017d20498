"""What must hold for every answer: spans lie on it, copies are never accused, a strange figure always is, nothing makes it fall over."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ground.judge import judge
from engine.ground.layout import blocks
from engine.ground.pieces import pieces
from engine.ground.verdict import KINDS, label_of

CLAUSES = [
    "제3조(골절진단비) 회사는 피보험자가 상해로 골절 진단을 받은 경우 1사고당 20만원을 지급합니다.",
    "제4조(통원) 피보험자가 의원에서 통원 치료를 받은 때에는 방문 1회당 15만원을 한도로 보상하며 자기부담금 1만원을 공제합니다.",
    "제9조(면책) 계약일부터 90일 이내에 발생한 암은 보상하지 않습니다.",
    "휴대품 손해는 사고 1회당 50만원까지 보상합니다. 다만, 분실은 제외합니다.",
]
TEXT = st.text(st.sampled_from("수술비는 30만원입니다.제5조다만않\n\t😀\x00①(|/%가나1,.: "), max_size=80) | st.text(
    max_size=60
)


@given(TEXT, st.lists(TEXT, max_size=3), TEXT)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gets_a_verdict_whose_spans_lie_on_it(question, context, answer):
    verdict = judge(question, context, answer)
    assert verdict.kind in KINDS and verdict.label == label_of(verdict.kind)
    assert all(0 <= claim.start < claim.end <= len(answer) for claim in verdict.claims)
    assert all(claim.context_index is None or claim.context_index < len(context) for claim in verdict.claims)


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_copy_of_the_clause_is_never_hallucinated(clause):
    for sentence in re.split(r"(?<=다\.)\s", re.sub(r"^제\d+조\([^)]*\)\s", "", clause)):
        verdict = judge("어떻게 되나요?", CLAUSES, sentence)
        assert verdict.label == "grounded", verdict.kind


@pytest.mark.parametrize("clause", CLAUSES)
@pytest.mark.parametrize("figure", ["7", "37", "8,888"])
def test_a_strange_figure_in_a_copy_is_always_hallucinated(clause, figure):
    copied = re.sub(r"^제\d+조\([^)]*\)\s", "", clause)
    places = [found for found in re.finditer(r"\d+(?=만원|일 이내)", copied)]
    for place in places:
        changed = copied[: place.start()] + figure + copied[place.end() :]
        assert judge("어떻게 되나요?", CLAUSES, changed).label == "hallucinated"


@pytest.mark.parametrize(
    ("question", "context", "answer"),
    [
        ("", [], ""),
        ("", [], "수술비는 50만원입니다."),
        ("q", ["\x00" * 50], "\x00\x00"),
        ("수술비", CLAUSES, "가" * 100_000),
        ("수술비", CLAUSES, "수술비는 50만원입니다. " * 8_000),
        ("수술비", CLAUSES, "(" * 5_000 + ")" * 5_000),
        ("수술비", CLAUSES, "😀🤣👨‍👩‍👧‍👦" * 200),
        ("수술비", CLAUSES, "9" * 5_000 + "만원"),
        ("수술비", ["① " * 3_000, "|" * 3_000], "수술비는 " + "1/" * 2_000 + "원"),
        ("수술비", ["제" + "9" * 400 + "조(가) 나다"], "제" + "9" * 400 + "조"),
        ("수술비", CLAUSES, "수술비\ud7ff\u0000는 얼마"),
    ],
    ids=["empty", "no clauses", "nul", "100 kB", "looping", "brackets", "emoji", "digits", "marks", "article", "odd"],
)
def test_hostile_texts_get_a_verdict(question, context, answer):
    assert judge(question, context, answer).kind in KINDS


def test_an_empty_answer_cannot_be_judged_and_is_not_hidden():
    assert judge("수술비?", CLAUSES, "  \n").label == "could_not_judge"


def test_without_clauses_an_assertion_is_not_grounded():
    assert judge("수술비?", [], "수술비는 50만원입니다.").label == "hallucinated"


@given(TEXT)
@settings(max_examples=60, deadline=None)
def test_pieces_and_blocks_lie_on_the_text_in_order(text):
    found = [(piece.start, piece.end) for piece in pieces(text)]
    assert found == sorted(found) and all(0 <= start <= end <= len(text) for start, end in found)
    for block in blocks(text):
        assert 0 <= block.start < block.end <= len(text)
