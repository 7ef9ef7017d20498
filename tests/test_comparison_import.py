"""Results compared elsewhere: many shapes are read the same way, broken ones are told, and the evaluation opens its answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.errors import UserError
from engine.evaluate.adopt import adopt_comparison
from engine.evaluate.comparison_file import read_comparison
from engine.recipes.policy import RECIPE
from engine.store.evaluations import get_evaluation, list_evaluations, read_answers
from engine.store.forget import forget_source
from engine.store.labels import read_labels
from engine.store.open import open_store
from engine.store.sources import list_sources

CLAUSES = (
    "제5조(수술비) 회사는 피보험자가 수술을 받은 때에 수술비 50만원을 지급합니다.",
    "제6조(입원일당) 회사는 입원 4일째부터 하루 3만원을 지급합니다.",
)
ASKED = ("수술비는 얼마인가요?", "입원하면 하루에 얼마를 주나요?")
SAID = {
    "base": ("수술비는 70만원입니다.", "하루 5만원을 지급합니다."),
    "v1": ("수술비는 50만원입니다.", "하루 5만원을 지급합니다."),
    "v2": ("수술비는 50만원입니다. (제5조)", "입원 4일째부터 하루 3만원을 지급합니다."),
}
WRONG = {"base": (True, True), "v1": (False, True), "v2": (False, False)}


def each(make) -> list[dict[str, Any]]:
    return [make(place) for place in (0, 1)]


SHAPES: dict[str, Any] = {
    "suffixed": each(
        lambda n: {"question": ASKED[n], "contexts": [CLAUSES[n]]}
        | {f"{model}_answer": said[n] for model, said in SAID.items()}
        | {f"{model}_hallucination": wrong[n] for model, wrong in WRONG.items()}
    ),
    "plain names": {
        "summary": {"rate": 0.5},
        "results": each(
            lambda n: {"query": ASKED[n], "context": CLAUSES[n], **{model: said[n] for model, said in SAID.items()}}
            | {"hallucination": {model: wrong[n] for model, wrong in WRONG.items()}}
        ),
    },
    "objects": each(
        lambda n: {"질문": ASKED[n], "retrieved": [{"text": CLAUSES[n]}]}
        | {m: {"answer": said[n], "is_hallucination": int(WRONG[m][n]), "time": 3.2} for m, said in SAID.items()}
    ),
    "answers by model": each(
        lambda n: {"question": ASKED[n], "clauses": [CLAUSES[n]]}
        | {"answers": {m: {"text": said[n], "label": "hallucinated" if WRONG[m][n] else "grounded"} for m, said in SAID.items()}}
    ),
    "list of answers": {
        "data": each(
            lambda n: {"question": ASKED[n], "context": CLAUSES[n]}
            | {"responses": [{"model": m, "response": said[n], "환각": "예" if WRONG[m][n] else "아니오"} for m, said in SAID.items()]}
        )
    },
    "long": [
        {"question": ASKED[n], "context": CLAUSES[n], "model": m, "answer": said[n], "hallucinated": WRONG[m][n]}
        for n in (0, 1)
        for m, said in SAID.items()
    ],
    "rows per model": {
        m: each(lambda n, m=m, said=said: {"question": ASKED[n], "context": CLAUSES[n], "answer": said[n], "판정": "X" if WRONG[m][n] else "O"})
        for m, said in SAID.items()
    },
}  # fmt: skip


def written(folder: Path, found: Any, name: str = "comparison_results.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_reads_the_same(tmp_path, shape) -> None:
    found = read_comparison(written(tmp_path, SHAPES[shape]))
    assert set(found.models) == set(SAID) and len(found.items) == 2 and found.skipped == 0
    for place, item in enumerate(found.items):
        assert (item.question, item.contexts) == (ASKED[place], (CLAUSES[place],))
        assert item.answers == {model: said[place] for model, said in SAID.items()}
        assert item.wrong == {model: wrong[place] for model, wrong in WRONG.items()}


def test_lines_are_read_too(tmp_path) -> None:
    path = tmp_path / "comparison_results.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in SHAPES["suffixed"]), encoding="utf-8")
    assert len(read_comparison(path).items) == 2


def test_fields_that_mean_nothing_here_are_named(tmp_path) -> None:
    rows = [{**row, "latency": 3.1, "reference_answer": "50만원입니다."} for row in SHAPES["suffixed"]]
    found = read_comparison(written(tmp_path, rows))
    assert "latency" in found.unused and "reference" not in found.models
    assert found.items[0].reference == "50만원입니다."


def test_a_mapping_that_is_told_wins(tmp_path) -> None:
    rows = [{"물음": ASKED[0], "가": "수술비는 50만원입니다.", "문맥": [CLAUSES[0]]}]
    with pytest.raises(UserError, match="물음"):
        read_comparison(written(tmp_path, rows))
    found = read_comparison(written(tmp_path, rows), {"question": "물음", "v1": "가", "contexts": "문맥"})
    assert found.items[0].answers == {"v1": "수술비는 50만원입니다."} and found.items[0].contexts == (CLAUSES[0],)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "3", '"글"', "null", '[{"question": "물음뿐"}]', '[{"v1_answer": "답뿐"}]', '{"results": 3}', "[1, 2]", "\x00", "[" * 5000],
)  # fmt: skip
def test_broken_files_are_told(tmp_path, text) -> None:
    path = tmp_path / "comparison_results.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError):
        read_comparison(path)


def test_a_file_that_is_not_there_is_called_so(tmp_path) -> None:
    with pytest.raises(UserError, match="파일이 없습니다"):
        read_comparison(tmp_path / "없음.json")


def test_bytes_that_are_no_text_are_told(tmp_path) -> None:
    path = tmp_path / "comparison_results.json"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UserError):
        read_comparison(path)


def test_verdicts_that_are_not_plain_are_none(tmp_path) -> None:
    rows = [{"question": ASKED[0], "v1_answer": "답입니다.", "v1_label": said} for said in ("?", 1, True, None, [1])]
    for row in rows:
        assert read_comparison(written(tmp_path, [row])).items[0].wrong == {"v1": None}


def test_a_file_becomes_an_evaluation_judged_here_with_its_own_verdicts_beside(tmp_path, fresh_store) -> None:
    path = written(tmp_path, SHAPES["suffixed"])
    told = adopt_comparison(fresh_store, path, "policy", RECIPE.suite)
    assert told["imported_rates"]["base"]["value"] == 1.0 and told["imported_rates"]["v2"]["value"] == 0.0
    assert told["agreement"]["hallucinated/hallucinated"] >= 2
    with open_store(fresh_store) as db:
        found = get_evaluation(db, told["evaluation_id"])
        assert [one["model"] for one in found["models"]] == ["base", "v1", "v2"]
        assert found["models"][0]["metrics"]["hallucination_rate"]["value"] == 1.0
        answers = read_answers(db, told["evaluation_id"], "base")
        assert {one["scores"]["imported"] for one in answers} == {"hallucinated"}
        assert all(one["row_id"] for one in answers)
        labels = read_labels(db, told["evaluation_id"], "imported")
        assert len(labels) == 6 and sum(one["label"] == "hallucinated" for one in labels) == 3


def test_the_same_file_is_one_evaluation_and_forgetting_it_takes_the_answers_along(tmp_path, fresh_store) -> None:
    path = written(tmp_path, SHAPES["long"])
    one, other = (adopt_comparison(fresh_store, path, "policy", RECIPE.suite) for _ in range(2))
    assert one["evaluation_id"] == other["evaluation_id"] and (one["known"], other["known"]) == (False, True)
    with open_store(fresh_store) as db:
        assert len(list_evaluations(db, "policy")) == 1
        forget_source(db, list_sources(db, "policy")[0]["id"])
        assert read_answers(db, one["evaluation_id"]) == []


def test_without_clauses_nothing_is_judged_and_that_is_counted(tmp_path, fresh_store) -> None:
    rows = [{key: value for key, value in row.items() if key != "contexts"} for row in SHAPES["suffixed"]]
    told = adopt_comparison(fresh_store, written(tmp_path, rows), "policy", RECIPE.suite)
    assert told["without_clauses"] == 2
    metrics = told["models"][0]["metrics"]
    assert metrics["hallucination_rate"]["value"] is None and metrics["could_not_judge"]["value"] == 1.0


def test_the_page_shows_where_it_came_from(tmp_path, fresh_store, monkeypatch) -> None:
    told = adopt_comparison(fresh_store, written(tmp_path, SHAPES["suffixed"]), "policy", RECIPE.suite)
    monkeypatch.chdir(ROOT)
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    app.run()
    app.switch_page("pages/5_Evaluate.py")
    app.query_params["evaluation"] = told["evaluation_id"]
    app.run()
    assert not app.exception, app.exception
    text = "\n".join(one.value for one in app.markdown)
    assert "들여온 모델 v2" in text and "comparison" in text and "지워진" not in text
