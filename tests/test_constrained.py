"""Answers that must be JSON: whole and valid whatever the model, the schema and the room; free answers as before."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.claims.verdict import SCHEMA as JUDGEMENT
from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.serve.decoding import Decoding
from engine.serve.json_closing import closing, closing_bytes, longest_closing, shortest
from engine.serve.json_shape import bounded, shape_of
from engine.serve.transformers_backend import TransformersBackend, open_backend
from tests.json_schemas import SCHEMAS
from tests.tiny_models import make_tiny

ASKED = [[{"role": "user", "content": "청구항과 제품을 견주어라."}], [{"role": "user", "content": "안녕"}]]
KINDS = ("gpt_neox", "llama", "gemma3_text", "qwen3", "bart")
"""Byte-level and byte-fallback vocabularies, Metaspace, a template of its own, an encoder-decoder."""


@pytest.fixture(scope="module", params=KINDS)
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TransformersBackend:
    folder = make_tiny(request.param, tmp_path_factory.mktemp("constrained"))
    return open_backend(resolve_base(str(folder)), quantisation="none", device="cpu")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TransformersBackend:
    folder = make_tiny("qwen2", tmp_path_factory.mktemp("tiny"))
    return open_backend(resolve_base(str(folder)), quantisation="none", device="cpu")


def asking(schema: dict[str, Any], room: int = 250, **more: Any) -> Decoding:
    return Decoding(**{"temperature": 0.0, **more}, max_new_tokens=room, json_schema=schema)


def valid(text: str, schema: dict[str, Any]) -> bool:
    jsonschema.validate(json.loads(text), schema)
    between = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    return "\n" not in text and "  " not in between


@pytest.mark.parametrize("drawn", [{}, {"temperature": 1.2, "repetition_penalty": 1.8}], ids=["greedy", "hot"])
def test_random_weights_answer_in_whole_json_alone_together_and_in_a_stream(
    backend: TransformersBackend, drawn: dict[str, Any]
) -> None:
    backend._context = 1024  # the tiny models' own window is too short for this schema in their vocabulary
    short = {**JUDGEMENT["properties"]["comparisons"], "maxItems": 2}
    decoding = asking(short, 110, **drawn)
    together = backend.generate(ASKED, decoding)
    for answer in together:
        assert valid(answer.text, short) and answer.ended and answer.new_tokens <= 110
    assert [backend.generate([one], decoding)[0].text for one in ASKED] == [answer.text for answer in together]
    assert ["".join(backend.stream(one, decoding)) for one in ASKED] == [answer.text for answer in together]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schema=SCHEMAS, room=st.integers(1, 120), seed=st.integers(0, 3))
def test_whatever_the_schema_and_the_room_the_answer_is_valid(
    tiny: TransformersBackend, schema: dict[str, Any], room: int, seed: int
) -> None:
    try:
        answer = tiny.generate(ASKED[:1], asking(schema, room, temperature=1.5, top_p=1.0, seed=seed))[0]
    except UserError as error:
        assert "max_new_tokens" in error.en
        return
    assert valid(answer.text, schema) and answer.ended and answer.new_tokens <= room


@settings(max_examples=150, deadline=None)
@given(schema=SCHEMAS, data=st.data())
def test_wherever_a_text_is_cut_what_it_lacks_makes_it_whole(schema: dict[str, Any], data: st.DataObject) -> None:
    shape = shape_of(schema)
    whole = shortest(shape)
    assert valid(whole, schema) and closing(shape, whole) == ""
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    missing = closing(shape, cut)
    assert missing is not None and valid(cut + missing, schema)
    assert len(missing.encode()) <= longest_closing(shape)
    half = whole.encode()[: data.draw(st.integers(0, len(whole.encode())))]
    assert valid((half + (closing_bytes(shape, half) or b"")).decode(), schema)
    jsonschema.validate(json.loads(whole), bounded(shape))


def test_what_begins_nothing_of_the_shape_is_told() -> None:
    shape = shape_of(JUDGEMENT)
    assert closing(
        shape, '{"risk'
    ) == '_level": "높음", "comparisons": [{"claim_element": "", "product_element": "", ' + (
        '"match": "일치"}], "decision_reason": ""}'
    )
    for wrong in ("[", '{"risk_level": "중간', '{ "risk', "{}"):
        assert closing(shape, wrong) is None


def test_the_starters_answers_are_whole_in_a_tight_room_too() -> None:
    starter = open_backend(resolve_base("starter"), quantisation="none", device="cpu")
    prompts = [[{"role": "user", "content": f"청구항 {n}: 부품 {n}개를 포함하는 장치"}] for n in range(4)]
    for room in (100, 160):
        for answer in starter.generate(prompts, asking(JUDGEMENT, room, temperature=0.8)):
            assert valid(answer.text, JUDGEMENT) and answer.ended


def test_stop_phrases_and_penalties_do_not_break_json(tiny: TransformersBackend) -> None:
    schema = {"type": "array", "items": {"enum": ["일치", "불일치"]}, "minItems": 3, "maxItems": 3}
    plain = tiny.generate(ASKED[:1], asking(schema))[0]
    pressed = tiny.generate(ASKED[:1], asking(schema, repetition_penalty=2.0, stop=("일", ",")))[0]
    assert pressed.text == plain.text and valid(plain.text, schema)


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "string", "pattern": "a+"}, "'pattern'"),
        (
            {"type": "object", "properties": {"x": {"type": "string", "format": "date"}}},
            "'format' cannot be kept to, at $.x",
        ),
        ({"not": {"type": "string"}}, "'type'"),
        ({"type": "number", "minimum": 0}, "'minimum'"),
        ({"type": "integer", "minimum": 0}, "'minimum'"),
        ({"type": "array"}, "'items'"),
        ({"type": "array", "prefixItems": [{"type": "null"}]}, "'prefixItems'"),
        ({"type": "array", "prefixItems": [], "items": False}, "prefixItems"),
        ({"type": "frobnicate"}, "'type'"),
        ({"allOf": []}, "'type'"),
        ({"type": "object", "properties": {}, "required": ["a"]}, "required"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "'additionalProperties'"),
        ({"anyOf": [{"type": "string"}, {"type": "string", "maxLength": 2}]}, "'anyOf'"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}}, "'$ref'"),
        ({"$ref": "elsewhere.json"}, "'$ref'"),
        ({"enum": []}, "enum"),
        ({"type": "integer", "enum": ["a"]}, "enum"),
        ({"type": "string", "minLength": 3, "maxLength": 1}, "minLength"),
        ({"type": "array", "items": []}, "no object of keywords"),
    ],
)
def test_what_a_schema_may_not_say_is_named(schema: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError) as refused:
        shape_of(schema)
    assert named in refused.value.en


def test_references_and_pydantic_models_are_read() -> None:
    from pydantic import BaseModel

    class Part(BaseModel):
        name: str
        size: int | None = None

    class Whole(BaseModel):
        parts: list[Part]
        note: str | None = None

    shape = shape_of(Whole.model_json_schema())
    assert Whole.model_validate_json(shortest(shape)) == Whole(parts=[])
    assert Whole.model_validate_json('{"parts": [{"name": "가' + str(closing(shape, '{"parts": [{"name": "가')))


def test_a_vocabulary_without_braces_is_told(tmp_path: Path) -> None:
    backend = open_backend(resolve_base(str(make_tiny("t5", tmp_path))), quantisation="none", device="cpu")
    with pytest.raises(UserError, match="토크나이저는"):
        backend.generate(ASKED[:1], asking({"type": "object", "properties": {}}))


def test_too_little_room_is_told(tiny: TransformersBackend) -> None:
    with pytest.raises(UserError, match="가장 짧은 답도"):
        tiny.generate(ASKED[:1], asking(JUDGEMENT, 8))
