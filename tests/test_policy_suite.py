"""The policy suite's numbers, against numbers computed by hand."""

import json

import pytest

from engine.errors import UserError
from engine.evaluate import statistics
from engine.evaluate.compare import summarise, verdict
from engine.evaluate.key_facts import holds_key_facts
from engine.evaluate.overlap import counted, trained_on
from engine.evaluate.score import score_files
from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.evaluate.suites.policy import METRICS, SUITE, explain, score
from engine.evaluate.table import notes
from engine.recipes.recipe import load_recipe

CLAUSE = "제5조(입원 보험금) 회사는 피보험자가 질병으로 입원한 경우 1일당 3만원을 지급합니다. 한도는 120일입니다."
OTHER = "제9조(통지 의무) 계약자는 주소를 바꾸면 회사에 알려야 합니다."
REFUSAL = "약관에 해당 내용이 없습니다."


def item(answerable=True, clauses=(CLAUSE,), place=0, reference="1일당 3만원을 지급합니다. (제5조)", name="1", **meta):
    told = {"question": "입원비는 하루 얼마인가요?", "answerable": answerable, "type": "fact", **meta}
    return Item(name, (), reference, meta={**told, "clauses": clauses, "gold_place": place if answerable else None})


def scored(one, text, ended=True, shown=None):
    answer = Answer(text, text, 1, ended=ended, shown=shown)
    return {**score(one, answer, SuiteContext()), **explain(one, answer, SuiteContext())}


def test_every_metric_is_scored_and_explained_in_two_languages():
    assert set(scored(item(), "1일당 3만원입니다.")) >= {metric.name for metric in METRICS}
    assert all(metric.ko and metric.en and metric.span == (0.0, 1.0) for metric in METRICS)


def test_a_right_answer_in_another_spelling():
    found = scored(item(), "하루 30,000원이 나옵니다.")
    assert (found["label"], found["correct"], found["error_rate"]) == ("grounded", 1.0, 0.0)
    assert found["refusal_precision"] is None and found["refused_wrongly"] == 0.0 and found["refusal_recall"] is None


def test_a_wrong_amount_keeps_its_span_and_the_clause_it_breaks():
    found = scored(item(), "입원 1일당 5만원을 지급합니다.")
    assert (found["label"], found["hallucination_rate"], found["correct"]) == ("hallucinated", 1.0, 0.0)
    (claim,) = [claim for claim in found["claims"] if claim["kind"] == found["kind"]]
    assert (
        0 <= claim["start"] < claim["end"] <= len("입원 1일당 5만원을 지급합니다.")
        and claim["reason_ko"]
        and claim["reason_en"]
    )
    json.dumps(found)  # what stands in the store


def test_an_answer_from_a_wrong_clause_is_grounded_and_not_correct():
    wrong = "제7조(통원 보험금) 회사는 통원 1회당 2만원을 지급합니다."
    found = scored(item(clauses=(wrong,), place=-1), "통원 1회당 2만원을 지급합니다.")
    assert (found["label"], found["correct"], found["retrieval_recall"]) == ("grounded", 0.0, 0.0)
    assert found["retrieval_missed"]


def test_refusals_in_the_three_cases():
    found, missed, none = (
        scored(one, REFUSAL)
        for one in (
            item(),
            item(clauses=(OTHER,), place=-1),
            item(answerable=False, clauses=(OTHER,), reference=REFUSAL),
        )
    )
    keys = (
        "kind",
        "refusal_precision",
        "refusal_recall",
        "refused_wrongly",
        "correct",
        "error_rate",
        "hallucination_rate",
    )
    assert [found[key] for key in keys] == ["refused_wrongly", 0.0, None, 1.0, 0.0, 1.0, 0.0]
    assert [missed[key] for key in keys] == ["refused_correctly", 1.0, None, None, 0.0, 0.0, 0.0]
    assert [none[key] for key in keys] == ["refused_correctly", 1.0, 1.0, None, None, 0.0, 0.0]


def test_answering_the_unanswerable_is_a_hallucination_of_its_kind():
    found = scored(item(answerable=False, clauses=(OTHER,), reference=REFUSAL), "하루에 3만원이 나와요.")
    assert (found["kind"], found["should_have_refused"], found["refusal_recall"]) == ("should_have_refused", 1.0, 0.0)


def test_a_clause_beyond_those_shown_to_this_model_was_not_shown():
    two = item(clauses=(OTHER, CLAUSE), place=1)
    assert scored(two, REFUSAL, shown=1)["retrieval_missed"] and not scored(two, REFUSAL, shown=2)["retrieval_missed"]


def test_silence_is_unjudged_and_an_error():
    found = scored(item(), "  ")
    assert (found["label"], found["hallucination_rate"], found["could_not_judge"]) == ("could_not_judge", None, 1.0)
    assert found["error_rate"] == 1.0 and found["correct"] == 0.0 and found["contradicted"] is None


