"""Random kill −9 of worker and supervisor in short runs: is the store clean, can the run go on, does it end as the unbroken one?

Run as: python -m bench.kills [--kills 50] [--seed 0] [--json]

Kills fall anywhere in a worker's life, between two steps, while a checkpoint goes into the store, and while the adapter is
handed over. After each the store is checked and the run resumed; a run that reaches its end is compared with the unbroken
one (records of every step and the adapter's bytes) and the next begins. On a CPU, one thread.
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.alive import is_alive
from engine.jobs.launch import launch_run
from engine.jobs.processes import end_process
from engine.jobs.queue import ensure_supervisor, resume, wait
from engine.recipes.recipe import load_recipe
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.jobs import ENDED, get_job, get_supervisor
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.runs import get_run
from engine.train.provenance import resumable

SETTINGS = {
    "max_steps": "16",
    "save_every": "2",
    "eval_every": "4",
    "log_every": "3",
    "batch_size": "4",
    "max_length": "64",
}
TARGETS = ("worker", "worker", "worker", "supervisor", "both")
MOMENTS = (*["anywhere"] * 4, *["step"] * 3, *["saving"] * 3, "handing over")
LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 600.0


@dataclass
class Report:
    """What became of the kills."""

    kills: int = 0
    targets: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    resumes: int = 0
    runs: int = 0
    unequal_runs: int = 0
    problems: list[str] = field(default_factory=list)
    final_loss: float | None = None
    seconds: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = kill_runs(Path(folder) / "store.db", given.kills, given.seed)
    print(json.dumps(vars(report)) if given.json else table(report))
    return 1 if report.problems or report.unequal_runs else 0


def kill_runs(store: Path, kills: int, seed: int) -> Report:
    """Train once unbroken, then again and again under kills until `kills` fell."""
    os.environ["OMP_NUM_THREADS"] = "1"
    report, rng = Report(), random.Random(seed)
    dataset, began = small_dataset(store), time.monotonic()
    try:
        run_id, job_id = launch(store, dataset)
        report.final_loss = wait(store, job_id, lambda _: None)["eval_loss"]
        unbroken, span = outcome(store, run_id), time.monotonic() - began
        while report.kills < kills:
            run_id, job_id = launch(store, dataset)
            while report.kills < kills and kill_once(store, run_id, job_id, span, rng, report):
                pass
            wait(store, job_id, lambda _: None)
            report.runs += 1
            different = differences(unbroken, outcome(store, run_id))
            report.unequal_runs += bool(different)
            report.problems += [f"run {report.runs}, not as unbroken: {one}" for one in different]
            print(f"{report.kills} kills, {report.runs} runs, {report.problems}", file=sys.stderr, flush=True)
    finally:
        end_all(store)
    report.seconds = round(time.monotonic() - began, 1)
    return report


def small_dataset(store: Path) -> str:
    """32 invented rows, of which 4 are validation."""
    batch: Any = [
        ("persona", None, None, None, f"날 {i}", json.dumps([{"role": "user", "content": f"저녁 뭐 먹지 {i}"}]), f"국수 {i}그릇!", "{}")
        for i in range(32)
    ]  # fmt: skip
    with open_store(store) as db:
        dataset = start_dataset(db, recipe="persona", style="chat", options={}, masked=True, job_id="job-b", sources=[])
        members = [
            (place, row, "train" if place % 8 else "validation", None) for place, row in enumerate(add_rows(db, batch))
        ]
        add_members(db, dataset, members)
        return str(freeze_dataset(db, dataset)["id"])


def launch(store: Path, dataset: str) -> tuple[str, str]:
    return launch_run(
        store, load_recipe("persona"), dataset_id=dataset, base_name="starter", preset=None, sets=SETTINGS
    )


def outcome(store: Path, run_id: str) -> tuple[Any, ...]:
    """All that must not depend on kills: the records without times, and the adapter's bytes. (Sample answers are asked as
    often as the time allows.)"""
    records = (
        "SELECT step, epoch, loss, eval_loss, learning_rate, grad_norm FROM metrics WHERE run_id = ? ORDER BY step"
    )
    adapter = (
        "SELECT f.sha256 FROM artifact_files f JOIN runs r ON r.adapter_id = f.artifact_id "
        "WHERE r.id = ? AND f.path LIKE '%.safetensors'"
    )
    with open_store(store) as db:
        return tuple(tuple(db.conn.execute(sql, [run_id]).fetchall()) for sql in (records, adapter))


def differences(unbroken: tuple[Any, ...], found: tuple[Any, ...]) -> list[str]:
    """The first of each kind of difference."""
    told = []
    for name, then, now in zip(("records", "adapter"), unbroken, found, strict=True):
        if then != now:
            first = next((pair for pair in zip(then, now, strict=False) if pair[0] != pair[1]), (len(then), len(now)))
            told.append(f"{name}: {first[0]} became {first[1]}")
    return told


def kill_once(store: Path, run_id: str, job_id: str, span: float, rng: random.Random, report: Report) -> bool:
    """One kill and what an owner does after it; False when the job ended before its moment came."""
    target, moment = rng.choice(TARGETS), rng.choice(MOMENTS)
    if not until(store, job_id, due(run_id, moment, span, rng)):
        return False
    killed = kill(store, job_id, target)
    if not killed:
        return True
    report.kills += 1
    report.targets[killed] += 1
    report.moments[moment] += 1
    with open_store(store) as db:
        report.problems += [f"kill {report.kills} ({killed}, {moment}): {problem}" for problem in check(db)]
    if killed == "supervisor":
        ensure_supervisor(store)
    else:
        revive(store, job_id, report)
    return True


def due(run_id: str, moment: str, span: float, rng: random.Random) -> Callable[[sqlite3.Connection], bool]:
    """Whether the moment has come."""
    at, later = time.monotonic() + rng.uniform(0, span), rng.uniform(0, 0.2)
    kind = "adapter" if moment == "handing over" else "checkpoint"
    steps = "SELECT steps_done FROM runs WHERE id = ?"
    writing = "SELECT count(*) FROM artifacts WHERE run_id = ? AND kind = ? AND state = 'writing'"
    seen: list[int] = []

    def has_come(db: sqlite3.Connection) -> bool:
        if moment == "anywhere":
            return time.monotonic() > at
        if moment == "step":
            done = db.execute(steps, [run_id]).fetchone()[0]
            seen[:] = seen or [done]
            if done > seen[0]:
                time.sleep(later)
            return bool(done > seen[0])
        found = db.execute(writing, [run_id, kind]).fetchone()[0]
        seen[:] = seen or [found]  # what an earlier kill left half written does not count
        seen[0] = min(seen[0], found)
        return bool(found > seen[0])

    return has_come


def until(store: Path, job_id: str, has_come: Callable[[sqlite3.Connection], bool]) -> bool:
    """Wait for a moment; False when the job ends first."""
    db, end = sqlite3.connect(store, timeout=30), time.monotonic() + PATIENCE_SECONDS
    try:
        while time.monotonic() < end:
            state, pid, began = db.execute(
                "SELECT state, pid, pid_started_at FROM jobs WHERE id = ?", [job_id]
            ).fetchone()
            if state in ENDED:
                return False
            if state == "running" and is_alive(pid, began) and has_come(db):
                return True
            ensure_soon(store)
            time.sleep(LOOK_SECONDS)
    finally:
        db.close()
    raise SystemExit(f"nothing happened to {job_id} in {PATIENCE_SECONDS:.0f} s")


_looked = [0.0]


def ensure_soon(store: Path) -> None:
    """A supervisor is looked for every two seconds, as a page does."""
    if time.monotonic() - _looked[0] > 2:
        _looked[0] = time.monotonic()
        ensure_supervisor(store)


def kill(store: Path, job_id: str, target: str) -> str | None:
    """Kill those of the target that live; returns what was killed: worker, supervisor, both, None."""
    with open_store(store) as db:
        found = {"supervisor": get_supervisor(db), "worker": get_job(db, job_id)}
    victims = [name for name in found if target in (name, "both")]
    alive = [name for name in victims if (one := found[name]) and is_alive(one["pid"], one["pid_started_at"])]
    for name in alive:
        os.kill(found[name]["pid"], 9)  # type: ignore[index]
    return "both" if len(alive) == 2 else alive[0] if alive else None


def revive(store: Path, job_id: str, report: Report) -> None:
    """Wait until the death is noticed, ask whether the run can go on, and resume it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        ensure_soon(store)
        with open_store(store) as db:
            job = get_job(db, job_id)
            if job["state"] in ENDED:
                break
        time.sleep(0.05)
    if job["state"] == "done":  # killed after its last word
        return
    with open_store(store) as db:
        found = resumable(db, job["args"]["run"])
        kept = get_run(db, job["args"]["run"])["steps_done"]
    if not found.able or job["ending"] != "killed" or found.step > kept:
        report.problems.append(f"kill {report.kills}: {job['ending']}, {found}")
    resume(store, job_id)
    report.resumes += 1


