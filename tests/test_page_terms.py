"""The page of terms: an empty store explained, search, card and graph, moving from term to term, mentions; large dictionaries; hostile names."""

import json
import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.open import now, open_store
from engine.store.terms import add_relations, add_terms
from engine.terms.dictionary import Dictionary
from engine.terms.model import Relation, Term
from engine.terms.shipped import shipped_dictionary
from ui.terms_graph import MOST, draw, neighbourhood
from ui.words.terms import WORDS


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.chdir(ROOT)
    st.cache_data.clear()
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def opened(app: AppTest, **names: str) -> AppTest:
    app.run()
    app.switch_page("pages/10_Terms.py")
    for name, value in names.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(one.value for one in [*app.markdown, *app.caption, *app.info, *app.warning])


def filled(store: Path) -> None:
    shipped = shipped_dictionary()
    with open_store(store) as db:
        add_terms(db, "medical", shipped.terms)
        named = [Relation(shipped.named(one.head), one.relation, shipped.named(one.tail)) for one in shipped.relations]
        add_relations(db, "medical", named)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_empty_store_says_what_terms_are_for(
    app: AppTest, fresh_store: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("MALMOI_LANG", language)
    page = opened(app)
    assert WORDS["terms.none"][language == "en"] in said(page)
    assert not page.text_input


def test_the_shipped_terms_can_be_looked_at_without_a_store_of_them(app: AppTest, fresh_store: Path) -> None:
    page = opened(app, recipe="shipped", term="당뇨병")
    assert "당뇨병" in said(page) and page.get("plotly_chart")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_term_is_found_by_any_of_its_names(
    app: AppTest, fresh_store: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("MALMOI_LANG", language)
    filled(fresh_store)
    page = opened(app)
    page.text_input(key="terms_find").set_value("심장마비").run()
    assert not page.exception
    text = said(page)
    assert "급성 심근경색" in text and "MI" in text and WORDS["terms.lay"][language == "en"] in text
    assert WORDS["terms.back.complication"][language == "en"] in text
    assert page.get("plotly_chart")


def test_a_neighbour_opens_and_stands_in_the_address(app: AppTest, fresh_store: Path) -> None:
    filled(fresh_store)
    page = opened(app, term="통풍")
    page.button(key="terms_to_treatment_1_콜히친").click().run()
    assert not page.exception
    assert page.query_params["term"] in ("콜히친", ["콜히친"]) and WORDS["terms.back.treatment"][0] in said(page)


def test_what_is_not_there_is_said(app: AppTest, fresh_store: Path) -> None:
    filled(fresh_store)
    page = opened(app, term="없는용어")
    assert "없는용어" in page.warning[0].value
    page.text_input(key="terms_find").set_value("ㅁㄴㅇㄹ").run()
    assert any("ㅁㄴㅇㄹ" in one.value for one in page.warning)


def test_rows_and_answers_that_mention_it_are_linked(app: AppTest, fresh_store: Path) -> None:
    filled(fresh_store)
    with open_store(fresh_store) as db:
        for id_, text in ((1, "통풍이 왔는데 뭘 먹나요?"), (2, "통풍구를 막았어요")):
            said_ = json.dumps([{"role": "user", "content": text}], ensure_ascii=False)
            db.execute(
                "INSERT INTO rows (id, recipe, split_group, messages_json, target, meta_json, fingerprint, created_at) "
                "VALUES (?, 'medical', 'g', ?, '쉬세요.', '{}', ?, ?)",
                [id_, said_, f"f{id_}", now()],
            )
        db.execute(
            "INSERT INTO datasets (id, recipe, style, options_json, counts_json, dropped_json, masked, state, job_id, created_at) "
            "VALUES ('ds-1', 'medical', 'chat', '{}', '{}', '{}', 0, 'building', NULL, ?)",
            [now()],
        )
        for id_ in (1, 2):
            db.execute(
                "INSERT INTO dataset_rows (dataset_id, row_id, ord, split) VALUES ('ds-1', ?, ?, 'train')", [id_, id_]
            )
        db.execute(
            "INSERT INTO evaluations (id, recipe, suite, suite_version, split, settings_json, state, created_at) "
            "VALUES ('eval-1', 'medical', 'medical', '1', 'test', '{}', 'whole', ?)",
            [now()],
        )
        db.execute(
            "INSERT INTO answers (evaluation_id, model, row_id, item, answer, raw, scores_json, duration_ms) "
            "VALUES ('eval-1', 'base:x', NULL, 'q1', '통풍에는 콜히친을 씁니다.', '', '{}', 1)"
        )
    page = opened(app, term="통풍")
    text = said(page)
    assert "왔는데 뭘 먹나요" in text and "통풍구" not in text and "콜히친을 씁니다" in text


def test_a_graph_is_bounded_and_looks_the_same_each_time() -> None:
    terms = [Term(str(n), f"용어{n}") for n in range(300)]
    made = Dictionary(terms, [Relation("0", f"관계{n % 9}", str(n)) for n in range(1, 300)])
    ids, left = neighbourhood(made, "0", 2)
    assert len(ids) == MOST and ids[0] == "0" and left == 300 - MOST
    assert draw(made, "0", ids).to_json() == draw(made, "0", ids).to_json()
    assert neighbourhood(made, "5", 1) == (["5", "0"], 0)


def test_names_become_no_markup(app: AppTest, fresh_store: Path) -> None:
    evil = "![x](http://127.0.0.1:9/a.png)<script>alert(1)</script>"
    with open_store(fresh_store) as db:
        add_terms(db, "medical", [Term("e", evil, evil, (evil + "2",), (), (), evil), Term("o", "다른 것")])
        add_relations(db, "medical", [Relation(evil, evil, "다른 것")])
    page = opened(app)
    page.text_input(key="terms_find").set_value("script").run()
    assert not page.exception
    shown = [one.value for one in [*page.markdown, *page.caption]]
    assert any("script" in text for text in shown) and not any(
        re.search(r"!\[x\]|(?<!\\)<script", text) for text in shown
    )
    figure = page.get("plotly_chart")[0].proto.spec
    assert "<script" not in figure


def test_ten_thousand_terms_open(app: AppTest, fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        add_terms(db, "medical", [Term(str(n), f"질병{n}호", "disease", (f"병명{n}",)) for n in range(10_000)])
        add_relations(db, "medical", [Relation("질병0호", "symptom", f"질병{n}호") for n in range(1, 500)])
    page = opened(app)
    page.text_input(key="terms_find").set_value("병명77").run()
    assert not page.exception and "질병77호" in said(page)
