"""Questions to clauses: several rankings of the same clauses, fused. It knows nothing of how an answer is made."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.korean.morphemes import pieces_of
from engine.retrieve.index import bring_up_to_date
from engine.retrieve.meaning import embed_missing, search_meaning
from engine.retrieve.naming import matching, meant_by, named_in
from engine.retrieve.settings import RetrievalSettings
from engine.retrieve.terms import flat, headings_of, question_grams, question_terms, words
from engine.store.clause_index import Names, clauses_named, named, products_of, read_clauses, search_grams, search_words
from engine.store.open import open_store
from engine.store.terms import dictionary_of_sources

DEPTH = 50
"""How far each ranking is read before they are fused."""
MEANT = 0.25
"""How much more a clause counts whose product's name carries an idea of the question."""
LONGEST = 1000
"""Characters of a question that are looked at."""
WORD_WEIGHTS = (1.0, 2.0, 1.0, 2.0)
"""Of a clause's text, headings, product and ideas."""
GRAM_WEIGHTS = (1.0, 2.0)
"""Of a clause's text and headings."""
ADDED = 1.0
"""Weight of names that the dictionary adds, beside what was asked. Everyday names are long (바람만 스쳐도 아픈 병) and find clauses by words
that tell nothing: of 12 such questions 10 found their clause first at 0.5, 12 at 1.0 and 2.0, 6 without the dictionary."""


@dataclass(frozen=True)
class Found:
    """A clause that was found. The score orders the clauses of one question and says nothing across questions."""

    record_id: int
    chunk_id: str
    text: str
    score: float
    headings: str = ""
    """Where it stands: breadcrumbs and article."""


@dataclass(frozen=True)
class Retriever:
    """Searches the clauses of some sources. It opens the store for each question, so that threads may share it."""

    db_path: Path
    source_ids: tuple[str, ...]
    settings: RetrievalSettings

    def find(self, question: str, k: int, company: str | None = None, product: str | None = None) -> list[Found]:
        """At most k clauses, best first. Clauses added, changed or forgotten since the last question are seen.

        company, product: only clauses of these, and clauses that name none. Without them, clauses of what the question
        itself names stand before all others.
        """
        with open_store(self.db_path) as db:
            self.bring_up_to_date(db)
            known_names = named(db, self.source_ids)
            names = matching(known_names, company, product)
            preferred = named_in(question, known_names) if names is None else None
            scores = self._scores(db, question, preferred or names)
            if preferred and len(scores) < k:
                scores = above(scores, self._scores(db, question, None))
            best = sorted(scores, key=lambda id_: (-scores[id_], id_))[:k]
            known = read_clauses(db, best)
        return [_found(known[id_], scores[id_]) for id_ in best if id_ in known]

    def _scores(self, db: Database, question: str, names: Names | None) -> dict[int, float]:
        text = flat(question[:LONGEST])
        pieces = pieces_of(text)
        told = question_terms(text, pieces) if self.settings.everyday else words(pieces)
        parts = question_grams(text, pieces)
        rankings = []
        if self.settings.words:
            found = search_words(db, self.source_ids, told, names, WORD_WEIGHTS, DEPTH)
            rankings.append((self.settings.words, found))
        if self.settings.grams:
            found = search_grams(db, self.source_ids, parts, names, GRAM_WEIGHTS, DEPTH)
            rankings.append((self.settings.grams, found))
        scores = summed([*rankings, *self._by_other_names(db, question, names)])
        if self.settings.everyday:
            scores = self._lifted(db, scores, told)
        if self.settings.embeddings is None:
            return scores
        allowed = None if names is None else clauses_named(db, self.source_ids, names)
        near = search_meaning(db, self.source_ids, question, self.settings.embeddings, allowed, DEPTH)
        return summed([(1.0, from_floor(scores.items(), 0.0)), (self.settings.meaning, from_floor(near, -1.0))])

    def _by_other_names(
        self, db: Database, question: str, names: Names | None
    ) -> list[tuple[float, list[tuple[int, float]]]]:
        """Rankings by what the dictionary adds to the question; none without a dictionary or without its terms in the question."""
        if not self.settings.terms or (dictionary := dictionary_of_sources(db, self.source_ids)) is None:
            return []
        added = [name for one in dictionary.expansions(question[:LONGEST]) for name in one.added]
        if not added:
            return []
        text = flat("\n".join(added))
        pieces = pieces_of(text)
        found = []
        if self.settings.words:
            ranking = search_words(db, self.source_ids, list(dict.fromkeys(words(pieces))), names, WORD_WEIGHTS, DEPTH)
            found.append((ADDED * self.settings.words, ranking))
        if self.settings.grams:
            parts = question_grams(text, pieces)
            ranking = search_grams(db, self.source_ids, parts, names, GRAM_WEIGHTS, DEPTH)
            found.append((ADDED * self.settings.grams, ranking))
        return found

    def _lifted(self, db: Database, scores: dict[int, float], told: Sequence[str]) -> dict[int, float]:
        """Scores, those of products that the question speaks of without a name (강아지: a pet insurance) raised by `MEANT`."""
        products = products_of(db, list(scores))
        meant = {name for name in set(products.values()) if meant_by(name, told)}
        return {id_: score * (1 + MEANT * (products.get(id_) in meant)) for id_, score in scores.items()}

    def bring_up_to_date(self, db: Database) -> None:
        """Index what came or changed since the last question."""
        bring_up_to_date(db, self.source_ids)
        if self.settings.embeddings is not None:
            embed_missing(db, self.source_ids, self.settings.embeddings)


def _found(row: dict[str, Any], score: float) -> Found:
    return Found(row["id"], row["chunk_id"], row["text"], score, headings_of(json.loads(row["meta_json"] or "{}")))


def open_retriever(db_path: Path, source_ids: Sequence[str], settings: RetrievalSettings) -> Retriever:
    """A retriever over the clauses of these sources; their index is brought up to date now."""
    found = Retriever(db_path, tuple(source_ids), settings)
    with open_store(db_path) as db:
        found.bring_up_to_date(db)
    return found


def summed(rankings: Sequence[tuple[float, Sequence[tuple[int, float]]]]) -> dict[int, float]:
    """{record id: score}: weighted sums of the scores of several rankings."""
    scores: dict[int, float] = defaultdict(float)
    for weight, ranking in rankings:
        for id_, score in ranking:
            scores[id_] += weight * score
    return dict(scores)


def above(first: Mapping[int, float], rest: Mapping[int, float]) -> dict[int, float]:
    """All scores, those of `first` lifted over the best of the rest."""
    lift = max((score for id_, score in rest.items() if id_ not in first), default=0.0)
    return {**rest, **{id_: score + lift for id_, score in first.items()}}


def from_floor(ranking: Iterable[tuple[int, float]], floor: float) -> list[tuple[int, float]]:
    """Scores as shares of the way from the lowest that could be to the best of this question, so that cosines and bm25 add up:
    theoretical min-max, Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023."""
    scored = list(ranking)
    best = max((score for _, score in scored), default=floor)
    return [(id_, (score - floor) / (best - floor)) for id_, score in scored if best > floor]
