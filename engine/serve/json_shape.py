"""A JSON schema as a tree of what may be written, and the bounds that keep every answer finite. It knows no model.

What is written is one line with `", "` and `": "` and no other white space, keys in the schema's order: a small part of what the
schema allows, and all of it valid. Free texts and lists get bounds, since a model that was not trained never ends them by itself.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.errors import UserError

TEXT_LIMIT, LIST_LIMIT = 1_000, 256
"""Characters and items where the schema names no bound: 200 elements of a claim fit."""
INTEGERS_LISTED = 1_000
"""A range of whole numbers up to this long is written out as choices."""
DEPTH = 32
IGNORED = {
    "$schema", "$id", "$defs", "definitions", "$comment", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "x-guidance", "discriminator",
}  # fmt: skip
"""Words that change nothing about which answers are valid."""
KNOWN = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems"},
    "string": {"minLength", "maxLength"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": set(),
    "boolean": set(),
    "null": set(),
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """One of these texts of JSON, as they stand."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A string of so many characters."""

    least: int
    most: int


@dataclass(frozen=True)
class Number:
    """A number: 15 digits before the point at most, and 6 behind it."""

    whole: bool


@dataclass(frozen=True)
class List:
    """Items of one kind."""

    item: "Shape"
    least: int
    most: int


@dataclass(frozen=True)
class Field:
    """One key of an object, or one place of a list whose places differ: it has no key."""

    key: str | None
    value: "Shape"
    required: bool

    @cached_property
    def opening(self) -> str:
        """The key as it is written, up to its value."""
        return "" if self.key is None else f"{json.dumps(self.key, ensure_ascii=False)}: "


@dataclass(frozen=True)
class Object:
    """Keys in this order; what is not required may be left out. With the brackets `[]`: a list with these places, all required."""

    fields: tuple[Field, ...]
    brackets: str = "{}"


@dataclass(frozen=True)
class Union:
    """Any of these."""

    shapes: tuple["Shape", ...]


Shape = Choice | Text | Number | List | Object | Union


def shape_of(schema: Mapping[str, Any], text_limit: int = TEXT_LIMIT) -> Shape:
    """The tree of a schema; `text_limit`: characters of a text that the schema does not bound.

    Raises UserError that names the keyword which is not supported, or what is wrong with it.
    """
    return _Reader(schema, max(1, text_limit)).read(schema, "$", 0)


def bounded(shape: Shape) -> dict[str, Any]:
    """The tree as a JSON schema again, every text and list with its bounds: for engines that take a schema themselves."""
    match shape:
        case Choice(texts):
            return {"enum": [json.loads(text) for text in texts]}
        case Text(least, most):
            return {"type": "string", "minLength": least, "maxLength": most}
        case Number(whole):
            return {"type": "integer" if whole else "number"}
        case List(item, least, most):
            return {"type": "array", "items": bounded(item), "minItems": least, "maxItems": most}
        case Union(shapes):
            return {"anyOf": [bounded(one) for one in shapes]}
        case Object(fields, "[]"):
            places = {"prefixItems": [bounded(field.value) for field in fields], "items": False}
            return {"type": "array", **places, "minItems": len(fields), "maxItems": len(fields)}
        case Object(fields):
            return {
                "type": "object",
                "properties": {str(field.key): bounded(field.value) for field in fields},
                "required": [field.key for field in fields if field.required],
                "additionalProperties": False,
            }


