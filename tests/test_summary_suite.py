"""The summary suite on invented dialogues: what is flagged, what must not be, and files made elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.evaluate import rouge
from engine.evaluate.faithful import strange_names, strange_numbers
from engine.evaluate.score import score_files
from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.evaluate.suites.summary import METRICS, SUITE, copied_share, explain, meta_of, score, score_all

DIALOGUE = (
    "#Person1#: 토요일 오후 세 시 반에 서울역에서 볼까?\n#Person2#: 좋아. 표는 한 장에 12,000원이래. 두 장 예매할게.\n"
    "#Person1#: 고마워. 민준이도 온대."
)
SAID = (
    "#Person1#과 #Person2#는 토요일 3시 30분에 서울역에서 만나기로 했고 #Person2#가 만 이천 원짜리 표 2장을 예매한다."
)


def item(reference: str = SAID, dialogue: str | None = DIALOGUE, **meta: Any) -> Item:
    return Item("1", (), reference, meta={"dialogue": dialogue, **meta})


def scored(text: str, one: Item | None = None, **answer: Any) -> dict[str, Any]:
    return score(one or item(), Answer(text, text, 1, **answer), SuiteContext())


def test_every_metric_is_scored_and_explained_in_two_languages() -> None:
    assert set(scored(SAID)) == {metric.name for metric in METRICS}
    assert all(metric.ko and metric.en and metric.span for metric in METRICS)
    assert {metric.name for metric in METRICS} >= set(rouge.NAMES)
    assert all(unit in metric.unit for metric in METRICS for unit in rouge.UNITS if metric.name.endswith(unit))


def test_a_faithful_summary_has_nothing_strange() -> None:
    found = scored(SAID)
    assert found["unsupported_names"] == found["unsupported_numbers"] == 0.0
    assert found["rouge1_morpheme"] == found["length_ratio"] == 1.0
    assert explain(item(), Answer(SAID, SAID, 1), SuiteContext())["strange_names"] == []


@pytest.mark.parametrize(
    "text",
    ["민준도 온다.", "민준이도 온다.", "표 두 장은 모두 24,000원이다.", "15:30에 만난다.", "두 사람은 약속을 한 번 잡았다.", "토요일에 두 가지를 정했다.", ""],
)  # fmt: skip
def test_what_must_not_be_flagged(text: str) -> None:
    assert strange_names(DIALOGUE, text) == [] == strange_numbers(DIALOGUE, text)


@pytest.mark.parametrize(
    ("text", "names", "numbers"),
    [
        ("#Person3#은 서울역에 간다.", ["#Person3#"], []),
        ("[이름_1]은 서울역에 간다.", ["[이름_1]"], []),
        ("둘은 부산에서 만난다.", ["부산"], []),
        ("박지훈도 온다.", ["박지훈"], []),
        ("박 부장님과 만난다.", ["박 부장"], []),
        ("둘은 일요일 4시에 만난다.", [], ["일요일", "4시"]),
        ("표는 15,000원이다.", [], ["15,000원"]),
        ("표를 다섯 장 산다.", [], ["다섯 장"]),
        ("5월 3일에 만난다.", [], ["5월 3일"]),
    ],
)
def test_what_the_dialogue_does_not_have_is_named(text: str, names: list[str], numbers: list[str]) -> None:
    found = explain(item(), Answer(text, text, 1), SuiteContext())
    assert [one["text"] for one in found["strange_names"]] == names
    assert [one["text"] for one in found["strange_numbers"]] == numbers
    assert all(text[one["start"] : one["end"]] == one["text"] for kind in found.values() for one in kind)
    judged = scored(text)
    assert (judged["unsupported_names"], judged["unsupported_numbers"]) == (float(bool(names)), float(bool(numbers)))
    json.dumps(found)


def test_a_surname_with_a_rank_is_a_name() -> None:
    assert not strange_names("가: 김부장님과 해요", "김 부장과 한다.")
    assert not strange_names("김민수: 네\n이 대리: 부장님", "김 부장이 온다.")
    assert [one.text for one in strange_names("가: 김 부장과 해요", "박 부장과 한다.")] == ["박 부장"]


def test_without_a_dialogue_only_the_reference_judges() -> None:
    found = scored(SAID, item(dialogue=None))
    assert found["rougeL_word"] == 1.0
    assert found["unsupported_names"] is found["unsupported_numbers"] is found["copied_share"] is None
    assert explain(item(dialogue=None), Answer("a", "a", 1), SuiteContext())["strange_names"] is None


def test_an_empty_answer_is_empty_and_not_faithful() -> None:
    found = scored("")
    assert (found["empty"], found["rouge1_morpheme"], found["unsupported_names"]) == (1.0, 0.0, None)


def test_copying_is_counted_in_runs_of_three_words() -> None:
    assert copied_share("가 나 다 라 마", "가 나 다 바 라 마") == 3 / 6
    assert copied_share("가 나", "가 나") == 0.0
    assert copied_share("가 나 다", "") is None


def test_how_an_answer_ended_and_whether_it_loops() -> None:
    found = scored("표를 산다. 표를 산다. 표를 산다. 표를 산다.", ended=False)
    assert (found["repetition"], found["cut_off"]) == (1.0, 1.0)
    assert scored("표를 산다.")["cut_off"] is None


def test_several_references_and_scoring_all_at_once() -> None:
    one = item("다른 말", references=["다른 말", SAID])
    answers = [Answer(text, text, 1) for text in (SAID, "표를 산다.", "")]
    together = score_all([one] * 3, answers, SuiteContext())
    assert together == [score(one, answer, SuiteContext()) for answer in answers]
    assert together[0]["rouge2_word"] == 1.0


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_files_of_every_shape_are_scored(tmp_path: Path) -> None:
    shapes: list[dict[str, Any]] = [
        {"dialogue": DIALOGUE, "summary": SAID},
        {"dialogue": DIALOGUE, "reference": SAID},
        {"references": ["다른 말", SAID]},
        {"references": SAID},
        {"summary": ["다른 말", SAID]},
        {"dialogue": DIALOGUE, "summary1": "다른 말", "summary2": SAID, "summary3": ""},
        {"dialogue": "#Person1#: 안녕\n" * 3000, "output": SAID},
    ]
    src = write(tmp_path / "src.jsonl", [{"id": n, **row} for n, row in enumerate(shapes)])
    pred = write(tmp_path / "pred.jsonl", [{"id": n, "answer": SAID} for n in range(len(shapes) - 1)])
    found = score_files(SUITE, src, pred)
    assert (found["rows"], found["missing"]) == (7, 1)
    assert found["metrics"]["rouge1_morpheme"]["value"] == pytest.approx(6 / 7)
    assert found["metrics"]["unsupported_names"]["n"] == 3 and "loss" not in found["metrics"]


HOSTILE = ["", " ", "\ud800#Person1#", "ㅋ" * 20_000, "가나다 " * 6000, "#" * 5000, "\u0000", "1" * 5000, "3시 " * 5000]


def test_hostile_answers_are_scored(tmp_path: Path) -> None:
    rows = [{"id": n, "dialogue": DIALOGUE * 400, "summary": SAID} for n in range(len(HOSTILE))]
    src = write(tmp_path / "src.jsonl", rows)
    pred = write(tmp_path / "pred.jsonl", [{"id": n, "answer": text} for n, text in enumerate(HOSTILE)])
    found = score_files(SUITE, src, pred)["metrics"]
    assert found["rouge1_word"]["n"] == len(HOSTILE)
    assert found["empty"]["value"] == pytest.approx(2 / len(HOSTILE))


@pytest.mark.parametrize(
    "row",
    [
        {"dialogue": DIALOGUE},
        {"dialogue": 3, "summary": SAID},
        {"summary": ""},
        {"references": [1]},
        {"references": []},
    ],
)
def test_a_row_without_a_reference_is_named(row: dict[str, Any], tmp_path: Path) -> None:
    src = write(tmp_path / "src.jsonl", [{"id": 1, **row}])
    with pytest.raises(UserError, match="1번째 줄"):
        score_files(SUITE, src, write(tmp_path / "pred.jsonl", [{"id": 1, "answer": "네"}]))


def test_a_row_keeps_its_references_in_order() -> None:
    found = meta_of({"dialogue": DIALOGUE, "references": ["가", "나"], "summary": "가", "summary1": "다"})
    assert found["references"] == ("가", "나", "다")
