"""Pages meet what no owner would type: names from data in charts and commands, stores that cannot be written, odd states."""

import json
import shlex
import sqlite3

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.errors import UserError
from engine.models.bases import local_place, resolve_base
from engine.store.jobs import enqueue
from engine.store.open import StoreTrouble, open_store
from engine.store.reviews import decide
from tests.judged import BASE, add_items, add_model, judge
from tests.runs_store import ended_run, frozen_dataset, supervised_here

LINK = '<a href="http://127.0.0.1:9">x</a>'


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def opened(app: AppTest, file: str, **address: str) -> AppTest:
    app.run()
    app.switch_page(file)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on SQLite itself refuses every write, as on a disk that may only be read."""
    from engine.store import open as opening

    usual = opening._set_pragmas

    def refusing(db):
        usual(db)
        db.conn.execute("PRAGMA query_only = ON")

    monkeypatch.setattr(opening, "_set_pragmas", refusing)


def test_a_refused_write_is_told_in_words_and_is_still_sqlites_own_error(fresh_store, monkeypatch):
    with open_store(fresh_store):
        pass
    unwritable(monkeypatch)
    with pytest.raises(UserError, match="쓸 수 없습니다") as met, open_store(fresh_store) as db:
        enqueue(db, "train", {})
    assert isinstance(met.value, StoreTrouble) and isinstance(met.value, sqlite3.OperationalError)


def test_a_broken_constraint_stays_a_bug(fresh_store):
    with pytest.raises(sqlite3.IntegrityError), open_store(fresh_store) as db:
        db.execute("INSERT INTO supervisor (id) VALUES (NULL)")


@pytest.mark.parametrize("key", ["curate_undo", "curate_freeze", "frame_switch"])
def test_a_button_on_a_store_that_cannot_be_written_says_so(app, fresh_store, monkeypatch, key):
    with open_store(fresh_store) as db:
        supervised_here(db)
        dataset = frozen_dataset(db)
        row = db.execute("SELECT row_id FROM dataset_rows WHERE split = 'train'").fetchone()[0]
        decide(db, dataset, row, "drop")
    opened(app, "pages/2_Curate.py", dataset=dataset)
    unwritable(monkeypatch)
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    assert key == "frame_switch" or any("쓸 수 없습니다" in error.value for error in app.error)


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-has-this-name/x", "a\0b"])
def test_a_name_that_no_folder_can_have_is_no_base(app, fresh_store, name):
    assert local_place(name) is None
    with pytest.raises(UserError):
        resolve_base(name)
    opened(app, "pages/6_Chat.py", model=f"base:{name}")


def test_a_base_folders_name_makes_no_link_in_a_chart(app, fresh_store):
    with open_store(fresh_store) as db:
        supervised_here(db)
        runs = [ended_run(db) for _ in range(2)]
        db.execute("UPDATE runs SET base = ?", [f"/models/{LINK.replace('/a>', 'a>').replace('//', '')}"])
        db.conn.commit()
    opened(app, "pages/4_Runs.py", compare=",".join(runs))
    [chart] = app.get("plotly_chart")
    names = [trace["name"] for trace in json.loads(chart.proto.spec)["data"]]
    assert names and all("&lt;a href" in name and "<" not in name for name in names)


def test_a_judged_base_makes_no_link_in_a_chart(app, fresh_store, tmp_path):
    dataset, rows = add_items(fresh_store, 4)
    run, odd = add_model(fresh_store, dataset, tmp_path / "model"), "base:<b>x<b>"
    judge(fresh_store, dataset, rows, {odd: ["아니"] * 4, run: ["응 ㅋㅋ"] * 4})
    assert odd != BASE
    opened(app, "pages/5_Evaluate.py", view="board")
    for chart in app.get("plotly_chart"):
        for trace in json.loads(chart.proto.spec)["data"]:
            assert "<b>" not in "".join(map(str, trace["y"]))


def test_a_speakers_name_runs_nothing_in_the_command_to_copy(app, fresh_store):
    me = "\"; touch /tmp/x; $(id) `id` '"
    with open_store(fresh_store) as db:
        supervised_here(db)
        report = json.dumps({"speakers": {me: 1}, "kinds": {}})
        db.execute(
            "INSERT INTO sources (id, recipe, kind, name, me, fingerprint, bytes, record_count, report_json, state, created_at) "
            "VALUES ('src-a', 'persona', 'kakao', 'a $(id).txt', ?, 'f', 1, 0, ?, 'ready', '2026-11-21T00:00:00+00:00')",
            [me, report],
        )
        db.conn.commit()
    opened(app, "pages/1_Data.py", source="src-a")
    command = next(code.value for code in app.code if "engine import" in code.value).splitlines()[0]
    assert shlex.quote(me) in command and shlex.split(command)[4] == "a $(id).txt"


@pytest.mark.parametrize(
    ("state", "progress"), [("done", None), ("running", '{"done": 9, "total": 3}'), ("running", '{"done": 1}')]
)
def test_an_evaluation_job_without_a_result_or_a_model_yet_breaks_nothing(app, fresh_store, state, progress):
    with open_store(fresh_store) as db:
        supervised_here(db)
        job = enqueue(db, "evaluate", {"models": [BASE]})
        db.execute("UPDATE jobs SET state = ?, progress_json = ? WHERE id = ?", [state, progress, job])
        db.conn.commit()
    opened(app, "pages/5_Evaluate.py", job=job)


def test_a_whole_evaluation_without_a_single_score_opens(app, fresh_store, tmp_path):
    dataset, rows = add_items(fresh_store, 4)
    run = add_model(fresh_store, dataset, tmp_path / "model")
    judge(fresh_store, dataset, rows, {BASE: ["아니"] * 4, run: ["응"] * 4})
    with open_store(fresh_store) as db:
        db.execute("DELETE FROM scores")
        db.execute("DELETE FROM paired_tests")
        db.conn.commit()
    opened(app, "pages/5_Evaluate.py", view="board")
