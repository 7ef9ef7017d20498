"""Rows of any shape become a product, a claim and what was judged: fields by their many names, objects inside objects, texts with
headings. It reads no file and judges nothing."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.claims.labels import known_match, known_risk
from engine.sources.columns import refuse_unknown
from engine.sources.pairs_in import unfolded

PATENT_FIELDS = ("product", "claim", "risk_level", "comparisons", "decision_reason", "id", "field")
"""What a case is made of; a mapping says which column holds each."""
NAMES: dict[str, tuple[str, ...]] = {
    "product": ("product", "제품", "제품설명", "productdescription", "제품정보", "대상제품", "실시제품", "accusedproduct", "description", "설명", "제품내용"),
    "claim": ("claim", "청구항", "claims", "claimtext", "특허청구항", "청구항내용", "청구범위", "특허청구범위", "patentclaim", "독립항"),
    "risk_level": ("risklevel", "risk", "위험도", "위험", "침해위험", "침해위험도", "침해가능성", "판정", "label", "라벨"),
    "comparisons": ("comparisons", "comparison", "비교", "구성요소비교", "대비", "구성요소대비", "대비표", "elements"),
    "decision_reason": ("decisionreason", "reason", "판단이유", "이유", "사유", "판단근거", "근거", "rationale", "explanation"),
    "id": ("id", "caseid", "번호", "사건번호", "no", "index", "idx"),
    "field": ("field", "분야", "기술분야", "산업", "industry", "category", "domain"),
}  # fmt: skip
"""Names that columns are known by, likeliest first; compared without case, spaces and signs."""
INPUTS, OUTPUTS = (
    ("input", "입력", "prompt"),
    ("output", "출력", "answer", "verdict", "결과", "판단", "reference", "completion", "response"),
)
_COMPARED = {
    "claim_element": ("claimelement", "청구항구성요소", "청구구성요소", "구성요소", "element", "청구항", "claim"),
    "product_element": ("productelement", "제품구성요소", "제품구성", "대응구성", "제품", "product", "대응"),
    "match": ("match", "일치여부", "일치", "판단", "결과", "result", "matched"),
}  # fmt: skip
_HEAD = r"^[ \t]*(?:[\[【<]|#{{1,4}}[ \t]*|\*\*)?[ \t]*(?:{names})[ \t]*(?:[\]】>]|\*\*)?[ \t]*[::]?[ \t]*"
_PRODUCT = re.compile(
    _HEAD.format(names=r"(?:대상[ \t]*|실시[ \t]*)?제품(?:[ \t]*(?:설명|정보|내용))?|product(?:[ \t]*description)?"),
    re.M | re.I,
)
_CLAIM = re.compile(_HEAD.format(names=r"(?:특허[ \t]*)?청구항(?:[ \t]*내용)?|(?:patent[ \t]*)?claim"), re.M | re.I)  # fmt: skip


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what lies inside its input and its output beside its own fields; its own come first.

    Chat messages and training texts written out are an input and an output, too.
    """
    found = dict(unfolded(row) or row)
    for name in list(found):
        inner = None
        if _plain(name) in INPUTS:
            inner = _object(found[name]) or _headed(found[name])
        elif _plain(name) in OUTPUTS:
            inner = _object(found[name])
        elif _plain(name) == "instruction" and not found.get("input"):
            inner = _headed(found[name])
        if inner:
            found = {**inner, **{key: value for key, value in found.items() if key != name}}
    return found


def guess_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Field to column for the fields that were found in flat rows, by name."""
    plain = {column: _plain(column) for row in rows for column in row}
    found: dict[str, str] = {}
    for field in PATENT_FIELDS:
        named = (column for name in NAMES[field] for column, told in plain.items() if told == name)
        column = next((one for one in named if one not in found.values()), None)
        if column is not None:
            found[field] = column
    return found


def merged_columns(
    guess: Mapping[str, str], given: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The guess with what was told put over it; an empty column takes a field out. Raises UserError for a column that is not there."""
    refuse_unknown(given, list(dict.fromkeys(name for row in rows for name in row)))
    told = {**{f: c for f, c in guess.items() if f not in given and c not in given.values()}, **given}
    return {field: told[field] for field in PATENT_FIELDS if told.get(field)}