def end_all(store: Path) -> None:
    """Leave no process behind."""
    with open_store(store) as db:
        workers = db.execute(
            "SELECT pid, pid_started_at FROM jobs WHERE state = 'running' AND pid IS NOT NULL"
        ).fetchall()
        supervisor = get_supervisor(db)
    for pid, began in [*workers, *([(supervisor["pid"], supervisor["pid_started_at"])] if supervisor else [])]:
        end_process(pid, began, kill=True)


def table(report: Report) -> str:
    """The report for people."""
    lines = ["| what | count |", "| --- | ---: |", f"| kills | {report.kills} |"]
    lines += [f"| of {target} | {count} |" for target, count in sorted(report.targets.items())]
    lines += [f"| moment: {moment} | {count} |" for moment, count in sorted(report.moments.items())]
    lines += [f"| resumes | {report.resumes} |", f"| runs finished | {report.runs} |"]
    lines += [f"| of them not equal to the unbroken run | {report.unequal_runs} |"]
    lines += [
        f"| problems of `check` or resume | {len(report.problems)} |",
        f"| final validation loss | {report.final_loss!r} |",
    ]
    return "\n".join([*lines, f"| seconds | {report.seconds:.0f} |", "", *report.problems])


if __name__ == "__main__":
    sys.exit(main())
