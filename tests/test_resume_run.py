"""Whether a run may go on, and from which step: told before anything is loaded, with what changed and the way out."""

import json
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.jobs.queue import resume
from engine.store.artifacts import drop_artifacts
from engine.store.jobs import get_job
from engine.store.maintain import check
from engine.store.open import open_store, writing
from engine.store.runs import get_run
from engine.train import provenance
from engine.train.checkpoints import STATE, TENSOR_STATES
from engine.train.provenance import Resumable, checkpoints, resumable, rows_hash
from tests.runs_store import add_checkpoint, begin, end, ended_run, frozen_dataset, queued_run, supervised_here


@pytest.fixture
def killed(fresh_store: Path, tmp_path: Path) -> tuple[Path, str]:
    """A run that was killed after its checkpoint of step 40."""
    with open_store(fresh_store) as db:
        supervised_here(db)
        run = ended_run(db, frozen_dataset(db), "interrupted", "killed")
        add_checkpoint(db, tmp_path, run, 40)
    return fresh_store, run


def asked(store: Path, run: str) -> Resumable:
    with open_store(store) as db:
        return resumable(db, run)


def refused(store: Path, run: str) -> UserError:
    found = asked(store, run)
    assert found.refusal is not None and not found.able and found.step == 0
    with open_store(store) as db, pytest.raises(UserError) as raised:
        job = get_run(db, run)["job_id"]
        resume(store, job)
    assert raised.value.en == found.refusal.en
    with open_store(store) as db:
        assert get_job(db, job)["state"] == "interrupted"
    return raised.value


def test_a_killed_run_goes_on_from_its_newest_whole_checkpoint(killed, tmp_path):
    store, run = killed
    with open_store(store) as db:
        add_checkpoint(db, tmp_path, run, 60)
        half = add_checkpoint(db, tmp_path, run, 80)
        db.execute("UPDATE artifacts SET state = 'writing' WHERE id = ?", [half])
        gone = add_checkpoint(db, tmp_path, run, 90)
        sql = "SELECT sha256 FROM artifact_files WHERE artifact_id = ? AND path = 'optimizer.pt'"
        db.execute(f"DELETE FROM chunks WHERE sha256 = ({sql})", [gone])
    assert asked(store, run) == Resumable(60, None)


@pytest.mark.parametrize("name", [STATE, *TENSOR_STATES])
def test_a_checkpoint_that_lacks_a_file_is_none(killed, name):
    store, run = killed
    with open_store(store) as db:
        db.execute("DELETE FROM artifact_files WHERE path = ?", [name])
    assert asked(store, run) == Resumable(0, None)


def test_a_run_without_a_checkpoint_begins_anew(killed):
    store, run = killed
    with open_store(store) as db:
        drop_artifacts(db, run, "checkpoint")
        db.execute("UPDATE datasets SET forgotten_count = 2")  # nothing was learned from those rows yet
    assert asked(store, run) == Resumable(0, None)


def test_rows_forgotten_since_are_named(killed):
    store, run = killed
    with open_store(store) as db:
        db.execute("UPDATE datasets SET forgotten_count = 2")
    error = refused(store, run)
    assert "0 → 2" in error.ko and "0 → 2" in error.en and f"train --again {run}" in error.ko


def test_another_dataset_under_the_same_name_is_named(killed):
    store, run = killed
    with open_store(store) as db:
        db.execute("UPDATE datasets SET fingerprint = 'another'")
    assert "데이터셋" in refused(store, run).ko


def test_a_dataset_that_is_gone_is_named(killed):
    store, run = killed
    with open_store(store) as db:
        db.execute("UPDATE runs SET dataset_id = NULL")
        db.execute("DELETE FROM datasets")
    assert "데이터셋" in refused(store, run).ko


def test_another_library_is_named_with_the_command_that_brings_the_old_one_back(killed, monkeypatch):
    store, run = killed
    there = provenance.library_versions()
    monkeypatch.setattr(provenance, "library_versions", lambda: there | {"torch": "9.9.9"})
    error = refused(store, run)
    assert f"torch {there['torch']} → 9.9.9" in error.ko and f"torch=={there['torch']}" in error.en


def test_another_base_is_named(killed, tmp_path, monkeypatch):
    store, run = killed
    monkeypatch.setattr(provenance, "base_hash", lambda base: "f" * 64)
    assert "starter" in refused(store, run).ko


def test_a_base_that_is_gone_is_named(killed):
    store, run = killed
    with open_store(store) as db:
        db.execute("UPDATE runs SET base = '없는 폴더'")
    assert "없는 폴더" in refused(store, run).ko


def test_checkpoints_of_a_plan_that_did_not_fit_are_none_of_this_plan(killed, tmp_path):
    """A try that ran out of memory leaves checkpoints of other settings: the run goes on with those that worked."""
    store, run = killed
    with open_store(store) as db:
        settings = get_run(db, run)["settings"] | {"batch_size": 1, "accumulation": 4}
        db.execute("UPDATE runs SET settings_json = ? WHERE id = ?", [json.dumps(settings), run])
        assert checkpoints(db, get_run(db, run)) == []
        add_checkpoint(db, tmp_path, run, 20)
    assert asked(store, run) == Resumable(20, None)


def test_a_tracker_does_not_bind_a_checkpoint(killed):
    store, run = killed
    with open_store(store) as db:
        settings = get_run(db, run)["settings"] | {"report_to": "tensorboard"}
        db.execute("UPDATE runs SET settings_json = ? WHERE id = ?", [json.dumps(settings), run])
    assert asked(store, run) == Resumable(40, None)


def test_what_lives_or_is_done_is_not_resumed(fresh_store):
    with open_store(fresh_store) as db:
        supervised_here(db)
        done = ended_run(db, frozen_dataset(db))
        waiting, job = queued_run(db)
        for run in (done, waiting):
            assert not resumable(db, run).able
        token = begin(db, job)
        assert not resumable(db, waiting).able
        end(db, job, token)
        with writing(db):
            db.execute("UPDATE runs SET job_id = NULL")
        assert "다른 곳" in str(resumable(db, done).refusal)
        assert check(db) == []


def test_rows_are_told_apart_by_what_they_say():
    row = {"messages": [{"role": "user", "content": "저녁 뭐 먹지"}], "target": "국수"}
    one = rows_hash({"train": [row], "validation": []})
    assert one != rows_hash({"train": [], "validation": [row]})
    assert one != rows_hash({"train": [row | {"target": "냉면"}], "validation": []})
    assert one == rows_hash({"train": [dict(row)], "validation": []})
