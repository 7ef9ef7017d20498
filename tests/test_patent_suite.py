"""The patent suite's numbers, against numbers computed by hand; and whatever a model or a file may hold instead of a verdict."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.claims.alignment import aligned, names, stands_in
from engine.claims.verdict import Comparison, Verdict, to_json
from engine.errors import UserError
from engine.evaluate.compare import as_dict, summarise
from engine.evaluate.score import score_files
from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.evaluate.suites.patent import METRICS, SUITE, explain, macro_f1, names_used, score

CLAIM = "온도를 재는 온도 센서; 상기 온도 센서에 연결된 제어부; 및 무선 통신 모듈을 포함하는 화분."
PRODUCT = "이 화분은 습도 센서와 마이크로컨트롤러, 블루투스 칩을 갖추었다."
ELEMENTS = ("온도를 재는 온도 센서", "상기 온도 센서에 연결된 제어부", "무선 통신 모듈")


def verdict(*matches: str, risk: str = "낮음", reason: str = "온도 센서가 제품에 없다.", elements=ELEMENTS) -> str:
    compared = tuple(Comparison(name, f"제품의 {name}", match) for name, match in zip(elements, matches, strict=False))
    return to_json(Verdict(risk, compared, reason))


TRUTH = verdict("불일치", "불명확", "일치")


def item(reference: str = TRUTH, name: str = "1", **meta: Any) -> Item:
    return Item(name, (), reference, meta={"claim": CLAIM, "product": PRODUCT, **meta})


def scored(text: str, reference: str = TRUTH) -> dict[str, Any]:
    answer = Answer(text, text, 1, ended=True)
    return {
        **score(item(reference), answer, SuiteContext()),
        **explain(item(reference), answer, SuiteContext()),
    }


def test_every_metric_is_explained_in_two_languages_and_has_bounds() -> None:
    assert all(metric.ko and metric.en and metric.span for metric in METRICS)
    assert {m.name for m in METRICS} == {*scored(TRUTH)} - {*explain(item(), Answer("", "", 0), SuiteContext())} | {
        "macro_f1"
    }


def test_the_right_verdict_in_other_words_and_another_order() -> None:
    said = to_json(
        Verdict(
            "낮음",
            (
                Comparison("무선통신 모듈", "블루투스 칩", "일치"),
                Comparison("온도 센서", "습도 센서", "불일치"),
                Comparison("(2) 제어부", "마이크로컨트롤러", "불명확"),
            ),
            "온도 센서 대신 습도 센서가 있다.",
        )
    )
    found = scored(f"판단:\n```json\n{said}\n```\n이상입니다.")
    assert [found[name] for name in ("json_valid", "schema_valid", "risk_accuracy", "element_match")] == [1, 1, 1, 1]
    assert (found["consistency"], found["reason_cites"], found["invented_elements"]) == (1.0, 1.0, 0.0)


def test_missing_and_made_up_elements_count_as_wrong() -> None:
    assert scored(verdict("불일치", "불명확"))["element_match"] == pytest.approx(2 / 3)
    more = verdict("불일치", "불명확", "일치", "일치", elements=(*ELEMENTS, "태양광 충전 패널"))
    found = scored(more)
    assert found["element_match"] == pytest.approx(3 / 4)
    assert found["invented_elements"] == 1.0
    assert [one["invented"] for one in found["elements"]] == [False, False, False, True]
    named = verdict("불일치", "불명확", "일치", "일치", elements=(*ELEMENTS, "화분"))
    assert scored(named)["invented_elements"] == 0.0  # beyond the reference, but of the claim


def test_the_reason_must_name_what_is_not_met() -> None:
    same = ("불일치", "불명확", "일치")
    assert scored(verdict(*same, reason="제어부가 무엇인지 알 수 없다."))["reason_cites"] == 1.0
    assert scored(verdict(*same, reason="무선 통신 모듈이 같다."))["reason_cites"] == 0.0
    assert scored(verdict(*same, reason=""))["reason_cites"] == 0.0
    met = verdict("일치", "일치", "일치", risk="높음", reason="모두 같다.")
    assert scored(met, met)["reason_cites"] is None
    assert scored(met, met)["reason_own"] is None


def test_consistency_is_of_the_answer_itself() -> None:
    assert scored(verdict("일치", "일치", "일치", risk="낮음"))["consistency"] == 0.0
    found = scored(verdict("일치", "일치", "불일치", risk="낮음"))
    assert (found["consistency"], found["risk_accuracy"]) == (1.0, 1.0)


def test_what_can_be_read_counts_though_the_rest_is_broken() -> None:
    broken = json.dumps({**json.loads(TRUTH), "확신도": 0.9, "comparisons": "없음"}, ensure_ascii=False)
    found = scored(broken)
    assert (found["json_valid"], found["schema_valid"], found["risk_accuracy"], found["element_match"]) == (1, 0, 1, 0)
    assert found["schema_errors"] == ["extra_key", "not_a_list"]
    assert found["consistency"] is None


def deep(depth: int) -> str:
    return '{"risk_level": "낮음", "comparisons": ' + "[" * depth + "]" * depth + "}"


HOSTILE = [
    "",
    "높음",
    "침해 위험이 있습니다.",
    "[]",
    "[1, 2]",
    "null",
    "NaN",
    '{"risk_level": NaN}',
    '{"risk_level": ["높음"], "comparisons": {}, "decision_reason": 3}',
    '{"risk_level": {"a": 1}}',
    '{"risk_level": "매우 높음", "comparisons": [1, null, [], {"claim_element": 3, "match": ["일치"]}], "decision_reason": null}',
    '{"comparisons": [{"claim_element": "' + "가" * 1_000_000 + '", "match": "일치"}]}',
    "{" * 100_000,
    "{}" * 50_000,
    deep(50_000),
    deep(500),
    "\ud83d\x00\u202e",
    '{"risk_level": "\\ud83d"}',
    TRUTH + TRUTH,
    json.dumps({"risk_level": "높음", "comparisons": [{"claim_element": f"요소 {i}", "product_element": "", "match": "일치"} for i in range(3000)], "decision_reason": ""}),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_answer_is_too_strange(text: str) -> None:
    found = scored(text)
    assert all(found[m.name] is None or m.name == "loss" or 0 <= found[m.name] <= 1 for m in METRICS if m.name in found)
    assert found["risk_said"] in ("높음", "애매", "낮음", "no_json", "no_risk")
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()


def test_macro_f1_by_hand() -> None:
    pairs = [("높음", "높음"), ("높음", "낮음"), ("낮음", "낮음"), ("애매", None)]
    assert macro_f1(pairs) == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert macro_f1([]) is None


def test_floors_stand_beside_the_numbers_and_models_are_tested_against_them() -> None:
    truths = [
        verdict("일치", "일치", "일치", risk="높음"),
        verdict("불일치", "일치", "일치"),
        verdict("일치", "불일치", "일치"),
    ] * 8
    items = [item(truth, name=str(place), group=str(place)) for place, truth in enumerate(truths)]
    told = as_dict(summarise(SUITE, items, {"pred": [Answer(one, one, 0) for one in truths]}, SuiteContext()))
    metrics = told["models"][0]["metrics"]
    assert metrics["risk_accuracy"]["floors"] == pytest.approx(
        {"chance": 1 / 3, "always_agree": 1 / 3, "majority": 2 / 3}
    )
    assert metrics["element_match"]["floors"]["always_agree"] == pytest.approx(7 / 9)
    assert "floors" not in metrics["json_valid"]
    assert metrics["element_match"]["low"] < metrics["element_match"]["value"] == 1.0  # all right is not surely right
    tests = {(test["a"], test["metric"]): test for test in told["above_baselines"]}
    assert tests["always_agree", "element_match"]["delta"] == pytest.approx(2 / 9)
    assert tests["majority", "risk_accuracy"]["p"] < 0.05
    json.dumps(told, allow_nan=False)


def test_parts_are_judged_for_themselves() -> None:
    claim = "트리부틸 아세틸시트레이트(TBC)를 포함하는 필름."
    truth = verdict("일치", risk="높음", elements=("트리부틸 아세틸시트레이트(TBC)",))
    pairs = [("TBC 3%를 넣은 필름", "abbreviated"), ("트리부틸 아세틸시트레이트를 넣은 필름", "spelled_out")]
    items = [item(truth, name=f"{i}{name}", claim=claim, product=product) for i in range(6) for product, name in pairs]
    answers = [Answer(truth if one.name.endswith("abbreviated") else "{}", "", 0) for one in items]
    parts = summarise(SUITE, items, {"m": answers}, SuiteContext()).parts
    assert {part: scores["m"]["risk_accuracy"].value for part, scores in parts["names"].items()} == {
        "abbreviated": 1.0,
        "spelled_out": 0.0,
    }
    assert parts["names"]["abbreviated"]["m"]["risk_accuracy"].n == 6
    assert names_used(item()) is None
    assert "field" not in parts  # one part is no division


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


CASE = {"claim": CLAIM, "product": PRODUCT}


@pytest.mark.parametrize(
    "reference",
    [
        json.loads(TRUTH),
        {"reference": TRUTH},
        {"output": json.loads(TRUTH)},
        {"answer": f"```json\n{TRUTH}\n```"},
        {"reference": {**json.loads(TRUTH), "id": 3}},
        {"reference": {k: v for k, v in json.loads(TRUTH).items() if k != "decision_reason"}},
    ],
)
def test_references_come_in_several_shapes(reference: dict[str, Any], tmp_path: Path) -> None:
    src = write(tmp_path / "in.jsonl", [{"id": 1, **CASE, **reference}])
    pred = write(tmp_path / "pred.jsonl", [{"id": 1, "answer": TRUTH}])
    found = score_files(SUITE, src, pred)
    assert found["metrics"]["risk_accuracy"]["value"] == found["metrics"]["element_match"]["value"] == 1.0
    assert found["metrics"]["risk_accuracy"]["floors"]["chance"] == pytest.approx(1 / 3)
    assert "loss" not in found["metrics"]


def test_an_answer_may_be_an_object_and_a_list_is_no_verdict(tmp_path: Path) -> None:
    src = write(tmp_path / "in.jsonl", [{"id": place, **CASE, "reference": TRUTH} for place in range(2)])
    pred = write(tmp_path / "pred.jsonl", [{"id": 0, "answer": json.loads(TRUTH)}, {"id": 1, "answer": ["높음"]}])
    metrics = score_files(SUITE, src, pred)["metrics"]
    assert metrics["schema_valid"]["value"] == metrics["risk_accuracy"]["value"] == 0.5


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"product": PRODUCT, "reference": TRUTH}, "claim"),
        ({"claim": CLAIM, "reference": TRUTH}, "product"),
        ({"claim": "  ", "product": PRODUCT, "reference": TRUTH}, "claim"),
        ({**CASE}, "missing:risk_level"),
        ({**CASE, "reference": "높음"}, "no_object"),
        ({**CASE, "reference": TRUTH[:-4]}, "broken_json"),
        ({**CASE, "reference": ["높음"]}, "no_object"),
        ({**CASE, "reference": {**json.loads(TRUTH), "risk_level": "매우 높음"}}, "unknown_risk"),
        ({**CASE, "reference": {**json.loads(TRUTH), "comparisons": []}}, "empty_list"),
        ({**CASE, "reference": {**json.loads(TRUTH), "comparisons": ["없음"]}}, "not_an_object"),
        ({**CASE, "reference": {**json.loads(TRUTH), "comparisons": [{"match": "yes"}]}}, "unknown_match"),
    ],
)
def test_a_broken_reference_is_named_with_its_line(row: dict[str, Any], named: str, tmp_path: Path) -> None:
    src = write(tmp_path / "in.jsonl", [{"id": 0, **CASE, "reference": TRUTH}, {"id": 1, **row}])
    pred = write(tmp_path / "pred.jsonl", [{"id": 1, "answer": TRUTH}])
    with pytest.raises(UserError) as caught:
        score_files(SUITE, src, pred)
    assert named in caught.value.en and named in caught.value.ko
    assert "Line 2" in caught.value.en and "2번째 줄" in caught.value.ko


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("상기 제어부", "제어부"),
        ("(a) 온도 센서를 포함하는", "온도센서"),
        ("상기 온도 센서에 연결된 제어부", "온도 센서에 접속된 제어부"),
        ("폴리락트산 60 내지 90 중량%", "폴리락트산 60~90 중량%"),
        ("기판을 수용하는 챔버", "챔버 (기판 수용)"),
        ("공정 가스를 공급하는 샤워헤드", "샤워헤드로 공정가스 공급"),
        ("기판을 300도 내지 450도로 유지하는 히터", "300~450℃로 기판을 유지하는 히터"),
    ],
)
def test_elements_in_other_words_are_one(one: str, other: str) -> None:
    assert aligned(["무선 통신 모듈", one], [other, "무선 통신 모듈"]) == [(0, 1), (1, 0)]


def test_unlike_elements_have_no_partner_and_equal_ones_pair_in_order() -> None:
    assert aligned(["온도 센서"], ["무선 통신 모듈"]) == [(0, None), (None, 0)]
    assert aligned(["센서", "센서"], ["센서"]) == [(0, 0), (1, None)]
    assert aligned(["센서에 연결된 제어부"], ["제어부에 연결된 센서"]) == [(0, None), (None, 0)]
    assert aligned(["온도를 측정하는 센서"], ["압력을 감지하는 센서"]) == [(0, None), (None, 0)]
    assert aligned([], []) == []


def test_words_that_every_element_has_name_none() -> None:
    others = ["습도 센서", "제어부"]
    assert names("온도 센서가 없다.", "온도 센서", others)
    assert not names("센서가 있다.", "온도 센서", others)
    assert not names("", "온도 센서", others)
    assert stands_in("온도 센서", CLAIM) and not stands_in("태양광 패널", CLAIM)
