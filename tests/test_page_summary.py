"""The summary board: three units side by side, what is not in the dialogue, and the answers behind a cell."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from tests.judged_summaries import judge_summaries
from tests.policy_page import open_page, words


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def judged(fresh_store, tmp_path):
    return judge_summaries(fresh_store, tmp_path / "adapter")


def test_three_units_stand_side_by_side(app, judged):
    open_page(app)
    assert not app.exception
    rouge, faithful, _ = (table.value for table in app.dataframe)
    assert list(rouge.columns) == ["세는 법", "모델", "형태소", "글자", "어절", "판정(형태소)"]
    assert len(rouge) == 4 * 2  # by sentence too: some answers have two
    assert "[" in rouge["형태소"][1] and rouge["판정(형태소)"][0] == "견주는 기준"
    assert faithful["대화에 없는 이름"][1].startswith("0%") and "n=11" in faithful["대화에 없는 숫자"][0]


def test_the_summary_counts_one_difference_once(app, judged):
    text = words(open_page(app))
    assert "형태소" in text and "ROUGE-1 · 글자" not in text.split("길이와 꼴")[0]


def test_an_answer_says_what_was_flagged(app, judged):
    text = words(open_page(app, view="answers", metric="unsupported_names", order="worst"))
    assert not app.exception
    assert "대화에 없는 이름: **부산**" in text and "본보기 요약" in text
    assert "대화에 없는 숫자: **10시**" in text and "**지우**의 일로 적었지만" in text
