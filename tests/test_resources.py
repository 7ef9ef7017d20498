"""What jobs take of the machine: seen in real processes, thinned without losing a peak, told by command and page."""

import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import resources
from engine.api.watching import watched
from engine.config import ROOT
from engine.errors import UserError
from engine.jobs import worker
from engine.jobs.work import WORK
from engine.resources import Sample, Watch, count_tokens
from engine.serve.asked import Asked
from engine.serve.backend import Generated
from engine.serve.chat import Conversation, begin
from engine.serve.choose import Model
from engine.serve.decoding import Decoding
from engine.store.chats import delete_chat
from engine.store.jobs import claim_next, enqueue, get_job
from engine.store.open import open_store
from engine.store.resources import (
    MOST,
    ChatCost,
    Keeper,
    begin_serving,
    end_serving,
    list_servings,
    merged,
    owner_of,
    rates_of,
    read_chat_costs,
    read_usage,
)
from engine.store.runs import update_run
from tests.runs_page import open_runs, words
from tests.runs_store import ended_run, supervised_here
from ui.resources import answer_words
from ui.words import WORDS

CHILD = "import sys, time; held = bytearray(b'1') * 80_000_000; print('held', flush=True); sys.stdin.readline()"


def sample(second: float, **seen: float) -> Sample:
    """A look of one second's length."""
    known = {"cpu_percent": 100.0, "rss_mb": 10.0, "private_mb": 5.0, "high_mb": 10.0, "vram_mb": None, "tokens": 0}
    return Sample(began=second, at=second + 1, **{**known, **seen})


def test_a_child_whose_memory_grows_is_seen_and_gone_when_it_ends():
    watch = Watch()
    before = watch.look()
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stdout.readline() == b"held\n"
        during = watch.look()
        child.communicate(b"\n")
    after = watch.look()
    assert during.rss_mb - before.rss_mb > 75 and during.private_mb - before.private_mb > 75
    assert during.rss_mb - after.rss_mb > 75 and after.vram_mb is None


def test_work_and_a_peak_between_two_looks_are_seen():
    watch = Watch()
    watch.look()
    before = time.process_time()
    peak = bytearray(b"1") * 60_000_000
    size = len(peak)
    del peak
    sum(range(3_000_000))
    count_tokens(7)
    spent = time.process_time() - before
    seen = watch.look()
    told = seen.cpu_percent / 100 * (seen.at - seen.began)
    assert told == pytest.approx(spent, abs=0.05), "seconds of work, however busy the machine is"
    assert seen.tokens == 7
    assert seen.high_mb * 2**20 > size and seen.began <= seen.at


def test_a_machine_without_a_driver_is_asked_once(monkeypatch):
    import pynvml

    asked = []

    def no_driver() -> None:
        asked.append(1)
        raise pynvml.NVMLError_LibraryNotFound

    monkeypatch.setattr(pynvml, "nvmlInit", no_driver)
    watch = Watch()
    assert [watch.look().vram_mb, watch.look().vram_mb] == [None, None] and len(asked) == 1


def test_memory_on_a_card_is_that_of_these_processes(monkeypatch):
    """The driver's own answer, given by hand: nobody who tests this needs a card."""
    import pynvml

    class Running:
        def __init__(self, pid: int, used: int | None) -> None:
            self.pid, self.usedGpuMemory = pid, used

    running = [Running(os.getpid(), 300 * 2**20), Running(1, 900 * 2**20), Running(os.getpid(), None)]
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 2)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", lambda card: running)
    assert Watch().look().vram_mb == 600


