"""The job of a search, from its row in the store to its result: baseline, trials, proof. It knows nothing of recipes."""

import shutil
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.hardware import device as best_device
from engine.models.bases import base_hash, resolve_base
from engine.store.artifacts import drop_artifacts
from engine.store.jobs import Work
from engine.store.lineage import link, unlink
from engine.store.open import open_store, writing
from engine.store.runs import add_run, forget_metrics_after, update_run
from engine.store.samples import forget_samples_after
from engine.store.studies import (
    add_trial,
    begin_again,
    best_trial,
    count_skipped,
    end_trial,
    get_study,
    read_trials,
    update_study,
)
from engine.train.environment import describe_environment
from engine.train.objectives import kind_of
from engine.train.run import fetched, keep_adapter, read_rows, require_clean
from engine.train.search.proof import prove, repeated
from engine.train.search.proposals import as_optuna, is_hopeless, propose
from engine.train.search.space import Range, as_range
from engine.train.search.trial import Bench, Clock, TrialWork, lowest, run_trial, trial_folder
from engine.train.search.twins import effect_of, settle
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings

TRIES = 2
"""A trial whose process died twice is given up: what killed it, memory most likely, would kill the third too."""
HANDED_OVER = ("adapter", "model")
"""Kinds of artifact that a trial may hand over."""
PASSED_OVER = 200
"""Proposals in a row that mean nothing new, after which the space counts as exhausted."""
PROOF_SHARE = 1 / 3
"""Of the budget, kept for repeating best and baseline with other seeds."""


@dataclass(frozen=True)
class Search:
    """A study at work."""

    work: Work
    study: dict[str, Any]
    bench: Bench
    baseline: TrainSettings
    space: list[Range]
    device: str

    @property
    def id(self) -> str:
        return str(self.study["id"])

    def trials(self) -> list[dict[str, Any]]:
        """The trials so far."""
        with open_store(self.work.store) as db:
            return read_trials(db, self.id)


def run_search(work: Work, study_id: str) -> dict[str, Any]:
    """Search until the budget is used up, the grid is done or the trials are; returns the `search` result.

    A search that was cut short goes on within what is left of its budget; the trial at work begins again. Raises UserError
    when the baseline itself cannot be trained, and Stopped when the owner asked.
    """
    search = _open(work, study_id)
    _begin_cut_ones_again(search)
    if not search.trials():
        _try(search, "baseline", {})
    while (values := _next(search)) is not None:
        _try(search, "search", values)
    _repeat_both(search)
    return _finish(search)


def _open(work: Work, study_id: str) -> Search:
    with open_store(work.store) as db:
        study = get_study(db, study_id)
        base = fetched(resolve_base(study["base"]), work)
        require_clean(db, study["dataset_id"])
        rows = read_rows(db, study["dataset_id"])
    bench = Bench(
        study["id"], base, base_hash(base), describe_environment(), rows, Clock(study["minutes"] * 60, study["seconds"])
    )
    space = [as_range(told) for told in study["space"]]
    return Search(work, study, bench, TrainSettings(**study["settings"]), space, best_device())


def _begin_cut_ones_again(search: Search) -> None:
    """A trial without an ending: its process died, or the owner stopped the search. A baseline that failed is tried again
    too: nothing can be told without it, and the owner resumed the search."""
    for trial in search.trials():
        first = trial["role"] == "baseline"
        if trial["state"] != "running" and not (first and trial["state"] == "failed"):
            continue
        with open_store(search.work.store) as db:
            if trial["tries"] >= TRIES and not first:
                end_trial(db, search.id, trial["number"], "failed", "killed")
                continue
            begin_again(db, search.id, trial["number"])
            forget_metrics_after(db, trial["run_id"], -1)
            forget_samples_after(db, trial["run_id"], -1)
        _train(search, trial["number"], trial["run_id"], trial["role"], trial["values"])


