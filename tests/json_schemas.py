"""Small JSON schemas made at random, for the tests of everything that writes JSON; and one like a real judgement's."""

from typing import Any

from hypothesis import strategies as st

CHOICES = ["네", "아니오", 'a"b', 1, 10, -2, 1.5, True, None, "", "줄\n바꿈"]
KEYS = ["a", "이름", "key", 'a"', "ab"]


def _texts() -> st.SearchStrategy[dict[str, Any]]:
    bounds = st.tuples(st.integers(0, 2), st.integers(0, 5))
    return st.one_of(
        st.just({"type": "string"}),
        bounds.map(lambda pair: {"type": "string", "minLength": pair[0], "maxLength": pair[0] + pair[1]}),
    )


def _leaves() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        _texts(),
        st.sampled_from(["integer", "number", "boolean", "null"]).map(lambda kind: {"type": kind}),
        st.lists(st.sampled_from(CHOICES), min_size=1, max_size=4).map(lambda values: {"enum": values}),
        st.just({"type": "integer", "minimum": -3, "maximum": 12}),
        st.just({"type": ["string", "null"]}),
        st.just({"anyOf": [{"type": "number"}, {"enum": ["없음"]}]}),
    )


def _above(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.tuples(inner, st.integers(0, 2), st.integers(0, 2)).map(
        lambda made: {"type": "array", "items": made[0], "minItems": made[1], "maxItems": made[1] + made[2]}
    )
    objects = st.tuples(
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3)
    ).map(
        lambda made: {
            "type": "object",
            "properties": made[0],
            "required": [key for key, needed in zip(made[0], made[1], strict=False) if needed],
            "additionalProperties": False,
        }
    )
    places = st.lists(inner, min_size=1, max_size=3).map(
        lambda made: {
            "type": "array",
            "prefixItems": made,
            "items": False,
            "minItems": len(made),
            "maxItems": len(made),
        }
    )
    return st.one_of(lists, objects, places)


SCHEMAS = st.recursive(_leaves(), _above, max_leaves=5)
