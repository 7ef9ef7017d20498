"""The verdict on a product beside a claim: its JSON schema, how it is written, how it is read out of a model's words."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RISKS = ("높음", "애매", "낮음")
MATCHES = ("일치", "불일치", "불명확")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "risk_level": {"type": "string", "enum": list(RISKS)},
        "comparisons": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "claim_element": {"type": "string"},
                    "product_element": {"type": "string"},
                    "match": {"type": "string", "enum": list(MATCHES)},
                },
                "required": ["claim_element", "product_element", "match"],
                "additionalProperties": False,
            },
        },
        "decision_reason": {"type": "string"},
    },
    "required": ["risk_level", "comparisons", "decision_reason"],
    "additionalProperties": False,
}
"""JSON schema of an answer; keys in the order in which they are written."""
KEYS = tuple(SCHEMA["required"])
COMPARED = tuple(SCHEMA["properties"]["comparisons"]["items"]["required"])
MOST_TRIED = 100
"""Opening braces an object is looked for at: each try may read to the end of the text."""
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One element of the claim beside what the product has in its place."""

    claim_element: str
    product_element: str
    match: str
    """One of MATCHES."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is judged of a product and a claim."""

    risk: str
    """One of RISKS."""
    comparisons: tuple[Comparison, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was found in a text. `verdict` is None where anything of the schema is broken."""

    verdict: Verdict | None
    json_valid: bool
    """Whether a whole JSON object was found, of whatever shape."""
    errors: tuple[str, ...]
    """no_object, broken_json, missing:KEY, extra_key, unknown_risk, unknown_match, not_a_list, empty_list, not_an_object,
    not_text:KEY; each once, in order of appearance."""
    found: Mapping[str, Any] | None = None
    """The object itself, whatever is broken in it."""


def parse_verdict(text: str) -> Parsed:
    """The first verdict in a text: a code fence, words before or behind it, and objects that are none are passed over."""
    found, error = _first_object(text)
    if found is None:
        return Parsed(None, False, (error,))
    return verdict_from(found)


def verdict_from(found: Mapping[str, Any]) -> Parsed:
    """The same of an object that is parsed already."""
    errors = tuple(dict.fromkeys(_errors(found)))
    return Parsed(None if errors else _verdict(found), True, errors, found)


def to_json(verdict: Verdict) -> str:
    """A verdict as rows hold it: one line, keys in the schema's order, ", " and ": " between them."""
    told = {
        "risk_level": verdict.risk,
        "comparisons": [
            {"claim_element": one.claim_element, "product_element": one.product_element, "match": one.match}
            for one in verdict.comparisons
        ],
        "decision_reason": verdict.reason,
    }
    return json.dumps(told, ensure_ascii=False)


def risk_of(matches: Iterable[str]) -> str:
    """The all-elements rule: one that is clearly missing frees the product, else one that is unclear leaves it open.

    Raises ValueError for no match at all, or an unknown one.
    """
    seen = set(matches)
    if not seen or not seen <= set(MATCHES):
        raise ValueError(f"no matches of {MATCHES}: {sorted(seen)}")
    return "낮음" if "불일치" in seen else "애매" if "불명확" in seen else "높음"


def _first_object(text: str) -> tuple[dict[str, Any] | None, str]:
    """The first object with a key of a verdict; else the one the first brace opens. (None, error) where there is none."""
    text = _LONE.sub("\ufffd", text)
    decoder = json.JSONDecoder()
    first: dict[str, Any] | None = None
    opened = [match.start() for match in re.finditer(r"\{", text)][:MOST_TRIED]
    for at in opened:
        try:
            found = _clean(decoder.raw_decode(text, at)[0])
        except (ValueError, RecursionError):
            continue
        if any(key in found for key in KEYS):
            return found, ""
        first = found if at == opened[0] else first
    if first is not None:
        return first, ""
    return None, "broken_json" if opened else "no_object"


def _clean(value: Any) -> Any:
    """Without halves of characters, which JSON may write as \\ud800 and no file can hold."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return {_clean(key): _clean(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _errors(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _wrong_keys(found, KEYS)
    if "risk_level" in found and found["risk_level"] not in RISKS:
        yield "unknown_risk"
    if not isinstance(found.get("decision_reason", ""), str):
        yield "not_text:decision_reason"
    compared = found.get("comparisons", [None])
    if not isinstance(compared, list):
        yield "not_a_list"
        return
    if not compared:
        yield "empty_list"
    for one in compared if "comparisons" in found else ():
        yield from _errors_in(one)


def _errors_in(one: Any) -> Iterator[str]:
    if not isinstance(one, dict):
        yield "not_an_object"
        return
    yield from _wrong_keys(one, COMPARED)
    if "match" in one and one["match"] not in MATCHES:
        yield "unknown_match"
    yield from (f"not_text:{key}" for key in COMPARED[:2] if not isinstance(one.get(key, ""), str))


def _wrong_keys(found: Mapping[str, Any], wanted: tuple[str, ...]) -> Iterator[str]:
    yield from (f"missing:{key}" for key in wanted if key not in found)
    if set(found) - set(wanted):
        yield "extra_key"


def _verdict(found: Mapping[str, Any]) -> Verdict:
    compared = (Comparison(one["claim_element"], one["product_element"], one["match"]) for one in found["comparisons"])
    return Verdict(found["risk_level"], tuple(compared), found["decision_reason"])
