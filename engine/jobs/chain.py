"""Phases of a recipe as one planned chain: datasets, settings and estimates first, then runs queued after one another and one
evaluation of all of them. It trains nothing itself.

A chain has no row of its own: its jobs carry the id of its first run, and each run names the one it goes on from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.judge import LIMIT
from engine.jobs.launch import (
    facts_of,
    refuse_here,
    require_trainable,
    run_bytes,
    settings_for,
    usual_preset,
    with_own_presets,
    with_special_tokens,
)
from engine.jobs.queue import ensure_supervisor
from engine.models.bases import ResolvedBase, base_hash, resolve_base
from engine.models.shapes import shape_of
from engine.recipes.recipe import Phase, Recipe
from engine.serve.decoding import Decoding
from engine.store.datasets import get_dataset, list_datasets
from engine.store.jobs import enqueue
from engine.store.open import open_store, require_space, writing
from engine.store.preferences import STYLES
from engine.store.runs import add_run, update_run
from engine.train.phases import planned_phase
from engine.train.plan.estimate import Estimate, correction_of, estimate, past_runs, sample_rows
from engine.train.plan.machine import Machine, this_machine
from engine.train.settings import ON_POLICY, TrainSettings

Sets = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Planned:
    """One phase before anything is queued. Without `settings` it cannot be trained, and `refusal` says why."""

    phase: Phase
    dataset: dict[str, Any] | None
    """None: still to be built."""
    preset: str
    settings: TrainSettings | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    told: Estimate | None = None
    refusal: UserError | None = None

    @property
    def objective(self) -> str:
        return self.phase.settings.get("objective", "sft")


@dataclass(frozen=True, slots=True)
class Chain:
    """A whole chain: the base it begins with, and its phases in order."""

    recipe: Recipe
    base: ResolvedBase
    phases: tuple[Planned, ...]

    @property
    def ready(self) -> list[Planned]:
        """Phases that can be queued now."""
        return [one for one in self.phases if one.settings is not None]

    @property
    def unbuilt(self) -> list[Planned]:
        """Phases whose dataset is still to be built."""
        return [one for one in self.phases if one.dataset is None]


def plan_chain(
    store: Path,
    recipe: Recipe,
    base_name: str,
    *,
    dataset_id: str | None = None,
    only: Sequence[str] = (),
    sets: Sets | None = None,
    machine: Machine | None = None,
) -> Chain:
    """What every phase would be: its dataset, settings, memory and time. `dataset_id`: whose sources it learns from, the newest
    without one. `sets`: `name` for all phases, `PHASE.name` for one. A phase that cannot be carries the reason.

    Raises UserError for a recipe without phases, an unknown phase, base or dataset.
    """
    recipe, base, machine = with_own_presets(store, recipe), resolve_base(base_name), machine or this_machine()
    planned: list[Planned] = []
    with open_store(store) as db:
        sources = _sources(db, recipe, dataset_id)
        for phase in chosen_phases(recipe, only):
            own = _sets_of(phase, sets or {}, recipe.phases)
            found = _dataset_for(db, recipe, phase.style, sources)
            planned.append(_plan(store, db, recipe, base, machine, phase, found, own, planned))
    return Chain(recipe, base, tuple(planned))


def chosen_phases(recipe: Recipe, only: Sequence[str]) -> list[Phase]:
    """The phases to train, in the recipe's order. Raises UserError where there is none of that name."""
    known = [phase.name for phase in recipe.phases]
    if not known:
        raise UserError(
            f"'{recipe.name}' 레시피에는 이어 학습할 단계가 정해져 있지 않습니다. `train --from`으로 한 번씩 이어 학습하세요.",
            f"The recipe '{recipe.name}' has no phases to chain. Go on run by run with `train --from`.",
        )
    if unknown := next((name for name in only if name not in known), None):
        raise UserError(
            f"'{recipe.name}' 레시피에 '{unknown}'(이)라는 학습 단계가 없습니다. 있는 단계: {', '.join(known)}.",
            f"The recipe '{recipe.name}' has no phase '{unknown}'. It has: {', '.join(known)}.",
        )
    return [phase for phase in recipe.phases if (phase.name in only if only else not phase.asked_for)]


