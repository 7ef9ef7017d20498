"""Pages open on an empty and on a filled store, in both languages, without torch and without tracebacks."""

import os
import re
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from engine.alive import started_at
from engine.config import ROOT
from engine.errors import UserError
from engine.jobs.demo import RUNNING, journey_runs, start_journey
from engine.jobs.processes import end_process
from engine.recipes.recipe import load_recipe
from engine.store.jobs import enqueue
from engine.store.open import open_store
from engine.store.settings import get_setting, set_setting
from ui.frame import PAGES, plain
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
    assert not app.exception and "9999\\_future" in app.error[0].value


def test_a_queued_job_shows_with_a_way_to_stop_it(app, fresh_store):
    with open_store(fresh_store) as db:
        job_id = enqueue(db, "train", {"run": "run-none"})
        db.execute("UPDATE jobs SET state = 'interrupted', message_ko = '끊겼습니다' WHERE id = ?", [job_id])
    open_page(app, "Home.py")
    assert app.button(key=f"resume_{job_id}").label == "이어 하기"


@pytest.mark.parametrize("state", ["failed", "interrupted"])
def test_a_job_that_ended_badly_says_why_as_text(app, fresh_store, state):
    with open_store(fresh_store) as db:
        job_id = enqueue(db, "train", {"run": "run-none"})
        why = "말하는 사람: ![몰래](http://127.0.0.1:9/a.png)"
        db.execute("UPDATE jobs SET state = ?, message_ko = ? WHERE id = ?", [state, why, job_id])
    open_page(app, "Home.py")
    assert app.warning[0].value == plain(why) and "\\!\\[" in app.warning[0].value


@pytest.mark.parametrize("sign", list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"))
def test_no_sign_keeps_its_meaning_in_markup(sign):
    assert plain(f"가{sign}나") == f"가\\{sign}나"


@pytest.mark.parametrize("text", ["http://x.y", "HTTPS://x.y/a?b", "www.x.y", "a.b-c@x.y", "나a_b+@x-y.kr"])
def test_no_address_becomes_a_link(text):
    """Markdown looks for these strings after it has taken the escapes away, in each run of text between two marks."""
    shown = plain(text)
    runs = [re.sub(r"\\(.)", r"\1", run) for run in shown.split(":small[]")]
    assert len(runs) == 2 and "".join(runs) == text
    assert not any(re.search(r"https?://[-.\w]|www\.[-.\w]|[-.\w+]@[-\w]", run, re.I | re.A) for run in runs)


def test_indents_make_no_code_block():
    assert plain("가\n\n    나") == "가  \n  \n나"


def test_one_sample_journey_at_a_time(fresh_store):
    start_journey(fresh_store)
    with open_store(fresh_store) as db:
        found = get_setting(db, RUNNING)
        assert journey_runs(db)
    try:
        with pytest.raises(UserError, match="이미 돌고"):
            start_journey(fresh_store)
    finally:
        end_process(found["pid"], found["pid_started_at"], kill=True)


@pytest.mark.parametrize("alive", [True, False])
def test_home_invites_a_sample_journey_only_while_none_runs(app, fresh_store, alive):
    began = started_at(os.getpid()) - (0 if alive else 1000)
    with open_store(fresh_store) as db:
        set_setting(db, RUNNING, {"pid": os.getpid(), "pid_started_at": began})
    open_page(app, "Home.py")
    assert [button.key for button in app.button if button.key == "home_demo_persona"] == (
        [] if alive else ["home_demo_persona"]
    )
    assert any("견본 여정이 돌고" in one.value for one in app.markdown) == alive


def test_every_metric_of_the_persona_suite_has_plain_words():
    assert not {f"metric.{metric.name}" for metric in load_recipe("persona").suite.metrics} - set(WORDS)


def test_opening_pages_imports_no_torch():
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('Home.py', default_timeout=60).run()\n"
        "app.switch_page('pages/6_Chat.py'); app.run()\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'bitsandbytes'} & set(sys.modules)\n"
        "assert not heavy and not app.exception, (heavy, app.exception)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
