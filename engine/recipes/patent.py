"""patent: a product beside a claim, judged element by element, the verdict as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, Field

from engine.claims.verdict import SCHEMA, parse_verdict
from engine.config import SAMPLES
from engine.curate.patent_names import with_names
from engine.curate.patent_options import SPLITS, PatentOptions
from engine.curate.patent_prompt import prompt_of, schema_of
from engine.curate.patent_rows import build, build_across
from engine.evaluate.suites.patent import SUITE
from engine.recipes.recipe import Recipe
from engine.serve.asked import Asked
from engine.serve.endpoint import Endpoint
from engine.serve.way import Way

PRESETS: dict[str, dict[str, Any]] = {
    # The owner's: gemma-3-1b-it, 35 cases, 2 min 14 s on a 16 GB card.
    "owner-10-epochs": {
        "quantisation": "none",
        "lora_rank": 16,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
        "lora_targets": "all-linear",
        "learning_rate": 2e-4,
        "epochs": 10,
        "batch_size": 1,
        "max_length": 2048,
    },
    # For a base of a few million parameters: minutes on two cores.
    "quick": {
        "quantisation": "none",
        "learning_rate": 2e-3,
        "epochs": 6,
        "batch_size": 8,
        "max_length": 1024,
        "warmup_ratio": 0.05,
        "early_stop_patience": 2,
    },
}

NOT_ADVICE = "모델의 판단이며 법률 자문이 아닙니다. 변리사나 변호사에게 확인하세요. / A model's judgement, not legal advice: ask an attorney."


class Case(BaseModel):
    """A product beside a claim."""

    claim: str = Field(min_length=1, examples=["몸체; 및 상기 몸체에 결합되는 손잡이를 포함하는 컵."])
    product: str = Field(min_length=1, examples=["손잡이가 달린 머그컵이다. 몸체는 도자기로 만든다."])


class Compared(BaseModel):
    """One element of the claim beside what the product has in its place."""

    claim_element: str
    product_element: str
    match: Literal["일치", "불일치", "불명확"]


class Judged(BaseModel):
    """The verdict. Where `valid` is false the model kept to no schema: the verdict is empty and `errors` names why."""

    model: str
    valid: bool
    risk_level: Literal["높음", "애매", "낮음"] | None
    comparisons: list[Compared]
    decision_reason: str | None
    errors: list[str]
    raw: str
    """The model's own words."""
    not_legal_advice: str = NOT_ADVICE


def _read(text: str, asked: Asked) -> Mapping[str, Any]:
    parsed = parse_verdict(text)
    found = parsed.verdict
    compared = [] if found is None else [asdict(one) for one in found.comparisons]
    return {
        "valid": found is not None,
        "risk_level": found.risk if found else None,
        "comparisons": compared,
        "decision_reason": found.reason if found else None,
        "errors": list(parsed.errors),
        "raw": text,
    }


RECIPE = Recipe(
    name="patent",
    order=4,
    ko="특허 청구항과 제품을 구성요소마다 견주어 침해 위험을 JSON으로 판단합니다. 법률 자문이 아닙니다.",
    en="Compares a product with a patent claim, element by element, and answers in JSON. Not legal advice.",
    title=("특허 침해 판단", "Patent infringement"),
    source_kinds=("patent",),
    options=PatentOptions,
    build=build,
    build_across=build_across,
    complete=with_names,
    prompt=prompt_of,
    suite=SUITE,
    presets=PRESETS,
    styles=("chat", "instruction"),
    small_preset="quick",
    splits=SPLITS,
    # Greedy: a verdict has one right form. 700 tokens hold some eight elements.
    decoding={"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": 700, "json_schema": SCHEMA},
    ways={
        "json": Way("JSON 모양을 지키게", "Held to the JSON schema", decoding={"json_schema": SCHEMA}),
        "elements": Way(
            "청구항의 구성요소마다 하나씩",
            "One comparison for each element of the claim",
            {"json_schema": SCHEMA},
            schema=schema_of,
        ),
        "free": Way("모양을 정하지 않고", "Without a schema", decoding={"json_schema": None}),
    },
    notice=(
        "법률 자문이 아닙니다. 모델의 판단은 틀릴 수 있으니, 결정하기 전에 변리사나 변호사에게 물어보세요.",
        "Not legal advice. A model's verdict can be wrong: ask a patent attorney before you decide anything.",
    ),
    field_names={
        "risk_level": ("침해 위험", "Risk"),
        "comparisons": ("구성요소마다 견준 것", "Element by element"),
        "claim_element": ("청구항의 구성요소", "Element of the claim"),
        "product_element": ("제품에서", "In the product"),
        "match": ("일치 여부", "Match"),
        "decision_reason": ("이유", "Reason"),
    },
    endpoint=Endpoint(
        "judge",
        "제품과 청구항을 견주어 판단합니다. 법률 자문이 아닙니다.",
        "Judge a product beside a claim. Not legal advice.",
        item=Case,
        answer=Judged,
        read=_read,
        way="elements",
    ),
    asks_each=True,
    usual_way="elements",
    journey_ways=("json", "free"),
    samples=(SAMPLES / "patent" / "cases.jsonl",),
)
