"""Jobs: claimed once, ended once, stopped in stages, adopted after the supervisor died."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from engine.alive import is_alive, started_at
from engine.config import ROOT, cache_folder
from engine.errors import UserError
from engine.jobs.processes import end_process, spawn
from engine.jobs.queue import ensure_supervisor, resume, submit, wait
from engine.store.jobs import (
    ask_stop,
    claim_next,
    enqueue,
    finish_job,
    get_job,
    get_supervisor,
    has_queued,
    register_worker,
    requeue,
    unclaim,
)
from engine.store.maintain import check
from engine.store.open import open_store
from tests.chats import pc_chat


@pytest.fixture
def store(tmp_path: Path):
    path = tmp_path / "저장 소.db"
    with open_store(path):
        pass
    yield path
    end_supervisor(path)


def end_supervisor(store: Path) -> None:
    with open_store(store) as db:
        found = get_supervisor(db)
        jobs = db.execute("SELECT pid, pid_started_at FROM jobs WHERE state = 'running' AND pid IS NOT NULL").fetchall()
    for pid, began in [*jobs, *([(found["pid"], found["pid_started_at"])] if found else [])]:
        end_process(pid, began, kill=True)


def until(condition, seconds: float = 60.0):
    """Poll until `condition()` is true; fail after a generous wait."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("nothing happened in time")


def import_args(file: Path) -> dict:
    return {"recipe": "persona", "files": [str(file)], "kind": None, "me": "가온"}


def job_now(store: Path, job_id: str) -> dict:
    with open_store(store) as db:
        return get_job(db, job_id)


def test_one_compute_job_per_device_and_one_data_job_beside(store):
    with open_store(store) as db:
        ids = [enqueue(db, kind, {}) for kind in ("train", "train", "evaluate", "import", "mask")]
        first = [claim_next(db, ["cuda:0", "cuda:1"]) for _ in range(4)]
        claimed = [(job["id"], job["device"]) for job in first if job]
        assert claimed == [(ids[0], "cuda:0"), (ids[1], "cuda:1"), (ids[3], None)]
        assert finish_job(db, ids[0], first[0]["token"], "done", "done")
        assert claim_next(db, ["cuda:0", "cuda:1"])["id"] == ids[2]


def test_many_claimers_never_get_one_job_twice(store):
    with open_store(store) as db:
        for _ in range(6):
            enqueue(db, "train", {})

    def claim(_):
        with open_store(store) as db:
            job = claim_next(db, [f"cuda:{i}" for i in range(6)])
            return job and job["id"]

    with ThreadPoolExecutor(8) as pool:
        got = [job for job in pool.map(claim, range(16)) if job]
    assert len(got) == len(set(got)) == 6


def test_a_job_starts_only_after_the_one_it_waits_for(store):
    with open_store(store) as db:
        first = enqueue(db, "train", {})
        second = enqueue(db, "evaluate", {}, priority=9, after_job=first)
        claimed = claim_next(db, ["cuda:0", "cuda:1"])
        assert claimed["id"] == first and claim_next(db, ["cuda:0", "cuda:1"]) is None and not has_queued(db)
        finish_job(db, first, claimed["token"], "failed", "bug")
        assert claim_next(db, ["cpu"]) is None
        requeue(db, first)
        again = claim_next(db, ["cpu"])
        finish_job(db, first, again["token"], "done", "done")
        assert has_queued(db) and claim_next(db, ["cpu"])["id"] == second


@pytest.mark.parametrize(("mode", "left"), [("cancel", "cancelled"), ("save", "queued")])
def test_what_waits_for_a_cancelled_job_is_cancelled_with_it(store, mode, left):
    with open_store(store) as db:
        first = enqueue(db, "train", {})
        second = enqueue(db, "evaluate", {}, after_job=first)
        third = enqueue(db, "evaluate", {}, after_job=second)
        claim_next(db, ["cpu"])
        ask_stop(db, first, mode)
        assert [get_job(db, id_)["state"] for id_ in (second, third)] == [left, left]


