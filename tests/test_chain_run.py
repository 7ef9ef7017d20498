"""A chain through the whole job path: a phase that is killed holds the later ones back, and when it goes on so do they; then a ladder,
an ensemble of two phases and an ablation on what it left."""

import os
import sys
from pathlib import Path

import pytest

from bench.kills import end_all
from engine.config import SAMPLES
from engine.store.evaluations import get_evaluation, read_answers
from engine.store.open import open_store
from engine.store.runs import get_run
from tests.test_jobs import job_now, until
from tests.test_kill_train import cli

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL"),
    pytest.mark.timeout(1800),
]
SHORT = ("--set", "max_steps=2", "--set", "batch_size=2")


def few_dialogues(folder: Path) -> Path:
    lines = (SAMPLES / "summary" / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    file = folder / "대화.jsonl"
    file.write_text("\n".join(lines[:12]), encoding="utf-8")
    return file


def test_a_killed_chain_goes_on_and_every_phase_is_judged(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    cli(store, "import", "--recipe", "summary", str(few_dialogues(tmp_path)))
    cli(store, "dataset", "build", "--recipe", "summary", "--source", "latest", "--style", "plain")
    planned = cli(store, "chain", "--recipe", "summary", "--plan-only", *SHORT)
    assert [(one["phase"], one["ready"]) for one in planned["phases"]] == [
        ("basic", True), ("instruction", False), ("rated", False),
    ]  # fmt: skip
    queued = cli(store, "chain", "--recipe", "summary", "--no-wait", *SHORT)
    assert [run["phase"] for run in queued["runs"]] == ["basic", "instruction"]
    assert queued["phases"][2]["refusal"]
    (one, first), (two, _) = ((run["run_id"], run["job_id"]) for run in queued["runs"])
    until(lambda: job_now(store, first)["pid"] is not None, 300)
    os.kill(job_now(store, first)["pid"], 9)
    until(lambda: job_now(store, first)["state"] == "interrupted", 60)
    assert job_now(store, queued["runs"][1]["job_id"])["state"] == "queued"
    cli(store, "resume", one)
    until(lambda: job_now(store, queued["evaluation_job_id"])["state"] == "done", 900)
    with open_store(store) as db:
        runs = [get_run(db, run) for run in (one, two)]
        judged = get_evaluation(db, job_now(store, queued["evaluation_job_id"])["result"]["evaluation_id"])
    assert runs[1]["from_run"] == one and runs[1]["from_artifact"] == runs[0]["adapter_id"]
    assert [model["model"] for model in judged["models"]] == ["base:starter", one, two]
    assert {(test["a"], test["b"]) for test in judged["steps"]} == {(one, two)}
    together_and_apart(store, one, two)
    end_all(store)


def together_and_apart(store: Path, one: str, two: str) -> None:
    short = ("--limit", "2", "--settings", "max_new_tokens=16")
    told = cli(store, "ladder", "--suite", "summary", "--step", f"학습={one}", "--step", f"함께={one}+{two}@ensemble",
               "--step", f"다듬음={one}+{two}@ensemble-tidied", *short)  # fmt: skip
    assert [rung["name"] for rung in told["ladder"]] == ["학습", "함께", "다듬음"] and all(
        r["said"] for r in told["ladder"][1:]
    )
    assert told["methods"][1]["parameters"] == 2 * told["methods"][0]["parameters"]
    with open_store(store) as db:
        raw = [
            {a["item"]: a["raw"] for a in read_answers(db, told["evaluation_id"], rung["model"])}
            for rung in told["ladder"][1:]
        ]
    assert raw[0] == raw[1]
    apart = cli(store, "ablate", "--suite", "summary", "--model", two, *short)
    assert apart["ladder"][-1]["model"] == f"{two}@tidied" and len({r["seconds"] for r in apart["ladder"]}) == 1