@pytest.mark.parametrize(
    ("reference", "answer", "holds"),
    [
        ("30만원을 지급합니다.", "삼십만 원이 나옵니다.", True),
        ("30만원을 지급합니다.", "300,000원이에요.", True),
        ("30만원을 지급합니다.", "3만원이에요.", False),
        ("30만원을 지급합니다. (제5조)", "30만원을 줍니다. (제6조)", True),
        ("90일 한도로 30만원을 지급합니다.", "30만원을 지급합니다.", False),
        ("보장하지 않습니다.", "보장합니다.", False),
        ("음주 운전 사고는 보상하지 않습니다.", "음주 운전은 보상하지 않아요.", True),
        ("주소를 바꾸면 회사에 알려야 합니다.", "회사에 주소가 바뀐 것을 알리셔야 해요.", True),
        ("주소를 바꾸면 회사에 알려야 합니다.", "가입자는 진단서를 냅니다.", False),
    ],
)
def test_key_facts(reference, answer, holds):
    assert holds_key_facts("어떻게 되나요?", reference, answer) is holds


def answers_of(texts):
    return [Answer(text, text, 1, ended=True) for text in texts]


def test_rates_are_wilson_over_what_was_judged_and_precision_over_the_refusals_made():
    items = [item(name=str(i)) for i in range(8)] + [
        item(answerable=False, clauses=(OTHER,), reference=REFUSAL, name=str(i)) for i in range(8, 12)
    ]
    right, wrong = "1일당 3만원을 지급합니다.", "1일당 9만원을 지급합니다."
    a = answers_of([right] * 4 + [wrong] * 3 + [""] + [wrong] * 4)
    b = answers_of([right] * 6 + [REFUSAL] * 2 + [REFUSAL] * 3 + [wrong])
    summary = summarise(SUITE, items, {"a": a, "b": b}, SuiteContext(), draws=200)
    first, then = summary.scores["a"], summary.scores["b"]
    assert (first["hallucination_rate"].value, first["hallucination_rate"].n) == (pytest.approx(7 / 11), 11)
    assert (first["hallucination_rate"].low, first["hallucination_rate"].high) == pytest.approx(
        statistics.wilson(7, 11)
    )
    assert first["could_not_judge"].value == pytest.approx(1 / 12) and first["could_not_judge"].n == 12
    assert first["refusal_precision"].value is None and first["refusal_precision"].n == 0
    assert first["refusal_recall"].value == 0.0 and first["refusal_recall"].n == 4
    assert (then["refusal_precision"].value, then["refusal_precision"].n) == (pytest.approx(3 / 5), 5)
    low, high = statistics.wilson(3, 5)
    assert (then["refusal_precision"].low, then["refusal_precision"].high) == pytest.approx((low, high))
    assert then["refused_wrongly"].value == pytest.approx(2 / 8) and then["correct"].value == pytest.approx(6 / 8)
    assert first["error_rate"].value == pytest.approx(8 / 12) and then["error_rate"].value == pytest.approx(3 / 12)
    tests = {test.metric: test for test in summary.paired}
    # judged for both: 11 questions; 6 hallucinated by a alone, 0 by b alone: exact p = 2 * (1/2)^6
    assert tests["hallucination_rate"].n == 11 and tests["hallucination_rate"].p == pytest.approx(2 * 0.5**6)
    assert tests["refusal_precision"].delta is None, "one of them refused nothing: there is nothing to compare"


def test_precision_of_two_models_is_compared_by_their_own_refusals():
    a, b = [1.0, 0.0, None, None, 0.0, 1.0] * 5, [None, None, 1.0, 1.0, 1.0, None] * 5
    found = statistics.paired_subsets(a, b, list(range(30)), 0, 200)
    assert found.delta == pytest.approx(1.0 - 0.5) and found.n == 30 and found.p < 0.05
    assert found.low is not None and found.low > 0
    same = statistics.paired_subsets(a, a, list(range(30)), 0, 200)
    assert same.delta == 0.0 and same.p == 1.0


def test_no_difference_is_said_plainly():
    items = [item(name=str(i)) for i in range(6)]
    right, wrong = "1일당 3만원을 지급합니다.", "1일당 9만원을 지급합니다."
    said = {"a": answers_of([right] * 4 + [wrong] * 2), "b": answers_of([right] * 5 + [wrong])}
    summary = summarise(SUITE, items, said, SuiteContext(), draws=50)
    metrics = {metric.name: metric for metric in METRICS}
    test = next(test for test in summary.paired if test.metric == "hallucination_rate")
    assert verdict(test, metrics["hallucination_rate"]) == "same"


def row(question, group="G1", source="s", clause=CLAUSE):
    content = f"### 입력\n{clause}\n질문: {question}"
    start = content.index(clause)
    return {
        "source_id": source,
        "split_group": group,
        "meta": {"question": question},
        "messages": [{"role": "raw", "content": content, "cut": [start, start + len(clause)]}],
    }


