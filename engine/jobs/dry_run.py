"""Queue a probe, and find the newest one of the same run. What it does stands in engine/train/plan/probe.py."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.jobs.launch import require_trainable, settings_for, with_own_presets
from engine.jobs.queue import ensure_supervisor
from engine.models.bases import base_hash, reference, resolve_base
from engine.recipes.recipe import Recipe
from engine.store.jobs import enqueue, list_jobs
from engine.store.open import open_store
from engine.train.objectives import require_reward_run
from engine.train.settings import TrainSettings

RECENT = 50
"""Newest jobs among which a probe is looked for."""


def launch_probe(
    store: Path, recipe: Recipe, *, dataset_id: str, base_name: str, preset: str | None, sets: Mapping[str, str]
) -> str:
    """Queue three real steps of a run that is not begun; returns the job's id. Raises UserError as `launch_run` does."""
    base = resolve_base(base_name)
    settings, _ = settings_for(with_own_presets(store, recipe), base, preset, sets)
    with open_store(store) as db:
        dataset = require_trainable(db, recipe, dataset_id, base, settings)
        require_reward_run(db, settings, base_hash(base))
        job_id = enqueue(db, "probe", probe_args(dataset["id"], reference(base), settings))
    ensure_supervisor(store)
    return job_id


def probe_args(dataset_id: str, base: str, settings: TrainSettings) -> dict[str, Any]:
    """What makes two probes the same."""
    return {"dataset": dataset_id, "base": base, "settings": settings.model_dump(mode="json")}


def newest_probe(db: Database, args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The newest probe of just this run, alive or ended; None when there is none among the newest jobs."""
    return next((job for job in list_jobs(db, RECENT) if job["kind"] == "probe" and job["args"] == args), None)