def _next(search: Search) -> dict[str, Any] | None:
    """The next values worth a trial; None when the budget, the trials or the space are used up."""
    trials = search.trials()
    own = [trial for trial in trials if trial["role"] != "again"]
    enough = search.study["trials_most"] is not None and len(own) >= search.study["trials_most"]
    if enough or len(own) < len(trials) or search.bench.clock.left() <= _kept_back(search, trials):
        return None
    if search.study["grid"] is not None:
        return next((one for one in search.study["grid"] if all(one != trial["values"] for trial in own)), None)
    return _proposed(search, own)


def _kept_back(search: Search, trials: list[dict[str, Any]]) -> float:
    """Seconds of the budget that no further trial is begun in: the proof's, at most a third."""
    done = [trial["seconds"] for trial in trials if trial["state"] == "done"]
    return min(PROOF_SHARE * search.bench.clock.seconds, 2 * search.study["seeds"] * fmean(done)) if done else 0.0


def _proposed(search: Search, trials: list[dict[str, Any]]) -> dict[str, Any] | None:
    usual, rows = search.baseline.model_dump(mode="json"), len(search.bench.rows["train"])
    tried = {
        effect_of(found, rows, search.device)
        for trial in trials
        if (found := settle(search.baseline, trial["values"], search.device)[0])
    }
    study = as_optuna(search.space, trials, usual, seed=len(trials))
    for _ in range(PASSED_OVER):
        values = propose(study, search.space)
        settings, why = settle(search.baseline, values, search.device)
        if settings is not None and effect_of(settings, rows, search.device) not in tried:
            return values
        with open_store(search.work.store) as db:
            count_skipped(db, search.id, why or "twin")
    return None


def _try(search: Search, role: str, values: dict[str, Any], of_number: int | None = None) -> None:
    """Record a run and its trial, and train it."""
    settings, why = settle(search.baseline, values, search.device)
    assert settings is not None, why
    origins = {**search.study["origins"], **dict.fromkeys(values, f"search:{search.id}")}
    bench = search.bench
    with open_store(search.work.store) as db, writing(db):
        run_id = add_run(
            db,
            recipe=search.study["recipe"],
            dataset_id=search.study["dataset_id"],
            base={"name": search.study["base"], "revision": bench.base.revision, "hash": bench.base_hash},
            preset=search.study["preset"],
            settings=settings.model_dump(mode="json"),
            origins=origins,
        )
        number = add_trial(db, search.id, run_id=run_id, role=role, values=values, of_number=of_number)
        update_run(db, run_id, job_id=search.work.job_id, environment_json=bench.environment)
    _train(search, number, run_id, role, values)


def _train(search: Search, number: int, run_id: str, role: str, values: dict[str, Any]) -> None:
    """Train one trial to its ending. Raises UserError when it is the baseline that cannot be trained."""
    settings, why = settle(search.baseline, values, search.device)
    assert settings is not None, why
    others = [trial for trial in search.trials() if trial["number"] != number]
    work = TrialWork(search.work, _facts(search, number, role, others), search.bench.clock)

    def hopeless(reports: dict[int, float]) -> bool:
        return role == "search" and is_hopeless(others, reports)

    told = run_trial(search.bench, work, run_id, number, settings, hopeless)
    if isinstance(told, TrainResult):
        told = _finish_trial(search, number, run_id, role, kind_of(settings), told)
    shutil.rmtree(trial_folder(search.work, run_id), ignore_errors=True)
    with open_store(search.work.store) as db:
        _drop_beaten(db, search.id)
    if told is not None:
        work.log(f"{told.ko} / {told.en}", "warning")
        if role == "baseline":
            raise told


def _facts(search: Search, number: int, role: str, others: list[dict[str, Any]]) -> dict[str, Any]:
    """What the progress line tells: finished trials of how many (None: as many as fit), and the lowest loss so far."""
    own = [trial for trial in others if trial["role"] != "again"]
    return {
        "what": "search", "study": search.id, "trial": number, "role": role, "done": len(own), "total": _planned(search),
        "best": lowest(own),
    }  # fmt: skip


