"""summary: a dialogue in, its summary out; encoder-decoders and decoders side by side."""

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import Any

from pydantic import BaseModel, Field

from engine.config import SAMPLES
from engine.curate.summary_options import SPLITS, SummaryOptions
from engine.curate.summary_prompt import prompt_of, tidied_answer
from engine.curate.summary_rows import build, build_across
from engine.dialogue.tidy import STEPS
from engine.dialogue.turns import special_tokens
from engine.evaluate.rouge import score_pairs
from engine.evaluate.suites.summary import SUITE
from engine.recipes.recipe import Phase, Recipe
from engine.serve.asked import Asked
from engine.serve.endpoint import Endpoint
from engine.serve.mbr import by
from engine.serve.way import Way

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
COMPARED = ("rouge1_morpheme", "rouge2_morpheme", "rougeL_morpheme")


def _alike(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """How much of a summary stands in another: the mean F1 of ROUGE-1, -2 and -L on morphemes, 0-1."""
    scored = score_pairs([((other,), summary) for summary, other in pairs])
    return [fmean(one[name].f1 for name in COMPARED) for one in scored]


_most_alike = by(_alike)
"""One function for all ways: ways that choose alike share their candidates."""
WAYS = {
    "plain": Way("모델이 말한 그대로", "As the model says it"),
    "beam": Way("여러 갈래를 함께 살펴 가장 그럴듯한 요약", "The likeliest of several beams", {"temperature": 0.0, "beams": 4, "no_repeat_ngram": 3}),
    "tidied": Way("끊긴 끝, 되풀이, 기호를 다듬은 요약", "Mended: broken ends, repeats, tokens", finish=tidied_answer),
    "ensemble": Way("모델마다 네 번 요약해 서로 가장 비슷한 것", "Four summaries of each model, the one most like all others", candidates=4, utility=_most_alike),
    "ensemble-tidied": Way("여럿 가운데 고른 뒤 다듬은 요약", "Chosen among several, then mended", candidates=4, utility=_most_alike, finish=tidied_answer),
    **{f"tidied-{name}": Way(f"다듬기 '{name}' 하나만", f"Mended by '{name}' alone", finish=partial(tidied_answer, steps=(name,)), part_of="tidied") for name in STEPS},
}  # fmt: skip

PHASES = (
    Phase("basic", "1단계 기본: 대화만 보고 요약하기", "Phase 1, basic: summaries from the dialogue alone", "plain", {"epochs": "3"}),
    Phase("instruction", "2단계 지시: 여러 지시문을 따라 요약하기", "Phase 2, instruction: summaries as told in several ways", "instruction", {"epochs": "2"}),
    Phase("rated", "3단계 평점: 좋다고 한 요약을 닮고 나쁘다고 한 요약을 피하기", "Phase 3, rated: like what was rated well, unlike the rest", "ratings", {"objective": "kto"}),
    Phase("reward", "3단계 보상: 평점이 갈린 짝으로 채점 모델 배우기", "Phase 3, reward: a model that scores, from pairs", "pairs", {"objective": "reward"}, asked_for=True),
    Phase("reinforced", "3단계 강화: 채점 모델의 점수를 높이기", "Phase 3, reinforced: higher scores of that model", "instruction", {"objective": "grpo"}, starts_from="instruction", asked_for=True),
)  # fmt: skip


class Dialogue(BaseModel):
    """A dialogue, one turn a line."""

    dialogue: str = Field(min_length=1, examples=["#Person1#: 내일 몇 시에 볼까?\n#Person2#: 세 시에 역 앞에서 보자."])


class Summarised(BaseModel):
    """Its summary."""

    model: str
    summary: str


def _read(text: str, asked: Asked) -> Mapping[str, Any]:
    return {"summary": text}


RECIPE = Recipe(
    name="summary",
    order=3,
    ko="대화 요약: 대화를 읽고 핵심만 짧게 적습니다. BART·T5 계열과 GPT 계열을 한 자리에서 견줍니다.",
    en="Dialogue summaries: encoder-decoders and decoders trained and compared on one board.",
    title=("대화 요약", "Dialogue summaries"),
    source_kinds=("dialogue",),
    options=SummaryOptions,
    build=build,
    special_tokens=special_tokens,
    build_across=build_across,
    prompt=prompt_of,
    suite=SUITE,
    presets=PRESETS,
    styles=("chat", "instruction", "plain"),
    ways=WAYS,
    phases=PHASES,
    endpoint=Endpoint(
        "summarise", "대화를 요약합니다.", "Summarise a dialogue.", item=Dialogue, answer=Summarised, read=_read
    ),
    asks_each=True,
    journey_families=("decoder", "seq2seq"),
    journey_ways=("tidied",),
    journey_together="ensemble-tidied",
    small_preset="quick",
    splits=SPLITS,
    decoding={"temperature": 0.7, "top_p": 0.9, "max_new_tokens": 100},
    samples=(SAMPLES / "summary" / "dialogues.jsonl",),
)
