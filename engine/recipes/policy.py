"""policy: questions about insurance clauses, answered from what was retrieved, or refused."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from engine.config import SAMPLES
from engine.curate.policy_options import SPLITS, STOP_PHRASES, PolicyOptions
from engine.curate.policy_prompt import prompt_of
from engine.curate.policy_rows import build, build_across
from engine.evaluate.suites.policy import SUITE
from engine.recipes.recipe import Recipe
from engine.serve.asked import Asked
from engine.serve.endpoint import Endpoint

# The owner's QLoRA on an 8B base: 2 x 4 rows a step, 200 steps, of which 10 warm up.
STEPS: dict[str, Any] = {
    "quantisation": "nf4",
    "lora_rank": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "lora_targets": "q_proj,k_proj,v_proj,o_proj",
    "learning_rate": 2e-4,
    "optimizer": "paged_adamw_32bit",
    "batch_size": 2,
    "accumulation": 4,
    "max_steps": 200,
    "warmup_ratio": 0.05,
    "save_every": 50,
    "eval_every": 50,
    "gradient_checkpointing": "on",
}
PRESETS: dict[str, dict[str, Any]] = {
    "rag-200-steps": {**STEPS, "max_length": 2048},
    # its input is cut to 500 characters
    "simple-200-steps": {**STEPS, "max_length": 1024},
    "scale-up-3-epochs": {
        **STEPS,
        "max_steps": 0,
        "epochs": 3,
        "batch_size": 4,
        "accumulation": 4,
        "max_length": 2048,
        "warmup_ratio": 0.03,
    },
    # For a base of a few million parameters: minutes on two cores.
    "quick": {
        "quantisation": "none",  # 5 M parameters: NF4 saves nothing here, and took 1.75 times as long on two cores
        "learning_rate": 2e-3,
        "epochs": 2,
        "batch_size": 16,
        "max_length": 512,
        "warmup_ratio": 0.05,
        "early_stop_patience": 2,
    },
}


class Question(BaseModel):
    """A question about the clauses."""

    question: str = Field(min_length=1, examples=["입원비는 며칠까지 받을 수 있나요?"])
    company: str | None = None
    """Only clauses of this company, and those that name none."""
    product: str | None = None


class Answered(BaseModel):
    """What the clauses say, and which clauses were shown."""

    model: str
    answer: str
    retrieved: list[str]
    """chunk_id of the clauses in the prompt, best first."""


def _read(text: str, asked: Asked) -> Mapping[str, Any]:
    return {"answer": text, "retrieved": [clause.chunk_id for clause in asked.found or ()]}


RECIPE = Recipe(
    name="policy",
    order=2,
    ko="보험 약관에 근거해 답하는 도우미: 조항에서 찾아 답하고, 없으면 없다고 합니다.",
    en="An assistant that answers from insurance clauses, and says so when they are silent.",
    title=("보험 약관 도우미", "Insurance clauses"),
    source_kinds=("chunks", "clauses", "qa"),
    options=PolicyOptions,
    build=build,
    build_across=build_across,
    prompt=prompt_of,
    suite=SUITE,
    presets=PRESETS,
    styles=("rag", "simple"),
    retrieves=True,
    small_preset="quick",
    splits=SPLITS,
    decoding={"temperature": 0.1, "top_p": 0.9, "repetition_penalty": 1.1, "max_new_tokens": 256},
    samples=(SAMPLES / "policy" / "chunked_data.jsonl", SAMPLES / "policy" / "qa_pairs.jsonl"),
    endpoint=Endpoint(
        "answer",
        "약관에 묻고 답을 받습니다.",
        "Ask the clauses a question.",
        item=Question,
        answer=Answered,
        read=_read,
    ),
    journey_styles=("simple", "rag"),
    journey_options={"clauses_per_row": 3},
    journey_decodings={
        "before": {"temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.0, "stop": [], "max_new_tokens": 256},
        "after": {
            "temperature": 0.1,
            "top_p": 0.9,
            "repetition_penalty": 1.2,
            "stop": list(STOP_PHRASES),
            "max_new_tokens": 256,
        },
        # the penalty also falls on the prompt's words, of which an answer from clauses is made: the line shows what it does
        "no penalty": {"temperature": 0.1, "top_p": 0.9, "repetition_penalty": 1.0, "max_new_tokens": 256},
    },
)
