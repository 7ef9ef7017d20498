"""Whole searches with a tiny base: real trials, budget, pruning, kills, the best's adapter, presets. No network, no card."""

import json
import os
from pathlib import Path

import pytest

from engine.errors import Stopped, UserError
from engine.jobs.launch import launch_run, with_own_presets
from engine.jobs.processes import is_alive, started_at
from engine.jobs.searching import Wish, launch_search, promote
from engine.recipes.recipe import load_recipe
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.jobs import (
    Work,
    ask_stop,
    claim_next,
    claim_supervisor,
    finish_job,
    get_job,
    register_worker,
    requeue,
)
from engine.store.lineage import lineage
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.presets import list_presets, remove_preset
from engine.store.runs import get_run, list_runs, newest_run, standing
from engine.store.studies import get_study, read_trials
from engine.train.search import proposals
from engine.train.search import run as searching
from engine.train.search import trial as trials_of
from engine.train.search.run import run_search
from tests.tiny_models import make_tiny

SAID = ("저녁 뭐 먹지", "어디야", "비 와?", "영화 볼래", "잘 잤어?", "주말에 뭐 해", "회의 끝났어?")
QUICK = {
    "batch_size": "4", "max_length": "64", "max_steps": "2", "eval_every": "1", "lora_rank": "4", "warmup_ratio": "0",
    "log_every": "1", "early_stop_patience": "0", "quantisation": "none",
}  # fmt: skip
RATES = {"learning_rate": "1e-4,1e-3,5e-3"}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(make_tiny("llama", tmp_path_factory.mktemp("base")))


def freeze(store: Path, train: int = 24, validation: int = 10) -> str:
    with open_store(store) as db:
        dataset = start_dataset(
            db, recipe="persona", style="chat", options={}, masked=True, job_id="job-none", sources=[]
        )
        splits = ["train"] * train + ["validation"] * validation
        asked = [
            json.dumps([{"role": "user", "content": f"{SAID[i % 7]} {i}"}], ensure_ascii=False)
            for i in range(len(splits))
        ]
        made = add_rows(
            db, [("persona", None, i, i, f"날 {i}", asked[i], f"{SAID[(i + 1) % 7]}", "{}") for i in range(len(splits))]
        )
        add_members(db, dataset, [(i, row, splits[i], None) for i, row in enumerate(made)])
        return str(freeze_dataset(db, dataset)["id"])


@pytest.fixture
def store(fresh_store):
    """A store with a dataset. This process stands in as the supervisor, so that none is started."""
    freeze(fresh_store)
    with open_store(fresh_store) as db:
        assert claim_supervisor(db, os.getpid(), started_at(os.getpid()), is_alive)
    return fresh_store


def begin(store, base, sets=None, **wish):
    """A queued search: (study id, job id)."""
    wish = {"minutes": 10, "ranges": RATES, "grid": True, "seeds": 0, **wish}
    begun = launch_search(
        store, load_recipe("persona"), dataset_id="latest", base_name=base, preset="quick", sets={**QUICK, **(sets or {})},
        wish=Wish(**wish),
    )  # fmt: skip
    return begun.study_id, begun.job_id


def work_on(store):
    """Take the queued job as a worker does."""
    with open_store(store) as db:
        job = claim_next(db, ["cpu"])
        assert register_worker(db, job["id"], job["token"], os.getpid(), started_at(os.getpid()))
    return Work(store, job["id"], job["token"])


def searched(store, study):
    work = work_on(store)
    told = run_search(work, study)
    with open_store(store) as db:
        assert finish_job(db, work.job_id, work.token, "done", "done", told)
    return told


def trials(store, study):
    with open_store(store) as db:
        return read_trials(db, study)


def broken(store, study, state="interrupted"):
    """What the supervisor writes when a worker died, and then the owner's resume."""
    with open_store(store) as db:
        job = get_job(db, get_study(db, study)["job_id"])
        assert finish_job(db, job["id"], job["token"], state, "killed")
        requeue(db, job["id"])


class Kill(BaseException):
    """Nothing in the engine catches it."""


