"""summary: a dialogue in, its summary out; encoder-decoders and decoders side by side."""

from typing import Any

from engine.config import SAMPLES
from engine.curate.summary_options import SPLITS, SummaryOptions
from engine.curate.summary_prompt import prompt_of
from engine.curate.summary_rows import build, build_across
from engine.evaluate.suites.summary import SUITE
from engine.recipes.recipe import Recipe

# The owner's LoRA for decoders of 5-7B and KoBART alike: 4 x 4 rows a step, 2e-5, evaluated and saved once an epoch, the best kept.
BASIC: dict[str, Any] = {
    "lora_rank": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.1,
    "learning_rate": 2e-5,
    "scheduler": "cosine",
    "warmup_ratio": 0.1,
    "epochs": 3,
    "batch_size": 4,
    "accumulation": 4,
    "max_length": 1024,
    "gradient_checkpointing": "auto",
    "log_every": 10,
    "keep_best": True,
}
PRESETS: dict[str, dict[str, Any]] = {
    # Decoders of 1-8B on a card of 8 GB; the targets follow the architecture (auto).
    "decoder-qlora": {**BASIC, "quantisation": "nf4", "gradient_checkpointing": "on"},
    "decoder-lora": {**BASIC, "quantisation": "none", "gradient_checkpointing": "on"},
    # KoBART 124M, T5, mBART: every weight, or an adapter beside them.
    "encoder-decoder-full": {**BASIC, "method": "full", "quantisation": "none"},
    "encoder-decoder-lora": {**BASIC, "quantisation": "none"},
    "instruction-2-epochs": {**BASIC, "quantisation": "nf4", "epochs": 2},
    # For bases of a few million parameters of either family: minutes on two cores.
    "quick": {
        "quantisation": "none",
        "learning_rate": 2e-3,
        "epochs": 2,
        "batch_size": 8,
        "max_length": 512,
        "warmup_ratio": 0.1,
        "early_stop_patience": 2,
    },
}

RECIPE = Recipe(
    name="summary",
    ko="대화 요약: 대화를 읽고 핵심만 짧게 적습니다. BART·T5 계열과 GPT 계열을 한 자리에서 견줍니다.",
    en="Dialogue summaries: encoder-decoders and decoders trained and compared on one board.",
    source_kinds=("dialogue",),
    options=SummaryOptions,
    build=build,
    build_across=build_across,
    prompt=prompt_of,
    suite=SUITE,
    presets=PRESETS,
    styles=("chat", "instruction", "plain"),
    small_preset="quick",
    splits=SPLITS,
    decoding={"temperature": 0.7, "top_p": 0.9, "max_new_tokens": 100},
    samples=(SAMPLES / "summary" / "dialogues.jsonl",),
)
