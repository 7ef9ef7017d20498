"""What a recipe asks to be said stands on every page that shows something of it, in both languages, and nowhere else."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.recipes.recipe import load_recipe
from engine.store.open import open_store, writing
from tests.patent_judged import add_cases, judge, verdict
from tests.talking import add_run

PAGES = ("2_Curate", "3_Train", "5_Evaluate")


def opened(page: str, **names: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    app.run()
    for name, value in names.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, page
    return app


def said(page: str, **names: str) -> str:
    app = opened(page, **names)
    return "\n".join(one.value for one in [*app.caption, *app.info]).replace("\\", "")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_of_a_patent_dataset_says_it_is_no_advice(
    fresh_store: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("MALMOI_LANG", language)
    monkeypatch.chdir(ROOT)
    dataset, cases = add_cases(fresh_store, 6)
    evaluation = judge(fresh_store, dataset, cases, {"base:starter": [verdict(risk) for _, risk in cases]})
    notice = load_recipe("patent").notice
    assert notice is not None
    for page in PAGES:
        assert said(page, dataset=dataset, evaluation=evaluation).count(notice[language == "en"]) == 1, page
    assert notice[language == "en"] in said("5_Evaluate", evaluation=evaluation, view="new")


def test_other_recipes_say_nothing_of_the_law(fresh_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with open_store(fresh_store):
        pass
    assert "법률" not in "".join(said(page) for page in PAGES)
    assert load_recipe("summary").notice is None


def test_the_chat_shows_how_a_model_that_learned_one_form_wants_to_be_asked(
    fresh_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    dataset, _ = add_cases(fresh_store, 6)
    with open_store(fresh_store) as db:
        add_run(db, "run-talks")
        add_run(db, "run-judges")
        with writing(db):
            db.execute("UPDATE runs SET recipe = 'patent', dataset_id = ? WHERE id = 'run-judges'", [dataset])
    forms = {}
    for run in ("run-talks", "run-judges"):
        app = opened("6_Chat", model=run)
        forms[run] = "".join(one.value for one in app.code)
    assert "[제품 설명]" in forms["run-judges"] and "손잡이" in forms["run-judges"] and forms["run-talks"] == ""
    assert "법률 자문이 아닙니다" in said("6_Chat", model="run-judges")
    assert "법률" not in said("6_Chat", model="run-talks")
