"""Blind votes: counted exactly, one per item and pair, and never a hint of whose answer is whose."""

import json
import threading

import pytest

from engine.cli.app import main
from engine.errors import UserError
from engine.evaluate.power import for_difference, for_width, votes_for, votes_left
from engine.evaluate.statistics import wilson
from engine.evaluate.votes import exact_interval, in_chance_order, sides, sign_test, tally
from engine.store.open import open_store
from engine.store.votes import add_vote, count_alike, count_votes, open_items, read_votes, undo_vote
from tests.judged import BASE, add_items, judge

A, B = BASE, "run-b"


@pytest.fixture
def evaluation(fresh_store):
    dataset, rows = add_items(fresh_store, 6)
    return judge(
        fresh_store,
        dataset,
        rows,
        {A: ["응", "같음", "네", "아", "오", "우"], B: ["웅", " 같음 ", "넵", "앗", "옹", "웃"]},
    )


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (3, 10), (17, 23), (480, 1000), (1, 1)])
def test_the_interval_is_the_exact_one(k, n):
    from scipy.stats import binomtest

    expected = binomtest(k, n).proportion_ci(0.95, "exact")
    assert exact_interval(k, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(("a", "b"), [(0, 1), (3, 9), (10, 10), (40, 70), (0, 0)])
def test_the_sign_test_is_the_exact_one(a, b):
    from scipy.stats import binomtest

    assert sign_test(a, b) == pytest.approx(binomtest(b, a + b).pvalue if a + b else 1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "verdict"), [(0, 0, "none"), (3, 4, "same"), (2, 15, "b"), (15, 2, "a"), (0, 5, "same"), (0, 6, "b")]
)
def test_few_votes_decide_nothing(a, b, verdict):
    said = tally({"a": a, "b": b, "both": 2, "neither": 1})
    assert said.verdict == verdict and said.n == a + b + 3 and said.decided == a + b


def test_sides_stay_for_an_item_and_are_drawn_anew_for_the_next():
    items = [str(i) for i in range(200)]
    first = [sides("ev-1", item, A, B) for item in items]
    assert first == [sides("ev-1", item, B, A) for item in items]
    assert 60 < sum(left == A for left, _ in first) < 140


def test_items_come_in_an_order_that_a_refresh_keeps():
    items = [str(i) for i in range(50)]
    order = in_chance_order("ev-1", items)
    assert order == in_chance_order("ev-1", reversed(items)) and order != items and sorted(order) == sorted(items)
    assert order != in_chance_order("ev-2", items)


def test_identical_answers_are_not_asked_about(fresh_store, evaluation):
    with open_store(fresh_store) as db:
        assert len(open_items(db, evaluation, A, B)) == 5 and count_alike(db, evaluation, A, B) == 1


def test_the_first_of_two_tabs_counts_and_the_other_is_told(fresh_store, evaluation):
    with open_store(fresh_store) as db:
        item = open_items(db, evaluation, A, B)[0]
    kept = []

    def vote(choice):
        with open_store(fresh_store) as db:
            kept.append(add_vote(db, evaluation, item, A, B, choice))

    tabs = [threading.Thread(target=vote, args=(choice,)) for choice in ("left", "right", "both", "neither")]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    with open_store(fresh_store) as db:
        assert sorted(kept) == [False, False, False, True] and sum(count_votes(db, evaluation, A, B).values()) == 1
        assert item not in open_items(db, evaluation, A, B)


def test_a_vote_belongs_to_the_pair_whichever_side_it_stood_on(fresh_store, evaluation):
    with open_store(fresh_store) as db:
        one, two, three, *_ = open_items(db, evaluation, A, B)
        add_vote(db, evaluation, one, A, B, "left")
        add_vote(db, evaluation, two, B, A, "left")
        add_vote(db, evaluation, three, B, A, "neither")
        assert not add_vote(db, evaluation, one, B, A, "right")
        assert count_votes(db, evaluation, A, B) == {"a": 1, "b": 1, "both": 0, "neither": 1}
        assert count_votes(db, evaluation, B, A) == {"a": 1, "b": 1, "both": 0, "neither": 1}
        assert [vote["won"] for vote in read_votes(db, evaluation, A, B)] == ["neither", "b", "a"]