def test_a_long_job_keeps_few_rows_and_loses_neither_peak_nor_mean(fresh_store):
    with open_store(fresh_store) as db:
        keeper = Keeper("job-long")
        for second in range(3 * MOST + 3):
            spike = {"rss_mb": 999.0, "cpu_percent": 300.0} if second == 77 else {}
            keeper.keep(db, sample(second, tokens=second * 10, **spike))
            if not second % 60:
                assert len(read_usage(db, "job-long").attempts[0]) <= MOST
        found = read_usage(db, "job-long")
    (looks,) = found.attempts
    assert len(looks) > MOST / 3, "thinned, not thrown away"
    assert found.peak_mb == 999 and found.seconds == 3 * MOST + 3
    assert found.cpu_percent == pytest.approx(100 + 200 / (3 * MOST + 3))
    assert all(one.at == other.began for one, other in pairwise(looks)), "no look is missing or twice"
    assert found.tokens_per_second == pytest.approx(10)


def test_attempts_stand_beside_each_other(fresh_store):
    with open_store(fresh_store) as db:
        for start in (0, 1000):
            keeper = Keeper("job-twice")
            for second in range(3):
                keeper.keep(db, sample(start + second, tokens=second))
        found = read_usage(db, "job-twice")
    assert [len(attempt) for attempt in found.attempts] == [3, 3] and found.seconds == 6 and found.tokens == 4


def test_tokens_that_come_by_the_batch_are_told_over_the_time_they_took():
    looks = [sample(n, tokens=tokens) for n, tokens in enumerate([0, 50, 50, 50, 110, 110])]
    assert [(tokens, seconds) for _, tokens, seconds in rates_of(looks)] == [(60, 3.0)]
    assert rates_of([]) == [] and merged(looks).tokens == 110


def test_a_worker_keeps_what_it_takes_even_of_a_short_job(fresh_store, monkeypatch):
    with open_store(fresh_store) as db:
        job = enqueue(db, "mask", {})
        claimed = claim_next(db, ["cpu"])
    monkeypatch.setenv("MALMOI_JOB_TOKEN", claimed["token"])
    monkeypatch.setitem(WORK, "mask", lambda work, args: {"done": len(bytearray(30_000_000))})
    assert worker.main(job) == 0
    with open_store(fresh_store) as db:
        assert get_job(db, job)["state"] == "done"
        found = read_usage(db, job)
    assert found.peak_mb and found.private_mb and found.peak_mb >= found.private_mb


def test_a_sensor_that_fails_never_stands_in_a_jobs_way(fresh_store, monkeypatch):
    import psutil

    def gone(self: object, recursive: bool = False) -> None:
        raise psutil.AccessDenied(1)

    monkeypatch.setattr(psutil.Process, "children", gone)
    assert Watch().look().rss_mb > 1
    monkeypatch.setattr(resources, "_of_process", lambda process: None)
    assert Watch().look().rss_mb == 0


