"""A search that dies, is stopped, or whose trials fail: what had ended stays, and nothing else is lost."""

# ruff: noqa: F811  (fixtures come by import)
import pytest

from engine.errors import Stopped
from engine.store.jobs import (
    ask_stop,
)
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.studies import get_study
from engine.train.search import proposals
from engine.train.search import run as searching
from engine.train.search import trial as trials_of
from engine.train.search.run import run_search
from tests.searching import (  # noqa: F401  (some are fixtures)
    Kill,
    base,
    begin,
    broken,
    searched,
    store,
    toy,
    toy_train,
    train_with,
    trials,
    work_on,
)  # fmt: skip


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
def test_a_kill_loses_at_most_the_running_trial(toy, store, base, monkeypatch, module, name, calls, lost):
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
    assert (
        {one["state"] for one in after} == {"done"} and len(after) == 3 and told["seconds"] >= spent - 0.1
    )  # told to a tenth
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


def test_a_trial_that_kills_its_process_twice_is_passed_over(toy, store, base, monkeypatch):
    study, _ = begin(store, base, ranges={"learning_rate": "1e-3,5e-3"})

    def deadly(base, train, validation, settings, *rest):
        if settings.learning_rate == 1e-3:
            raise Kill
        return toy_train(base, train, validation, settings, *rest)

    train_with(monkeypatch, deadly)
    for _ in range(2):
        with pytest.raises(Kill):
            run_search(work_on(store), study)
        broken(store, study)
    told = searched(store, study)
    assert [(one["state"], one["why"]) for one in trials(store, study)] == [
        ("done", None), ("failed", "killed"), ("done", None),
    ]  # fmt: skip
    assert told["failed"] == 1


def test_failures_of_single_trials_do_not_end_the_search(toy, store, base, monkeypatch):
    from engine.train.memory import out_of_memory

    def narrow(base, train, validation, settings, *rest):
        if settings.lora_alpha == 8:
            raise out_of_memory(4, 64, 8.0)
        return toy_train(base, train, validation, settings, *rest)

    train_with(monkeypatch, narrow)
    study, _ = begin(store, base, ranges={"lora_alpha": "8,16"})
    told = searched(store, study)
    assert [(one["state"], one["why"]) for one in trials(store, study)] == [
        ("done", None), ("failed", "out_of_memory"), ("done", None),
    ]  # fmt: skip
    assert told["failed"] == 1 and told["best"]["number"] in (0, 2)


def test_a_baseline_that_cannot_be_trained_ends_the_search_with_its_own_reason(toy, store, base, monkeypatch):
    from engine.train.memory import OutOfMemory, out_of_memory

    study, _ = begin(store, base, trials=2)
    with monkeypatch.context() as patched:
        train_with(patched, lambda *given: (_ for _ in ()).throw(out_of_memory(4, 64, 8.0)))
        with pytest.raises(OutOfMemory):
            run_search(work_on(store), study)
    broken(store, study, "failed")
    assert searched(store, study)["trials"] == 2, "resumed with more memory, it begins with the baseline again"


@pytest.mark.parametrize("wanted", ["save", "cancel"])
def test_a_stop_ends_after_the_current_step_and_keeps_the_study(toy, store, base, monkeypatch, wanted):
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


def test_the_sampler_keeps_no_state_of_its_own(toy, store, base, monkeypatch):
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
