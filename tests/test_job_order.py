"""The queue's order, what waits for what, what a job is about, and its log."""

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.jobs.judge import judge_run
from engine.store.jobs import (
    add_log,
    ask_stop,
    claim_next,
    enqueue,
    get_job,
    is_blocked,
    list_jobs,
    list_waiting,
    movable,
    move_job,
    read_log,
)
from engine.store.open import open_store
from engine.store.subjects import subjects_of
from tests.runs_store import begin, end, ended_run, frozen_dataset, give_adapter, queued_run, supervised_here


def order(db) -> list[str]:
    return [job["id"] for job in list_waiting(db)]


def test_a_moved_job_is_claimed_in_its_new_place_and_a_later_one_comes_last(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        first, second, third = (enqueue(db, "train", {}) for _ in range(3))
        assert order(db) == [first, second, third]
        assert [job["id"] for job in move_job(db, third, "up")] == [first, third, second]
        move_job(db, third, "up")
        late = enqueue(db, "evaluate", {})
        assert order(db) == [third, first, second, late]
        assert [job["id"] for job in list_jobs(db)] == [third, first, second, late]
        move_job(db, third, "down")
        assert claim_next(db, ["cpu"])["id"] == first


def test_a_job_moves_within_its_lane_only(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        train, mask = enqueue(db, "train", {}), enqueue(db, "mask", {"source": "src-none"})
        waiting = list_waiting(db)
        assert not any(movable(waiting, place, way) for place in (0, 1) for way in ("up", "down"))
        for job in (train, mask):
            with pytest.raises(UserError, match="더 옮길 수 없습니다"):
                move_job(db, job, "up")


def test_a_job_never_moves_before_the_one_it_waits_for(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        train = enqueue(db, "train", {})
        judge = enqueue(db, "evaluate", {}, after_job=train)
        for job, way in ((judge, "up"), (train, "down")):
            with pytest.raises(UserError, match="앞의 작업"):
                move_job(db, job, way)
        assert order(db) == [train, judge] and get_job(db, judge)["after_job"] == train


def test_a_job_that_started_in_another_tab_is_not_moved(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        first, second = enqueue(db, "train", {}), enqueue(db, "train", {})
        claim_next(db, ["cpu"])
        with pytest.raises(UserError, match="더 기다리고 있지 않습니다"):
            move_job(db, first, "down")
        assert order(db) == [second]


def test_a_job_that_waits_for_a_failed_one_is_blocked_until_that_is_resumed(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        train = enqueue(db, "train", {})
        enqueue(db, "evaluate", {}, after_job=train)
        assert not is_blocked(list_waiting(db)[1])
        end(db, train, begin(db, train), "failed", "bug", "안 됩니다")
        waiting = list_waiting(db)
        assert is_blocked(waiting[0]) and waiting[0]["after_kind"] == "train"
        assert claim_next(db, ["cpu"]) is None


def test_the_log_is_read_from_where_it_was_left(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        job, other = enqueue(db, "train", {}), enqueue(db, "train", {})
        for place in range(5):
            add_log(db, job, f"{place}번째 줄")
        add_log(db, other, "남의 줄", "warning")
        tail = read_log(db, job, limit=2)
        assert [line["text"] for line in tail] == ["3번째 줄", "4번째 줄"]
        add_log(db, job, "새 줄")
        assert [line["text"] for line in read_log(db, job, after_id=tail[-1]["id"])] == ["새 줄"]


def test_a_job_is_about_what_its_arguments_and_result_name_and_still_exists(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        dataset = frozen_dataset(db)
        run, job = queued_run(db, dataset)
        judge = enqueue(db, "evaluate", {"models": ["base:starter", run, "run-forgotten"], "dataset": dataset})
        lost = enqueue(db, "mask", {"source": "src-forgotten"})
        found = subjects_of(db, list_jobs(db))
        assert [(s.kind, s.id, s.name) for s in found[job]] == [("run", run, "starter")]
        assert [(s.kind, s.id) for s in found[judge]] == [("run", run), ("dataset", dataset)]
        assert found[lost] == []


def test_judging_a_run_that_still_learns_waits_for_it_and_is_queued_once(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        supervised_here(db)
        run, job = queued_run(db, frozen_dataset(db))
    judge = judge_run(fresh_store, run)
    assert judge_run(fresh_store, run) == judge
    with open_store(fresh_store) as db:
        found = get_job(db, judge)
        assert found["after_job"] == job and found["args"]["models"] == ["base:starter", run]
        ask_stop(db, job, "cancel")
        assert get_job(db, judge)["state"] == "cancelled"


def test_judging_a_run_that_left_no_adapter_is_refused(fresh_store: Path, tmp_path: Path) -> None:
    with open_store(fresh_store) as db:
        supervised_here(db)
        run = ended_run(db, frozen_dataset(db), "failed", "bug")
    with pytest.raises(UserError, match="어댑터를 남기지 않아"):
        judge_run(fresh_store, run)
    with open_store(fresh_store) as db:
        give_adapter(db, run, tmp_path / "adapter")
    assert judge_run(fresh_store, run).startswith("job-")