def test_a_worker_whose_claim_was_given_away_must_leave(store):
    with open_store(store) as db:
        job_id = enqueue(db, "train", {})
        stale = claim_next(db, ["cpu"])["token"]
        unclaim(db, job_id, stale)
        fresh = claim_next(db, ["cpu"])["token"]
        assert not register_worker(db, job_id, stale, 100, 1.0)
        assert register_worker(db, job_id, fresh, 101, 1.0)
        assert not register_worker(db, job_id, fresh, 102, 1.0)
        assert not finish_job(db, job_id, stale, "done", "done")
        assert finish_job(db, job_id, fresh, "done", "done") and not finish_job(db, job_id, fresh, "failed", "bug")


def test_a_reused_pid_is_another_process():
    me = os.getpid()
    assert is_alive(me, started_at(me)) and not is_alive(me, started_at(me) - 100) and not is_alive(1, 0.0)


def test_a_zombie_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    began = started_at(child.pid)
    until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert not is_alive(child.pid, began)
    child.wait()


def test_a_second_supervisor_is_refused_in_words(store):
    ensure_supervisor(store)
    until(lambda: _living_supervisor(store))
    second = subprocess.run(
        [sys.executable, "-m", "engine", "supervise", "--store", str(store)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        encoding="utf-8",
    )
    assert second.returncode == 2 and "이미" in second.stderr and "Traceback" not in second.stderr


def _living_supervisor(store: Path):
    with open_store(store) as db:
        found = get_supervisor(db)
    return found if found and is_alive(found["pid"], found["pid_started_at"]) else None


def test_an_idle_supervisor_leaves_and_the_next_job_brings_a_new_one(store, monkeypatch, tmp_path):
    monkeypatch.setattr("engine.jobs.queue.IDLE_SECONDS", 0.5)
    ensure_supervisor(store)
    first = until(lambda: _living_supervisor(store))
    until(lambda: not is_alive(first["pid"], first["pid_started_at"]))
    job_id = submit(store, "import", import_args(pc_chat(tmp_path / "대화.txt")))
    assert wait(store, job_id, lambda _: None)["records"] == 600


def test_the_supervisor_leaves_when_its_store_is_gone(store):
    ensure_supervisor(store)
    found = until(lambda: _living_supervisor(store))
    for path in store.parent.glob(store.name + "*"):
        if path.is_file():
            path.unlink()
    until(lambda: not is_alive(found["pid"], found["pid_started_at"]))
    with open_store(store):
        pass


def test_a_failing_job_says_why_and_keeps_nothing(store, tmp_path):
    job_id = submit(store, "import", import_args(pc_chat(tmp_path / "a.txt")) | {"me": "없는사람"})
    with pytest.raises(UserError, match="없는사람"):
        wait(store, job_id, lambda _: None)
    with open_store(store) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone()[0] == 0 and check(db) == []


def test_a_queued_job_is_cancelled_at_once(store):
    with open_store(store) as db:
        job_id = enqueue(db, "train", {"run": "run-none"})
        assert ask_stop(db, job_id, "cancel")["state"] == "cancelled"
        with pytest.raises(UserError):
            ask_stop(db, job_id, "cancel")


def test_a_running_import_stops_when_asked_and_leaves_nothing(store, tmp_path):
    job_id = submit(store, "import", import_args(pc_chat(tmp_path / "a.txt", days=400, per_day=1000)))
    until(lambda: (job_now(store, job_id)["progress"] or {}).get("done"))
    with open_store(store) as db:
        ask_stop(db, job_id, "cancel")
    until(lambda: job_now(store, job_id)["state"] == "cancelled")
    with open_store(store) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone()[0] == 0 and check(db) == []


def test_a_worker_that_does_not_heed_a_stop_is_killed(store, monkeypatch, tmp_path):
    """The supervisor runs here with short patience; the worker is a process that ignores everything."""
    import threading

    from engine.jobs import supervisor

    for name in ("CANCEL_SECONDS", "TERMINATE_SECONDS"):
        monkeypatch.setattr(supervisor, name, 0.3)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(120)"
    )
    deaf = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    deaf.stdout.readline()
    with open_store(store) as db:
        job_id = enqueue(db, "train", {})
        token = claim_next(db, ["cpu"])["token"]
        register_worker(db, job_id, token, deaf.pid, started_at(deaf.pid))
        ask_stop(db, job_id, "cancel")
    threading.Thread(target=supervisor.supervise, args=(store, 0.2), daemon=True).start()
    assert deaf.wait(30) != 0
    until(lambda: job_now(store, job_id)["state"] == "cancelled")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_worker_is_interrupted_and_resumes_to_the_same_records(store, tmp_path):
    file = pc_chat(tmp_path / "a.txt", days=300, per_day=1000)
    job_id = submit(store, "import", import_args(file))
    until(lambda: (job_now(store, job_id)["progress"] or {}).get("done"))
    job = job_now(store, job_id)
    end_process(job["pid"], job["pid_started_at"], kill=True)
    until(lambda: job_now(store, job_id)["state"] == "interrupted")
    with open_store(store) as db:
        assert check(db) == []
    resume(store, job_id)
    assert wait(store, job_id, lambda _: None)["records"] == 300_000
    with open_store(store) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone()[0] == 300_000 and check(db) == []
        assert db.execute("SELECT count(*) FROM sources").fetchone()[0] == 1


