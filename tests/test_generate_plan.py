"""Which pairs are wanted: shares are met at every length, and a neighbour never says the same."""

from collections import Counter

import pytest

from engine.generate.options import GenerateOptions
from engine.generate.plan import Shares, found_near, wanted_pairs
from engine.retrieve.retriever import Found
from engine.store.generations import Clause

CLAUSES = [
    Clause(n, f"제{n}조 보험금은 {n}0만원이고 {'가나다라마바사아자차'[n % 10] * 9} 경우에 냅니다.", {})
    for n in range(1, 41)
]


def near(clause: Clause) -> Clause | None:
    return CLAUSES[clause.id % len(CLAUSES)]


@pytest.mark.parametrize("per_chunk", [1, 3, 7])
def test_shares_of_types_and_of_unanswerable_are_met(per_chunk):
    options = GenerateOptions(per_chunk=per_chunk, unanswerable=0.25, fact=0.5, scenario=0.25, easy=0.25)
    pairs = list(wanted_pairs(CLAUSES, options, near))
    assert len(pairs) == 40 * per_chunk
    refused = [pair for pair in pairs if not pair[3]]
    assert abs(len(refused) - 0.25 * len(pairs)) <= 1
    for part in (refused, [pair for pair in pairs if pair[3]]):
        types = Counter(pair[2] for pair in part)
        assert all(abs(types[name] - share * len(part)) <= 1 for name, share in options.shares().items())


def test_a_pair_is_unanswerable_exactly_when_its_question_comes_from_another_clause():
    pairs = wanted_pairs(CLAUSES, GenerateOptions(unanswerable=0.5), near)
    assert all((shown == origin) == answerable for shown, origin, _, answerable in pairs)


def test_without_a_neighbour_every_pair_is_answerable():
    pairs = list(wanted_pairs(CLAUSES[:1], GenerateOptions(unanswerable=0.9), lambda clause: None))
    assert pairs and all(answerable for *_, answerable in pairs)


def test_shares_stay_near_at_every_length():
    shares = Shares({"a": 3, "b": 1})
    for turn in range(1, 200):
        shares.next()
        assert abs(shares.dealt["a"] - 0.75 * turn) <= 1


def test_a_neighbour_is_another_clause_that_says_something_else():
    twin = Clause(90, CLAUSES[0].text, {})
    known = [CLAUSES[0], twin, CLAUSES[5]]

    def find(question, k, company, product):
        assert question and k > 1
        return [Found(clause.id, "", clause.text, 1.0) for clause in known]

    assert found_near(known, find)(CLAUSES[0]) == CLAUSES[5]
    assert found_near(known[:2], find)(CLAUSES[0]) is None
