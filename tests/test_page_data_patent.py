"""Patent sources on the Data page and their rows on Curate: drawn without an error, in both languages, and never called advice."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import SAMPLES
from engine.sources.ingest import ingest
from engine.store.open import open_store
from tests.importing import Hands

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = SAMPLES / "patent" / "cases.jsonl"


def data_page(view: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    page.query_params["view"] = view
    page.switch_page("pages/1_Data.py")
    return page.run()


def said(page: AppTest) -> str:
    return "\n".join(one.value for one in [*page.markdown, *page.caption, *page.warning])


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_patent_source_is_shown(fresh_store: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("MALMOI_LANG", language)
    ingest(Hands(fresh_store), recipe="patent", kinds=("patent",), files=[SAMPLE], kind=None, me=None)
    report, tree, names = (data_page(view) for view in ("report", "claims", "names"))
    assert not report.exception and not tree.exception and not names.exception
    advice = "법률 자문이 아닙니다" if language == "ko" else "legal advice"
    assert advice in said(report) and advice in said(tree)
    assert {one.value for one in report.metric} == {"90", "30"}
    assert "탄산칼슘" in said(tree) and "나이아신아마이드" in said(tree)


def test_the_dictionary_is_mended_on_the_page(fresh_store: Path) -> None:
    ingest(Hands(fresh_store), recipe="patent", kinds=("patent",), files=[SAMPLE], kind=None, me=None)
    page = data_page("names")
    page.text_input(key="patent_short").set_value("PLA")
    page.text_input(key="patent_long").set_value("폴리락트산")
    next(one for one in page.button if one.label in ("더하기", "Add")).click().run()
    assert not page.exception
    with open_store(fresh_store) as db:
        from engine.curate.patent_names import names_known

        assert ("PLA", "폴리락트산") in names_known(db, [])
