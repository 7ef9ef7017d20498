"""Searching by meaning, with a stand-in for the optional library: vectors are kept, renewed and forgotten with their clauses."""

import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest

from engine.errors import UserError
from engine.retrieve.meaning import _model, search_meaning
from engine.retrieve.retriever import from_floor
from engine.store.open import open_store, writing
from engine.store.sources import add_records
from tests.retrieving import CLAUSES, add_source, clause, finder, four_clauses, ids

AXES = ("입원", "음주", "철회", "배당", "병실")


class Vectors:
    """Counts a few words: a clause and a question are near when they hold the same ones. 병실 means 입원 to it."""

    encoded: list[str] = []  # noqa: RUF012

    def __init__(self, name, *, trust_remote_code, model_kwargs):
        if name == "nowhere":
            raise OSError(name)
        assert trust_remote_code is False and model_kwargs == {"use_safetensors": True}

    def encode_document(self, texts, *, normalize_embeddings, show_progress_bar):
        self.encoded.extend(texts)
        counts = np.array([[text.count(word) + 0.01 for word in AXES] for text in texts])
        counts[:, 0] += counts[:, -1]
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def encode_query(self, texts, **options):
        kept = list(self.encoded)
        vectors = self.encode_document(texts, **options)
        self.encoded[:] = kept
        return vectors


@pytest.fixture
def library(monkeypatch):
    stand_in = ModuleType("sentence_transformers")
    stand_in.SentenceTransformer = Vectors
    monkeypatch.setitem(sys.modules, "sentence_transformers", stand_in)
    Vectors.encoded.clear()
    _model.cache_clear()
    yield Vectors.encoded
    _model.cache_clear()


@pytest.mark.skipif(importlib.util.find_spec("sentence_transformers") is not None, reason="it is installed here")
def test_without_the_library_it_is_said_what_to_install(fresh_store):
    source = four_clauses(fresh_store)
    with pytest.raises(UserError, match=r"requirements-optional\.txt"):
        finder(fresh_store, source, embeddings="some/model")
    assert ids(finder(fresh_store, source), "입원", k=1) == ["입원"]


def test_a_model_that_cannot_be_read_is_named(fresh_store, library):
    with pytest.raises(UserError, match="nowhere"):
        finder(fresh_store, four_clauses(fresh_store), embeddings="nowhere")


def test_meaning_finds_what_no_word_finds(fresh_store, library):
    source = four_clauses(fresh_store)
    assert ids(finder(fresh_store, source, everyday=False), "병실") == []
    by_meaning = finder(fresh_store, source, everyday=False, embeddings="toy")
    assert ids(by_meaning, "병실", k=1) == ["입원"]
    assert ids(by_meaning, "음주운전", k=1) == ["음주"]


def test_vectors_are_made_once_and_renewed_with_their_clause(fresh_store, library):
    source = four_clauses(fresh_store)
    retriever = finder(fresh_store, source, embeddings="toy")
    assert len(library) == 4
    ids(retriever, "입원")
    assert len(library) == 4
    with open_store(fresh_store) as db:
        add_records(db, source, 4, [clause("새", "병실 병실 병실")])
    assert ids(retriever, "병실", k=1) == ["새"] and len(library) == 5
    with open_store(fresh_store) as db, writing(db):
        db.execute("UPDATE records SET text = '배당' WHERE meta_json ->> 'chunk_id' = '새'")
    assert ids(retriever, "병실", k=1) == ["입원"] and len(library) == 6
    with open_store(fresh_store) as db, writing(db):
        db.execute("DELETE FROM records WHERE source_id = ?", [source])
        assert db.execute("SELECT count(*) FROM clause_vectors").fetchone() == (0,)
    assert ids(retriever, "병실") == []


def test_filters_hold_for_meaning_too(fresh_store, library):
    with open_store(fresh_store) as db:
        source = add_source(db, [clause(name, CLAUSES[0][1], company=name) for name in ("가람", "나래")])
    retriever = finder(fresh_store, source, embeddings="toy")
    assert ids(retriever, "병실", company="나래") == ["나래"]


def test_an_empty_question_is_near_nothing(fresh_store, library):
    source = four_clauses(fresh_store)
    finder(fresh_store, source, embeddings="toy")
    with open_store(fresh_store) as db:
        assert search_meaning(db, [source], " ", "toy", None, 3) == []


def test_scores_from_a_floor():
    assert from_floor([(1, 4.0), (2, 1.0)], 0.0) == [(1, 1.0), (2, 0.25)]
    assert from_floor([(1, 0.0), (2, -0.5)], -1.0) == [(1, 1.0), (2, 0.5)]
    assert from_floor([], 0.0) == [] and from_floor([(1, 0.0)], 0.0) == []
