"""Near-duplicates: found at any place, counted exactly, bounded for form letters, blind to spaces and punctuation."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.korean.near import MOST_PARTNERS, near_duplicates

WORDS = "회사는 피보험자가 보험기간 중에 진단 확정된 경우 보험금을 지급합니다 다만 계약자 수익자 약정한 사유 청구 서류를 접수".split()


def clause(seed: int, words: int = 80) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def test_a_clause_with_another_ending_is_found_and_a_different_one_is_not() -> None:
    texts = [clause(1), clause(2), clause(1)[:-12] + " 그러하지 아니합니다"]
    [(earlier, later, shared)] = near_duplicates(texts)
    assert (earlier, later) == (0, 2)
    assert 0.8 <= shared < 1.0


def test_spaces_punctuation_and_letter_forms_are_no_difference() -> None:
    assert near_duplicates(["보험금  지급사유(제5조)", "보험금 지급사유, 제５조."]) == [(0, 1, 1.0)]


def test_texts_that_are_the_same_are_paired_with_the_first_of_them() -> None:
    assert near_duplicates([clause(3)] * 5) == [(0, at, 1.0) for at in range(1, 5)]


def test_empty_texts_have_no_partner() -> None:
    assert near_duplicates(["", " ", "!!", ""]) == []
    assert near_duplicates([]) == []
    assert near_duplicates(["가"]) == []
    assert near_duplicates(["\ud800", "가"]) == []


def test_questions_of_one_line_are_compared_by_pairs_of_letters() -> None:
    texts = ["수술비는 얼마인가요?", "입원비 청구 기한이 언제까지죠?", "수술비가 얼마인가요?"]
    assert [pair[:2] for pair in near_duplicates(texts, 0.5, 2)] == [(0, 2)]


def test_a_form_letter_does_not_make_pairs_without_end() -> None:
    texts = [clause(4, 120) + f" {number}번" for number in range(500)]
    pairs = near_duplicates(texts)
    assert {later for _, later, _ in pairs} == set(range(1, 500))
    assert len(pairs) <= 500 * MOST_PARTNERS


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(alphabet="가나다라마 .", min_size=0, max_size=12), max_size=8), st.sampled_from([0.3, 0.6, 0.9])
)
def test_what_is_told_is_the_counted_similarity(texts: list[str], threshold: float) -> None:
    for earlier, later, shared in near_duplicates(texts, threshold, 2):
        one, other = (_pairs(texts[at]) for at in (earlier, later))
        assert earlier < later
        assert shared >= threshold
        assert abs(shared - len(one & other) / len(one | other)) < 0.001


def _pairs(text: str) -> set[str]:
    plain = text.replace(" ", "").replace(".", "")
    return {plain[at : at + 2] for at in range(max(1, len(plain) - 1))}
