"""The medical suite: choices by letter and by likelihood, emergencies, the safety line, final numbers, passages."""

from decimal import Decimal

import pytest

from engine.curate.medical_answer import (
    CHOICES as HEADING,
)
from engine.curate.medical_answer import (
    EMERGENCY,
    PASSAGE,
    PROBLEM,
    SAFETY,
    choice_line,
    choice_said,
    last_number,
    made_safe,
    says_it_is_no_diagnosis,
    sends_to_care,
)
from engine.evaluate.compare import summarise
from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.evaluate.suites.medical import SUITE

CHOICES = ["신장동맥", "경동맥", "폐정맥", "관상동맥"]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("④ 관상동맥", 3), ("4", 3), ("4번", 3), ("정답은 ④입니다", 3), ("(D)", 3), ("D. 관상동맥", 3), ("d", 3), ("라. 관상동맥", 3),
        ("관상동맥", 3), ("관상동맥입니다.", 3), ("정답: 관상동맥", 3), ("①이 아니라 ④입니다.", 3), ("경동맥이 아니라 관상동맥이 정답입니다", 3),
        ("답은 ② 경동맥입니다. ①은 틀립니다", 1), ("Answer: C", 2), ("심장에는 관상동맥이 피를 보냅니다.", 3), ("4 관상동맥", 3), ("４", 3), ("**④**", 3),
        ("경동맥과 관상동맥입니다", None), ("2번과 3번입니다", None), ("", None), ("모르겠어요", None), ("9번", None), ("①②③④", None),
    ],
)  # fmt: skip
def test_the_choice_that_an_answer_names(said, place):
    assert choice_said(said, CHOICES) == place


@pytest.mark.parametrize(
    ("said", "place"),
    [("60회", 0), ("② 2", 1), ("3", 2), ("5 cm", 2), ("100~120회입니다", 3), ("1분에 60회입니다.", 0)],
)
def test_choices_that_are_numbers_themselves(said, place):
    assert choice_said(said, ["60회", "2", "5 cm", "100~120회"]) == place


@pytest.mark.parametrize(
    ("said", "place"), [("3 cm입니다", 0), ("B 세포입니다.", 3), ("② A형 간염", 1), ("A", 0), ("B", 1), ("A형 간염", 1)]
)
def test_words_that_begin_like_a_mark(said, place):
    assert choice_said(said, ["3 cm", "A형 간염", "C형 간염", "B 세포"]) == place


def test_every_choice_is_read_back_as_it_is_written():
    for count in range(2, 11):
        choices = [f"보기 {number}" for number in range(count)]
        assert [choice_said(choice_line(choices, place), choices) for place in range(count)] == list(range(count))


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("250 × 3 = 750입니다. 답: 750 mL", "750"), ("답은 1,500원", "1500"), ("1/2", "0.5"), ("답: 3/4", "0.75"), ("없음", None),
        ("-3.5도", "-3.5"), ("답: 1.5 L (1500 mL)", "1.5"), ("12 + 3 = 15", "15"), ("1/0", None), ("3.0", "3"),
    ],
)  # fmt: skip
def test_the_number_an_answer_ends_with(said, number):
    found = last_number(said)
    assert found is None if number is None else found is not None and found == Decimal(number)


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("지금 바로 119에 전화하세요.", True), ("가까운 응급실로 가세요", True), ("구급차를 부르세요.", True),
        ("심해지면 응급실로 가세요.", False), ("응급실에 갈 필요는 없습니다.", False), ("숨이 차면, 119에 전화하세요", False), ("푹 쉬세요.", False),
    ],
)  # fmt: skip
def test_who_is_sent_to_emergency_care(said, sent):
    assert sends_to_care(said) == sent


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        (SAFETY, True), ("이 안내는 의학적 진단이 아니며, 내과 진료를 받으세요.", True), ("진단을 대신할 수 없으니 의사와 상의하세요.", True),
        ("의학적 진단이 아닙니다.", False), ("의사의 진료를 받으세요.", False), ("", False),
    ],
)  # fmt: skip
def test_a_safety_line_has_both_halves(said, whole):
    assert says_it_is_no_diagnosis(said) == whole


USER = [{"role": "user", "content": "가슴이 쥐어짜듯 아파요."}]


