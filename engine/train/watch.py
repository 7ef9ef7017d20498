"""All that is shown of one run, and of several side by side, read at once. It draws nothing and starts nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.datasets import get_dataset
from engine.store.jobs import ENDED, get_job, judging_job, read_log
from engine.store.resources import Usage, read_usage
from engine.store.runs import get_run, latest_metrics, newest_judgement, newest_run, read_pace, read_spent, standing
from engine.store.samples import read_samples
from engine.store.tries import read_tries
from engine.train.curve import Curve, read_curve, seconds_left
from engine.train.epochs import Epoch, epochs_of
from engine.train.preferences.reward_curve import Rewards, read_rewards
from engine.train.provenance import Resumable, resumable

LOG_LINES = 30
MOST = 4
"""Runs compared at most: more curves cannot be told apart."""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run: its row, where it stands, its curve, and what came of it. None where there is nothing to tell; `resumable`: of one
    that ended before its end."""

    run: dict[str, Any]
    standing: str
    job: dict[str, Any] | None
    curve: Curve
    newest: dict[str, Any] | None
    seconds_left: float | None
    rewards: Rewards | None
    samples: list[dict[str, Any]]
    tries: list[dict[str, Any]]
    log: list[dict[str, Any]]
    evaluation: str | None
    judged_by: str | None
    resumable: Resumable | None
    epochs: list[Epoch]
    usage: Usage | None


def named_run(db: Database, asked: str) -> str:
    """The id behind `latest` (the run begun last, trained or not), a run's id or its job's. Raises UserError for none."""
    return str(get_run(db, (newest_run(db) or asked) if asked == "latest" else asked)["id"])


def read_run_view(db: Database, run_id: str) -> RunView:
    """Everything about a run that a screen shows. Raises UserError when there is none of that id."""
    run = get_run(db, run_id)
    since = (run["progress"] or {}).get("since")
    return RunView(
        run=run,
        standing=standing(run),
        job=get_job(db, run["job_id"]) if run["job_id"] else None,
        curve=read_curve(db, run["id"]),
        newest=latest_metrics(db, run["id"]),
        seconds_left=seconds_left(run, read_pace(db, run["id"], since)) if since else None,
        rewards=read_rewards(db, run),
        samples=read_samples(db, run["id"]),
        tries=read_tries(db, run["id"]),
        log=read_log(db, run["job_id"], limit=LOG_LINES) if run["job_id"] else [],
        evaluation=newest_judgement(db, run["id"]),
        judged_by=judging_job(db, run["id"]),
        resumable=resumable(db, run["id"])
        if run["job_id"] and run["state"] in ENDED and run["state"] != "done"
        else None,
        epochs=epochs_of(db, run["id"]),
        usage=read_usage(db, run["job_id"]) if run["job_id"] else None,
    )


def dataset_of(db: Database, run: dict[str, Any]) -> dict[str, Any] | None:
    """The dataset a run learned from; None when it is not in the store."""
    try:
        return get_dataset(db, run["dataset_id"]) if run["dataset_id"] else None
    except UserError:
        return None  # never frozen, or gone: the page says so


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One run among several: its curve, its lowest validation loss, and what it cost."""

    id: str
    base: str
    dataset_id: str | None
    curve: Curve
    best: float | None
    peak_gb: float | None
    tokens_per_second: float | None
    seconds: float | None
    steps: int
    spent: dict[int, tuple[float | None, float | None]]
    """{step of the curve: (tokens, seconds of training) until there}; empty unless asked for."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side; `differing`: {setting: values in the runs' order}; `one_dataset`: losses can be compared."""

    runs: list[ComparedRun]
    differing: dict[str, list[Any]]
    one_dataset: bool
    one_base: bool
    """Otherwise even a token is not the same thing in each."""


def compare_runs(db: Database, run_ids: Sequence[str], spent: bool = False) -> Comparison:
    """2 to MOST runs side by side; `spent`: with the tokens and the time that lie behind each step. Raises UserError when one of them does not exist."""
    runs = [get_run(db, run_id) for run_id in run_ids[:MOST]]
    sets = [
        {"base": run["base"], "dataset": run["dataset_id"], "preset": run["preset"], **run["settings"]} for run in runs
    ]
    names = dict.fromkeys(name for settings in sets for name in settings)
    values = {name: [settings.get(name) for settings in sets] for name in names}
    differing = {name: found for name, found in values.items() if any(value != found[0] for value in found)}
    datasets = {run["dataset_id"] for run in runs}
    return Comparison(
        runs=[_compared(db, run, spent) for run in runs],
        differing=differing,
        one_dataset=len(datasets) == 1 and None not in datasets,
        one_base=len({run["base"] for run in runs}) == 1,
    )


def _compared(db: Database, run: dict[str, Any], spent: bool) -> ComparedRun:
    curve, newest = read_curve(db, run["id"]), latest_metrics(db, run["id"]) or {}
    best = curve.verdict.best
    steps = [row["step"] for row in curve.losses] + [step for step, _ in curve.validations]
    return ComparedRun(
        id=run["id"],
        base=run["base"],
        dataset_id=run["dataset_id"],
        curve=curve,
        best=best[1] if best else None,
        peak_gb=run["peak_gb"] or newest.get("memory_gb"),
        tokens_per_second=run["tokens_per_second"] or newest.get("tokens_per_second"),
        seconds=_lasted(run["started_at"], run["left_at"]),
        steps=run["steps_done"],
        spent=read_spent(db, run["id"], steps) if spent else {},
    )


def _lasted(began: str | None, ended: str | None) -> float | None:
    """Seconds from the first start to the end, breaks included; None while it goes on."""
    if not began or not ended:
        return None
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
