"""medical: questions, passages, worked problems and interviews of medicine, mixed by weight. No doctor."""

from typing import Any

from engine.config import SAMPLES
from engine.curate.medical_options import SPLITS, MedicalOptions
from engine.curate.medical_prompt import prompt_of
from engine.curate.medical_rows import build, build_across
from engine.evaluate.suites.medical import SUITE
from engine.recipes.recipe import Recipe

# Polyglot-Ko and KULLM (gpt_neox, 1.3-12.8B) on a card of 8 GB hold to 5.8B in four bits; KULLM's own recipe was LoRA r 8, alpha 16, 3e-4 in 8 bits.
QLORA: dict[str, Any] = {
    "quantisation": "nf4",
    "lora_rank": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "lora_targets": "auto",
    "learning_rate": 2e-4,
    "scheduler": "cosine",
    "warmup_ratio": 0.03,
    "epochs": 3,
    "batch_size": 2,
    "accumulation": 8,
    "max_length": 1024,
    "gradient_checkpointing": "on",
    "keep_best": True,
}
PRESETS: dict[str, dict[str, Any]] = {
    "polyglot-qlora": QLORA,
    "polyglot-lora": {**QLORA, "quantisation": "none"},
    # For a base of a few million parameters: minutes on two cores.
    "quick": {
        "quantisation": "none",
        "learning_rate": 2e-3,
        "epochs": 6,
        "batch_size": 8,
        "max_length": 512,
        "warmup_ratio": 0.05,
        "early_stop_patience": 2,
    },
}

RECIPE = Recipe(
    name="medical",
    order=5,
    ko="의학 문제, 지문, 풀이, 문진을 비율대로 섞어 건강 상담 모델을 만듭니다. 의사가 아닙니다.",
    en="A counselling model from questions, passages, worked problems and interviews, mixed by weight. No doctor.",
    source_kinds=("aihub", "mcqa", "qa"),
    options=MedicalOptions,
    build=build,
    build_across=build_across,
    prompt=prompt_of,
    suite=SUITE,
    presets=PRESETS,
    styles=("chat", "instruction"),
    chats=True,
    asks_each=True,
    small_preset="quick",
    splits=SPLITS,
    # Greedy: a question of fact has one right answer.
    decoding={"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": 200},
    notice=(
        "의사가 아닙니다. 모델의 답은 틀릴 수 있고 진단이나 처방이 아닙니다. 아프면 병원에, 위급하면 119에 연락하세요.",
        "Not a doctor. A model's answer can be wrong and is no diagnosis: see a doctor, and in an emergency call 119.",
    ),
    samples=tuple(SAMPLES / "medical" / f"{name}.jsonl" for name in ("questions", "dialogues", "maths", "passages")),
)
