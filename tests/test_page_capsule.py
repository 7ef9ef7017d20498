"""The run page's box for another computer: make, take along, bring back, and what is refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.privacy.correct import add_word
from engine.store.capsules import capsules_of
from engine.store.datasets import get_dataset
from engine.store.open import open_store
from engine.store.runs import get_run
from tests.capsules import copy_of, made_journey, masked_dataset, waiting_run
from tests.runs_page import open_runs, words
from tests.runs_store import supervised_here

journey = pytest.fixture(made_journey)


@pytest.fixture
def app(fresh_store: Path) -> AppTest:
    with open_store(fresh_store) as db:
        supervised_here(db)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def test_a_capsule_is_made_offered_with_its_script_and_kept_nowhere(app: AppTest, fresh_store: Path) -> None:
    run = waiting_run(fresh_store, "starter")
    open_runs(app, run=run)
    press(app, "runs_capsule_make")
    made = app.session_state["runs_capsule_made"][run]
    assert list(made["files"]) == [f"{run}.malmoi", f"{run}.py"] and made["command"] == f"python {run}.py {run}.malmoi"
    assert made["files"][f"{run}.malmoi"].startswith(b"SQLite format 3")
    assert "아직 돌아오지 않았습니다" in words(app) and "나가 있습니다" in words(app)
    with open_store(fresh_store) as db:
        [noted] = capsules_of(db, run)
    assert noted["path"] is None
    assert not list(fresh_store.parent.rglob("*.malmoi*"))


def test_rows_with_personal_data_are_refused_in_words_and_nothing_is_offered(app: AppTest, fresh_store: Path) -> None:
    dataset = masked_dataset(fresh_store)
    run = waiting_run(fresh_store, "starter", dataset)
    with open_store(fresh_store) as db:
        add_word(db, "고마워", "PERSON", get_dataset(db, dataset)["sources"][0])
    open_runs(app, run=run)
    press(app, "runs_capsule_make")
    assert "내보내지 않았습니다" in words(app) and "runs_capsule_made" not in app.session_state


def test_a_finished_capsule_is_brought_in_by_its_path_once(
    app: AppTest, journey: dict[str, Any], fresh_store: Path, tmp_path: Path
) -> None:
    shutil.copyfile(copy_of(journey["unread"], tmp_path), fresh_store)
    open_runs(app, run=journey["run"])
    for said in ("결과를 들였습니다", "이미 가져온"):
        app.text_input(key="runs_capsule_path").set_value(str(journey["back"])).run()
        press(app, "runs_capsule_bring")
        assert said in words(app) and "다른 컴퓨터에서 끝까지 배워 왔습니다" in words(app)
    with open_store(fresh_store) as db:
        elsewhere = get_run(db, journey["run"])["environment"]["elsewhere"]
    assert elsewhere["machine"] in words(app).replace("\\", "") and "돌아왔습니다" in words(app)


def test_a_file_that_is_no_capsule_is_refused_in_words(app: AppTest, fresh_store: Path, tmp_path: Path) -> None:
    run = waiting_run(fresh_store, "starter")
    (tmp_path / "x.malmoi").write_bytes(b"nothing")
    open_runs(app, run=run)
    for path in (tmp_path / "x.malmoi", tmp_path / "none.malmoi", tmp_path):
        app.text_input(key="runs_capsule_path").set_value(str(path)).run()
        press(app, "runs_capsule_bring")
        assert "캡슐" in app.error[0].value
