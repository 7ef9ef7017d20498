"""persona: a chatbot that talks like me, from my own KakaoTalk export."""

from typing import Any

from engine.config import SAMPLES
from engine.curate.options import PersonaOptions
from engine.curate.pairs import build_pairs, prompt_of
from engine.evaluate.suites.persona import SUITE
from engine.recipes.recipe import Recipe

PRESETS: dict[str, dict[str, Any]] = {
    # 1-3B on a 3060 Ti; 8 x 2 = 16 rows a step. Chat rows are short: 8 of them hold fewer tokens than one row of 1,024, and two
    # at a time left most of each pass to its fixed costs (935 tokens a CPU-second against 1,676).
    "8gb": {
        "quantisation": "nf4",
        "learning_rate": 2e-4,
        "epochs": 3,
        "batch_size": 8,
        "accumulation": 2,
        "max_length": 512,
        "gradient_checkpointing": "on",
        "eval_every": 50,
        "early_stop_patience": 3,
    },
    # The same card, more time: half the steps' size, twice the passes, stopped later.
    "careful": {
        "quantisation": "nf4",
        "learning_rate": 1e-4,
        "lora_dropout": 0.1,
        "epochs": 6,
        "batch_size": 8,
        "accumulation": 2,
        "max_length": 512,
        "warmup_ratio": 0.1,
        "gradient_checkpointing": "on",
        "eval_every": 50,
        "early_stop_patience": 6,
    },
    # For a base of a few million parameters, which needs 2e-3: minutes on two cores.
    "quick": {
        "quantisation": "nf4",
        "learning_rate": 2e-3,
        "epochs": 4,
        "batch_size": 16,
        "max_length": 256,
        "warmup_ratio": 0.05,
        "early_stop_patience": 2,
    },
}

RECIPE = Recipe(
    name="persona",
    order=1,
    ko="나처럼 말하는 챗봇: 카카오톡 내보내기에서 내 말투를 배웁니다.",
    en="A chatbot that talks like me, learned from a KakaoTalk export.",
    title=("이야기 나누기", "A talk"),
    source_kinds=("kakao",),
    options=PersonaOptions,
    build=build_pairs,
    prompt=prompt_of,
    chats=True,
    small_preset="quick",
    suite=SUITE,
    presets=PRESETS,
    styles=("chat", "instruction"),
    must_mask=True,
    # Chat replies are short: 80 tokens hold about 150 syllables, and a runaway answer ends early.
    decoding={"temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.1, "max_new_tokens": 80},
    samples=(SAMPLES / "persona" / "KakaoTalkChats.txt",),
    sample_me="한도윤",
)
