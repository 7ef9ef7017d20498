"""Is the verdict whole, is its risk right, are its elements, and does its reason name what is not met? On held-out cases.

What can be read is judged though something else of the object is broken: a right risk beside an extra key is right, and the
answer counts as no whole verdict. Elements are free text: they are aligned before their matches are compared.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.claims.alignment import aligned, names, stands_in
from engine.claims.names import pairs_in
from engine.claims.names import stands_in as is_used
from engine.claims.verdict import (
    COMPARED,
    KEYS,
    MATCHES,
    RISKS,
    Comparison,
    Verdict,
    parse_verdict,
    risk_of,
    to_json,
    verdict_from,
)
from engine.evaluate.losses import loss_per_token
from engine.evaluate.suite import Answer, Baseline, Confusion, Item, Metric, Scores, Suite, SuiteContext

UNIT = (0.0, 1.0)
NO_JSON, NO_RISK = "no_json", "no_risk"
"""Columns of the confusion matrix beside the risks."""
FLOORED = ("risk_accuracy", "macro_f1", "element_match")

_ROWS = (
    ("json_valid", "share of answers", "higher", "JSON 객체로 읽히는 답의 비율.", "Share of answers that hold a JSON object.", None),
    ("schema_valid", "share of answers", "higher", "정해 둔 칸과 값이 빠짐없이 맞는 답의 비율.",
     "Share whose object has every field, and only allowed values.", None),
    ("risk_accuracy", "share of cases", "higher", "위험도(높음·애매·낮음)를 맞힌 비율. 아무거나 찍으면 셋 가운데 하나, 0.333입니다.",
     "Share of cases whose risk was right. Guessing among three gives 0.333.", 1 / 3),
    ("macro_f1", "F1 0-1", "higher", "위험도마다 따로 본 정확함(F1)의 평균. 많은 쪽만 맞혀서는 오르지 않습니다.",
     "Mean of the F1 of each risk: always saying the most frequent one does not raise it.", None),
    ("element_match", "share of claim elements", "higher", "구성요소마다 일치·불일치·불명확을 맞힌 비율. 빠뜨린 요소와 지어낸 요소도 틀린 것으로 셉니다.",
     "Share of claim elements judged right; elements left out or made up count as wrong.", None),
    ("consistency", "share of readable answers", "higher", "위험도가 자기가 한 비교에서 그대로 따라 나오는 답의 비율(모두 일치면 높음, 하나라도 불일치면 낮음).",
     "Share whose risk follows from its own comparisons by the all-elements rule.", None),
    ("reason_cites", "share of cases with an unmet element", "higher", "맞지 않거나 불명확한 구성요소를 이유에서 짚은 비율.",
     "Share whose reason names an element that is not met or unclear.", None),
    ("reason_own", "share of answers with an unmet element", "higher", "스스로 불일치나 불명확이라고 한 구성요소를 이유에서 짚은 답의 비율.",
     "Share whose reason names an element that the answer itself calls unmet or unclear.", None),
    ("invented_elements", "share of readable answers", "lower", "청구항에 없는 구성요소를 지어낸 답의 비율.",
     "Share of answers with an element that the claim does not have.", None),
    ("cut_off", "share of answers", "lower", "끝맺지 못하고 길이 제한에서 잘린 답의 비율.",
     "Share of answers that ran into the length limit before they ended.", None),
)  # fmt: skip
METRICS = (
    *(Metric(name, unit, better, ko, en, UNIT, chance) for name, unit, better, ko, en, chance in _ROWS),  # type: ignore[arg-type]
    Metric(
        "loss",
        "nats/token",
        "lower",
        "바른 판단을 모델이 얼마나 뜻밖으로 여기는지. 같은 토크나이저끼리만 견줍니다.",
        "How surprised the model is by the right verdict. Only between models of one tokenizer.",
        (0.0, float("inf")),
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What can be read of an answer; None where it is not there or not allowed."""

    risk: str | None
    comparisons: tuple[tuple[str, str, str | None], ...]
    """(claim element, product element, match)."""
    reason: str
    json_valid: bool
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer beside the truth. Elements: (truth's place or None, answer's place or None)."""

    truth: Verdict
    said: Said
    pairs: tuple[tuple[int | None, int | None], ...]
    right: int
    """Elements whose match is right, of `len(pairs)`."""
    invented: tuple[int, ...]
    """Places of the answer's comparisons whose element the claim does not have."""
    cites: bool | None
    cites_own: bool | None


