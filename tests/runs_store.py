"""Stores for tests of runs and jobs, filled through the engine's own functions. It holds no tests."""

import os
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.alive import is_alive, started_at
from engine.store.artifacts import save_artifact
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.jobs import claim_next, claim_supervisor, enqueue, finish_job, register_worker
from engine.store.runs import add_metrics, add_run, get_run, update_run
from engine.train.checkpoints import STATE, TENSOR_STATES
from engine.train.provenance import made_with
from engine.train.settings import TrainSettings

PRESET = {"learning_rate": 2e-3, "batch_size": 4}


def supervised_here(db: Database) -> None:
    """This process takes the supervisor's place: no page starts a real one, and queued jobs stay queued."""
    assert claim_supervisor(db, os.getpid(), started_at(os.getpid()), is_alive)


def frozen_dataset(db: Database, rows: int = 6) -> str:
    """A frozen dataset of invented rows, half of them validation."""
    dataset = start_dataset(db, recipe="persona", style="chat", options={}, masked=True, job_id="job-none", sources=[])
    batch = [
        (
            "persona",
            None,
            None,
            None,
            f"날 {i}",
            f'[{{"role": "user", "content": "저녁 뭐 먹지 {i}"}}]',
            f"국수 {i}그릇!",
            "{}",
        )
        for i in range(rows)
    ]
    ids = add_rows(db, batch)
    add_members(
        db, dataset, [(place, row, "validation" if place % 2 else "train", None) for place, row in enumerate(ids)]
    )
    return str(freeze_dataset(db, dataset)["id"])


def queued_run(db: Database, dataset: str | None = None, base: str = "starter", **sets: Any) -> tuple[str, str]:
    """A run whose job waits; returns (run, job)."""
    settings = TrainSettings.model_validate({**PRESET, **sets})
    origins = {name: "default" for name in TrainSettings.model_fields}
    origins |= dict.fromkeys(PRESET, "preset:quick") | dict.fromkeys(sets, "--set")
    run = add_run(
        db,
        recipe="persona",
        dataset_id=dataset,
        base={"name": base, "revision": None, "hash": None},
        preset="quick",
        settings=settings.model_dump(mode="json"),
        origins=origins,
    )
    job = enqueue(db, "train", {"run": run})
    update_run(db, run, job_id=job, steps_total=100)
    return run, job


def begin(db: Database, job: str) -> str:
    """Claim jobs until this one runs, under this process; returns its token."""
    claimed = claim_next(db, ["cpu"])
    assert claimed and claimed["id"] == job
    assert register_worker(db, job, claimed["token"], os.getpid(), started_at(os.getpid()))
    return str(claimed["token"])


def end(db: Database, job: str, token: str, state: str = "done", ending: str = "done", message: str = "") -> None:
    assert finish_job(
        db, job, token, state, ending, {} if state == "done" else None, (message, message and f"en {message}")
    )


def ended_run(db: Database, dataset: str | None = None, state: str = "done", ending: str = "done", **sets: Any) -> str:
    """A run that ended, with a curve that falls and rises again."""
    run, job = queued_run(db, dataset, **sets)
    token = begin(db, job)
    add_curve(db, run, [(0, 7.5), (20, 4.0), (40, 3.0), (60, 3.4)])
    end(db, job, token, state, ending)
    return run


def add_curve(db: Database, run: str, validations: list[tuple[int, float]]) -> None:
    """Training losses every ten steps up to the last validation, and the validations."""
    for step in range(10, validations[-1][0] + 1, 10):
        add_metrics(
            db,
            run,
            step,
            loss=5.0 - step / 50,
            learning_rate=1e-3,
            grad_norm=1.0,
            tokens_per_second=900.0,
            memory_gb=1.5,
        )
    for step, loss in validations:
        add_metrics(db, run, step, eval_loss=loss)


def give_adapter(db: Database, run: str, folder: Path) -> str:
    """An adapter of one small file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_model.safetensors").write_bytes(b"0")
    artifact = save_artifact(db, folder, "adapter", run, 40)
    update_run(db, run, adapter_id=artifact, eval_loss=3.0, best_step=40, peak_gb=1.7, tokens_per_second=900.0)
    return artifact


def add_checkpoint(db: Database, folder: Path, run: str, step: int, **made: Any) -> str:
    """A checkpoint of small files, kept as a worker keeps it; `made` replaces parts of what it was made with."""
    place = folder / f"{run}-{step}"
    place.mkdir()
    for name in (STATE, *TENSOR_STATES, "adapter_model.safetensors"):
        (place / name).write_text(f"{name} {run} {step}", encoding="utf-8")
    facts = made_with(db, get_run(db, run), device="cpu") | made
    return save_artifact(db, place, "checkpoint", run, step, {"best": False, "made": facts})