def _planned(search: Search) -> int | None:
    """How many trials there will be, where that is known."""
    grid = search.study["grid"]
    known = [count for count in (search.study["trials_most"], len(grid) + 1 if grid else None) if count is not None]
    return min(known, default=None)


def _finish_trial(
    search: Search, number: int, run_id: str, role: str, kind: str, result: TrainResult
) -> UserError | None:
    """The adapter of the best so far is kept before the trial counts as done: a kill in between costs one trial."""
    best, value = best_trial(search.trials()), result.eval_loss
    if value is not None and role != "again" and (best is None or value < best["value"]):
        keep_adapter(search.work, run_id, result, kind)
    with open_store(search.work.store) as db:
        update_run(
            db, run_id, train_loss=result.train_loss, eval_loss=value, best_step=result.best_step, peak_gb=result.peak_gb,
            tokens_per_second=result.tokens_per_second,
        )  # fmt: skip
        end_trial(db, search.id, number, *(("done", None, value) if value is not None else ("failed", "unmeasured")))
    return None if value is not None else _unmeasured(search.baseline.max_length)


def _unmeasured(max_length: int) -> UserError:
    return UserError(
        f"검증 손실을 잴 수 없었습니다: 검증 행의 답이 모두 max_length={max_length}보다 깁니다. max_length를 늘려 다시 하세요.",
        f"No validation loss could be measured: every validation target is longer than max_length={max_length}. Raise it.",
    )


def _drop_beaten(db: Database, study_id: str) -> None:
    """Adapters of all ended trials but the best, also what a kill left between two steps. A run without an adapter is
    nothing that came of the dataset any more: `forget` need not name it."""
    trials = read_trials(db, study_id)
    best = best_trial(trials)
    for trial in trials:
        if trial["run_id"] and trial is not best and trial["state"] != "running":
            for kind in HANDED_OVER:
                drop_artifacts(db, trial["run_id"], kind)
            unlink(db, "run", trial["run_id"])
            if trial["adapter_id"]:
                update_run(db, trial["run_id"], result_json=None)


def _repeat_both(search: Search) -> None:
    """Best and baseline with other seeds, pair by pair, while the budget lasts."""
    best = best_trial(search.trials())
    if best is None or best["number"] == 0:
        return
    none: dict[str, Any] = {}
    for place in range(1, search.study["seeds"] + 1):
        seed = search.baseline.seed + place
        for number, values in ((best["number"], best["values"]), (0, none)):
            trials = search.trials()
            pair = max(best["seconds"], trials[0]["seconds"])
            if seed in repeated(trials, number):
                continue
            if search.bench.clock.left() < pair:
                return
            _try(search, "again", {**values, "seed": seed}, number)


def _finish(search: Search) -> dict[str, Any]:
    with open_store(search.work.store) as db:
        result = summary(db, search.id, search.bench.clock.spent())
        if result["best"]:
            with writing(db):
                link(db, "search", search.id, "run", result["best"]["run_id"])
        update_study(db, search.id, result_json=result, seconds=search.bench.clock.spent())
    return result


def summary(db: Database, study_id: str, seconds: float | None = None) -> dict[str, Any]:
    """What a study has found so far: {study, state, best, baseline, proof, trials, pruned, stopped, failed, skipped, seconds}."""
    study, trials = get_study(db, study_id), read_trials(db, study_id)
    best = best_trial(trials)
    own = [trial for trial in trials if trial["role"] != "again"]
    counts = {state: sum(trial["state"] == state for trial in own) for state in ("done", "pruned", "stopped", "failed")}
    return {
        "study": study_id,
        "best": _told(best) if best else None,
        "baseline": _told(own[0]) if own else None,
        "proof": asdict(prove(trials, best["number"])) if best else None,
        "trials": len(own),
        **counts,
        "repeated": len(trials) - len(own),
        "skipped": study["skipped"],
        "seconds": round(study["seconds"] if seconds is None else seconds, 1),
        "minutes": study["minutes"],
    }


def _told(trial: Any) -> dict[str, Any]:
    return {name: trial[name] for name in ("number", "run_id", "values", "value", "state")}