def case_in(row: Mapping[str, Any], mapping: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """(the case with a value or None under each of PATENT_FIELDS, what is wrong with it). A label that was called by another
    name is `mapped:NAME→LABEL`; one that is unknown stays under `given`."""
    got = {field: row.get(mapping.get(field, "")) for field in PATENT_FIELDS}
    told: list[str] = []
    case: dict[str, Any] = {"product": _text(got["product"]), "claim": _text(got["claim"])}
    case["risk_level"] = _risk(got["risk_level"], told)
    case["comparisons"] = _comparisons(got["comparisons"], told)
    case["decision_reason"] = _text(got["decision_reason"]) or None
    case |= {name: _text(got[name])[:200] or None for name in ("id", "field")}
    labels = ("risk_level", "comparisons", "decision_reason")
    if any(one.split(":")[0] in ("unknown_risk", "unknown_match", "broken_comparisons") for one in told):
        case["given"] = {name: got[name] for name in labels}
    told += [f"no_{name}" for name in ("claim", "product") if not case[name]]
    if got["risk_level"] in (None, "") or any(got[name] in (None, "", []) for name in labels):
        told.append("no_label" if all(got[name] in (None, "", []) for name in labels) else "part_of_a_label")
    return case, told


def _risk(given: Any, told: list[str]) -> str | None:
    if given in (None, ""):
        return None
    found = known_risk(given)
    if found is None:
        told.append(f"unknown_risk:{_text(given)[:20]}")
    elif found != given:
        told.append(f"mapped:{_text(given)[:20]}→{found}")
    return found


def _comparisons(given: Any, told: list[str]) -> list[dict[str, str]] | None:
    """Comparisons with the names of the schema; None where there are none, or one cannot be read."""
    if isinstance(given, str) and given.strip():
        given = _json(given)
        if given is None:
            told.append("broken_comparisons")
    if given in (None, "", []):
        return None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        told.append("broken_comparisons")
        return None
    found = [_compared(one, told) for one in given]
    return [one for one in found if one] if all(found) else None


def _compared(one: Mapping[str, Any], told: list[str]) -> dict[str, str] | None:
    plain = {_plain(str(key)): value for key, value in one.items()}
    got = {field: next((plain[name] for name in names if name in plain), None) for field, names in _COMPARED.items()}
    match = known_match(got["match"])
    if match is None:
        told.append(
            f"unknown_match:{_text(got['match'])[:20]}" if got["match"] not in (None, "") else "broken_comparisons"
        )
        return None
    if match != got["match"]:
        told.append(f"mapped:{_text(got['match'])[:20]}→{match}")
    return {
        "claim_element": _text(got["claim_element"]),
        "product_element": _text(got["product_element"]),
        "match": match,
    }


def _object(given: Any) -> dict[str, Any] | None:
    """An object, or one written as JSON, with or without a fence around it."""
    if isinstance(given, str):
        given = _json(re.sub(r"^\s*```\w*\s*|\s*```\s*$", "", given))
    return given if isinstance(given, dict) else None


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _headed(given: Any) -> dict[str, str] | None:
    """Product and claim of a text that names both at the beginning of a line, in either order."""
    if not isinstance(given, str):
        return None
    product, claim = _PRODUCT.search(given), _CLAIM.search(given)
    if not product or not claim:
        return None
    first, second = sorted((product, claim), key=lambda found: found.start())
    texts = given[first.end() : second.start()].strip(), given[second.end() :].strip()
    return dict(zip(("product", "claim") if first is product else ("claim", "product"), texts, strict=True))


def _text(value: Any) -> str:
    """A cell as text; a list of texts (claims, features) one under the other; an object as JSON."""
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
