"""Which pairs are worth learning: each rule with its reason, what it must leave alone, and twins among questions."""

import pytest

from engine.curate.policy_options import REFUSAL, PolicyOptions
from engine.curate.policy_rules import REASONS, is_complete, is_evasive, is_foreign, leaks, mended, reason_of
from engine.curate.policy_twins import twins
from tests.policy_material import BROKEN, GOOD, clause_records, good_pairs, pair, rows_of, unanswerable

RAG, SIMPLE = PolicyOptions(), PolicyOptions(style="simple")
CLAUSE = "제3조(암진단비) 회사는 암으로 진단이 확정된 때에 암진단비 10만원을 지급합니다."


def reason(question=GOOD[0], answer=GOOD[1], clause=CLAUSE, chunk_id="든든_003", answerable=True, options=RAG):
    return reason_of(question, answer, clause, chunk_id, answerable, options)


@pytest.mark.parametrize("slug", BROKEN)
def test_each_rule_names_its_reason(slug) -> None:
    question, answer = BROKEN[slug]
    assert reason(question, answer) == slug and slug in REASONS


def test_a_good_pair_stays() -> None:
    assert reason() is None


def test_a_pair_without_its_clause_is_left_out() -> None:
    assert reason(clause=None) == "no_clause"
    assert rows_of([*clause_records(), pair(*GOOD, "어디에도 없는 번호")])[0].dropped == "no_clause"


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("지급합니다.", True),
        ("지급합니다. (제5조)", True),
        ("지급합니다(제5조 제1항)", True),
        ('"지급합니다."', True),
        ("지급해요", True),
        ("지급하죠", True),
        ("지급하나요?", True),
        ("지급합니다. [제3조] 」", True),
        ("지급하며", False),
        ("50만원 (제5조)", False),
        ("다음과 같습니다. 1.", False),
        ("지급합니다. 가.", False),
        ("", False),
        ("(제5조)", False),
    ],
)
def test_what_ends_as_a_sentence(text, complete) -> None:
    assert is_complete(text) is complete


@pytest.mark.parametrize(
    "text",
    [
        "그 금액은 명시되어 있지 않습니다.",
        "해당 내용은 확인할 수 없습니다.",
        "관련 규정이 없습니다.",
        "약관에 나와 있지 않아요.",
        "정확한 금액은 알 수 없습니다.",
        "죄송하지만 답변드리기 어렵습니다.",
    ],
)
def test_evasions_are_seen(text) -> None:
    assert is_evasive(text)


@pytest.mark.parametrize(
    "text",
    [
        "음주운전 사고는 보상하지 않습니다.",
        "청약서에 명시되어 있지 않은 질병은 보상하지 않습니다.",
        "원인을 알 수 없는 사고도 보상합니다.",
        "치과 치료는 이 보장에 포함되지 않습니다.",
        "대기기간이 없는 담보입니다.",
        "수익자를 지정하지 않은 때에는 상속인에게 지급합니다.",
    ],
)
def test_exclusions_are_no_evasions(text) -> None:
    assert not is_evasive(text)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("암(癌)으로 진단되면 지급합니다.", False),
        ("MRI 검사비는 30만원입니다.", False),
        ("COVID-19 확진이면 지급합니다.", False),
        ("β-차단제도 보상합니다.", False),
        ("보험금을 支給합니다.", True),
        ("보험금은 Ich möchte 지급합니다.", True),
        ("Este es un seguro 지급합니다", True),
        ("the insurer will pay 지급합니다.", True),
        ("12345", True),
        ("страховка 지급합니다.", True),
    ],
)
def test_what_is_not_korean(text, foreign) -> None:
    assert is_foreign(text) is foreign


@pytest.mark.parametrize(
    "text",
    [
        "[보험약관]에 따라 지급합니다.",
        "### 지시",
        "JSON으로 답합니다.",
        "제공된 조항에 따라 지급합니다.",
        "든든_003에 있습니다.",
        "질문: 무엇인가요",
    ],
)
def test_words_of_a_prompt_are_seen(text) -> None:
    assert leaks("무엇인가요?", text, "든든_003")


