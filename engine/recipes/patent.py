"""patent: a product beside a claim, judged element by element, the verdict as JSON."""

from typing import Any

from engine.claims.verdict import SCHEMA
from engine.config import SAMPLES
from engine.curate.patent_options import SPLITS, PatentOptions
from engine.curate.patent_prompt import prompt_of
from engine.curate.patent_rows import build, build_across
from engine.evaluate.suites.patent import SUITE
from engine.recipes.recipe import Recipe
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

RECIPE = Recipe(
    name="patent",
    ko="특허 청구항과 제품을 구성요소마다 견주어 침해 위험을 JSON으로 판단합니다. 법률 자문이 아닙니다.",
    en="Compares a product with a patent claim, element by element, and answers in JSON. Not legal advice.",
    source_kinds=("patent",),
    options=PatentOptions,
    build=build,
    build_across=build_across,
    prompt=prompt_of,
    suite=SUITE,
    presets=PRESETS,
    styles=("chat", "instruction"),
    small_preset="quick",
    splits=SPLITS,
    # Greedy: a verdict has one right form. 700 tokens hold some eight elements.
    decoding={"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": 700},
    ways={
        "json": Way("JSON 모양을 지키게", "Held to the JSON schema", decoding={"json_schema": SCHEMA}),
        "free": Way("모양을 정하지 않고", "Without a schema", decoding={"json_schema": None}),
    },
    asks_each=True,
    samples=(SAMPLES / "patent" / "cases.jsonl",),
)
