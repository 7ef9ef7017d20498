"""The generation panel of the Curate page: from no clauses to a form, a running ledger, refused keys and going on."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.generate import run
from engine.generate.check import REFUSAL
from engine.generate.run import run_generation
from engine.store.generations import get_generation, keys_of
from engine.store.jobs import finish_job, get_job
from engine.store.open import open_store
from tests.generating import begun, clause_source, copied, key_file
from tests.llm_server import Rules, Server
from tests.test_jobs import end_supervisor
from ui.words import WORDS

GOOD, DEAD = "sk-secret-good-1234567890", "sk-secret-dead-3456789012"


@pytest.fixture
def app(monkeypatch, fresh_store):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(run, "_judge", copied)
    yield AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    if fresh_store.exists():
        end_supervisor(fresh_store)


def opened(app: AppTest, **names: str) -> AppTest:
    app.run()
    app.switch_page("pages/2_Curate.py")
    for name, value in {"view": "generate", **names}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    parts = (*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.code)
    return "\n".join(part.value for part in parts)


def test_without_clauses_the_way_to_sources_is_shown(app, fresh_store):
    with open_store(fresh_store):
        pass
    opened(app)
    assert app.button(key="generate_bring") and "조항이 든 자료가 아직" in shown(app)


def test_a_form_starts_a_generation_and_its_command_does_the_same(app, fresh_store, tmp_path):
    source = clause_source(fresh_store, 3)
    keys = key_file(tmp_path, GOOD)["file"]
    opened(app, source=source)
    assert "떠나지 않습니다" in shown(app) and not app.button(key="generate_go").disabled
    app.segmented_control(key="generate_provider").set_value("openai").run()
    assert app.button(key="generate_go").disabled and "컴퓨터를 떠나 api" in shown(app)
    app.text_input(key="generate_url").set_value("http://127.0.0.1:9/v1").run()
    app.radio(key="generate_keys_new").set_value("file").run()
    app.text_input(key="generate_file_new").set_value(keys).run()
    app.number_input(key="generate_per_chunk").set_value(2).run()
    assert not app.exception and f'--keys "{keys}"' in shown(app) and "--set per_chunk=2" in shown(app)
    app.button(key="generate_go").click().run()
    assert not app.exception, app.exception
    with open_store(fresh_store) as db:
        found = get_generation(db, source)
        assert found["keys"] == {"file": keys} and found["settings"]["per_chunk"] == 2
    assert "sk-secret" not in shown(app)


def test_a_key_typed_as_a_path_is_not_shown_again_in_an_error(app, fresh_store):
    opened(app, source=clause_source(fresh_store, 1))
    app.segmented_control(key="generate_provider").set_value("openai").run()
    app.radio(key="generate_keys_new").set_value("file").run()
    app.text_input(key="generate_file_new").set_value(GOOD).run()
    assert "기록에 남습니다" in shown(app) and GOOD not in shown(app)


def test_the_ledger_shows_reasons_keys_and_what_is_missing(app, fresh_store, tmp_path):
    source = clause_source(fresh_store, 4)
    with Server(Rules(rates={GOOD: 100}, burst=100, lies=0.5)) as server:
        generation, work = begun(
            fresh_store, source, key_file(tmp_path, GOOD, DEAD), url=server.url, per_chunk=2, tries=1
        )
        told = run_generation(work, generation)
    assert told["missing"]
    with open_store(fresh_store) as db:
        finish_job(db, work.job_id, work.token, "done", "done", told)
    opened(app, source=source)
    text = shown(app)
    assert "조항에 없음" in text and "빠져 있습니다" in text and "100%" not in text
    assert app.metric[0].value == str(told["accepted"])
    assert app.button(key="generate_go_on") and "서버가 거절함" in text
    assert "sk-secret" not in text and REFUSAL not in text
    app.radio(key=f"generate_keys_change_{generation}").set_value("file").run()
    other = tmp_path / "other.txt"
    other.write_text(GOOD, encoding="utf-8")
    app.text_input(key=f"generate_file_change_{generation}").set_value(str(other)).run()
    app.button(key="generate_change").click().run()
    assert not app.exception
    with open_store(fresh_store) as db:
        assert keys_of(db, generation) == {"file": str(other)}
        assert get_job(db, get_generation(db, generation)["job_id"])["state"] in ("queued", "running", "failed")


def test_a_running_one_can_be_paused(app, fresh_store):
    source = clause_source(fresh_store, 2)
    _, work = begun(fresh_store, source, {}, url="http://127.0.0.1:9/v1")
    key = {"key": "key-abc123", "state": "refused", "per_minute": None, "in_flight": 0, "window": 2, "waits": 0}
    work.progress(what="generate", done=0, total=6, left_seconds=90, keys=[key])
    opened(app, source=source)
    assert "서버가 거절함" in shown(app) and not [b for b in app.button if b.key == "generate_go"]
    app.button(key="generate_pause").click().run()
    with open_store(fresh_store) as db:
        assert get_job(db, work.job_id)["stop"] == "save"


def test_every_reason_has_words():
    from engine.generate.prompts import WHY

    assert not {f"generate.why.{reason}" for reason in WHY} - set(WORDS)
