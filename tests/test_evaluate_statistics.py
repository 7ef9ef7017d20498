"""Intervals and paired tests: known values by hand, edge cases, and how often intervals hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate import statistics as s

scores = st.lists(st.none() | st.floats(-5, 5), max_size=25)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 0, 0.0, 1.0),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson_gives_the_published_values(successes: int, n: int, low: float, high: float) -> None:
    assert s.wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_share_and_mirrors(successes: int, n: int) -> None:
    successes = min(successes, n)
    low, high = s.wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert s.wilson(n - successes, n) == pytest.approx((1 - high, 1 - low))


@settings(max_examples=30, deadline=None)
@given(scores)
def test_mean_interval_holds_the_mean_and_leaves_none_out(values: list[float | None]) -> None:
    known = [v for v in values if v is not None]
    found = s.bootstrap_mean(values, seed=1, draws=50)
    assert found.n == len(known)
    if not known:
        assert found == (None, None, None, 0)
        return
    assert found.value == pytest.approx(np.mean(known))
    if len(known) == 1:
        assert (found.low, found.high) == (None, None)
    else:
        assert found.low is not None and found.high is not None
        assert found.low <= np.mean(known) + 1e-9 and found.high >= np.mean(known) - 1e-9


def test_none_is_never_zero() -> None:
    assert s.bootstrap_mean([None, 4.0, None, 2.0], seed=0).value == 3.0
    assert s.estimate_share([None, 1.0, None, 1.0]).value == 1.0
    assert s.bootstrap_mean([None, None], seed=0) == (None, None, None, 0)
    assert s.estimate_share([None]) == (None, None, None, 0)
    assert s.paired([None, 1.0], [5.0, None], seed=0, binary=False) == (None, None, None, None, "none", 0)


def test_equal_values_give_an_interval_without_width() -> None:
    assert s.bootstrap_mean([0.5] * 8, seed=0) == (0.5, 0.5, 0.5, 8)


def test_a_score_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        s.bootstrap_mean([1.0, float("nan")], seed=0)


def test_the_same_seed_gives_the_same_interval_and_another_does_not() -> None:
    values = [float(v) for v in np.random.default_rng(3).normal(size=40)]
    assert s.bootstrap_mean(values, seed=5) == s.bootstrap_mean(values, seed=5)
    assert s.bootstrap_mean(values, seed=5) != s.bootstrap_mean(values, seed=6)


def test_a_ratio_is_weighted_by_its_denominator() -> None:
    found = s.bootstrap_ratio([10.0, 2.0, None], [10.0, 1.0, 7.0], seed=0)
    assert found.value == pytest.approx(12 / 11)
    assert found.n == 2


def test_a_ratio_of_no_tokens_is_unknown() -> None:
    assert s.bootstrap_ratio([0.0, 0.0], [0.0, 0.0], seed=0).value is None


def test_groups_are_resampled_only_when_there_are_ten() -> None:
    assert s.resampling_unit([f"day{i % 10}" for i in range(40)]) == "group"
    assert s.resampling_unit([f"day{i % 9}" for i in range(40)]) == "item"
    assert s.blocks_of(["a", "a", "b"]) == [0, 1, 2]
    ten = [f"day{i // 2}" for i in range(20)]
    assert s.blocks_of(ten) == [i // 2 for i in range(20)]


def test_items_without_a_group_stay_single() -> None:
    groups: list[str | None] = [f"day{i}" for i in range(10) for _ in range(2)]
    assert s.blocks_of([*groups, None, None])[-2:] == [10, 11]


def test_days_that_agree_within_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    days = rng.normal(size=20)
    values = [float(days[i // 10] + rng.normal(scale=0.1)) for i in range(200)]
    blocks = [i // 10 for i in range(200)]
    alone, blocked = s.bootstrap_mean(values, 0), s.bootstrap_mean(values, 0, blocks=blocks)
    assert blocked.high - blocked.low > 2 * (alone.high - alone.low)  # type: ignore[operator]
    shares = [float(v > 0) for v in values]
    assert s.design_effect(shares, blocks) > 4
    one, other = s.estimate_share(shares), s.estimate_share(shares, blocks)
    assert other.value == one.value and other.high > one.high  # type: ignore[operator]


def test_bootstrap_covers_the_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for seed in range(200):
        found = s.bootstrap_mean([float(v) for v in rng.exponential(size=30)], seed, draws=300)
        held += found.low <= 1.0 <= found.high  # type: ignore[operator]
    assert 0.88 <= held / 200 <= 0.99


def distinct(words: np.ndarray) -> float:
    return len(np.unique(words)) / len(words)


def test_jackknife_covers_distinct_words_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    share = 1 / np.arange(1, 301)
    samples = rng.choice(300, (150, 60), p=share / share.sum())
    truth = np.mean([distinct(words) for words in samples])
    held = 0
    for words in samples:
        found = s.jackknife(lambda at, w=words: {"d": distinct(w[list(at)])}, range(60))["d"]
        assert found.low <= found.value <= found.high  # type: ignore[operator]
        held += found.low <= truth <= found.high  # type: ignore[operator]
    assert held / 150 >= 0.93


def test_jackknife_of_a_mean_is_the_t_interval() -> None:
    values = [1.0, 2.0, 4.0, 7.0]
    found = s.jackknife(lambda at: {"m": sum(values[i] for i in at) / len(at)}, range(4))["m"]
    half = 3.182446 * np.std(values, ddof=1) / 2
    assert found == pytest.approx((3.5, 3.5 - half, 3.5 + half, 4), abs=1e-5)


def test_more_than_two_hundred_blocks_are_left_out_together() -> None:
    calls: list[int] = []

    def count(at: list[int]) -> dict[str, float | None]:
        calls.append(len(at))
        return {"n": float(len(at))}

    s.jackknife(count, range(500))
    assert len(calls) == 1 + s.MOST_FOLDS and set(calls[1:]) == {497, 498}


def test_jackknife_of_nothing_is_nothing() -> None:
    assert s.jackknife(lambda at: {"m": 1.0}, []) == {}


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(0, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (8, 2, 0.109375), (2, 8, 0.109375), (5, 5, 1.0)],
)
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int, p: float) -> None:
    a = [0.0] * gained + [1.0] * lost + [1.0] * 20
    b = [1.0] * gained + [0.0] * lost + [1.0] * 20
    found = s.paired(a, b, seed=0, binary=True)
    assert found.test == "mcnemar_exact"
    assert found.p == pytest.approx(p)
    assert found.delta == pytest.approx((gained - lost) / (gained + lost + 20))
    assert found.n == gained + lost + 20


def test_shares_of_one_day_are_not_judged_by_mcnemar() -> None:
    blocks = [i // 4 for i in range(80)]
    a, b = [0.0] * 80, [float(i // 4 < 3) for i in range(80)]
    alone, blocked = s.paired(a, b, 0, True), s.paired(a, b, 0, True, blocks)
    assert (alone.test, blocked.test) == ("mcnemar_exact", "sign_flip_groups")
    assert alone.p < 0.001 < 0.05 < blocked.p  # type: ignore[operator]
    assert blocked.low < alone.low  # type: ignore[operator]


def test_a_clear_gain_is_seen_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    a = [float(v) for v in rng.normal(size=60)]
    better = s.paired(a, [v + 0.5 + float(e) for v, e in zip(a, rng.normal(size=60), strict=True)], 0, False)
    assert better.low > 0 and better.p < 0.01  # type: ignore[operator]
    noise = s.paired(a, [v + float(e) for v, e in zip(a, rng.normal(size=60), strict=True)], 0, False)
    assert noise.low < 0 < noise.high and noise.p > 0.05  # type: ignore[operator]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.none() | st.floats(-3, 3), st.none() | st.floats(-3, 3)), max_size=12), st.booleans())
def test_swapping_the_models_mirrors_the_test(pairs: list[tuple[float | None, float | None]], blocked: bool) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    blocks = [i // 2 for i in range(len(pairs))] if blocked else None
    there, back = s.paired(a, b, 0, False, blocks, draws=100), s.paired(b, a, 0, False, blocks, draws=100)
    assert there.n == back.n == sum(x is not None and y is not None for x, y in pairs)
    if there.delta is not None and back.delta is not None:
        assert there.delta == pytest.approx(-back.delta)
        assert there.p == back.p


@pytest.mark.parametrize("binary", [True, False])
def test_one_item_proves_nothing(binary: bool) -> None:
    assert s.paired([0.0], [1.0], 0, binary).p == 1.0


def test_equal_models_have_no_difference() -> None:
    found = s.paired([0.1, 0.7, 0.4], [0.1, 0.7, 0.4], 0, False)
    assert (found.delta, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_the_sign_flip_test_agrees_with_all_sign_patterns() -> None:
    differences = [0.9, 0.4, 1.1, -0.2, 0.7, 0.3]
    signs = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T
    exact = np.mean(np.abs(signs @ differences) >= abs(sum(differences)) - 1e-12)
    found = s.paired([0.0] * 6, differences, 0, False, draws=4000)
    assert found.p == pytest.approx(exact, abs=0.02)


def test_corpus_metrics_of_equal_models_rarely_look_different() -> None:
    share = 1 / np.arange(1, 201)
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        words = rng.choice(200, (2, 40), p=share / share.sum())

        def difference(at: list[int], swapped: list[bool], words: np.ndarray = words) -> dict[str, float | None]:
            side = np.array([swapped[p] for p in at], dtype=int)
            a, b = words[side, list(at)], words[1 - side, list(at)]
            return {"distinct": distinct(b) - distinct(a)}

        found = s.paired_corpus(difference, range(40), seed, draws=200)["distinct"]
        assert found.low <= found.delta <= found.high  # type: ignore[operator]
        alarms += found.p < 0.05  # type: ignore[operator]
    assert alarms <= 5


@pytest.mark.parametrize("value", [None, 0.3])
def test_a_corpus_metric_over_one_block_has_no_test(value: float | None) -> None:
    found = s.paired_corpus(lambda at, swapped: {"m": value}, [0], 0, draws=10)
    assert found["m"] == (value, None, None, None, "none", 1)


def test_a_corpus_metric_that_some_folds_lack_has_no_interval() -> None:
    found = s.paired_corpus(lambda at, swapped: {"m": 1.0 if 0 in at else None}, range(5), 0, draws=10)
    assert found["m"] == (1.0, None, None, None, "none", 5)