def test_a_grid_search_tries_everything_once_and_keeps_one_adapter(store, base):
    study, job = begin(store, base)
    told = searched(store, study)
    found = trials(store, study)
    assert [one["number"] for one in found] == [0, 1, 2, 3] and {one["state"] for one in found} == {"done"}
    assert found[0]["role"] == "baseline" and found[0]["values"] == {}
    assert [one["values"] for one in found[1:]] == [{"learning_rate": rate} for rate in (1e-4, 1e-3, 5e-3)]
    lowest = min(found, key=lambda one: one["value"])
    assert told["study"] == study and told["best"]["number"] == lowest["number"] and told["trials"] == 4
    assert told["proof"]["verdict"] in ("one_seed", "same") and 0 < told["seconds"] < 600

    with open_store(store) as db:
        kept = [one["number"] for one in found if one["adapter_id"]]
        assert kept == [lowest["number"]], "the best's adapter alone stays"
        assert all_rows(db, "SELECT count(*) AS n FROM artifacts") == [{"n": 1}]
        assert check(db) == []
        run = get_run(db, told["best"]["run_id"])
        assert (run["state"], standing(run), run["eval_loss"]) == ("done", "done", lowest["value"])
        assert (
            run["origins"].get("learning_rate") in (f"search:{study}", "preset:quick")
            and run["settings"]["max_steps"] == 2
        )
        assert [one["id"] for one in list_runs(db)] == [run["id"]] and newest_run(db) == run["id"]
        assert get_run(db, job)["id"] == run["id"] == get_run(db, "latest")["id"]
        others = [get_run(db, one["run_id"]) for one in found if one["number"] != lowest["number"]]
        assert all(one["eval_loss"] and one["adapter_id"] is None for one in others), "their metrics stay"
        made = [node["id"] for node in lineage(db, run["dataset_id"])["descendants"] if node["kind"] == "run"]
        assert made == [run["id"]], "forgetting somebody names the one run that still knows them"
        reports = all_rows(
            db, "SELECT number, tenth, step, value FROM trial_reports WHERE study_id = ? ORDER BY number", [study]
        )
        assert [(row["number"], row["tenth"], row["step"]) for row in reports] == [(n, 5, 1) for n in range(4)]
    assert not list((store.parent / "store.db.cache").glob("runs/*")), "no folder is left"


def test_trials_train_as_a_run_of_the_same_settings_does(store, base):
    from engine.train.run import run_training

    study, _ = begin(store, base, ranges={"learning_rate": "1e-3,5e-3"}, trials=2)
    searched(store, study)
    [first, second] = trials(store, study)
    launch_run(
        store,
        load_recipe("persona"),
        dataset_id="latest",
        base_name=base,
        preset="quick",
        sets={**QUICK, "learning_rate": "1e-3"},
    )
    work = work_on(store)
    with open_store(store) as db:
        run_id = get_job(db, work.job_id)["args"]["run"]
    told = run_training(work, run_id)
    assert second["values"] == {"learning_rate": 1e-3} and told["eval_loss"] == second["value"]


def test_a_sampler_proposes_only_what_is_new(store, base):
    study, _ = begin(
        store,
        base,
        grid=False,
        trials=9,
        ranges={"scheduler": "linear,constant", "epochs": "1,2,3"},
        sets={"max_steps": "1"},
    )
    told = searched(store, study)
    found = trials(store, study)
    # epochs mean nothing beside max_steps: two schedulers are all there is to try beside the baseline
    assert sorted(one["values"].get("scheduler", "cosine") for one in found) == ["constant", "cosine", "linear"]
    assert told["skipped"]["twin"] >= 200 and told["trials"] == 3


def test_hopeless_trials_are_ended_early_and_said_so(store, base):
    rates = {"learning_rate": "1e-3,2e-3,3e-3,1e-9,1.1e-9"}
    study, _ = begin(store, base, ranges=rates, sets={"max_steps": "4"})
    told = searched(store, study)
    found = trials(store, study)
    by_rate = {one["values"].get("learning_rate"): one for one in found}
    assert {by_rate[rate]["state"] for rate in (1e-9, 1.1e-9)} == {"pruned"} and told["pruned"] == 2
    given_up = by_rate[1e-9]
    assert given_up["value"] is None and given_up["reports"] and given_up["steps_done"] < 4
    with open_store(store) as db:
        run = get_run(db, given_up["run_id"])
        assert (standing(run), run["adapter_id"]) == ("pruned", None)
    assert told["best"]["state"] == "done"


