"""Random kill −9 of worker, supervisor and dashboard, during import, masking and training: nothing saved is lost, nothing runs twice."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.big_chat import ME, write_chat
from engine.alive import is_alive, started_at
from engine.config import ROOT
from engine.jobs.queue import ensure_supervisor, resume, submit, wait
from engine.store.jobs import ENDED, get_job, get_supervisor
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.runs import get_run, read_metrics
from engine.store.settings import set_setting
from tests.test_jobs import end_supervisor, job_now
from tests.test_journey import TOY, toy_table

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL"),
    pytest.mark.timeout(1200),
]
KILLS = 20
STEPS = 24


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MALMOI_RECIPES", str(TOY))
    path = tmp_path / "저장 소.db"
    monkeypatch.setenv("MALMOI_STORE", str(path))
    with open_store(path):
        pass
    yield path
    end_supervisor(path)


class Dashboard:
    """A real Streamlit server on the store, started again after each kill."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "dashboard.log"
        self.process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
        with self.log.open("ab") as log:
            command = [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "Home.py",
                "--server.headless",
                "true",
                "--server.port",
                "0",
            ]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=os.environ.copy())

    def close(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


def kill_at_random(store: Path, job_id: str, kills: int, rng: random.Random, dashboard: Dashboard) -> list[str]:
    """Kill until `kills` processes died or the job is done; `check` after every kill, `resume` after a dead worker."""
    killed: list[str] = []
    while len(killed) < kills and job_now(store, job_id)["state"] != "done":
        time.sleep(rng.uniform(0.1, 4.0))
        target = rng.choice(("worker", "worker", "supervisor", "dashboard"))
        if kill(store, job_id, target, dashboard):
            killed.append(target)
            with open_store(store) as db:
                assert check(db) == [], f"after kill {len(killed)} ({target})"
        revive(store, job_id)
    return killed


def kill(store: Path, job_id: str, target: str, dashboard: Dashboard) -> bool:
    if target == "dashboard":
        dashboard.kill()
        return True
    with open_store(store) as db:
        found = get_job(db, job_id) if target == "worker" else get_supervisor(db)
    if not found or not is_alive(found["pid"], found["pid_started_at"]):
        return False
    os.kill(found["pid"], 9)
    return True


def revive(store: Path, job_id: str) -> None:
    """What an owner does: the page starts a supervisor, and an interrupted job is resumed."""
    ensure_supervisor(store)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        job = job_now(store, job_id)
        if job["state"] in ENDED or job["pid"] is None or is_alive(job["pid"], job["pid_started_at"]):
            break
        ensure_supervisor(store)
        time.sleep(0.1)
    if job_now(store, job_id)["state"] in ("interrupted", "failed"):
        assert job_now(store, job_id)["ending"] == "killed", str(job_now(store, job_id)["message_en"])
        resume(store, job_id)


def test_import_and_training_survive_twenty_random_kills(store, tmp_path):
    from engine.jobs.launch import launch_run
    from engine.recipes.recipe import load_recipe

    rng, dashboard = random.Random(20), Dashboard(tmp_path)
    try:
        rows = "".join(
            toy_table(tmp_path / f"{i}.jsonl").read_text(encoding="utf-8").replace("번 손님", f"번 손님{i}")
            for i in range(4000)
        )
        (tmp_path / "큰 표.jsonl").write_text(rows, encoding="utf-8")
        args = {"recipe": "toy", "files": [str(tmp_path / "큰 표.jsonl")], "kind": None, "me": None}
        big = submit(store, "import", args)
        killed = kill_at_random(store, big, 8, rng, dashboard)
        assert wait(store, big, lambda _: None)["records"] == 240_000
        small = submit(store, "import", args | {"files": [str(toy_table(tmp_path / "표.jsonl"))]})
        source = wait(store, small, lambda _: None)["source_id"]
        built = {"recipe": "toy", "sources": [source], "style": "chat", "me": None, "options": {}, "seed": 0}
        dataset = wait(store, submit(store, "dataset", built), lambda _: None)["dataset_id"]
        sets = {"max_steps": str(STEPS), "save_every": "2", "eval_every": "2", "log_every": "1"}
        recipe = load_recipe("toy")
        run_id, job_id = launch_run(store, recipe, dataset_id=dataset, base_name="starter", preset=None, sets=sets)
        killed += kill_at_random(store, job_id, KILLS - len(killed), rng, dashboard)
        result = wait(store, job_id, lambda _: None)
    finally:
        dashboard.close()
    assert result["steps"] == result["total_steps"] == STEPS
    with open_store(store) as db:
        run = get_run(db, run_id)
        steps = [row["step"] for row in read_metrics(db, run_id)]
        assert check(db) == [] and run["steps_done"] == STEPS and steps == sorted(set(steps)) and steps[-1] == STEPS
        assert db.execute("SELECT count(*) FROM sources").fetchone()[0] == 2
        assert db.execute("SELECT count(*) FROM records").fetchone()[0] == 240_060
    assert {"worker", "supervisor"} <= set(killed) and started_at(os.getpid()) > 0


def test_a_chat_killed_at_any_moment_is_imported_and_masked_as_one_that_was_not(store, tmp_path):
    """Eight kills of the worker while it reads, stores or masks; its pool leaves with it."""
    rng = random.Random(4)
    write_chat(tmp_path / "대화.txt", 14_000_000, "windows", seed=4)
    args = {"recipe": "persona", "files": [str(tmp_path / "대화.txt")], "kind": None, "me": ME, "mask": True}
    whole = tmp_path / "whole.db"
    for path in (store, whole):
        with open_store(path) as db:
            set_setting(db, "mask_key", "00" * 32)
    try:
        told = wait(whole, submit(whole, "import", args), lambda _: None)
    finally:
        end_supervisor(whole)
    job_id, steps = submit(store, "import", args), []
    for _ in range(8):
        time.sleep(rng.uniform(0.5, 4.0))
        job = job_now(store, job_id)
        if is_alive(job["pid"], job["pid_started_at"]):
            pool = psutil.Process(job["pid"]).children(recursive=True)
            os.kill(job["pid"], 9)
            steps.append(job["progress"])
            assert psutil.wait_procs(pool, timeout=30)[1] == []
            with open_store(store) as db:
                assert check(db) == []
        revive(store, job_id)
    again = wait(store, job_id, lambda _: None)
    assert steps and {**again, "source_id": ""} == {**told, "source_id": ""}
    assert stored(store) == stored(whole)


def stored(store: Path) -> list[list[tuple]]:
    """Everything an import with masking leaves, without ids."""
    masks = (
        'SELECT r.seq, m.start, m."end", m.label, m.placeholder, m.value_key, m.confidence, m.state, m.decided_by '
        "FROM masks m JOIN records r ON r.id = m.record_id ORDER BY r.seq, m.start"
    )
    records = "SELECT seq, at, speaker, kind, text, meta_json FROM records ORDER BY seq"
    with open_store(store) as db:
        assert check(db) == []
        return [db.conn.execute(sql).fetchall() for sql in (records, masks, "SELECT * FROM mask_values ORDER BY 1, 3")]
