"""What a recipe asks to be said stands on every page that shows something of it, in both languages, and nowhere else."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.recipes.recipe import load_recipe
from engine.store.open import open_store
from tests.patent_judged import add_cases, judge, verdict

PAGES = ("2_Curate", "3_Train", "5_Evaluate")


def said(page: str, **names: str) -> str:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    app.run()
    for name, value in names.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, page
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