def test_a_vote_can_be_changed_when_asked_and_taken_back(fresh_store, evaluation):
    with open_store(fresh_store) as db:
        item = open_items(db, evaluation, A, B)[0]
        assert add_vote(db, evaluation, item, A, B, "left") and add_vote(
            db, evaluation, item, A, B, "right", again=True
        )
        assert count_votes(db, evaluation, A, B) == {"a": 0, "b": 1, "both": 0, "neither": 0}
        assert undo_vote(db, evaluation, A, B) == item and undo_vote(db, evaluation, A, B) is None
        assert item in open_items(db, evaluation, A, B)


def test_what_was_not_answered_by_both_cannot_be_voted_on(fresh_store, evaluation):
    with open_store(fresh_store) as db:
        with pytest.raises(UserError, match="두 모델의 답"):
            add_vote(db, evaluation, "none", A, B, "left")
        with pytest.raises(UserError, match="두 모델의 답"):
            add_vote(db, evaluation, open_items(db, evaluation, A, B)[0], A, A, "left")
        assert not read_votes(db, evaluation, A, B)


def test_the_command_shows_no_names_and_keeps_the_vote(fresh_store, evaluation, capsys):
    def told(*words: str) -> dict:
        assert main(["vote", evaluation, "--json", *words]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    shown = told()
    assert {shown["left"], shown["right"]} & {"웅", "넵", "앗", "옹", "웃"} and B not in json.dumps(shown)
    assert told("--item", shown["item"], "--choose", "left")["kept"]
    assert not told("--item", shown["item"], "--choose", "right")["kept"]
    assert told()["item"] != shown["item"] and told("--result")["n"] == 1
    assert told("--undo")["undone"] == shown["item"]
    assert main(["vote", evaluation, "--item", shown["item"], "--choose", "mine"]) == 2
    assert main(["vote", evaluation, "--against", "run-none"]) == 2


@pytest.mark.parametrize("share", [0.6, 0.65, 0.7, 0.8, 0.95])
def test_votes_asked_for_are_the_fewest_that_tell(share):
    from scipy.stats import binom, binomtest

    def power(n):
        return sum(binom.pmf(k, n, share) for k in range(n + 1) if binomtest(k, n).pvalue < 0.05)

    needed = votes_for(share)
    assert needed == votes_for(1 - share) and power(needed) >= 0.8 > power(needed - 1)


def test_a_coin_is_told_by_no_number_of_votes():
    assert votes_for(0.5) is None and votes_for(0.52) is None and votes_for(1.0) == 6


def test_ties_make_the_way_longer():
    assert votes_left(tally({"a": 0, "b": 0, "both": 3, "neither": 0})) is None
    assert votes_left(tally({"a": 3, "b": 7, "both": 0, "neither": 0})) == (49, 39)
    assert votes_left(tally({"a": 3, "b": 7, "both": 5, "neither": 5})) == (98, 78)
    assert votes_left(tally({"a": 0, "b": 9, "both": 0, "neither": 0})) == (6, 0)


def test_questions_for_a_width_and_for_a_difference():
    low, high = wilson(for_width(0.8) * 0.8, for_width(0.8))
    assert high - low == pytest.approx(0.1, abs=0.005) and for_width(0.0) == for_width(1.0) < for_width(0.9)
    assert for_difference(0.05, 0.05) is None and for_difference(0.15, 0.05) == for_difference(0.05, 0.15) == 155
    assert for_difference(0.3, 0.05) < for_difference(0.3, 0.15)


def test_the_command_says_how_many_votes_would_tell(fresh_store, evaluation, capsys):
    with open_store(fresh_store) as db:
        for item in open_items(db, evaluation, A, B):
            add_vote(db, evaluation, item, A, B, "right")
    assert main(["vote", evaluation, "--result", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["n"], told["p"], told["needed"], told["needed_clear"]) == (5, 0.0625, 6, 90)
