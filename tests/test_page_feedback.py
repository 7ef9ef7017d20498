"""The owner's inbox of what visitors thought, on the page."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.feedback import list_feedback
from engine.store.open import open_store
from tests.talking import add_run
from tests.test_feedback import visited
from tests.visiting import invite


@pytest.fixture
def db(fresh_store):
    with open_store(fresh_store) as found:
        yield found


def test_the_inbox_shows_masked_feedback_and_takes_a_decision(db, fresh_store, monkeypatch):
    monkeypatch.chdir(ROOT)
    add_run(db)
    visited(db, invite(fresh_store), correction="**몰라** 010-2345-6789")
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120).switch_page("pages/8_Deploy.py")
    app.query_params["view"] = "feedback"
    app.run()
    assert not app.exception
    drawn = " ".join(one.value for one in app.markdown)
    assert "010-2345-6789" not in drawn.replace("\\", "") and "전화번호" in drawn
    (waiting,) = list_feedback(db)
    app.text_area(key=f"feedback_words_{waiting['id']}").set_value("글쎄").run()
    app.button(key=f"feedback_yes_{waiting['id']}").click().run()
    assert not app.exception
    assert [(one["state"], one["correction"]) for one in list_feedback(db, None)] == [("accepted", "글쎄")]
