"""Models converted for other engines: the same losses, whole JSON, names that tell the engine; what cannot be carried over is told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.claims.verdict import SCHEMA
from engine.errors import UserError
from engine.serve.choose import choose_model, open_model, weights_of, with_engine
from engine.serve.decoding import Decoding
from engine.serve.json_shape import shape_of
from engine.serve.json_skeleton import fill
from engine.store.open import open_store
from tests.json_schemas import SCHEMAS
from tests.tiny_models import make_tiny

ASKED = [[{"role": "user", "content": "청구항과 제품을 견주어라."}], [{"role": "user", "content": "안녕"}]]


class Scribbler:
    """A pen that writes what it is given, whatever it is asked."""

    def __init__(self, words: str, turns: list[int]) -> None:
        self.words, self.turns = words, turns

    def choose(self, written: str, options: Any) -> int:
        self.turns = self.turns[1:] + self.turns[:1]
        return self.turns[0] % len(options)

    def go_on(self, written: str, tokens: int, until: str) -> str:
        return self.words[:tokens]

    def count(self, text: str) -> int:
        return len(text)


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, st.text(max_size=12), st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(0, 200))
def test_whatever_a_model_writes_the_filled_skeleton_is_valid(
    schema: dict[str, Any], words: str, turns: list[int], room: int
) -> None:
    jsonschema.validate(json.loads(fill(shape_of(schema), Scribbler(words, turns), room)), schema)


@pytest.mark.parametrize("name", ["llama", "bart"])
def test_converted_models_say_the_same_and_write_whole_json(name: str, tmp_path: Path) -> None:
    store, folder = tmp_path / "store.db", make_tiny(name, tmp_path)
    with open_store(store) as db:
        model = choose_model(db, f"ctranslate2:base:{folder}")
    backend = open_model(store, model)
    plain = open_model(store, replace(model, engine="transformers", quantisation="none"))
    pairs = [(ASKED[0], "나는 파스타가 좋은데"), (ASKED[1], "네")]
    for (made, tokens), (wanted, expected) in zip(backend.losses(pairs), plain.losses(pairs), strict=True):
        assert tokens == expected and made == pytest.approx(wanted, rel=0.02)
    assert len(backend.generate(ASKED, Decoding(temperature=0.0, max_new_tokens=8))) == 2
    small = {**SCHEMA["properties"]["comparisons"], "maxItems": 2}
    for answer in backend.generate(ASKED, Decoding(temperature=0.9, max_new_tokens=100, json_schema=small)):
        jsonschema.validate(json.loads(answer.text), small)
    greedy = Decoding(temperature=0.0, max_new_tokens=8)
    assert "".join(backend.stream(ASKED[0], greedy)) == backend.generate(ASKED[:1], greedy)[0].text
    backend.close()


@pytest.mark.parametrize("name", ["exaone4", "mt5"])
def test_what_cannot_be_carried_over_is_told_by_name(name: str, tmp_path: Path) -> None:
    store, folder = tmp_path / "store.db", make_tiny(name, tmp_path)
    with open_store(store) as db:
        model = choose_model(db, f"ctranslate2:base:{folder}")
    with pytest.raises(UserError, match=name):
        open_model(store, model)
    assert not list((tmp_path / "store.db.cache" / "converted").iterdir())


def test_the_name_tells_the_engine_and_other_weights_are_other_weights(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        plain, other = choose_model(db, "base:starter"), choose_model(db, "openvino:base:starter@json")
        assert (other.name, other.engine, other.way) == ("openvino:base:starter@json", "openvino", "json")
        assert with_engine(plain, "ctranslate2").name == "ctranslate2:base:starter"
        assert with_engine(other, "transformers").name == "base:starter@json"
        assert weights_of(fresh_store, plain) != weights_of(fresh_store, other)
        with pytest.raises(UserError):
            with_engine(plain, "tensorrt")
        with pytest.raises(UserError):
            with_engine(choose_model(db, "http://127.0.0.1:80/v1#m"), "openvino")