def test_words_of_the_policy_are_no_leak() -> None:
    assert not leaks(
        "주사 치료도 나오나요?", "제5조에 따라 회사가 지급합니다. 해당 조항의 면책은 제외됩니다.", "든든_003"
    )


def test_what_the_clause_says_itself_is_not_personal() -> None:
    said = "문의는 02-345-6789로 합니다. 전화로 접수합니다."
    assert reason(answer=said) == "personal_data"
    assert reason(answer=said, clause=CLAUSE + " 접수 02-345-6789") is None


def test_the_lead_that_begins_as_the_refusal_does_is_taken_off() -> None:
    assert mended("약관에 따르면, 수술비는 50만원입니다.") == "수술비는 50만원입니다."
    assert mended("제공된 보험 약관의 내용에 의하면 지급합니다.") == "지급합니다."
    assert mended("제5조에 따르면 지급합니다.") == "제5조에 따르면 지급합니다."
    row = rows_of([*clause_records(), pair(GOOD[0], "약관에 따르면 " + GOOD[1], "든든보험_000")])[0]
    assert row.target == GOOD[1] and row.meta["as_given"].startswith("약관에")


def test_rows_built_as_unanswerable_are_exempt_from_the_rules_on_answers() -> None:
    found = rows_of([*clause_records(), *good_pairs(), *unanswerable()])
    refusing = [row for row in found if not row.meta["answerable"] and not row.dropped]
    assert len(refusing) >= 20 and {row.target for row in refusing} == {REFUSAL}


def test_simple_rows_hold_nothing_unanswerable() -> None:
    found = rows_of([*clause_records(), *good_pairs(), *unanswerable()], options=SIMPLE)
    assert {row.dropped for row in found if not row.meta["answerable"]} == {"unanswerable"}


# twins


def test_one_question_stays_of_two_across_sources() -> None:
    again = [pair(" 암진단비는  얼마인가요", "암진단비는 10만원을 드립니다.", "든든보험_000")]
    found = rows_of([*clause_records(), *good_pairs()], again)
    assert found[-1].dropped == "duplicate_question"


def test_the_first_twin_that_passes_the_rules_stays() -> None:
    broken = [pair("암진단비는 얼마인가요?", "암진단비는 10만원이며", "든든보험_000")]
    found = rows_of([*clause_records(), *broken, *good_pairs()])
    assert found[0].dropped == "cut_off" and found[1].dropped is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("암 진단비는 얼마를 받을 수 있나요?", "암 진단비는 얼마나 받을 수 있을까요?"),
        ("스키를 타다가 다쳤는데 보험금을 지급하나요?", "스키를 타다가 다쳤는데 보험금이 지급되나요?"),
    ],
)
def test_nearly_the_same_question_is_seen(one, other) -> None:
    assert twins([one, other], 0.5)[1] == ("near_duplicate_question", 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("암 진단비는 얼마를 받을 수 있나요?", "간 진단비는 얼마를 받을 수 있나요?"),
        ("계약 후 90일 안에 진단받으면 지급하나요?", "계약 후 30일 안에 진단받으면 지급하나요?"),
        ("스키를 타다가 다치면 보험금을 지급하나요?", "스키를 타다가 다치면 보험금을 안 지급하나요?"),
        ("1종 수술비는 얼마인가요?", "2종 수술비는 얼마인가요?"),
    ],
)
def test_one_other_word_makes_another_question(one, other) -> None:
    assert not twins([one, other], 0.5)


def test_a_threshold_of_one_finds_the_same_only() -> None:
    assert twins(["수술비는 얼마인가요?", "수술비는 얼마일까요?", "수술비는얼마인가요"], 1.0) == {
        2: ("duplicate_question", 0)
    }