def test_a_budget_that_ends_inside_a_trial_ends_it(store, base, monkeypatch):
    study, _ = begin(store, base)
    real = trials_of.Clock.left

    def left(clock):
        with open_store(store) as db:
            begun = all_rows(db, "SELECT count(*) AS n FROM trial_reports WHERE study_id = ? AND number = 1", [study])[
                0
            ]["n"]
        return -1.0 if begun else real(clock)

    monkeypatch.setattr(trials_of.Clock, "left", left)
    told = searched(store, study)
    states = [(one["state"], one["why"]) for one in trials(store, study)]
    assert states == [("done", None), ("stopped", "time")]
    assert (told["best"]["number"], told["stopped"], told["proof"]["verdict"]) == (0, 1, "same")


def test_a_budget_too_small_for_the_baseline_says_so(store, base):
    study, _ = begin(store, base, minutes=0.0001)
    told = searched(store, study)
    assert told["best"] is None and told["proof"] is None and told["stopped"] == 1


def test_the_best_is_repeated_with_other_seeds(store, base):
    study, _ = begin(store, base, seeds=3, ranges={"learning_rate": "5e-3,1e-2"})
    told = searched(store, study)
    repeats = [one for one in trials(store, study) if one["role"] == "again"]
    assert told["best"]["number"] > 0 and told["proof"]["pairs"] == 3 and told["repeated"] == 6
    assert sorted((one["of_number"], one["values"]["seed"]) for one in repeats) == sorted(
        (number, seed) for number in (0, told["best"]["number"]) for seed in (1, 2, 3)
    )
    assert told["proof"]["verdict"] in ("proven", "noise", "worse")


@pytest.mark.parametrize(
    ("module", "name", "calls", "lost"),
    [
        (searching, "run_trial", 1, 1),  # before its first step
        (trials_of, "add_report", 1, 1),  # in the middle of trial 1
        (searching, "keep_adapter", 0, 0),  # trained, nothing kept yet
        (searching, "end_trial", 0, 0),  # its adapter kept, its ending not written
        (searching, "_drop_beaten", 1, None),  # ended; what it beat not dropped yet
        (searching, "summary", 0, None),  # all done but the result
    ],
)
def test_a_kill_loses_at_most_the_running_trial(store, base, monkeypatch, module, name, calls, lost):
    study, _ = begin(store, base, ranges={"learning_rate": "1e-3,5e-3"})
    real, done = module.__dict__[name], []

    def counted(*args, **kwargs):
        if len(done) == calls:
            raise Kill
        done.append(args)
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, counted)
        with pytest.raises(Kill):
            run_search(work_on(store), study)
    before = trials(store, study)
    assert [one["number"] for one in before if one["state"] == "running"] == ([] if lost is None else [lost])
    with open_store(store) as db:
        spent = get_study(db, study)["seconds"]
    broken(store, study)
    told = searched(store, study)
    after = trials(store, study)
    assert {one["state"] for one in after} == {"done"} and len(after) == 3 and told["seconds"] >= spent
    kept = [one for one in before if one["state"] == "done"]
    assert [(one["value"], one["run_id"], one["tries"]) for one in kept] == [
        (one["value"], one["run_id"], 1) for one in after[: len(kept)]
    ], "what had ended was not done again"
    if lost is not None:
        assert after[lost]["tries"] == 2
    with open_store(store) as db:
        assert check(db) == [] and all_rows(db, "SELECT count(*) AS n FROM artifacts") == [{"n": 1}]
        metrics = all_rows(db, "SELECT step FROM metrics WHERE run_id = ? ORDER BY step", [after[1]["run_id"]])
        assert [row["step"] for row in metrics] == [0, 1, 2]


