"""Which answers of a model are taken: every way in which one can be wrong has its word, and what is right is taken."""

import json
from dataclasses import replace

import pytest

from engine.generate.check import REFUSAL, Rejected, checked_pair, read_pair
from engine.generate.prompts import RULES, WHY, ask
from engine.store.generations import Clause
from tests.generating import copied

CLAUSE = Clause(
    1,
    "제5조(수술비) ① 회사는 수술 한 번에 수술비 50만원을 지급합니다. ② 같은 날 두 번 수술하면 한 번으로 봅니다.",
    {"article": "제5조", "breadcrumbs": "제2관 지급 > 제5조", "product": "든든보험"},
)
OTHER = Clause(
    2,
    "제6조(입원비) ① 회사는 입원 하루에 3만원을 지급합니다. ② 같은 날 두 번 수술하면 한 번으로 봅니다.",
    {"article": "제6조"},
)
QUESTION, ANSWER = "수술을 받으면 얼마를 받나요?", "회사는 수술 한 번에 수술비 50만원을 지급합니다."


def made(question: str = QUESTION, answer: str = ANSWER) -> str:
    return json.dumps({"question": question, "answer": answer}, ensure_ascii=False)


def checked(text: str, *, ended=True, shown=CLAUSE, origin=CLAUSE, known=()):
    return checked_pair(text, ended=ended, shown=shown, origin=origin, known=known, judge=copied)


def reason(text: str, **how) -> str:
    with pytest.raises(Rejected) as caught:
        checked(text, **how)
    return caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        made(),
        f"```json\n{made()}\n```",
        f"네, 만들었습니다.\n{made()}\n도움이 되었기를 바랍니다.",
        f"[{made()}]",
        json.dumps({"pairs": [json.loads(made())]}, ensure_ascii=False),
        json.dumps({"질문": QUESTION, "답변": ANSWER}, ensure_ascii=False),
        json.dumps({"instruction": QUESTION, "output": ANSWER}, ensure_ascii=False),
        f"<think>{{생각}} 조항을 보자.</think>{made()}",
        made(answer=ANSWER + " (제5조)"),
        made(answer=ANSWER.rstrip(".")),
    ],
)
def test_a_good_pair_is_taken_in_every_wrapping_with_its_ground_at_the_end(text):
    pair = checked(text)
    assert pair.question == QUESTION and pair.answer == ANSWER + " (제5조)"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no_json"),
        ("만들 수 없습니다.", "no_json"),
        ("{질문: 얼마인가요}", "no_json"),
        (made()[:40], "truncated"),
        ('{"question": "얼마인가요?"}', "missing_field"),
        ('{"question": "", "answer": ""}', "missing_field"),
        ('{"question": 3, "answer": 4}', "missing_field"),
        ("[" * 100_000 + "{", "truncated"),
        (made(question="얼마?"), "too_short"),
        (made(answer="50만원이다."), "too_short"),
        (made(answer="회사는 수술비를 지급합니다. " * 40), "too_long"),
        (made(answer="The company pays 500,000 won for each surgery."), "language"),
        (made(answer="회사는 수술 한 번에 手術費 50만원을 지급합니다."), "language"),
        (made(question="수술을 받았습니다."), "no_question"),
        (made(question="이 조항에서 수술비는 얼마인가요?"), "points_at_clause"),
        (made(question="해당 조항에 따르면 수술비는 얼마인가요?"), "points_at_clause"),
        (made(question="제5조에 따르면 수술비는 얼마인가요?"), "points_at_clause"),
        (made(answer="회사는 수술 한 번에 수술비 50만원을"), "unfinished"),
        (made(answer="첫째 문장입니다. 둘째 문장입니다. 셋째 문장입니다."), "too_many_sentences"),
        (made(answer="약관에 수술비 50만원이라고 나옵니다."), "refusal"),
        (made(answer="수술비는 이 조항에 명시되어 있지 않습니다."), "refusal"),
        (made(answer=RULES.split("\n")[1]), "leaked_prompt"),
        (made(answer=f"<별표 3> {ANSWER}"), "leaked_prompt"),
        (made(answer="### 출력 회사는 수술비 50만원을 지급합니다."), "leaked_prompt"),
        (made(answer=ANSWER + " (제9조)"), "wrong_article"),
        (made(answer="회사는 수술 한 번에 수술비 70만원을 지급합니다."), "ungrounded"),
    ],
)
def test_every_fault_has_its_word_and_the_model_is_told_in_a_sentence(text, word):
    assert reason(text) == word
    assert WHY[word] in ask(CLAUSE, CLAUSE, "fact", word)[1]["content"]