def read(text: str) -> Said:
    """As much of a verdict as a text holds."""
    parsed = parse_verdict(text)
    found = parsed.found or {}
    risk, reason, listed = (found.get(key) for key in ("risk_level", "decision_reason", "comparisons"))
    compared = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return Said(
        risk if risk in RISKS else None,
        tuple((_text(one.get(COMPARED[0])), _text(one.get(COMPARED[1])), _match(one.get("match"))) for one in compared),
        _text(reason),
        parsed.json_valid,
        parsed.errors,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _match(value: Any) -> str | None:
    return value if value in MATCHES else None


def judged(item: Item, answer: Answer) -> Judged:
    """The answer beside the reference. Raises ValueError for a reference that is no verdict: rows and files are checked before."""
    return _judged(item.reference, str(item.meta.get("claim", "")), answer.text)


@lru_cache(maxsize=16384)  # `score`, `corpus` (a thousand times) and `explain` ask for the same
def _judged(reference: str, claim: str, answer: str) -> Judged:
    truth, said = parse_verdict(reference).verdict, read(answer)
    if truth is None:
        raise ValueError("the reference is no verdict")
    wanted, given = [one.claim_element for one in truth.comparisons], [one[0] for one in said.comparisons]
    pairs = aligned(wanted, given)
    known = {to for at, to in pairs if at is not None}
    right = sum(
        at is not None and to is not None and truth.comparisons[at].match == said.comparisons[to][2] for at, to in pairs
    )
    invented = tuple(to for to in range(len(given)) if to not in known and not stands_in(given[to], claim))
    truths = [(one.claim_element, one.product_element, one.match) for one in truth.comparisons]
    cites, own = cited(said.reason, truths), cited(said.reason, said.comparisons)
    return Judged(truth, said, tuple(pairs), right, invented, cites, own)


def cited(reason: str, comparisons: Sequence[tuple[str, str, str | None]]) -> bool | None:
    """Whether a reason names an element that is not met, or what the product has in its place; None where all are met."""
    unmet = [one for one in comparisons if one[2] not in ("일치", None)]
    if not unmet:
        return None
    others = [text for one in comparisons if one not in unmet for text in one[:2]]
    return any(names(reason, text, others) for one in unmet for text in one[:2])


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer. `element_match` and `loss` are its own contribution; `corpus` weighs them."""
    found = judged(item, answer)
    said, total = found.said, len(found.pairs)
    readable = bool(said.comparisons)
    matches = [one[2] for one in said.comparisons]
    ruled = said.risk is not None and readable and None not in matches
    return {
        "json_valid": float(said.json_valid),
        "schema_valid": float(not said.errors),
        "risk_accuracy": float(said.risk == found.truth.risk),
        "element_match": found.right / total,
        "consistency": float(risk_of(match for match in matches if match) == said.risk) if ruled else None,
        "reason_cites": None if found.cites is None else float(found.cites),
        "reason_own": None if found.cites_own is None else float(found.cites_own),
        "invented_elements": float(bool(found.invented)) if readable else None,
        "cut_off": None if answer.ended is None else float(not answer.ended),
        "loss": loss_per_token([answer]),
    }


def corpus(items: Sequence[Item], answers: Sequence[Answer]) -> Scores:
    """All answers of one model: elements of all cases together, F1 over the risks, nats over tokens."""
    found = [judged(item, answer) for item, answer in zip(items, answers, strict=True)]
    total = sum(len(one.pairs) for one in found)
    return {
        "element_match": sum(one.right for one in found) / total if total else None,
        "macro_f1": macro_f1([(one.truth.risk, one.said.risk) for one in found]),
        "loss": loss_per_token(answers),
    }


def macro_f1(pairs: Sequence[tuple[str, str | None]]) -> float | None:
    """Mean F1 over the risks that occur in truth; no risk at all is a wrong answer. None without cases."""
    counts = Counter(pairs)
    kinds = {truth for truth, _ in pairs}
    if not kinds:
        return None
    told, meant = Counter(said for _, said in pairs), Counter(truth for truth, _ in pairs)
    return sum(2 * counts[kind, kind] / (told[kind] + meant[kind]) for kind in kinds) / len(kinds)


def explain(item: Item, answer: Answer, context: SuiteContext) -> dict[str, Any]:
    """What stands behind the scores, kept with the answer: the parsed verdict, what of the schema is broken, element by element."""
    found = judged(item, answer)
    truth, said = found.truth, found.said
    risk = said.risk or (NO_RISK if said.json_valid else NO_JSON)
    return {
        "risk_true": truth.risk,
        "risk_said": risk,
        "schema_errors": list(said.errors),
        "reason": said.reason,
        "elements": [_element(truth, said, at, to, found.invented) for at, to in found.pairs],
    }


def _element(truth: Verdict, said: Said, at: int | None, to: int | None, invented: Sequence[int]) -> dict[str, Any]:
    """One line of the comparison; sides that are not there are None."""
    wanted = truth.comparisons[at] if at is not None else None
    given = said.comparisons[to] if to is not None else None
    return {
        "element": wanted.claim_element if wanted else None,
        "product": wanted.product_element if wanted else None,
        "match": wanted.match if wanted else None,
        "said_element": given[0] if given else None,
        "said_product": given[1] if given else None,
        "said_match": given[2] if given else None,
        "invented": to in invented,
    }


def meta_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `score --in`: claim and product (or under `input`), and the right verdict as fields or as an object or JSON text
    under reference, output or answer. Raises KeyError for what is missing, ValueError with what is broken."""
    inside = row.get("input") if isinstance(row.get("input"), dict) else row
    assert inside is not None
    for name in ("claim", "product"):
        if not isinstance(inside.get(name), str) or not inside[name].strip():
            raise KeyError(name)
    verdict = _reference(row)
    return {
        "claim": inside["claim"],
        "product": inside["product"],
        "references": (to_json(verdict),),
        "group": str(row.get("group") or inside["claim"]),
        **{name: str(row[name]) for name in ("variant", "field") if row.get(name)},
    }


def _reference(row: Mapping[str, Any]) -> Verdict:
    given = next((row[name] for name in ("reference", "output", "answer") if row.get(name) is not None), row)
    if isinstance(given, str):
        parsed = parse_verdict(given)
        if parsed.found is None:
            raise ValueError(parsed.errors[0])
        given = parsed.found
    if not isinstance(given, Mapping):
        raise ValueError("no_object")
    kept = {key: given[key] for key in KEYS if key in given}
    if isinstance(kept.get("comparisons"), list):
        kept["comparisons"] = [
            {key: one[key] for key in COMPARED if key in one} if isinstance(one, dict) else one
            for one in kept["comparisons"]
        ]
    parsed = verdict_from({"decision_reason": "", **kept})
    if parsed.verdict is None:
        raise ValueError(", ".join(parsed.errors))
    return parsed.verdict


def _agreeing(items: Sequence[Item]) -> list[str]:
    """높음 for every case, 일치 for every element of its claim."""
    return _constant(items, RISKS[0], MATCHES[0])


def _majority(items: Sequence[Item]) -> list[str]:
    """The most frequent risk and the most frequent match of these very cases."""
    truths = [verdict for item in items if (verdict := parse_verdict(item.reference).verdict)]
    risk = Counter(one.risk for one in truths).most_common(1)
    match = Counter(each.match for one in truths for each in one.comparisons).most_common(1)
    return _constant(items, risk[0][0], match[0][0]) if risk else []


def _constant(items: Sequence[Item], risk: str, match: str) -> list[str]:
    found = []
    for item in items:
        truth = parse_verdict(item.reference).verdict
        assert truth is not None
        compared = (Comparison(one.claim_element, one.claim_element, match) for one in truth.comparisons)
        found.append(to_json(Verdict(risk, tuple(compared), "")))
    return found


def names_used(item: Item) -> str | None:
    """`abbreviated` where the product is described by a short name (TBC) that the claim spells out, `spelled_out` where it is
    described by the long one alone; None for a claim without such a pair, or a product that uses none."""
    claim, product = (str(item.meta.get(name, "")) for name in ("claim", "product"))
    pairs = pairs_in(claim)
    if any(is_used(short, product) for short, _ in pairs):
        return "abbreviated"
    return "spelled_out" if any(is_used(long, product) for _, long in pairs) else None


ABOUT = (
    "위험도와 구성요소는 따로 떼어 둔 사건의 바른 판단에 견줍니다. 구성요소는 글이 같은 것부터, 다음은 비슷한 것끼리 짝짓습니다. 법률 자문이 아닙니다.",
    "Risk and elements are compared with the right verdicts of held-out cases. Elements pair by equal text first, then by likeness. "
    "Not legal advice.",
)

SUITE = Suite(
    name="patent",
    version="1",
    metrics=METRICS,
    gate="risk_accuracy",
    score=score,
    corpus=corpus,
    explain=explain,
    meta=meta_of,
    about=ABOUT,
    subsets=frozenset({"consistency", "reason_own", "invented_elements"}),
    baselines={
        "always_agree": Baseline("늘 '일치'라고 답하기", "Always answering 'met'", FLOORED, _agreeing),
        "majority": Baseline("늘 가장 흔한 답", "Always the most frequent answer", FLOORED, _majority),
    },
    answers_json=True,
    confusion=Confusion("risk_true", "risk_said", RISKS, (NO_JSON, NO_RISK)),
    parts={
        "names": names_used,
        "variant": lambda item: item.meta.get("variant"),
        "field": lambda item: item.meta.get("field"),
    },
)