def told(*arguments: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "resources", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {"rc": done.returncode, **json.loads(done.stdout.splitlines()[-1])}


def test_the_command_tells_a_jobs_a_runs_and_a_servers_share(fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
        job = db.execute("SELECT job_id FROM runs WHERE id = ?", [run]).fetchone()[0]
        keeper = Keeper(job)
        for second in range(3):
            keeper.keep(db, sample(second, rss_mb=1500.0, tokens=30 * second))
        serving = begin_serving(db, run)
        end_serving(db, serving)
        assert [owner_of(db, name) for name in (run, "latest", serving)] == [job, job, serving]
        assert read_usage(db, serving).attempts == []
        for unknown in ("serve-none", "job-none", "run-none"):
            with pytest.raises(UserError):
                owner_of(db, unknown)
    by_run = told(run)
    assert by_run["id"] == job
    assert (by_run["peak_mb"], by_run["tokens_per_second"], len(by_run["samples"])) == (1500.0, 30.0, 3)
    assert told("serve-none")["rc"] == 2


def test_a_run_that_was_trained_elsewhere_says_so(fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
        update_run(db, run, job_id=None)
        with pytest.raises(UserError, match="다른 곳"):
            owner_of(db, run)


def test_the_runs_page_says_the_peak_and_draws_the_charts(monkeypatch, fresh_store):
    monkeypatch.chdir(ROOT)
    with open_store(fresh_store) as db:
        run = ended_run(db)
        job = db.execute("SELECT job_id FROM runs WHERE id = ?", [run]).fetchone()[0]
        supervised_here(db)
        bare = AppTest.from_file(str(Path(ROOT) / "Home.py"), default_timeout=60)
        open_runs(bare, job=job)
        assert "최대 메모리" not in words(bare), "nothing was seen, so nothing is said"
        keeper = Keeper(job)
        for second in range(4):
            keeper.keep(db, sample(second, rss_mb=1229.0, tokens=second * 40))
    for address in ({"job": job}, {"run": run}):
        app = AppTest.from_file(str(Path(ROOT) / "Home.py"), default_timeout=60)
        open_runs(app, **address)
        assert "최대 메모리 1.2 GB · CPU 평균 1.0코어 · 초당 40토큰" in words(app)
        charts = " ".join(chart.proto.id for chart in app.get("plotly_chart"))
        assert all(f"use_{name}_{job}" in charts for name in ("memory", "cpu", "speed"))


class Speaks:
    """A backend that streams what it is given."""

    def __init__(self, stream) -> None:
        self.stream = stream


def asked_plainly(messages):
    return Asked(tuple(messages))


def test_an_answer_in_a_chat_is_timed_and_its_cost_goes_with_it(fresh_store):
    """A server's children are not the chat's: a page starts supervisors."""

    def stream(messages, decoding):
        held = Generated("좋아 그래", "좋아 그래", 5, 4, True)
        yield "좋아"
        yield " 그래"
        return held

    with open_store(fresh_store) as db:
        chat_id = begin(db, ["base:starter"], "밥 먹자", Decoding())[0]
    talk = Conversation(
        fresh_store, Model("base:starter", None, None, None, "none"), asked_plainly, Decoding(), chat_id, Speaks(stream)
    )
    assert "".join(talk.answer()) == "좋아 그래"
    with open_store(fresh_store) as db:
        (cost,) = read_chat_costs(db, chat_id).values()
        assert cost.tokens == 4 and 0 <= cost.first_seconds <= cost.seconds and cost.rss_mb > 1
    list(talk.again(1))
    with open_store(fresh_store) as db:
        assert list(read_chat_costs(db, chat_id)) == [1], "the answer's place, once"
    stopped = talk.again(1)
    next(stopped)
    stopped.close()
    with open_store(fresh_store) as db:
        assert read_chat_costs(db, chat_id)[1].tokens is None, "one that was stopped was not counted to its end"
        delete_chat(db, chat_id)
        assert read_chat_costs(db, chat_id) == {}


def test_an_answer_line_tells_no_memory_of_a_model_elsewhere(monkeypatch):
    monkeypatch.setattr("ui.resources.t", lambda key, **values: WORDS[key][0].format(**values))
    cost = ChatCost(24, 0.2, 1.0, 640.0, None)
    assert answer_words(cost, here=True) == "답하는 데 1.0초(첫 글자 0.2초) · 초당 24토큰 · 메모리 640 MB"
    assert answer_words(cost, here=False) == "답하는 데 1.0초(첫 글자 0.2초) · 초당 24토큰"


def test_a_served_model_is_watched_until_it_ends_and_stands_on_the_runs_page(fresh_store, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("engine.api.watching.SECONDS", 0.05)
    with open_store(fresh_store) as db:
        supervised_here(db)
    with watched(fresh_store, "run-abc"):
        time.sleep(0.3)
    with open_store(fresh_store) as db:
        (serving,) = list_servings(db)
        assert serving["model"] == "run-abc" and serving["ended_at"]
        assert len(read_usage(db, serving["id"]).attempts[0]) > 1
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    open_runs(app)
    assert WORDS["use.servings"][0] in words(app) and "run\\-abc" in words(app)
