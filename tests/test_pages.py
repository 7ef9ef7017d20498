"""Pages open on an empty and on a filled store, in both languages, without torch and without tracebacks."""

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.chats import add_message, start_chat
from engine.store.jobs import enqueue
from engine.store.open import open_store
from ui.frame import PAGES
from ui.words import WORDS

FILES = [file for file, *_ in PAGES]


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def open_page(app: AppTest, file: str) -> AppTest:
    app.run()
    if file != "Home.py":
        app.switch_page(file)
        app.run()
    assert not app.exception, app.exception
    return app


@pytest.mark.parametrize("file", FILES)
def test_every_page_opens_on_an_empty_store(app, file):
    assert open_page(app, file).title


@pytest.mark.parametrize("file", FILES)
def test_the_language_switch_leaves_no_korean_in_the_frame(app, file):
    open_page(app, file)
    app.button(key="frame_switch").click().run()
    assert not app.exception
    assert app.button(key="frame_switch").label == "한국어"


def test_every_word_stands_in_both_languages():
    for key, (ko, en) in WORDS.items():
        assert ko.strip() and en.strip(), key
        assert ko.count("{") == en.count("{"), key


def test_a_store_from_the_future_is_told_in_words(app, fresh_store):
    with open_store(fresh_store) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('malmoi', '9999_future', 'x')"
        )
    app.run()
    assert not app.exception and "9999_future" in app.error[0].value


def test_a_queued_job_shows_with_a_way_to_stop_it(app, fresh_store):
    with open_store(fresh_store) as db:
        job_id = enqueue(db, "train", {"run": "run-none"})
        db.execute("UPDATE jobs SET state = 'interrupted', message_ko = '끊겼습니다' WHERE id = ?", [job_id])
    open_page(app, "Home.py")
    assert app.button(key=f"resume_{job_id}").label == "이어 하기"


def test_chat_text_is_shown_as_text_not_as_markup(app, fresh_store):
    with open_store(fresh_store) as db:
        chat = start_chat(db, "base:starter", "<b>제목</b>", {})
        add_message(db, chat, "user", "<script>alert(1)</script> **굵게** $x$ :red[빨강]")
    app.run()
    app.switch_page("pages/6_Chat.py")
    app.query_params["chat"] = chat
    app.run()
    shown = app.chat_message[0].markdown[0].value
    assert "\\<script\\>" in shown and "\\*\\*굵게" in shown and not app.exception


def test_a_link_to_a_deleted_chat_says_so(app):
    app.run()
    app.switch_page("pages/6_Chat.py")
    app.query_params["chat"] = "chat-gone"
    app.run()
    assert app.warning and not app.exception


def test_opening_pages_imports_no_torch():
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('Home.py', default_timeout=60).run()\n"
        "app.switch_page('pages/6_Chat.py'); app.run()\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'bitsandbytes'} & set(sys.modules)\n"
        "assert not heavy and not app.exception, (heavy, app.exception)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