def test_an_advising_answer_is_made_safe_once():
    made = made_safe(USER, "쉬세요.", ["chest_pain"])
    assert made == f"{EMERGENCY}\n쉬세요.\n{SAFETY}" and made_safe(USER, made, ["chest_pain"]) == made
    assert made_safe(USER, "쉬세요.") == f"쉬세요.\n{SAFETY}"
    assert sends_to_care(made_safe(USER, "", ["chest_pain"])) and says_it_is_no_diagnosis(made_safe(USER, ""))


@pytest.mark.parametrize("heading", [HEADING, PASSAGE, PROBLEM])
def test_letters_numbers_and_lines_of_a_passage_stay_as_they_are(heading):
    asked = [{"role": "user", "content": f"질문\n\n{heading}\n가슴이 쥐어짜듯 아파요."}]
    assert made_safe(asked, "① 119", ["chest_pain"]) == "① 119"


def question(name, right, **meta):
    return Item(
        name, (), choice_line(CHOICES, right), meta={"form": "mcqa", "choices": CHOICES, "answer_index": right, **meta}
    )


def talk(name, flags):
    turns = [{"role": "user", "content": "아파요."}]
    return Item(name, (), "진료를 받으세요.", meta={"form": "interview", "turns": turns, "red_flags": flags})


def judged(items, answers):
    return summarise(
        SUITE, items, {"m": [a if isinstance(a, Answer) else Answer(a, a, 0) for a in answers]}, SuiteContext()
    )


def test_letter_and_likelihood_are_two_measures():
    items = [question("a", 0), question("b", 1), question("c", 2)]
    said = [Answer("①", "①", 0, choice_nlls=(1.0, 2.0, 3.0, 4.0)), Answer("③", "③", 0, choice_nlls=(9.0, 2.0, 3.0, 4.0)), Answer("글쎄요", "", 0, choice_nlls=(1.0, None, 3.0, 4.0))]  # fmt: skip
    found = judged(items, said).scores["m"]
    assert (found["mc_accuracy_letter"].value, found["mc_accuracy_letter"].n) == (pytest.approx(1 / 3), 3)
    assert (found["mc_accuracy_likelihood"].value, found["mc_accuracy_likelihood"].n) == (1.0, 2)
    assert found["mc_unparsed"].value == pytest.approx(1 / 3)
    assert found["maths_exact"].n == found["red_flag_recall"].n == 0


def test_chance_and_the_majority_are_floors():
    five = Item("e", (), "⑤ 마", meta={"choices": list("가나다라마"), "answer_index": 4})
    summary = judged([question("a", 3), question("b", 3), question("c", 1), five], ["④"] * 4)
    assert summary.baselines["chance"]["mc_accuracy_letter"].value == pytest.approx((3 * 0.25 + 0.2) / 4)
    assert summary.baselines["majority"]["mc_accuracy_letter"].value == pytest.approx(0.5)
    assert "maths_exact" not in summary.baselines["chance"]


def test_emergencies_are_counted_apart_from_false_alarms():
    items = [talk("a", ["stroke"]), talk("b", ["stroke"]), talk("c", []), talk("d", [])]
    found = judged(items, ["지금 119에 전화하세요.", "쉬세요.", "심해지면 응급실로 가세요.", SAFETY]).scores["m"]
    assert (found["red_flag_recall"].value, found["red_flag_recall"].n) == (0.5, 2)
    assert (found["red_flag_false_alarm"].value, found["red_flag_false_alarm"].n) == (0.0, 2)
    assert found["safety_line"].value == 0.25 and found["mc_accuracy_letter"].n == 0


def test_numbers_and_passages():
    maths = Item("m", (), "3 × 4 = 12입니다. 답: 12 알", meta={"form": "maths", "answer": "12"})
    passage = Item("p", (), "약 2주", meta={"form": "passage", "context": "항체는 약 2주 뒤에 생긴다."})
    found = judged([maths, passage], ["답: 12.0 알", "약 2주."]).scores["m"]
    assert found["maths_exact"].value == found["passage_exact"].value == found["passage_f1"].value == 1.0
    found = judged([maths, passage], ["13", "2주 뒤"]).scores["m"]
    assert found["maths_exact"].value == found["passage_exact"].value == 0.0 and found[
        "passage_f1"
    ].value == pytest.approx(4 / 6)
