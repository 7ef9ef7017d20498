"""Splits: whole groups, sizes near the shares, the same for the same seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.curate.split import assign_splits
from engine.errors import UserError

SPLITS = {"train": 0.9, "validation": 0.05, "test": 0.05}
DAYS = st.dictionaries(st.dates().map(str), st.integers(1, 200), min_size=3, max_size=80).filter(
    lambda counts: sum(counts.values()) >= 8
)


def sizes(counts: dict[str, int], chosen: dict[str, str]) -> dict[str, int]:
    return {split: sum(counts[group] for group in counts if chosen[group] == split) for split in set(chosen.values())}


@given(DAYS, st.integers(0, 1_000))
def test_every_group_is_in_one_split_and_every_split_has_a_group(counts: dict[str, int], seed: int) -> None:
    chosen = assign_splits(counts, SPLITS, seed)
    assert chosen.keys() == counts.keys()
    assert set(chosen.values()) == set(SPLITS)


@given(DAYS, st.integers(0, 1_000))
def test_sizes_miss_the_shares_by_no_more_than_the_largest_group(counts: dict[str, int], seed: int) -> None:
    found = sizes(counts, assign_splits(counts, SPLITS, seed))
    rows, largest = sum(counts.values()), max(counts.values())
    for split in ("validation", "test"):
        assert abs(found[split] - rows * SPLITS[split]) <= largest


@given(DAYS, st.fixed_dictionaries({name: st.floats(0.01, 1) for name in SPLITS}), st.integers(0, 9))
def test_any_shares_leave_no_split_empty(counts: dict[str, int], shares: dict[str, float], seed: int) -> None:
    assert set(assign_splits(counts, shares, seed).values()) == set(shares)


@given(DAYS, st.integers(0, 1_000), st.randoms())
def test_order_of_the_groups_does_not_matter(counts: dict[str, int], seed: int, rng: object) -> None:
    turned = dict(reversed(counts.items()))
    assert assign_splits(turned, SPLITS, seed) == assign_splits(counts, SPLITS, seed)


def test_seed_changes_the_days() -> None:
    counts = {f"2025-01-{day:02}": 10 for day in range(1, 31)}
    drawn = [assign_splits(counts, SPLITS, seed) for seed in range(5)]
    assert len({tuple(sorted(chosen.items())) for chosen in drawn}) == 5


def test_large_and_small_days_are_judged_alike() -> None:
    counts = {f"{year}-01-{day:02}": 1 + 2 * (day % 2) for year in range(2000, 2030) for day in range(1, 29)}
    chosen = assign_splits(counts, SPLITS, 0)
    large = [counts[group] > 1 for group in counts if chosen[group] == "test"]
    assert 0.3 < sum(large) / len(large) < 0.7


def test_a_share_of_zero_leaves_the_split_out() -> None:
    chosen = assign_splits({"a": 5, "b": 5}, {"train": 0.9, "validation": 0.1, "test": 0.0}, 0)
    assert sorted(chosen.values()) == ["train", "validation"]


@pytest.mark.parametrize("counts", [{}, {"2025-01-01": 7}, {"a": 2, "b": 2, "c": 2}])
def test_too_few_rows_are_refused_with_the_reasons(counts: dict[str, int]) -> None:
    with pytest.raises(UserError) as caught:
        assign_splits(counts, SPLITS, 0, {"too_short": 12, "no_reply": 30})
    assert "no_reply 30, too_short 12" in caught.value.ko
    assert f"{sum(counts.values())} rows" in caught.value.en


@pytest.mark.parametrize("counts", [{"2025-01-01": 70}, {"2025-01-01": 70, "2025-01-02": 3}])
def test_too_few_groups_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(UserError) as caught:
        assign_splits(counts, SPLITS, 0)
    assert f"{len(counts)}개뿐" in caught.value.ko