class _Reader:
    """Reads one schema; `$ref` is looked up in it."""

    def __init__(self, root: Mapping[str, Any], text_limit: int) -> None:
        self.root, self.text_limit = root, text_limit

    def read(self, schema: Any, at: str, depth: int) -> Shape:
        if not isinstance(schema, Mapping):
            raise _wrong(at, "is no object of keywords", "낱말과 값의 묶음이 아닙니다")
        if depth > DEPTH:
            raise _unsupported("$ref", at, f"more than {DEPTH} levels, or one that holds itself")
        if "$ref" in schema:
            return self.read(self._referred(schema["$ref"], at), at, depth + 1)
        if "const" in schema:
            return self._choice([schema["const"]], at, schema, "const")
        if "enum" in schema:
            return self._choice(schema["enum"], at, schema, "enum")
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._union(schema, word, at, depth)
        return self._typed(schema, at, depth)

    def _typed(self, schema: Mapping[str, Any], at: str, depth: int) -> Shape:
        kind = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(kind, list):
            each = [{**{k: v for k, v in schema.items() if k in KNOWN.get(one, ())}, "type": one} for one in kind]
            _only(schema, set().union(*(KNOWN.get(one, set()) for one in kind)) | {"type"}, at)
            return _joined([self.read(one, at, depth + 1) for one in each], at)
        if not isinstance(kind, str) or kind not in KNOWN:
            raise _unsupported("type", at, f"{kind!r}")
        _only(schema, KNOWN[kind] | {"type"}, at)
        match kind:
            case "object":
                return self._object(schema, at, depth)
            case "array":
                return self._list(schema, at, depth)
            case "string":
                least, most = _bounds(schema, ("minLength", "maxLength"), self.text_limit, at)
                return Text(least, most)
            case "integer":
                return _integer(schema, at)
            case "number":
                return Number(False)
            case "boolean":
                return Choice(("true", "false"))
        return Choice(("null",))

    def _object(self, schema: Mapping[str, Any], at: str, depth: int) -> Object:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, Mapping) or not isinstance(required, Sequence):
            raise _wrong(f"{at}.properties", "is no object", "낱말과 값의 묶음이 아닙니다")
        if not properties and schema.get("additionalProperties", False) not in (False, True):
            raise _unsupported("additionalProperties", at, "a schema for keys without names")
        if missing := [str(key) for key in required if key not in properties]:
            raise _wrong(
                f"{at}.required", f"names {missing[0]!r}, which properties lacks", "properties에 없는 이름을 댑니다"
            )
        return Object(
            tuple(
                Field(str(key), self.read(value, f"{at}.{key}", depth + 1), key in required)
                for key, value in properties.items()
            )
        )

    def _list(self, schema: Mapping[str, Any], at: str, depth: int) -> List | Object:
        if "prefixItems" in schema:
            return self._places(schema, at, depth)
        if "items" not in schema:
            raise _unsupported("items", at, "missing: of what the list consists")
        least, most = _bounds(schema, ("minItems", "maxItems"), LIST_LIMIT, at)
        return List(self.read(schema["items"], f"{at}[]", depth + 1), least, most)

    def _places(self, schema: Mapping[str, Any], at: str, depth: int) -> Object:
        places = schema["prefixItems"]
        if not isinstance(places, Sequence) or isinstance(places, str) or not places:
            raise _wrong(f"{at}.prefixItems", "is no list of schemas", "스키마의 목록이 아닙니다")
        if schema.get("items") is not False or {schema.get("minItems"), schema.get("maxItems")} != {len(places)}:
            raise _unsupported("prefixItems", at, "only with items false, minItems and maxItems its length")
        read = [self.read(one, f"{at}[{place}]", depth + 1) for place, one in enumerate(places)]
        return Object(tuple(Field(None, one, True) for one in read), "[]")

    def _choice(self, values: Any, at: str, schema: Mapping[str, Any], word: str) -> Choice:
        _only(schema, {word, "type"}, at)
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise _wrong(f"{at}.enum", "is no list of values", "값의 목록이 아닙니다")
        fits = [value for value in values if _is_of(value, schema.get("type"))]
        if not fits:
            raise _wrong(f"{at}.{word}", "allows no value", "허락하는 값이 없습니다")
        return Choice(tuple(dict.fromkeys(json.dumps(value, ensure_ascii=False) for value in fits)))

    def _union(self, schema: Mapping[str, Any], word: str, at: str, depth: int) -> Shape:
        _only(schema, {word}, at)
        options = schema[word]
        if not isinstance(options, Sequence) or isinstance(options, str) or not options:
            raise _wrong(f"{at}.{word}", "is no list of schemas", "스키마의 목록이 아닙니다")
        return _joined([self.read(one, at, depth + 1) for one in options], at, word == "oneOf")

    def _referred(self, reference: Any, at: str) -> Any:
        found: Any = self.root
        for part in str(reference).removeprefix("#").split("/")[1:]:
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        if found is None or not str(reference).startswith("#"):
            raise _unsupported("$ref", at, f"{reference!r} is not in the schema")
        return found


