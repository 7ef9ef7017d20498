"""The visitor's page: consent before anything, a talk of one's own, nothing of anybody else's, calm words for everything hostile."""

import pytest

from engine.store.chats import list_chats
from engine.store.open import open_store
from engine.store.visits import my_chats, my_messages
from tests.visiting import EXTRA, clean, invite, texts, visit


@pytest.fixture(autouse=True)
def _clean(fresh_store):
    clean()
    yield
    clean()


@pytest.fixture
def db(fresh_store):
    with open_store(fresh_store) as found:
        yield found


def test_nothing_is_stored_before_the_visitor_agreed(db, fresh_store):
    who = invite(fresh_store)
    app = visit(who, agreed=False)
    assert any("AI가 답합니다" in text for text in texts(app))
    assert not app.chat_input
    assert db.execute("SELECT count(*) FROM chats").fetchone()[0] == 0
    app.button(key="visit_agree").click().run()
    assert len(app.chat_input) == 1
    assert db.execute("SELECT consent_version FROM visitors").fetchone()[0] == "1-kept"


def test_other_words_are_asked_for_anew(fresh_store):
    who = invite(fresh_store)
    visit(who)
    EXTRA["lasting"] = False
    app = visit(who, agreed=False)
    assert not app.chat_input and any("무료 서버에 잠시만" in text for text in texts(app))


def test_a_visitor_talks_and_the_owner_does_not_see_it_in_the_list(db, fresh_store):
    who = invite(fresh_store)
    app = visit(who)
    app.chat_input[0].set_value("안녕 <b>나야</b>").run()
    assert not app.exception
    mine = my_chats(db, who.id)
    assert [chat["title"] for chat in mine] == ["안녕 <b>나야</b>"]
    assert [one["text"] for one in my_messages(db, who.id, mine[0]["id"])] == ["안녕 <b>나야</b>", "응 그래"]
    assert list_chats(db) == []
    assert app.query_params["chat"] in (mine[0]["id"], [mine[0]["id"]])
    assert any("오늘 답 49개" in text for text in texts(app))
