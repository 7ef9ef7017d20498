"""How many rows to read, which ones, and what the decisions say of all rows."""

import pytest

from engine.curate.sampling import estimated, plan_review, sample_size
from engine.store.open import open_store
from engine.store.reviews import decide, history, redo, standing, undo
from tests.curated import curated, row_where
from tests.policy_material import build_policy, clause_records, good_pairs, store_source, unanswerable


@pytest.fixture
def policy(fresh_store):
    """(store, dataset id) of rows in three types."""
    with open_store(fresh_store) as db:
        source = store_source(db, [*clause_records(), *good_pairs(), *unanswerable()])
    return fresh_store, build_policy(fresh_store, [source])["dataset_id"]


def test_fifty_rows_of_many_tell_a_tenth_within_eight_points() -> None:
    assert 45 <= sample_size(100_000, 0.08) <= 60


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 40, 500, 20_000])
@pytest.mark.parametrize("margin", [0.02, 0.08, 0.3])
def test_a_plan_never_asks_for_more_than_there_is_and_less_for_a_coarser_margin(rows, margin) -> None:
    assert 0 <= sample_size(rows, margin) <= rows
    assert sample_size(rows, margin) >= sample_size(rows, margin * 1.5)


def test_having_read_all_nothing_is_uncertain() -> None:
    told = estimated(3, 40, 40)
    assert (told.low, told.value, told.high) == (0.075, 0.075, 0.075)


def test_the_interval_holds_what_was_seen_and_narrows() -> None:
    few, many = estimated(2, 20, 1000), estimated(20, 200, 1000)
    assert few.low < 0.1 < few.high and many.high - many.low < few.high - few.low
    assert estimated(0, 10, 1000).low == 0.0 and estimated(0, 10, 1000).high > 0.1
    assert estimated(5, 9, 10).low >= 0.5 and estimated(5, 9, 10).high <= 0.6


def test_nothing_read_says_nothing() -> None:
    told = estimated(0, 0, 100)
    assert told.value is None and (told.low, told.high) == (0.0, 1.0)


def test_every_type_is_read_by_its_share(policy) -> None:
    store, dataset = policy
    with open_store(store) as db:
        plan = plan_review(db, dataset, 0.08)
    assert sum(plan.by_type.values()) == len(plan.chosen) == len(set(plan.chosen)) < plan.rows
    assert set(plan.by_type) == {"fact", "scenario", "easy"} and min(plan.by_type.values()) >= 8


def test_a_plan_is_the_same_every_time_and_a_finer_one_goes_on(policy) -> None:
    store, dataset = policy
    with open_store(store) as db:
        coarse, again, fine = (plan_review(db, dataset, margin) for margin in (0.12, 0.12, 0.08))
        other = plan_review(db, dataset, 0.12, seed=1)
    assert coarse.chosen == again.chosen and set(coarse.chosen) <= set(fine.chosen) and other.chosen != coarse.chosen


def test_decisions_on_the_sample_make_the_estimate_and_others_do_not(policy) -> None:
    store, dataset = policy
    with open_store(store) as db:
        plan = plan_review(db, dataset, 0.08)
        outside = (set(range(1, 90)) - set(plan.chosen)).pop()
        decide(db, dataset, outside, "drop")
        for place, row in enumerate(plan.chosen[:10]):
            decide(db, dataset, row, "drop" if place < 2 else "keep", by="가온")
        after = plan_review(db, dataset, 0.08)
    assert (after.estimate.n, after.estimate.wrong, after.estimate.value) == (10, 2, 0.2)
    assert after.pending == plan.chosen[10:] and after.estimate.low < 0.2 < after.estimate.high


def test_who_decided_and_when_is_kept(policy) -> None:
    store, dataset = policy
    with open_store(store) as db:
        row = plan_review(db, dataset, 0.2).chosen[0]
        decide(db, dataset, row, "drop", by="가온")
        decide(db, dataset, row, "keep")
        told = history(db, dataset, row)
    assert [one["decided_by"] for one in told] == [None, "가온"] and all(one["created_at"] for one in told)


def test_redo_brings_back_what_was_undone_last(fresh_store) -> None:
    with open_store(fresh_store) as db:
        _, dataset = curated(db)
        a, b = (row_where(db, dataset, place, split="train") for place in (0, 1))
        decide(db, dataset, a, "drop")
        undo(db, dataset)
        decide(db, dataset, b, "drop")
        undo(db, dataset)
        assert redo(db, dataset)["row_id"] == b
        assert redo(db, dataset) is None and not standing(db, dataset).can_redo
