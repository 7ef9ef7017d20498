"""Medical sources on the Data page and their mix on Curate: licence, items and shares in both languages, never a text nobody understood."""

from pathlib import Path

import pytest
from hub_folder import TERMS, hub_folder
from streamlit.testing.v1 import AppTest

from engine.curate.freeze import build_dataset
from engine.recipes.recipe import load_recipe
from engine.sources.ingest import ingest
from tests.importing import Hands

ROOT = Path(__file__).resolve().parent.parent


def page(name: str, **address: str) -> AppTest:
    found = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    for key, value in address.items():
        found.query_params[key] = value
    found.switch_page(f"pages/{name}.py")
    return found.run()


def said(found: AppTest) -> str:
    return "\n".join(one.value for one in [*found.markdown, *found.caption, *found.warning, *found.code])


def brought(store: Path, folder: Path) -> str:
    recipe = load_recipe("medical")
    return str(
        ingest(Hands(store), recipe="medical", kinds=recipe.reads, files=[folder], kind=None, me=None)["source_id"]
    )


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_folder_is_shown_with_its_licence_and_what_was_not_read(fresh_store, tmp_path, monkeypatch, language):
    monkeypatch.setenv("MALMOI_LANG", language)
    source = brought(fresh_store, hub_folder(tmp_path / "hub"))
    report, items = page("1_Data", source=source, view="report"), page("1_Data", source=source, view="items")
    assert not report.exception and not items.exception
    assert {one.value for one in report.metric} == {"30", "10", "20"}
    assert TERMS in said(report).replace("\\", "") and "unknown.json" in said(report) and "broken.json" in said(report)
    assert "비밀스러운" not in said(report) + said(items)
    assert load_recipe("medical").notice[language == "en"] in said(report).replace("\\", "")


def test_the_mix_and_the_licence_stand_on_curate(fresh_store, tmp_path):
    source = brought(fresh_store, hub_folder(tmp_path / "hub"))
    recipe = load_recipe("medical")
    options = recipe.options()
    told = build_dataset(
        Hands(fresh_store),
        recipe="medical",
        style="chat",
        source_ids=[source],
        me=None,
        must_mask=False,
        splits=recipe.splits,
        options=options.model_dump(mode="json"),
        build=lambda view: recipe.build(view, options),
        seed=0,
        across=lambda views: recipe.build_across(views, options, 0),  # type: ignore[misc]
    )
    assert TERMS in told["licences"][source]
    assert (
        set(told["mix"]) == {"base", "distil", "domain"}
        and abs(sum(part["got"] for part in told["mix"].values()) - 1) < 1e-6
    )
    assert told["warnings"] and all(part["missing"] >= 0 for part in told["mix"].values())
    found = page("2_Curate", dataset=told["dataset_id"])
    assert not found.exception
    assert TERMS in said(found).replace("\\", "")
    shares = next(one.value for one in found.dataframe if "이룬 비율" in one.value.columns)
    assert [round(value) for value in shares["바란 비율"]] == [20, 30, 50]
