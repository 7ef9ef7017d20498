"""`train --again RUN`: the same training once more, and what is not as it was."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.app import main
from engine.errors import UserError
from engine.jobs.again import launch_again
from engine.store.jobs import get_job
from engine.store.open import open_store
from engine.store.runs import add_metrics, get_run, list_runs, parting, update_run
from engine.train.environment import environment_changes, source_hash, this_environment
from tests.runs_store import ended_run, frozen_dataset, supervised_here


@pytest.fixture
def ended(fresh_store: Path) -> tuple[Path, str]:
    """A run of three threads that ended here, by a supervisor that starts nothing."""
    with open_store(fresh_store) as db:
        supervised_here(db)
        run = ended_run(db, frozen_dataset(db), seed=7)
        update_run(db, run, environment_json={**this_environment(), "threads": 3})
    return fresh_store, run


def row(store: Path, run: str) -> dict[str, Any]:
    with open_store(store) as db:
        return get_run(db, run)


def test_the_same_run_is_queued_anew(ended):
    store, run = ended
    found = launch_again(store, run)
    old, new = row(store, run), row(store, found.run_id)
    same = ("recipe", "dataset_id", "dataset_fingerprint", "base", "preset", "settings", "origins")
    assert found.differs == [] and {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["again_of"] == run and new["environment"] == {"threads": 3} and new["result"] is None
    with open_store(store) as db:
        assert get_job(db, found.job_id)["args"] == {"run": found.run_id}


def test_what_is_not_as_it_was_is_told(ended):
    store, run = ended
    here = this_environment()
    then = {**here, "python": "3.1", "libraries": here["libraries"] | {"trl": "0.1"}, "source": "0" * 64}
    with open_store(store) as db:
        update_run(db, run, environment_json=then)
        settings = {name: value for name, value in get_run(db, run)["settings"].items() if name != "weight_decay"}
        update_run(db, run, settings_json=settings)
        db.execute("UPDATE datasets SET forgotten_count = 1")
    told = {(one.what, one.then): one.told(english=True) for one in launch_again(store, run).differs}
    assert {what for what, _ in told} == {"forgotten", "setting", "library", "python", "source"}
    assert told["forgotten", "0"] == "rows removed from the dataset 0 → 1" and "weight_decay" in told["setting", "–"]
    assert told["library", "0.1"].startswith("trl 0.1 → ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE runs SET base = '없는 모델'", "없는 모델"),
        ("UPDATE runs SET base_hash = 'another'", "바뀌어"),
        ("UPDATE runs SET dataset_id = NULL", "다른 곳에서"),
        ("UPDATE runs SET dataset_id = NULL; DELETE FROM datasets", "다른 곳에서"),
        ("UPDATE runs SET settings_json = json_set(settings_json, '$.telepathy', 1)", "telepathy=1"),
    ],
)
def test_a_run_that_cannot_be_repeated_says_why_and_leaves_nothing(ended, change, said):
    store, run = ended
    with open_store(store) as db:
        db.conn.executescript(change)
    with pytest.raises(UserError, match=said):
        launch_again(store, run)
    with open_store(store) as db:
        assert [one["id"] for one in list_runs(db)] == [run]


@pytest.mark.parametrize(
    ("option", "value"), [("--set", "seed=1"), ("--base", "starter"), ("--recipe", "toy"), ("--then-eval", None)]
)
def test_nothing_may_be_changed_beside_again(ended, capsys, option, value):
    words = ["train", "--again", ended[1], option, *([value] if value else []), "--json"]
    assert main(words) == 2
    assert option in json.loads(capsys.readouterr().out)["error"]["ko"]


def test_a_train_of_nothing_names_the_ways(fresh_store, capsys):
    assert main(["train", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert "--recipe" in error["ko"] and "--again" in error["en"]


def test_an_unknown_run_is_not_repeated(fresh_store, capsys):
    assert main(["train", "--again", "run-none", "--json"]) == 2
    assert "run-none" in json.loads(capsys.readouterr().out)["error"]["ko"]


def test_curves_part_where_a_record_differs_or_is_missing(fresh_store):
    with open_store(fresh_store) as db:
        one, two = ended_run(db), ended_run(db)
        db.execute("UPDATE metrics SET tokens_per_second = 1 WHERE run_id = ?", [two])
        assert parting(db, one, two) is None
        db.execute("UPDATE metrics SET loss = loss + 1e-12 WHERE run_id = ? AND step >= 30", [two])
        assert parting(db, one, two) == parting(db, two, one) == 30
        add_metrics(db, one, 5, loss=4.0)
        assert parting(db, one, two) == 5


def test_the_code_is_told_apart_without_git(tmp_path, monkeypatch):
    from engine.train import environment

    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "a.py").write_bytes(b"x = 1\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    one = source_hash()
    (tmp_path / "engine" / "a.py").write_bytes(b"x = 1\r\n")
    (tmp_path / "engine" / "a.pyc").write_bytes(b"cache")
    assert source_hash() == one and this_environment()["code"] is None
    (tmp_path / "engine" / "a.py").write_bytes(b"x = 2\n")
    assert source_hash() != one


def test_an_environment_that_tells_less_is_compared_as_far_as_it_goes():
    here = this_environment()
    assert environment_changes({}, here) == [] and environment_changes({"threads": 3, "code": "x"}, here) == []