def test_a_trial_that_kills_its_process_twice_is_passed_over(store, base, monkeypatch):
    study, _ = begin(store, base, ranges={"learning_rate": "1e-3,5e-3"})
    real = trials_of.train

    def deadly(base, train, validation, settings, *rest):
        if settings.learning_rate == 1e-3:
            raise Kill
        return real(base, train, validation, settings, *rest)

    monkeypatch.setattr(trials_of, "train", deadly)
    for _ in range(2):
        with pytest.raises(Kill):
            run_search(work_on(store), study)
        broken(store, study)
    told = searched(store, study)
    assert [(one["state"], one["why"]) for one in trials(store, study)] == [
        ("done", None), ("failed", "killed"), ("done", None),
    ]  # fmt: skip
    assert told["failed"] == 1


def test_failures_of_single_trials_do_not_end_the_search(store, base, monkeypatch):
    from engine.train.memory import out_of_memory

    real = trials_of.train

    def narrow(base, train, validation, settings, *rest):
        if settings.lora_rank == 8:
            raise out_of_memory(4, 64, 8.0)
        return real(base, train, validation, settings, *rest)

    monkeypatch.setattr(trials_of, "train", narrow)
    study, _ = begin(store, base, ranges={"lora_rank": "8,16"})
    told = searched(store, study)
    assert [(one["state"], one["why"]) for one in trials(store, study)] == [
        ("done", None), ("failed", "out_of_memory"), ("done", None),
    ]  # fmt: skip
    assert told["failed"] == 1 and told["best"]["number"] in (0, 2)


def test_a_baseline_that_cannot_be_trained_ends_the_search_with_its_own_reason(store, base, monkeypatch):
    from engine.train.memory import OutOfMemory, out_of_memory

    study, _ = begin(store, base, trials=2)
    with monkeypatch.context() as patched:
        patched.setattr(trials_of, "train", lambda *given: (_ for _ in ()).throw(out_of_memory(4, 64, 8.0)))
        with pytest.raises(OutOfMemory):
            run_search(work_on(store), study)
    broken(store, study, "failed")
    assert searched(store, study)["trials"] == 2, "resumed with more memory, it begins with the baseline again"


@pytest.mark.parametrize("wanted", ["save", "cancel"])
def test_a_stop_ends_after_the_current_step_and_keeps_the_study(store, base, monkeypatch, wanted):
    study, job = begin(store, base, sets={"max_steps": "6"})
    real = trials_of.add_report

    def report(db, study_id, number, *rest):
        if number == 1:
            ask_stop(db, job, wanted)
        return real(db, study_id, number, *rest)

    work = work_on(store)
    with monkeypatch.context() as patched:
        patched.setattr(trials_of, "add_report", report)
        with pytest.raises(Stopped) as stopped:
            run_search(work, study)
    assert stopped.value.saved is (wanted == "save")
    first, second = trials(store, study)
    assert (
        first["state"] == "done" and first["adapter_id"] and second["state"] == "running" and second["steps_done"] <= 2
    )
    broken(store, study)
    searched(store, study)
    assert {one["state"] for one in trials(store, study)} == {"done"}


def test_what_was_found_becomes_a_preset_that_training_uses(store, base):
    study, _ = begin(store, base, ranges={"learning_rate": "5e-3,1e-2"}, seeds=1)
    told = searched(store, study)
    recipe = load_recipe("persona")
    kept = promote(store, recipe, study, "내-설정")
    assert (
        kept["trial"] == told["best"]["number"]
        and kept["settings"]["learning_rate"] == told["best"]["values"]["learning_rate"]
    )
    assert "seed" not in kept["settings"] and kept["settings"]["max_steps"] == 2
    assert "내-설정" in with_own_presets(store, recipe).presets and "내-설정" not in recipe.presets
    run_id, _ = launch_run(
        store, recipe, dataset_id="latest", base_name=base, preset="내-설정", sets={"lora_rank": "2"}
    )
    with open_store(store) as db:
        run = get_run(db, run_id)
        assert (run["preset"], run["origins"]["learning_rate"], run["origins"]["lora_rank"]) == (
            "내-설정",
            "preset:내-설정",
            "--set",
        )
        assert run["settings"]["learning_rate"] == kept["settings"]["learning_rate"]
        [own] = list_presets(db, "persona")
        assert (own["study_id"], own["number"]) == (study, kept["trial"])
    for name in ("내-설정", "quick", "", "a b", "../x", "x" * 41):
        with pytest.raises(UserError):
            promote(store, recipe, study, name)
    with open_store(store) as db:
        remove_preset(db, "persona", "내-설정")
        with pytest.raises(UserError, match="내-설정"):
            remove_preset(db, "persona", "내-설정")
        with pytest.raises(UserError, match="quick"):
            remove_preset(db, "persona", "quick")
    with pytest.raises(UserError, match="내-설정"):
        launch_run(store, recipe, dataset_id="latest", base_name=base, preset="내-설정", sets={})