def test_a_new_supervisor_adopts_the_living_worker(store, tmp_path):
    job_id = submit(store, "import", import_args(pc_chat(tmp_path / "a.txt", days=300, per_day=1000)))
    until(lambda: (job_now(store, job_id)["progress"] or {}).get("done"))
    first = until(lambda: _living_supervisor(store))
    end_supervisor_only(first)
    ensure_supervisor(store)
    assert wait(store, job_id, lambda _: None)["records"] == 300_000
    job = job_now(store, job_id)
    assert job["attempt"] == 1 and job["state"] == "done"


def end_supervisor_only(found: dict) -> None:
    process = psutil.Process(found["pid"])
    process.kill()
    until(lambda: not is_alive(found["pid"], found["pid_started_at"]))


def test_worker_output_goes_to_a_file_and_holds_no_chat_text(store, tmp_path):
    file = pc_chat(tmp_path / "a.txt")
    job_id = submit(store, "import", import_args(file))
    wait(store, job_id, lambda _: None)
    log = cache_folder(store) / "logs" / f"{job_id}.log"
    assert log.exists() and "밥 먹었어" not in log.read_text(encoding="utf-8")


def test_a_bug_in_a_worker_ends_the_job_with_exit_1_and_no_hangul_in_the_log(store):
    job_id = submit(store, "import", {"recipe": "persona", "files": 3, "kind": "비밀", "me": None})
    until(lambda: job_now(store, job_id)["state"] == "failed")
    assert job_now(store, job_id)["ending"] == "bug"
    log = (cache_folder(store) / "logs" / f"{job_id}.log").read_text(encoding="utf-8")
    assert "Traceback" in log and "비밀" not in log


def test_spawned_processes_speak_utf8(tmp_path):
    log = tmp_path / "말.log"
    spawn(["-c", "print('한글 출력')"], log, {"PYTHONIOENCODING": "utf-8"}).wait()
    assert log.read_text(encoding="utf-8").strip() == "한글 출력"


def test_every_answer_of_jobs_is_json(store):
    told = subprocess.run(
        [sys.executable, "-m", "engine", "jobs", "--json", "--store", str(store)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        encoding="utf-8",
    )
    assert json.loads(told.stdout.splitlines()[-1]) == {"jobs": []}