def test_a_table_may_be_called_as_the_clause_calls_it():
    said = "회사는 <별표 3>의 수술에 수술비 50만원을 지급합니다."
    clause = replace(CLAUSE, text=f"제5조(수술비) {said}")
    assert reason(made(answer=said)) == "leaked_prompt"
    assert checked(made(answer=said), shown=clause, origin=clause).answer == f"{said} (제5조)"


def test_a_cut_off_answer_is_not_taken_for_one_without_json():
    assert reason("```json\n{", ended=False) == "truncated"
    assert reason("", ended=False) == "truncated"


def test_a_question_that_was_made_before_is_not_taken_again():
    assert reason(made(), known=["수술을 받으면 얼마를 받나요"]) == "repeated_question"
    assert checked(made(), known=["입원하면 하루에 얼마인가요?"])


def test_a_question_the_shown_clause_does_not_answer_gets_the_refusal():
    pair = checked(made(), shown=OTHER, origin=CLAUSE)
    assert pair.answer == REFUSAL and pair.question == QUESTION


def test_a_question_that_the_shown_clause_answers_too_is_not_taken_as_unanswerable():
    both = made("하루에 두 번 수술하면 어떻게 되나요?", "같은 날 두 번 수술하면 한 번으로 봅니다.")
    assert reason(both, shown=OTHER, origin=CLAUSE) == "answerable"


def test_words_of_the_instructions_that_the_clause_itself_says_are_no_leak():
    clause = Clause(3, "제1조 ① 금액, 기간, 조건은 조항에 적힌 그대로 따릅니다.", {})
    text = made("금액은 무엇을 따르나요?", "금액, 기간, 조건은 조항에 적힌 그대로 따릅니다.")
    assert checked(text, shown=clause, origin=clause).answer.endswith("(제1조)")


def test_lone_surrogates_do_not_reach_the_store():
    said = read_pair('{"question": "얼마\\ud800인가요?", "answer": "수술비는 50만원입니다."}', True)
    assert said.question.encode("utf-8")


def test_the_prompt_of_an_unanswerable_question_shows_both_clauses_apart():
    text = ask(OTHER, CLAUSE, "easy", None)[1]["content"]
    assert text.index(CLAUSE.text) < text.index("[다른 조항]") < text.index(OTHER.text)
    assert "[다른 조항]" not in ask(CLAUSE, CLAUSE, "easy", None)[1]["content"]


def test_words_of_the_clause_itself_are_grounded_whatever_a_judge_says():
    def strict(question, clauses, answer):
        return "hallucinated", "contradicted"

    both = made(answer=ANSWER + " 같은 날 두 번 수술하면 한 번으로 봅니다.")
    pair = checked_pair(both, ended=True, shown=CLAUSE, origin=CLAUSE, known=(), judge=strict)
    assert pair.answer.endswith("봅니다. (제5조)")
    half = made(answer=ANSWER + " 입원비도 3만원을 냅니다.")
    with pytest.raises(Rejected, match="contradicted"):
        checked_pair(half, ended=True, shown=CLAUSE, origin=CLAUSE, known=(), judge=strict)
