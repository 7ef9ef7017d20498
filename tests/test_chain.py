"""A chain of trainings: planned before anything is queued, queued all or nothing, each phase beginning with what the one before learned."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.jobs.chain import Chain, launch_chain, plan_chain
from engine.models.bases import base_hash, resolve_base
from engine.recipes.recipe import Phase, Recipe, load_recipe
from engine.store.facts import chain_jobs
from engine.store.jobs import claim_next, get_job, list_jobs
from engine.store.open import open_store
from engine.store.runs import get_run, list_runs, phases_before, update_run
from engine.train.phases import settle_start, unpack_start
from tests.runs_store import frozen_dataset, give_adapter, supervised_here

PHASES = (
    Phase("one", "하나", "one", "chat", {"epochs": "1"}),
    Phase("two", "둘", "two", "chat", {"epochs": "2"}),
    Phase("liked", "셋", "three", "ratings", {"objective": "kto"}),
    Phase("reward", "넷", "four", "pairs", {"objective": "reward"}, asked_for=True),
    Phase("grown", "다섯", "five", "chat", {"objective": "grpo"}, starts_from="two", asked_for=True),
)


@pytest.fixture
def recipe() -> Recipe:
    return replace(load_recipe("persona"), phases=PHASES)


@pytest.fixture
def world(fresh_store: Path) -> Path:
    """A store with a dataset, whose jobs stay queued."""
    with open_store(fresh_store) as db:
        supervised_here(db)
        frozen_dataset(db)
    return fresh_store


def planned(store: Path, recipe: Recipe, **more: Any) -> Chain:
    return plan_chain(store, recipe, "starter", **more)


def test_a_plan_tells_memory_and_time_of_every_phase_and_queues_nothing(world: Path, recipe: Recipe) -> None:
    chain = planned(world, recipe)
    assert [one.phase.name for one in chain.phases] == ["one", "two", "liked"]
    first, second, third = chain.phases
    assert first.told and second.told and second.told.steps == 2 * first.told.steps
    assert third.settings is None and third.dataset is None and chain.unbuilt == [third]
    with open_store(world) as db:
        assert not list_jobs(db) and not list_runs(db)


def test_settings_reach_all_phases_or_the_one_that_is_named(world: Path, recipe: Recipe) -> None:
    chain = planned(world, recipe, sets={"max_steps": "3", "two.batch_size": "2", "lora_rank": "5"})
    first, second = (one.settings for one in chain.ready)
    assert first and second
    assert (first.max_steps, second.max_steps, second.batch_size, second.lora_rank) == (3, 3, 2, 5)
    assert first.batch_size != 2 and second.epochs == 2
    other = planned(world, recipe, sets={"two.lora_rank": "9"}).phases[1]
    assert other.refusal and "lora_rank" in other.refusal.en


def test_runs_wait_for_each_other_and_one_evaluation_judges_them_all(world: Path, recipe: Recipe) -> None:
    told = launch_chain(world, planned(world, recipe))
    one, two = (run["run_id"] for run in told["runs"])
    with open_store(world) as db:
        jobs = [get_job(db, run["job_id"]) for run in told["runs"]]
        judge = get_job(db, told["evaluation_job_id"])
        assert [job["after_job"] for job in (*jobs, judge)] == [None, jobs[0]["id"], jobs[1]["id"]]
        assert judge["args"]["models"] == ["base:starter", one, two]
        assert judge["args"]["names"] == {"base:starter": "base", one: "one", two: "two"}
        assert phases_before(db, two) == [two, one]
        assert get_run(db, two)["from_artifact"] is None
        assert [(row["phase"], row["run_id"]) for row in chain_jobs(db, two)] == [
            ("one", one),
            ("two", two),
            (None, None),
        ]
        claimed = claim_next(db, ["cpu"])
        assert claimed and claimed["id"] == jobs[0]["id"] and claim_next(db, ["cpu"]) is None


def test_a_phase_begins_with_what_the_one_before_has_learned_by_then(
    world: Path, recipe: Recipe, tmp_path: Path
) -> None:
    told = launch_chain(world, planned(world, recipe))
    one, two = (run["run_id"] for run in told["runs"])
    base = resolve_base("starter")
    with open_store(world) as db:
        with pytest.raises(UserError, match=one):
            settle_start(db, world, get_run(db, two), base)
        artifact = give_adapter(db, one, tmp_path / "one")
        settled = settle_start(db, world, get_run(db, two), base)
        assert settled["from_artifact"] == artifact == get_run(db, two)["from_artifact"]
        assert unpack_start(db, world, settled, base_hash(base))
        assert settle_start(db, world, get_run(db, one), base)["from_artifact"] is None
        update_run(db, one, adapter_id=None)
        assert settle_start(db, world, get_run(db, two), base)["from_artifact"] == artifact


def test_without_rated_rows_a_chain_ends_before_them(world: Path, recipe: Recipe) -> None:
    told = launch_chain(world, planned(world, recipe))
    assert [run["phase"] for run in told["runs"]] == ["one", "two"]
    with pytest.raises(UserError):
        launch_chain(world, planned(world, recipe, only=["liked"]))
    with open_store(world) as db:
        assert len(list_runs(db)) == 2


def test_a_phase_that_needs_a_reward_model_says_so(world: Path, recipe: Recipe) -> None:
    grown = planned(world, recipe, only=["two", "grown"]).phases[1]
    assert grown.refusal and "reward" in grown.refusal.en


def test_what_cannot_be_chained_is_refused_by_name(world: Path, recipe: Recipe) -> None:
    with pytest.raises(UserError, match="nowhere"):
        planned(world, recipe, only=["nowhere"])
    with pytest.raises(UserError, match="persona"):
        planned(world, load_recipe("persona"))
    with pytest.raises(UserError):
        planned(world, recipe, dataset_id="ds-none")
