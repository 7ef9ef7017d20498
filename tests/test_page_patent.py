"""The patent board: numbers beside their floors, the confusion matrix and the way to its cases and to review; no traceback ever."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.evaluate.confusion import matrices
from engine.evaluate.cost import cost_per_thousand, read_prices, set_price
from engine.recipes.recipe import load_recipe
from engine.reports.report import report
from engine.store.evaluations import get_evaluation
from engine.store.open import open_store
from engine.store.review_requests import requested_rows
from engine.store.sorted_answers import count_listed, sorted_items
from tests.patent_judged import add_cases, judge, verdict
from tests.policy_page import open_page, words
from tests.runs_store import supervised_here

HOSTILE = '<script>alert(1)</script> **굵게** {"risk_level": "매우 높음"} :red[빨강] $x$ | `'
COSTS = {
    "base:starter": {"parameters": 5_000_000, "size_mb": 10.0, "precision": "none", "seconds_per_answer": 3.6, "tokens_per_second": 8.0, "tokens_per_answer": 30.0, "constrained": False, "answers": 12},
    "base:large": {"parameters": None, "size_mb": None, "precision": "nf4", "seconds_per_answer": None, "tokens_per_second": None, "tokens_per_answer": None, "constrained": True, "answers": 12},
}  # fmt: skip


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def made(fresh_store):
    """(evaluation, dataset, cases): one model right but for the first 높음, the other mostly talking."""
    dataset, cases = add_cases(fresh_store, 12)
    right = [verdict(risk) for _, risk in cases]
    first = [verdict("낮음"), *right[1:]]
    second = [HOSTILE, "네, 침해입니다.", *(verdict("애매") for _ in right[2:])]
    evaluation = judge(fresh_store, dataset, cases, {"base:starter": first, "base:large": second}, COSTS)
    with open_store(fresh_store) as db:
        supervised_here(db)
    return evaluation, dataset, cases


def test_the_board_says_it_is_no_advice_and_shows_floors(app, made):
    text = words(open_page(app, evaluation=made[0]))
    assert "법률 자문이 아닙니다" in text
    assert "## 92" in text and "찍기 33%" in text and "늘 가장 흔한 답 33%" in text
    assert "늘 '일치'라고 답하기 78%" in text  # elements


def test_the_matrix_counts_every_answer_once(made, fresh_store):
    with open_store(fresh_store) as db:
        confusion = load_recipe("patent").suite.confusion
        found = matrices(db, made[0], confusion)
        errors = {(row["model"], row["value"]): row["n"] for row in count_listed(db, made[0], "schema_errors")}
    first, second = found["base:starter"], found["base:large"]
    assert (first.n, first.right) == (12, 11)
    assert first.columns == second.columns == ("높음", "애매", "낮음", "no_json", "no_risk")
    assert first.counts[0] == (3, 0, 1, 0, 0)
    assert second.counts == ((0, 3, 0, 0, 1), (0, 3, 0, 1, 0), (0, 4, 0, 0, 0))
    assert first.shares[0][2] == 0.25
    assert errors["base:large", "unknown_risk"] == 1 and errors["base:large", "no_object"] == 1


def test_a_cell_opens_its_cases_and_back(app, made):
    page = open_page(app, evaluation=made[0], who="base:starter")
    page.selectbox(key="patent_cell_truth").set_value("높음")
    page.selectbox(key="patent_cell_said").set_value("낮음").run()
    page.button(key="patent_open_cell").click().run()
    assert not page.exception
    assert [page.query_params[name] for name in ("view", "truth", "said")] == ["cases", "높음", "낮음"]
    assert "사건 **1**건" in words(page)
    page.button(key="patent_back").click().run()
    assert "view" not in page.query_params and not page.exception


def test_a_case_shows_truth_beside_answer_and_goes_to_review(app, made, fresh_store):
    evaluation, dataset, cases = made
    page = open_page(app, evaluation=evaluation, view="cases", who="base:starter", item=str(cases[0][0]))
    text = words(page)
    assert "온도 센서와 제어부를 견주었다" in text and "화분은" in text
    table = page.dataframe[0].value
    assert list(table["바른 판단"]) == ["일치", "일치", "일치"]
    assert list(table["모델의 판단"]) == ["불일치", "일치", "일치"]
    page.button(key="policy_send").click().run()
    with open_store(fresh_store) as db:
        assert requested_rows(db, dataset) == [cases[0][0]]


def test_all_cases_of_a_cell_go_to_review_at_once(app, made, fresh_store):
    evaluation, dataset, _ = made
    page = open_page(app, evaluation=evaluation, view="cases", who="base:large", truth="높음", said="애매")
    page.button(key="patent_send_all").click().run()
    with open_store(fresh_store) as db:
        sent = requested_rows(db, dataset)
        wanted = sorted_items(db, evaluation, "base:large", ("risk_true", "risk_said"), ("높음", "애매"))
    assert len(sent) == 3 and sent == sorted(one["row_id"] for one in wanted)


@pytest.mark.parametrize("asked", [{"item": "없는"}, {"truth": "x", "said": "<b>"}, {"who": "run-x"}, {"at": "999"}])
def test_strange_addresses_are_told_and_break_nothing(app, made, asked):
    open_page(app, evaluation=made[0], view="cases", **asked)


def test_what_a_model_wrote_is_shown_as_text(app, made):
    page = open_page(app, evaluation=made[0], view="cases", who="base:large", item=str(made[2][0][0]))
    assert "<script>" not in words(page)
    assert HOSTILE in [one.value for one in page.code]


def test_sizes_need_two_models_and_prices_are_kept(app, made, fresh_store):
    page = open_page(app, evaluation=made[0], view="size")
    table = page.dataframe[0].value
    assert list(table["매개변수"]) == ["5.0 M", "—"] and list(table["JSON 강제"]) == ["아니요", "예"]
    assert list(table["답 1,000개 값"]) == ["—", "—"]  # no price was set
    page.number_input(key="size_hour").set_value(1000.0).run()
    assert list(page.dataframe[0].value["답 1,000개 값"]) == ["1,000.00", "—"]
    with open_store(fresh_store) as db:
        set_price(db, model="base:starter", tokens=2000.0)
        prices = read_prices(db)
    assert cost_per_thousand(COSTS["base:starter"], prices, "base:starter") == pytest.approx(60.0)


def test_all_metrics_stand_beside_what_takes_no_reading(app, made):
    page = open_page(app, evaluation=made[0], view="metrics")
    table = page.dataframe[0].value
    told = dict(zip(table["지표"], table["읽지 않고도"], strict=True))
    assert any("찍기 33%" in value for value in told.values())


def test_the_report_holds_the_matrix_floors_and_sizes(made, fresh_store):
    with open_store(fresh_store) as db:
        told = report(db, made[0], "ko")
        english = report(db, made[0], "en")
        parts = get_evaluation(db, made[0])["parts"]
    assert "혼동표" in told and "| 높음 | 3 (75%) | 0 (0%) | 1 (25%) |" in told.replace("\\", "")
    assert "읽지 않고도" in told and "크기와 시간" in told
    assert "Confusion matrix" in english and "환각" not in told
    assert set(parts["names"]) == {"abbreviated", "spelled_out"} and set(parts["field"]) == {"가전", "농업"}