def _sources(db: Database, recipe: Recipe, dataset_id: str | None) -> list[str]:
    """Sources of the dataset that was named, else of the newest that was built from sources; none before there is one."""
    if dataset_id:
        return list(get_dataset(db, dataset_id, recipe.name)["sources"])
    return next((one["sources"] for one in list_datasets(db, recipe.name) if one["style"] not in STYLES), [])


def _dataset_for(db: Database, recipe: Recipe, style: str, sources: Sequence[str]) -> dict[str, Any] | None:
    """The newest dataset of that style, from the same sources where it is built from sources."""
    alike = (one for one in list_datasets(db, recipe.name) if one["style"] == style)
    return next((one for one in alike if style in STYLES or sorted(one["sources"]) == sorted(sources)), None)


def _sets_of(phase: Phase, sets: Sets, phases: Sequence[Phase]) -> dict[str, str]:
    names = {one.name for one in phases}
    for_all = {name: value for name, value in sets.items() if name.partition(".")[0] not in names}
    prefix = f"{phase.name}."
    own = {name.removeprefix(prefix): value for name, value in sets.items() if name.startswith(prefix)}
    return {**phase.settings, **for_all, **own}


def _plan(
    store: Path,
    db: Database,
    recipe: Recipe,
    base: ResolvedBase,
    machine: Machine,
    phase: Phase,
    dataset: dict[str, Any] | None,
    sets: Sets,
    before: Sequence[Planned],
) -> Planned:
    preset = phase.preset or usual_preset(recipe, Path(base.location))
    if dataset is None:
        return Planned(phase, None, preset)
    try:
        start = start_of(phase, before)
        earlier = planned_phase(start.phase.name, start.settings) if start and start.settings else None
        scorer = scorer_of(phase, before)
        given = {**sets, "reward_run": scorer.phase.name} if scorer else sets
        settings, origins = settings_for(recipe, base, preset, given, earlier)
        refuse_here(settings)
        dataset = require_trainable(db, recipe, dataset["id"], base, settings)
        settings, origins = with_special_tokens(db, recipe, dataset["id"], settings, origins)
    except UserError as error:
        return Planned(phase, dataset, preset, refusal=error)
    shape = shape_of(base)
    correction = correction_of(db, machine, settings.objective)
    rows, past = sample_rows(db, dataset), past_runs(db)
    told = estimate(base.name, shape, settings, rows, machine, past, correction) if shape else None
    return Planned(phase, dataset, preset, settings, origins, told)


def start_of(phase: Phase, before: Sequence[Planned]) -> Planned | None:
    """The phase that this one goes on from; None: it begins with the base."""
    able = [one for one in before if one.settings and one.objective != "reward"]
    named = next((one for one in able if one.phase.name == phase.starts_from), None)
    return named or (able[-1] if able else None)


def scorer_of(phase: Phase, before: Sequence[Planned]) -> Planned | None:
    """The phase whose reward model scores this one's answers; None for one that needs none. Raises UserError without one."""
    if phase.settings.get("objective") not in ON_POLICY:
        return None
    found = next((one for one in reversed(before) if one.settings and one.objective == "reward"), None)
    if found is None:
        raise UserError(
            f"'{phase.name}' 단계는 채점 모델이 있어야 합니다. 짝(pairs) 데이터셋을 만들고 채점 모델을 배우는 단계도 함께 고르세요.",
            f"Phase '{phase.name}' needs a reward model. Build a dataset of pairs, and choose the phase that learns one too.",
        )
    return found


def build_args(chain: Chain, one: Planned, sources: Sequence[str]) -> dict[str, Any]:
    """Arguments of the job that builds a phase's dataset."""
    recipe, style = chain.recipe, one.phase.style
    own = {"style": style} if style not in STYLES and "style" in recipe.options.model_fields else {}
    return {"recipe": recipe.name, "sources": list(sources), "style": style, "me": None, "options": own, "seed": 0}


