"""Whole searches with a toy trainer: what is tried, pruned, kept and proven, within which budget."""

# ruff: noqa: F811  (fixtures come by import)

from engine.store.lineage import lineage
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.runs import get_run, list_runs, newest_run, standing
from engine.train.search import trial as trials_of
from tests.searching import base, begin, searched, store, toy, trials  # noqa: F401  (some are fixtures)


def test_a_grid_search_tries_everything_once_and_keeps_one_adapter(toy, store, base):
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


def test_a_sampler_proposes_only_what_is_new(toy, store, base):
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


def test_hopeless_trials_are_ended_early_and_said_so(toy, store, base):
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


def test_a_budget_that_ends_inside_a_trial_ends_it(toy, store, base, monkeypatch):
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


def test_a_budget_too_small_for_the_baseline_says_so(toy, store, base):
    study, _ = begin(store, base, minutes=0.0001)
    told = searched(store, study)
    assert told["best"] is None and told["proof"] is None and told["stopped"] == 1


def test_the_best_is_repeated_with_other_seeds(toy, store, base):
    study, _ = begin(store, base, seeds=3, ranges={"learning_rate": "5e-3,1e-2"})
    told = searched(store, study)
    repeats = [one for one in trials(store, study) if one["role"] == "again"]
    assert told["best"]["number"] > 0 and told["proof"]["pairs"] == 3 and told["repeated"] == 6
    assert sorted((one["of_number"], one["values"]["seed"]) for one in repeats) == sorted(
        (number, seed) for number in (0, told["best"]["number"]) for seed in (1, 2, 3)
    )
    assert told["proof"]["verdict"] in ("proven", "noise", "worse")
