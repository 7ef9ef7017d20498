"""`score`: two files in, numbers out; a bad row is named by its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.evaluate.score import score_files
from engine.evaluate.suites.persona import SUITE

TURNS = [{"role": "user", "content": "오늘 뭐 해?"}]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def src(tmp_path: Path) -> Path:
    rows = [{"id": i, "turns": TURNS, "reference": f"{i}시에 집에 가ㅋㅋ"} for i in range(12)]
    return write(tmp_path / "in.jsonl", rows)


def test_the_same_replies_score_full_marks(src: Path, tmp_path: Path) -> None:
    pred = write(tmp_path / "pred.jsonl", [{"id": i, "answer": f"{i}시에 집에 가ㅋㅋ"} for i in range(12)])
    found = score_files(SUITE, src, pred)
    assert (found["rows"], found["missing"], found["unknown"]) == (12, 0, 0)
    metrics = found["metrics"]
    assert metrics["similarity_to_reply"]["value"] == pytest.approx(1.0)
    assert metrics["ending_closeness"]["value"] == pytest.approx(1.0)
    assert metrics["empty"] | {"low": 0, "high": 0} == {
        "value": 0.0, "low": 0, "high": 0, "n": 12, "unit": "share of answers", "missing": 0,
    }  # fmt: skip
    assert not {"loss", "perplexity_per_syllable"} & metrics.keys()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_missing_predictions_count_as_empty_answers(src: Path, tmp_path: Path) -> None:
    pred = write(tmp_path / "pred.jsonl", [{"id": i, "answer": f"{i}시에 집에 가ㅋㅋ"} for i in (0, 1, 2, 99)])
    found = score_files(SUITE, src, pred)
    assert (found["rows"], found["missing"], found["unknown"]) == (12, 9, 1)
    assert found["metrics"]["empty"]["value"] == pytest.approx(0.75)
    assert found["metrics"]["similarity_to_reply"]["value"] == pytest.approx(0.25)
    assert found["metrics"]["similarity_to_reply"]["n"] == 12


@pytest.mark.parametrize("field", ["reference", "answer", "output", "reply"])
@pytest.mark.parametrize(
    "prompt", [{"turns": ["뭐 해?"]}, {"messages": TURNS}, {"turns": [{"speaker": "A", "text": "뭐 해?"}]}, {}]
)
def test_reference_and_prompt_go_by_several_names(field: str, prompt: dict[str, Any], tmp_path: Path) -> None:
    src = write(tmp_path / "in.jsonl", [{"id": "가", field: "집에 가", **prompt}])
    pred = write(tmp_path / "pred.jsonl", [{"id": "가", "answer": "집에 가"}])
    assert score_files(SUITE, src, pred)["metrics"]["similarity_to_reply"]["value"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{", "JSON이 아닙니다"),
        ("[1]", "객체"),
        ('{"reference": "응"}', "id"),
        ('{"id": true, "reference": "응"}', "id"),
        ('{"id": 0, "reference": "응"}', "1번째 줄과 같습니다"),
        ('{"id": 5}', "reference"),
        ('{"id": 5, "reference": 3}', "reference"),
        ('{"id": 5, "reference": "응", "turns": "뭐"}', "turns"),
    ],
)
def test_a_bad_row_is_named_by_its_line(line: str, found: str, tmp_path: Path) -> None:
    src = tmp_path / "in.jsonl"
    src.write_text('{"id": 0, "reference": "비밀이야"}\n\n' + line + "\n", encoding="utf-8")
    pred = write(tmp_path / "pred.jsonl", [{"id": 0, "answer": "응"}])
    with pytest.raises(UserError) as caught:
        score_files(SUITE, src, pred)
    assert "3번째 줄" in caught.value.ko and found in caught.value.ko
    assert "Line 3" in caught.value.en
    assert "비밀" not in caught.value.ko + caught.value.en


def test_a_prediction_without_an_answer_is_refused(src: Path, tmp_path: Path) -> None:
    pred = write(tmp_path / "pred.jsonl", [{"id": 0, "answer": None}])
    with pytest.raises(UserError, match=r"pred\.jsonl 1번째 줄"):
        score_files(SUITE, src, pred)


def test_files_of_different_items_are_refused(src: Path, tmp_path: Path) -> None:
    pred = write(tmp_path / "pred.jsonl", [{"id": "x", "answer": "응"}])
    with pytest.raises(UserError, match="같은 id가 하나도 없어"):
        score_files(SUITE, src, pred)


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_refused(content: bytes, src: Path, tmp_path: Path) -> None:
    (tmp_path / "pred.jsonl").write_bytes(content)
    with pytest.raises(UserError, match="행이 없어"):
        score_files(SUITE, src, tmp_path / "pred.jsonl")


def test_an_unreadable_file_is_refused(src: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="읽을 수 없습니다"):
        score_files(SUITE, src, tmp_path / "none.jsonl")
    (tmp_path / "cp949.jsonl").write_bytes('{"id": 0, "answer": "응"}'.encode("cp949"))
    with pytest.raises(UserError, match="UTF-8"):
        score_files(SUITE, src, tmp_path / "cp949.jsonl")


def test_marks_of_windows_and_odd_characters_are_read(tmp_path: Path) -> None:
    src, pred = tmp_path / "in.jsonl", tmp_path / "pred.jsonl"
    src.write_bytes('\ufeff{"id": 1, "reference": "집에\u2028가"}\r\n'.encode())
    pred.write_bytes(b'{"id": "1", "answer": "\\ud800 \\u0000"}\r\n')
    assert score_files(SUITE, src, pred)["rows"] == 1


def test_copies_are_judged_when_the_training_replies_are_given(src: Path, tmp_path: Path) -> None:
    pred = write(tmp_path / "pred.jsonl", [{"id": i, "answer": "오늘은 집에서 쉬려고"} for i in range(12)])
    assert score_files(SUITE, src, pred)["metrics"]["verbatim_copy"]["value"] is None
    known = score_files(SUITE, src, pred, train_targets=frozenset({"오늘은 집에서 쉬려고"}))
    assert known["metrics"]["verbatim_copy"]["value"] == 1.0


def test_a_question_that_nothing_answers_needs_no_reference(tmp_path: Path) -> None:
    from engine.recipes.policy import RECIPE

    clause = ["회사는 골절진단비 30만원을 지급합니다."]
    known = {"id": "a", "question": "골절진단비는 얼마인가요?", "context": clause, "reference": "30만원입니다."}
    unknown = {"id": "b", "question": "암 진단비는 얼마인가요?", "context": clause, "answerable": False}
    said = [{"id": "a", "answer": "골절진단비는 30만원입니다."}, {"id": "b", "answer": "약관에 해당 내용이 없습니다."}]
    pred = write(tmp_path / "pred.jsonl", said)
    found = score_files(RECIPE.suite, write(tmp_path / "src.jsonl", [known, unknown]), pred)["metrics"]
    assert found["correct"]["value"] == found["refusal_recall"]["value"] == 1.0
    del known["reference"]
    with pytest.raises(UserError, match="1번째 줄"):
        score_files(RECIPE.suite, write(tmp_path / "src2.jsonl", [known, unknown]), pred)
