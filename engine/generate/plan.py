"""Which pairs are wanted: types by their shares, and for some a clause that does not answer them. It asks no model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from engine.generate.options import GenerateOptions
from engine.retrieve.retriever import Found
from engine.store.generations import Clause, PairTuple

NEAR = 6
"""Clauses looked at for one that is near in topic and says something else."""
FIRST_WORDS = 200
"""Characters of a clause that are searched for: its title and first sentences."""
SAME = 0.8
"""Clauses whose character trigrams overlap more than this (Jaccard) say the same: a question on one is answered by both."""
Neighbour = Callable[[Clause], Clause | None]
"""Another clause, near in topic; None when there is none."""


def wanted_pairs(clauses: Sequence[Clause], options: GenerateOptions, neighbour: Neighbour) -> Iterator[PairTuple]:
    """Pairs clause by clause. After any number of them each share is met as nearly as whole numbers allow.

    The first pairs of a clause are its answerable ones, unless a clause has only one and its turn has come.
    """
    turns = {answerable: Shares(options.shares()) for answerable in (True, False)}
    refusing = Shares({"no": options.unanswerable, "yes": 1 - options.unanswerable})
    for clause in clauses:
        kinds = sorted(refusing.next() == "no" for _ in range(options.per_chunk))
        for unanswerable in kinds:
            origin = (neighbour(clause) if unanswerable else None) or clause
            answerable = origin.id == clause.id
            yield clause.id, origin.id, turns[answerable].next(), answerable


class Shares:
    """Deals names out so that the counts stay as near to the shares as they can (largest remainder, as it goes on)."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        total = sum(shares.values())
        self.shares = {name: share / total for name, share in shares.items()}
        self.dealt = dict.fromkeys(shares, 0)

    def next(self) -> str:
        """The name that lies furthest behind its share."""
        turn = sum(self.dealt.values()) + 1
        name = max(self.shares, key=lambda name: self.shares[name] * turn - self.dealt[name])
        self.dealt[name] += 1
        return name


class Finds(Protocol):
    """What finds clauses for a text: `Retriever.find`."""

    def __call__(self, question: str, k: int, company: str | None, product: str | None) -> Sequence[Found]: ...


def found_near(clauses: Sequence[Clause], find: Finds) -> Neighbour:
    """The clause of the same product that a search for a clause's first words finds, without saying the same."""
    known = {clause.id: clause for clause in clauses}

    def neighbour(clause: Clause) -> Clause | None:
        own = trigrams(clause.text)
        company, product = clause.meta.get("company"), clause.meta.get("product")
        for found in find(clause.text[:FIRST_WORDS], NEAR, company, product):
            other = known.get(found.record_id)
            if other and other.id != clause.id and overlap(own, trigrams(other.text)) < SAME:
                return other
        return None

    return neighbour


def trigrams(text: str) -> frozenset[str]:
    """Character trigrams without spaces."""
    bare = "".join(text.split())
    return frozenset(bare[i : i + 3] for i in range(max(1, len(bare) - 2)))


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard, 0 to 1."""
    return len(a & b) / (len(a | b) or 1)
