"""The curation page with questions about clauses: reasons and types open their rows, prompts are shown verbatim, a sample is read."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.curate.policy_rules import REASONS
from engine.store.open import open_store
from engine.store.reviews import history
from engine.store.rows import Which, find_rows
from tests.policy_material import build_policy, clause_records, good_pairs, pair, store_source, unanswerable
from tests.test_page_curate import address, keys, opened, press
from ui.words import WORDS

HOSTILE = "<b>수술비</b>는 **얼마**인가요? :red[빨강] $값$"


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def made(fresh_store):
    """(store, dataset id)"""
    broken = [
        pair(f"{n}번째 특약의 보험료는 얼마인가요?", "보험료는 10만원이며", "든든보험_001", "easy") for n in range(3)
    ]
    hostile = [pair(HOSTILE, "수술비는 100만원입니다. (제12조)", "든든보험_009", "easy")]
    with open_store(fresh_store) as db:
        source = store_source(db, [*clause_records(), *good_pairs(), *unanswerable(), *broken, *hostile])
    return fresh_store, build_policy(fresh_store, [source])["dataset_id"]


def test_every_reason_of_the_engine_has_words() -> None:
    for reason in REASONS:
        assert f"curate.reason.{reason}" in WORDS and f"curate.reason_why.{reason}" in WORDS, reason


def test_a_reason_and_a_type_together_open_their_rows(app, made) -> None:
    opened(app, dataset=made[1], show="dropped")
    press(app, "curate_why_cut_off")
    assert len(keys(app, "curate_open_")) == 3
    press(app, "curate_type_fact")
    assert address(app, "type") == "fact" and not keys(app, "curate_open_")
    press(app, "curate_type_easy")
    assert len(keys(app, "curate_open_")) == 3


def test_types_are_counted_with_their_shares(app, made) -> None:
    opened(app, dataset=made[1])
    with open_store(made[0]) as db:
        easy = len(find_rows(db, made[1], Which(kind="easy"), limit=100).rows)
    assert app.button(key="curate_type_easy").label.startswith(f"쉬운 말 {easy} (")


def test_a_verbatim_prompt_is_shown_as_it_is_and_its_question_on_the_card(app, made) -> None:
    with open_store(made[0]) as db:
        row = find_rows(db, made[1], Which(text="<b>"), limit=5).rows[0]
    opened(app, dataset=made[1], find="<b>")
    assert keys(app, "curate_open_") == [f"curate_open_{row['id']}"]
    card = next(one.value for one in app.markdown if "수술비" in one.value and "red" in one.value)
    assert ":red[" not in card and "**얼마**" not in card
    opened(app, dataset=made[1], row=str(row["id"]))
    assert any(one.value.strip() == row["messages"][0]["content"].strip() for one in app.code)


def test_only_the_answer_of_a_framed_row_is_edited(app, made) -> None:
    with open_store(made[0]) as db:
        row = find_rows(db, made[1], Which(split="train"), limit=1).rows[0]["id"]
    opened(app, dataset=made[1], row=str(row))
    press(app, f"curate_edit_{row}")
    assert not [area for area in app.text_area if area.key == f"curate_asked_{row}"]
    app.text_area(key=f"curate_target_{row}").set_value("고친 답을 드립니다. (제3조)").run()
    press(app, "curate_save")
    with open_store(made[0]) as db:
        assert history(db, made[1], row)[0]["decision"] == "edit"


def test_the_sample_is_read_row_by_row_under_a_name(app, made) -> None:
    opened(app, dataset=made[1])
    app.text_input(key="curate_reviewer").set_value("한도윤").run()
    press(app, "curate_plan_next")
    first = address(app, "row")
    press(app, f"curate_drop_{first}")
    assert address(app, "row") != first
    with open_store(made[0]) as db:
        assert history(db, made[1], int(first))[0]["decided_by"] == "한도윤"
    press(app, "curate_back")
    assert any("100.0%" in one.value for one in app.markdown)
