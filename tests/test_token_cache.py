"""Rows kept as tokens: the same examples as without them, gone with a forgotten row, bounded, checked."""

from pathlib import Path

import pytest

from engine.models.bases import resolve_base
from engine.models.loading import load_tokenizer
from engine.store import tokens
from engine.store.datasets import read_split
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.storage import families
from engine.train import data
from engine.train.data import encode_rows
from engine.train.token_cache import StoredRows, encoding_print
from tests.runs_store import frozen_dataset
from tests.tiny_models import make_tiny


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return load_tokenizer(resolve_base(str(make_tiny("llama", tmp_path_factory.mktemp("base")))))


@pytest.fixture
def rows(fresh_store: Path) -> StoredRows:
    with open_store(fresh_store) as db:
        dataset = frozen_dataset(db, rows=40)
        return StoredRows(fresh_store, list(read_split(db, dataset, "train")))


def kept(store: Path) -> int:
    with open_store(store) as db:
        return int(db.execute("SELECT count(*) FROM row_tokens").fetchone()[0])


@pytest.mark.parametrize("max_length", [16, 64])
def test_examples_are_the_same_with_and_without_kept_tokens(rows, tokenizer, max_length, monkeypatch):
    plain = encode_rows(tokenizer, list(rows), max_length)
    assert encode_rows(tokenizer, rows, max_length) == plain
    assert kept(rows.store) == len(rows)

    def never(*given):
        raise AssertionError("tokenized again")

    monkeypatch.setattr(data, "encode_example", never)
    assert encode_rows(tokenizer, rows, max_length) == plain


def test_another_length_or_template_is_another_encoding(rows, tokenizer):
    before = encoding_print(tokenizer, 64)
    assert encoding_print(tokenizer, 63) != before
    template = tokenizer.chat_template
    try:
        tokenizer.chat_template = template + " "
        assert encoding_print(tokenizer, 64) != before
    finally:
        tokenizer.chat_template = template
    assert encoding_print(tokenizer, 64) == before


def test_a_row_that_goes_takes_its_tokens_along(rows, tokenizer):
    encode_rows(tokenizer, rows, 64)
    with open_store(rows.store) as db:
        db.execute("DELETE FROM rows WHERE id = ?", [rows.ids[0]])
        db.conn.commit()
    assert kept(rows.store) == len(rows) - 1
    # a run that still holds the row in memory does not bring its words back
    assert len(encode_rows(tokenizer, rows, 64).examples) == len(rows)
    assert kept(rows.store) == len(rows) - 1


def test_ids_beyond_sixteen_bits_and_rows_met_twice_survive(rows, tokenizer, monkeypatch):
    wide = [data.Encoded([1, 70_000, 2], 1, True), False]
    monkeypatch.setattr(data, "_encoded", lambda *given: tuple(wide))
    twice = StoredRows(rows.store, [{"id": rows.ids[0], "messages": [], "target": "가"}] * 2)
    first = encode_rows(tokenizer, twice, 32)
    assert [example.input_ids for example in first.examples] == [[1, 70_000, 2]] * 2
    assert encode_rows(tokenizer, twice, 32) == first and kept(rows.store) == 1


def test_the_longest_unused_encodings_go(rows, tokenizer, monkeypatch):
    monkeypatch.setattr(tokens, "ENCODINGS", 2)
    for length in (40, 50, 60):
        encode_rows(tokenizer, rows, length)
    assert kept(rows.store) == 2 * len(rows)
    monkeypatch.setattr(tokens, "ROWS", 1)
    encode_rows(tokenizer, rows, 70)
    assert kept(rows.store) == len(rows)


def test_check_and_storage_know_them(rows, tokenizer):
    encode_rows(tokenizer, rows, 64)
    with open_store(rows.store) as db:
        assert check(db) == []
        assert {family.name: family.count for family in families(db)}["tokens"] == len(rows)
        db.execute("UPDATE row_tokens SET ids = x'010203' WHERE row_id = ?", [rows.ids[0]])
        db.conn.commit()
        assert check(db) == [f"tokens of row {rows.ids[0]}: not whole"]