def test_overlap_of_each_kind():
    training = [row("입원하면 하루에 얼마를 받나요?"), row("주소를 바꾸면 어떻게 하나요?", "G2", clause=OTHER)]
    held_out = [
        row("한도는 며칠인가요?"),  # the same clause
        row("한도는 며칠인가요?", "X", "other source"),  # its words in another source
        row("입원하면 하루에 얼마를 받나요?", "G9", "s", "제30조 다른 조항입니다."),
        row("입원하면 하루에 얼마를 받나요", "G9", "s", "제30조 다른 조항입니다."),
        row("입원하면 하루에 얼마나 받나요?", "G9", "s", "제30조 다른 조항입니다."),
        row("보험료는 언제 내나요?", "G9", "s", "제30조 다른 조항입니다."),
    ]
    found = trained_on(held_out, training)
    assert found == {0: "group", 1: "group", 2: "exact", 3: "exact", 4: "near"}
    assert counted(found.values()) == {"group": 2, "exact": 2, "near": 1}
    assert trained_on(held_out, training, same_dataset=True).keys() == {2, 3, 4}
    assert trained_on(held_out, []) == {}


def test_rows_of_recipes_without_questions_overlap_by_group_alone():
    chat = {"source_id": "s", "split_group": "day 1", "meta": {}, "messages": [{"role": "user", "content": "안녕"}]}
    other = {**chat, "split_group": "day 2"}
    assert trained_on([chat, other], [chat]) == {0: "group"}


def test_answers_made_elsewhere(tmp_path):
    rows = [
        {
            "id": 1,
            "question": "입원비는 하루 얼마인가요?",
            "answer": "1일당 3만원",
            "context": [CLAUSE],
            "answerable": True,
        },
        {
            "id": 2,
            "question": "입원비는 하루 얼마인가요?",
            "reference": "1일당 3만원",
            "clauses": [CLAUSE],
            "type": "easy",
        },
        {"id": 3, "question": "주차 요금은요?", "answer": REFUSAL, "context": CLAUSE, "answerable": False},
    ]
    said = [
        {"id": 1, "answer": "하루 3만원이 나옵니다."},
        {"id": 2, "answer": "9만원입니다."},
        {"id": 3, "answer": REFUSAL},
    ]
    for name, lines in (("q.jsonl", rows), ("a.jsonl", said)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = score_files(SUITE, tmp_path / "q.jsonl", tmp_path / "a.jsonl")
    found = told["metrics"]
    assert (found["hallucination_rate"]["value"], found["hallucination_rate"]["n"]) == (pytest.approx(1 / 3), 3)
    assert (found["refusal_recall"]["value"], found["refusal_precision"]["value"]) == (1.0, 1.0)
    assert (found["correct"]["value"], found["correct"]["n"]) == (0.5, 2), (
        "that row 2 can be answered is told by its reference"
    )


@pytest.mark.parametrize("lacks", ["context", "question", "answerable"])
def test_a_row_that_policy_cannot_score_is_named_by_line_and_field(tmp_path, lacks):
    whole = {"id": 1, "question": "얼마예요?", "answer": "3만원", "context": [CLAUSE], "answerable": True}
    bad = {**whole, "id": 2, lacks: "예" if lacks == "answerable" else None}
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (whole, bad))
    (tmp_path / "q.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"id": 1, "answer": "3만원"}', encoding="utf-8")
    with pytest.raises(UserError, match=f"2번째 줄.*{lacks}"):
        score_files(SUITE, tmp_path / "q.jsonl", tmp_path / "a.jsonl")


def told(**overlap):
    counts = {"group": 0, "exact": 0, "near": 0, "kept": False, **overlap}
    return {"overlap": counts, "training_rows_unknown": [], "left_out_as_chosen_by": 0}


def test_what_must_be_said_beside_the_numbers():
    clean = notes(told(), SUITE, "en")
    assert clean == [SUITE.about[1]]
    assert notes(told(group=3, near=1), SUITE, "en")[0].startswith(
        "4 questions that a model was trained on (group 3, near 1) were left"
    )
    kept = notes(told(exact=2, kept=True), SUITE, "ko")[0]
    assert kept.startswith("⚠") and "2개(exact 2)" in kept
    unknown = {**told(), "training_rows_unknown": ["run-1"], "left_out_as_chosen_by": 5}
    assert [line for line in notes(unknown, SUITE, "ko") if "run-1" in line or "5개" in line] == notes(
        unknown, SUITE, "ko"
    )[:2]
    judged = {**told(), "references": {"hallucination_rate": {"value": 0.1, "low": 0.05, "high": 0.2, "n": 40}}}
    assert "10% [5%, 20%] n=40" in notes(judged, SUITE, "en")[0]
    assert notes({}, load_recipe("persona").suite, "ko") == []
