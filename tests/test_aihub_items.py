"""Shapes of AI Hub's JSON: each item found whatever it is nested in, nothing made up where a field is missing."""

import json
from typing import Any

import pytest
from hub_folder import chosen, document, opened, problem, talk
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import SAMPLES
from engine.sources.aihub_items import FORMS, items_in
from engine.sources.aihub_turns import turns_in

TURNS = [{"role": "user", "content": "목이 아파요."}, {"role": "assistant", "content": "언제부터요?"}]


def only(value: Any, file: str = "") -> dict[str, Any]:
    found = items_in(value, file)
    assert len(found) == 1, found
    return found[0]


def test_choices_inside_the_question_are_taken_apart():
    item = only(chosen("심장", 2))
    assert (item["form"], item["bucket"], item["specialty"]) == ("mcqa", "domain", "내과")
    assert item["question"] == "심장이 아픈 환자에게 먼저 할 검사는?"
    assert item["choices"][0] == "심장 검사 가형" and len(item["choices"]) == 5
    assert item["answer_index"] == 2 and item["answer"] == "심장 검사 다형"


def test_open_questions_keep_the_numbers_in_their_words():
    item = only({**opened("심장", 1), "question": "다음을 설명하시오. 1) 심장 2) 맥박 3) 피", "q_type": 3})
    assert item["form"] == "qa" and "choices" not in item and item["specialty"] == "응급의학과"


def test_passages_hand_their_text_and_document_to_every_question():
    first, second = items_in({"version": "1", "data": [document("허파", 3)]})
    assert first["form"] == second["form"] == "passage" and first["bucket"] == "base"
    assert first["context"] == second["context"] and first["group"] == second["group"] == "doc-3"
    assert first["answer"] == "103그램" and "answer" not in second  # it cannot be answered


def test_maths_of_lists_and_of_named_parts():
    item = only(problem("허파", 1))
    assert (item["form"], item["bucket"]) == ("maths", "distil")
    assert item["question"].startswith("허파 그림") and item["solution"].startswith("3 × 3")
    named = [{"class_name": "문항(텍스트)", "class_info_list": [{"text_description": "3+4는?"}]},
             {"class_name": "정답(텍스트)", "class_info_list": [{"text_description": "7"}]},
             {"class_name": "해설(텍스트)", "class_info_list": [{"text_description": "셋에 넷을 더하면 7"}]}]  # fmt: skip
    item = only({"raw_data_info": {"raw_data_name": "S"}, "learning_data_info": named})
    assert (item["question"], item["answer"], item["solution"]) == ("3+4는?", "7", "셋에 넷을 더하면 7")


def test_a_folder_called_maths_tells_worked_problems_from_open_questions():
    row = {"question": "3 더하기 4는?", "answer": "7", "solution": "3 + 4 = 7"}
    assert only(row, "수학 문제 풀이/Training/a.json")["form"] == "maths"
    assert only(row, "의학/a.json")["form"] == "qa"


def test_interviews_in_any_clothes():
    item = only(talk("콩팥", 1))
    assert (item["form"], item["bucket"], item["specialty"]) == ("interview", "base", "내과")
    assert [turn["role"] for turn in item["turns"]] == ["assistant", "user"] * 2 + ["assistant"]
    paragraph = [
        {"paragraph_speaker": "내담자", "paragraph_text": "잠을 못 자요."},
        {"paragraph_speaker": "상담사", "paragraph_text": "언제부터요?"},
    ]
    assert only({"id": 1, "paragraph": paragraph})["turns"][0] == {"role": "user", "content": "잠을 못 자요."}
    unnamed = [{"speaker": "1", "text": "어떤 증상이 있나요?"}, {"speaker": "2", "text": "기침이요."}]
    assert [turn["role"] for turn in turns_in({"utterances": unnamed})] == ["assistant", "user"]
    assert [turn["role"] for turn in turns_in({"utterances": unnamed[::-1]})] == ["user", "assistant"]


def test_pieces_of_one_speaker_are_one_turn():
    said = [
        {"role": "user", "content": "아파요."},
        {"role": "user", "content": "많이요."},
        {"role": "assistant", "content": "네."},
    ]
    assert turns_in({"turns": said}) == [{"role": "user", "content": "아파요.\n많이요."}, said[2]]


def test_healthcare_answers_get_the_question_they_answer():
    answer = {"fileName": "HC-A-1", "disease_category": "근골격질환", "disease_name": {"kor": "골절", "eng": "fracture"}, "department": ["정형외과"],
              "intention": "증상", "answer": {"intro": "뼈가 부러지면", "body": "붓습니다.", "conclusion": "쉬세요."}}  # fmt: skip
    item = only(answer)
    assert item["question"] == "골절의 증상은 무엇인가요?" and item["answer"] == "뼈가 부러지면 붓습니다. 쉬세요."
    assert item["specialty"] == "정형외과" and item["group"] == "골절"
    asked = only({k: v for k, v in answer.items() if k != "answer"} | {"question": "발목이 부러진 것 같은데 어떤가요?"})
    assert asked["topic"] == item["topic"] and "answer" not in asked


def test_our_own_records_are_read_as_they_are():
    row = {
        "form": "mcqa",
        "bucket": "domain",
        "group": "g",
        "question": "눈의 병은?",
        "choices": ["백내장", "위염"],
        "answer_index": 0,
    }
    assert only(row) == {**row, "answer_index": 0}
    assert only({"form": "interview", "turns": TURNS, "red_flags": ["chest_pain"]})["red_flags"] == ["chest_pain"]
    assert only({"form": "interview", "turns": TURNS})["bucket"] == "base"


@pytest.mark.parametrize("name", ["questions", "dialogues", "maths", "passages"])
def test_every_line_of_the_samples_is_an_item(name):
    lines = (SAMPLES / "medical" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    for line in map(json.loads, lines):
        item = only(line)
        assert item["form"] == line["form"] and item["group"] == line["group"] and item["bucket"] == line["bucket"]


@pytest.mark.parametrize("value", [None, 3, "글", [], {}, {"a": [1, 2]}, {"question": "물음뿐"}, {"answer": "답뿐"}, {"turns": [1, 2]},
                                   {"question": ["목록"], "answer": "답"}, {"form": "mcqa"}, {"paragraphs": [{"context": "글", "qas": []}]}])  # fmt: skip
def test_what_is_no_item_is_none(value):
    assert items_in(value) == []


def test_words_are_never_taken_for_a_form():
    odd = {"disease_name": "골절{0}", "intention": "{x} {", "answer": "붓습니다.", "domain": "²"}
    assert only(odd)["question"] == "골절{0}의 {x} {에 대해 알려 주세요."


def test_an_answer_that_is_no_choice_has_no_place():
    item = only({"question": "눈의 병은?", "choices": ["백내장", "위염"], "answer": "7"})
    assert item["answer_index"] is None


def test_nesting_without_end_is_not_followed():
    value: Any = {"question": "물음", "answer": "답"}
    for _ in range(200):
        value = {"data": [value]}
    assert items_in(value) == []


NAMES = st.sampled_from(("question", "answer", "choices", "data", "paragraphs", "qas", "context", "turns", "dialogue", "speaker", "text", "form", "bucket",
                         "answer_index", "class_name", "text_description", "OCR_info", "domain", "q_type", "disease_name", "intention"))  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(FORMS)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_anything_gives_items_with_words_or_nothing(value):
    for item in items_in(value):
        assert item["form"] in FORMS and item["bucket"]
        assert item.get("question") or item["turns"]
        place = item.get("answer_index")
        assert place is None or isinstance(place, int)