def test_a_preset_that_no_longer_holds_is_left_out(store):
    with open_store(store) as db:
        for name, settings in (
            ("gone", {"no_such_setting": 1}),
            ("wide", {"lora_rank": 9999}),
            ("fine", {"lora_rank": 8}),
        ):
            values = ["persona", name, json.dumps(settings), None, None, "2026-01-01T00:00:00+00:00"]
            db.execute("INSERT INTO presets VALUES (?, ?, ?, ?, ?, ?)", values)
        db.conn.commit()
    found = with_own_presets(store, load_recipe("persona")).presets
    assert "fine" in found and not {"gone", "wide"} & set(found)


@pytest.mark.parametrize(
    ("wish", "sets", "named"),
    [
        ({"minutes": 0}, {}, "--minutes"),
        ({"minutes": -1}, {}, "--minutes"),
        ({"minutes": float("nan")}, {}, "--minutes"),
        ({"minutes": float("inf")}, {}, "--minutes"),
        ({"trials": 1}, {}, "--trials"),
        ({"fields": ["lora_rank"], "ranges": {}}, {}, "lora_rank"),  # QUICK fixes it
        ({"fields": ["nope"], "ranges": {}}, {}, "nope"),
        ({"ranges": {"learning_rate": "1e-3"}}, {}, "learning_rate"),
        ({}, {"learning_rate": "9"}, "learning_rate"),
        ({}, {"epochs": "0", "max_steps": "0"}, "max_steps"),
    ],
)
def test_a_search_that_cannot_be_is_refused_before_the_queue(store, base, wish, sets, named):
    with pytest.raises(UserError) as refused:
        begin(store, base, sets, **wish)
    assert named in refused.value.ko and named in refused.value.en
    with open_store(store) as db:
        assert not all_rows(db, "SELECT id FROM studies") and not all_rows(
            db, "SELECT id FROM jobs WHERE kind = 'search'"
        )


@pytest.mark.parametrize(("train", "validation", "named"), [(24, 0, "검증"), (24, 4, "4"), (12, 10, "12")])
def test_a_dataset_that_cannot_tell_settings_apart_is_refused(fresh_store, base, train, validation, named):
    freeze(fresh_store, train, validation)
    with pytest.raises(UserError, match=named):
        begin(fresh_store, base)


def test_the_sampler_keeps_no_state_of_its_own(store, base, monkeypatch):
    """A search that was cut proposes what the uncut one would have proposed."""
    asked = []
    real = proposals.propose
    monkeypatch.setattr(searching, "propose", lambda *given: asked.append(real(*given)) or asked[-1])
    ranges = {"learning_rate": "1e-4..1e-2"}
    study, _ = begin(store, base, grid=False, ranges=ranges, trials=4, sets={"max_steps": "1"})
    searched(store, study)
    whole, asked[:] = list(asked), []
    study, _ = begin(store, base, grid=False, ranges=ranges, trials=4, sets={"max_steps": "1"})
    with monkeypatch.context() as patched:
        patched.setattr(trials_of, "spend", lambda *given: (_ for _ in ()).throw(Kill) if given[2] == 2 else None)
        with pytest.raises(Kill):
            run_search(work_on(store), study)
    broken(store, study)
    searched(store, study)
    assert asked == whole and len(whole) == 3
