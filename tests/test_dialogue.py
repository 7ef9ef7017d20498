"""Dialogues as turns, long ones shortened, and summaries mended without harm to good ones."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import SAMPLES
from engine.dialogue.shorten import shortened
from engine.dialogue.tidy import STEPS, tidied
from engine.dialogue.turns import Turn, dialogue_text, require_dialogue, special_tokens, turns_of, written
from engine.errors import UserError

SAMPLE = [
    json.loads(line)
    for line in Path(SAMPLES / "summary" / "dialogues.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]
RATED = [
    json.loads(line)
    for line in Path(SAMPLES / "summary" / "ratings.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]
TALK = "#Person1#: 내일 몇 시에 볼까?\n#Person2#: 두 시 어때? 번호는 #PhoneNumber#야.\n#Person1#: 좋아."


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("#Person1#: 안녕\n#Person2#: 응", [("#Person1#", "안녕"), ("#Person2#", "응")]),
        ("#Person1#: 안녕 #Person2#: 응, 밥은?", [("#Person1#", "안녕"), ("#Person2#", "응, 밥은?")]),
        ("#Person1#: 일정이야.\n시간: 세 시\n#Person2#: 응", [("#Person1#", "일정이야.\n시간: 세 시"), ("#Person2#", "응")]),
        ("지우: 몇 시?\n민호 : 오후 3:00\n지우: https://a.kr", [("지우", "몇 시?"), ("민호", "오후 3:00"), ("지우", "https://a.kr")]),
        ("[이름_1]: 네\r\n[이름_2]:네", [("[이름_1]", "네"), ("[이름_2]", "네")]),
        ("P01: 왔어?\nP02: 응\nP01: 그래", [("P01", "왔어?"), ("P02", "응"), ("P01", "그래")]),
        ("혼자 하는 말", [(None, "혼자 하는 말")]),
        ("#Person1#:\n#Person2#: 응", [("#Person2#", "응")]),
        ("", []),
    ],
)  # fmt: skip
def test_turns_of_what_people_write(text, turns):
    assert turns_of(text) == [Turn(*turn) for turn in turns]


def test_lists_of_turns_are_dialogues_too():
    said = "가온: 왔어?\n나리: 응"
    assert dialogue_text([{"speaker": "가온", "text": "왔어?"}, {"speaker": "나리", "utterance": "응"}]) == said
    assert dialogue_text([["가온", "왔어?"], ("나리", "응")]) == said
    assert (
        dialogue_text({"utterances": [{"participantID": "가온", "utterance": "왔어?"}, {"화자": "나리", "발화": "응"}]})
        == said
    )
    assert written(turns_of(said)) == said
    for wrong in (3, None, [1], {"text": "응"}):
        with pytest.raises(TypeError):
            dialogue_text(wrong)


def test_empty_dialogue_is_named():
    for empty in ("", " \n ", [], "#Person1#:", [{"speaker": "가온", "text": " "}]):
        with pytest.raises(UserError, match="비어"):
            require_dialogue(empty)


def test_tokens_are_told_from_hashtags():
    assert special_tokens(["#Person1#은 #맛집#여행 #@이름#과 #PhoneNumber#", "# 제목"]) == (
        "#@이름#",
        "#Person1#",
        "#PhoneNumber#",
    )


def test_long_dialogue_loses_whole_turns_of_its_middle():
    talk = "\n".join(f"#Person{at % 2 + 1}#: {at}번째 말입니다." for at in range(3000))
    short = shortened(talk, 2000)
    assert len(talk) > 40_000 and len(short.text) <= 2000
    shown = [line for line in short.text.split("\n") if line.startswith("#")]
    assert set(shown) <= set(talk.split("\n")) and len(shown) + short.left_out == 3000
    assert shown[0] == "#Person1#: 0번째 말입니다." and shown[-1] == "#Person2#: 2999번째 말입니다."
    assert shortened(TALK, 2000).text == TALK
    one = shortened("가온: " + "말" * 30_000, 1000)
    assert one.cut and len(one.text) <= 1000


@pytest.mark.parametrize(
    ("broken", "whole", "step"),
    [
        ("요약: #Person1#은 두 시에 본다.", "#Person1#은 두 시에 본다.", "frame"),
        ("#Person1#은 두 시에 본다.\n#Person1#: 내일 몇 시에 볼까?", "#Person1#은 두 시에 본다.", "frame"),
        ("# Person1 #은 본다.", "#Person1#은 본다.", "tokens"),
        ("#Person1은 본다.", "#Person1#은 본다.", "tokens"),
        ("#Person1#은 본다. #Pers", "#Person1#은 본다.", "tokens"),
        ("#Person1#은 #Person3#에게 묻는다.", "#Person1#은 #Person2#에게 묻는다.", "speakers"),
        ("#Person1#는 #Person2#과 본다.", "#Person1#은 #Person2#와 본다.", "particles"),
        ("#Person1#은 본다. #Person1#은 본다.", "#Person1#은 본다.", "repeats"),
        ("민호는 민호는 쓸 해를 쓸 해를 산다.", "민호는 쓸 해를 산다.", "repeats"),
        ("#Person1#은 두 시에 보기로", "#Person1#은 두 시에 보기로 했다.", "ending"),
        ("#Person1#은 두 시에 보자고 했고", "#Person1#은 두 시에 보자고 했다.", "ending"),
        ("#Person1#은 본다. 그리고 #Person2#에게", "#Person1#은 본다.", "ending"),
        ('#Person1#은 "두 시에 본다.', "#Person1#은 두 시에 본다.", "marks"),
        ("#Person1#은  본다 .", "#Person1#은 본다.", "spaces"),
    ],
)  # fmt: skip
def test_each_step_mends_one_thing_and_can_be_left_out(broken, whole, step):
    assert tidied(TALK, broken, [step]) == (whole, (step,))
    others = [name for name in STEPS if name != step]
    assert step not in tidied(TALK, broken, others)[1]


def test_what_is_not_sure_stays():
    for text in (
        "두 시에 만남",
        "번호는 #PhoneNumber#",
        "천천히 천천히 걷는다.",
        "3.5킬로와 1,000원",
        "'가온'이라 했다.",
        "#Person3#은 #Person6#와 본다",
    ):
        assert tidied("#Person3#: 네\n#Person6#: 네", text)[0] in (text, text + ".")
    assert tidied(TALK, "", None) == ("", ())
    with pytest.raises(KeyError):
        tidied(TALK, "응", ["nothing"])


def test_good_summaries_stay_letter_for_letter():
    told = [(row["dialogue"], row[name]) for row in SAMPLE for name in ("summary", "summary2") if name in row]
    told += [(row["dialogue"], row["summary"]) for row in RATED if row["rating"] == 5]
    assert len(told) >= 140
    for dialogue, summary in told:
        assert tidied(dialogue, summary) == (summary, ())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(1, 200))
def test_mending_twice_changes_nothing_more_and_invents_no_word(at, length):
    row = SAMPLE[at]
    once, _ = tidied(row["dialogue"], row["summary"][:length])
    assert tidied(row["dialogue"], once)[0] == once
    left = once.removesuffix(".").removesuffix("다").removesuffix(" 했").split()
    assert len(left) <= len(row["summary"][:length].split()) + 1
