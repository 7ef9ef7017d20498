"""The queue on the runs page: order, waiting, stopping, logs, the supervisor; by page and by command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.jobs import add_log, ask_stop, enqueue, get_job, get_supervisor, list_waiting
from engine.store.open import open_store
from tests.runs_page import HOSTILE, keys, open_runs, words
from tests.runs_store import (
    begin,
    end,
    frozen_dataset,
    queued_run,
    supervised_here,
)
from ui.live import SLOW, SOON, pace_of
from ui.words import WORDS


@pytest.fixture
def app(monkeypatch, fresh_store) -> AppTest:
    monkeypatch.chdir(ROOT)
    with open_store(fresh_store) as db:
        supervised_here(db)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def test_the_queue_shows_what_waits_for_what_and_can_be_reordered(app, fresh_store):
    with open_store(fresh_store) as db:
        (_, first), (_, second) = queued_run(db, frozen_dataset(db)), queued_run(db)
        judge_job = enqueue(db, "evaluate", {"models": []}, after_job=second)
    open_runs(app)
    assert "'학습' 작업이 끝나면 시작합니다." in words(app) and WORDS["job.waits.turn"][0] in words(app)
    assert f"up_{first}" not in keys(app) and f"up_{judge_job}" not in keys(app) and f"down_{second}" not in keys(app)
    app.button(key=f"up_{second}").click().run()
    assert not app.exception
    with open_store(fresh_store) as db:
        assert [job["id"] for job in list_waiting(db)] == [second, first, judge_job]


def test_a_move_refused_by_another_tab_is_told_and_breaks_nothing(app, fresh_store):
    with open_store(fresh_store) as db:
        (_, first), (_, second) = queued_run(db), queued_run(db)
    open_runs(app)
    with open_store(fresh_store) as db:
        ask_stop(db, first, "cancel")
    app.button(key=f"up_{second}").click().run()
    assert not app.exception and "더 옮길 수 없습니다" in app.error[0].value


def test_a_stop_of_a_job_that_ended_in_another_tab_is_told(app, fresh_store):
    with open_store(fresh_store) as db:
        _, job = queued_run(db)
        token = begin(db, job)
    open_runs(app)
    with open_store(fresh_store) as db:
        end(db, job, token)
    app.button(key=f"stop_{job}").click().run()
    assert not app.exception and "이미 끝났습니다" in app.error[0].value


def test_a_job_behind_a_failed_one_says_so_and_is_not_polled_every_second(app, fresh_store):
    with open_store(fresh_store) as db:
        _, train = queued_run(db, frozen_dataset(db))
        enqueue(db, "evaluate", {"models": []}, after_job=train)
        assert pace_of(list_waiting(db)) == SOON
        end(db, train, begin(db, train), "failed", "bug", "안 됩니다")
        assert pace_of(list_waiting(db)) == SLOW and pace_of([]) is None
    open_runs(app)
    assert any("끝까지 가지 못해" in warning.value for warning in app.warning)
    app.button(key=f"resume_{train}").click().run()
    with open_store(fresh_store) as db:
        assert get_job(db, train)["state"] == "queued" and pace_of(list_waiting(db)) == SOON


def test_a_blocked_job_says_so_in_its_own_view(app, fresh_store):
    with open_store(fresh_store) as db:
        _, train = queued_run(db)
        behind = enqueue(db, "evaluate", {"models": []}, after_job=train)
        end(db, train, begin(db, train), "failed", "bug", "안 됩니다")
    open_runs(app, job=behind)
    assert "끝까지 가지 못해" in app.warning[0].value


def test_a_jobs_log_is_shown_as_text(app, fresh_store):
    with open_store(fresh_store) as db:
        _, job = queued_run(db)
        add_log(db, job, "둘로 말하기 / said twice")
        add_log(db, job, HOSTILE)
    open_runs(app, job=job)
    assert "둘로 말하기" in app.code[0].value and "said twice" not in app.code[0].value and HOSTILE in app.code[0].value


def test_no_supervisor_is_started_for_jobs_that_cannot_start(app, fresh_store):
    with open_store(fresh_store) as db:
        _, train = queued_run(db)
        enqueue(db, "evaluate", {"models": []}, after_job=train)
        end(db, train, begin(db, train), "failed", "bug", "안 됩니다")
        db.execute("DELETE FROM supervisor")
    open_runs(app)
    with open_store(fresh_store) as db:
        assert get_supervisor(db) is None
    assert WORDS["job.supervised"][0] not in words(app)


def test_a_page_starts_a_supervisor_for_jobs_that_wait_and_says_so(app, fresh_store, monkeypatch):
    """A marker stands for the process: a real one would run the job under the test."""
    started: list[object] = []
    monkeypatch.setattr("engine.jobs.queue.spawn", lambda *given: started.append(given))
    with open_store(fresh_store) as db:
        queued_run(db)
        db.execute("DELETE FROM supervisor")
    open_runs(app)
    assert len(started) == 1 and WORDS["job.supervised"][0] in words(app)
    app.run()
    assert len(started) == 1


def test_jobs_are_moved_and_their_logs_read_by_command(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        supervised_here(db)
        (_, first), (_, second) = queued_run(db), queued_run(db)
        add_log(db, first, "첫 줄")
    moved = command("jobs", "--move", second, "up")
    assert [job["id"] for job in json.loads(moved.stdout)["jobs"]] == [second, first]
    assert json.loads(command("jobs", "--log", first).stdout)["lines"][0]["text"] == "첫 줄"
    assert command("jobs", "--move", second, "sideways").returncode == 2


def command(*given: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "engine", *given, "--json"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