def _is_of(value: Any, kinds: Any) -> bool:
    """Whether a value is of the type (or one of the types) that stands beside it."""
    if kinds is None:
        return True
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    name = names.get(type(value), "null")
    wanted = kinds if isinstance(kinds, list) else [kinds]
    return name in wanted or (name == "integer" and "number" in wanted)


def _joined(shapes: Sequence[Shape], at: str, one_of: bool = False) -> Shape:
    """Alternatives as one. Several texts or several lists would have to be told apart by what follows; so would, where only one
    may fit (`oneOf`), several objects, and a choice beside a text or a number."""
    flat = [one for shape in shapes for one in (shape.shapes if isinstance(shape, Union) else (shape,))]
    rest = list(dict.fromkeys(one for one in flat if not isinstance(one, Choice)))
    texts = [text for one in flat if isinstance(one, Choice) for text in one.texts]
    if not one_of and Number(False) in rest:
        rest = [one for one in rest if one != Number(True)]
    alike = [kind for kind in (Text, Number, List, Object) if sum(isinstance(one, kind) for one in rest) > 1]
    plain = all(text in ("null", "true", "false") for text in texts) or not rest
    if (one_of and (alike or not plain or len(set(texts)) < len(texts))) or set(alike) - {Object}:
        raise _unsupported("oneOf" if one_of else "anyOf", at, "alternatives of one type")
    if any(isinstance(one, Text) for one in rest):
        texts = [text for text in texts if not text.startswith('"')]
    joined = [*([Choice(tuple(dict.fromkeys(texts)))] if texts else []), *rest]
    return joined[0] if len(joined) == 1 else Union(tuple(joined))


def _integer(schema: Mapping[str, Any], at: str) -> Shape:
    words = [word for word in KNOWN["integer"] if word in schema]
    if not words:
        return Number(True)
    if not all(isinstance(schema[word], int | float) for word in words):
        raise _wrong(f"{at}.{words[0]}", "is no number", "수가 아닙니다")
    low = max(
        [math.ceil(schema[w]) for w in words if w == "minimum"]
        + [math.floor(schema[w]) + 1 for w in words if w == "exclusiveMinimum"],
        default=None,
    )
    high = min(
        [math.floor(schema[w]) for w in words if w == "maximum"]
        + [math.ceil(schema[w]) - 1 for w in words if w == "exclusiveMaximum"],
        default=None,
    )
    if low is None or high is None or not low <= high < low + INTEGERS_LISTED:
        raise _unsupported(words[0], at, f"only ranges of at most {INTEGERS_LISTED:,} whole numbers with both ends")
    return Choice(tuple(str(value) for value in range(low, high + 1)))


def _bounds(schema: Mapping[str, Any], words: tuple[str, str], usual: int, at: str) -> tuple[int, int]:
    least = schema.get(words[0], 0)
    most = schema.get(words[1], max(usual, least if isinstance(least, int) else 0))
    if not (isinstance(least, int) and isinstance(most, int) and 0 <= least <= most):
        raise _wrong(f"{at}.{words[0]}", f"and {words[1]} are {least!r} and {most!r}", "범위가 아닙니다")
    return least, most


def _only(schema: Mapping[str, Any], known: set[str], at: str) -> None:
    if unknown := sorted(set(schema) - known - IGNORED):
        raise _unsupported(unknown[0], at)


def _unsupported(word: str, at: str, what: str = "") -> UserError:
    told = f" ({what})" if what else ""
    return UserError(
        f"JSON 스키마의 '{word}'은(는) 지키게 할 수 없습니다{told}. 자리: {at}. 그 낱말을 빼거나 type, properties, required, items, enum, const, "
        "anyOf, minLength, maxLength, minItems, maxItems, $ref로 바꾸어 쓰세요.",
        f"The JSON schema's '{word}' cannot be kept to{told}, at {at}. Leave it out, or say it with type, properties, required, items, "
        "enum, const, anyOf, minLength, maxLength, minItems, maxItems and $ref.",
    )


def _wrong(at: str, what: str, ko: str) -> UserError:
    return UserError(
        f"JSON 스키마의 {at}이(가) {ko}. 스키마를 고치세요.", f"In the JSON schema {at} {what}. Mend the schema."
    )