def sources_of(store: Path, recipe: Recipe, dataset_id: str | None) -> list[str]:
    """What a chain's datasets are built from; empty: the recipe's samples."""
    with open_store(store) as db:
        return _sources(db, recipe, dataset_id)


def launch_chain(store: Path, chain: Chain) -> dict[str, Any]:
    """Queue all phases that are ready, one after another, and the evaluation of base and phases; all or nothing.

    Returns {chain, runs: [{phase, run_id, job_id}], evaluation_job_id}. Raises UserError when no phase is ready, or the disk
    is full.
    """
    ready = chain.ready
    if not ready:
        refusal = next((one.refusal for one in chain.phases if one.refusal), None)
        raise refusal or UserError(
            "이어 학습할 단계가 없습니다. 먼저 `dataset build`로 데이터셋을 만드세요.",
            "No phase can be trained yet. Build a dataset first with `dataset build`.",
        )
    require_space(store, sum(run_bytes(one.settings, chain.base) for one in ready if one.settings))
    found = base_hash(chain.base)
    runs: list[dict[str, Any]] = []
    with open_store(store) as db, writing(db):
        for place, one in enumerate(ready):
            runs.append(_queue(db, chain, found, one, ready[:place], runs))
        judge_id = _queue_judgement(db, chain, ready, runs)
    ensure_supervisor(store)
    return {"chain": runs[0]["run_id"], "runs": runs, "evaluation_job_id": judge_id}


def _queue(
    db: Database, chain: Chain, found: str, one: Planned, before: Sequence[Planned], runs: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    assert one.settings and one.dataset
    ids = {run["phase"]: run["run_id"] for run in runs}
    start, scorer = start_of(one.phase, before), scorer_of(one.phase, before)
    settings = one.settings.model_dump(mode="json") | ({"reward_run": ids[scorer.phase.name]} if scorer else {})
    run_id = add_run(
        db,
        recipe=chain.recipe.name,
        dataset_id=one.dataset["id"],
        base=facts_of(chain.base, found),
        preset=one.preset,
        settings=settings,
        origins=_origins(one, ids),
        begins=(ids[start.phase.name], None) if start else None,
    )
    args = {"run": run_id, "chain": runs[0]["run_id"] if runs else run_id, "phase": one.phase.name}
    job_id = enqueue(db, "train", args, after_job=runs[-1]["job_id"] if runs else None)
    update_run(db, run_id, job_id=job_id)
    return {"phase": one.phase.name, "run_id": run_id, "job_id": job_id}


def _origins(one: Planned, ids: Mapping[str, str]) -> dict[str, str]:
    """Where each setting comes from; a phase's name becomes its run's."""
    runs = {f"run:{phase}": f"run:{run_id}" for phase, run_id in ids.items()}
    return {name: runs.get(origin, origin) for name, origin in one.origins.items()}


def _queue_judgement(db: Database, chain: Chain, ready: Sequence[Planned], runs: Sequence[dict[str, Any]]) -> str:
    """Base and every phase that answers on the held-out rows of the last dataset built from sources: the same rows for all."""
    own = [one for one in ready if one.phase.style not in STYLES] or ready
    answering = [run for run, one in zip(runs, ready, strict=True) if one.objective != "reward"]
    base = f"base:{facts_of(chain.base, '')['name']}"
    judged = own[-1].dataset
    assert judged
    args = {
        "recipe": chain.recipe.name,
        "models": [base, *(run["run_id"] for run in answering)],
        "dataset": judged["id"],
        "decoding": Decoding(**chain.recipe.decoding).model_dump(mode="json"),
        "limit": LIMIT,
        "seed": 0,
        "names": {base: "base", **{run["run_id"]: run["phase"] for run in answering}},
        "chain": runs[0]["run_id"],
    }
    return enqueue(db, "evaluate", args, after_job=runs[-1]["job_id"])
