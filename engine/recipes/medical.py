"""medical: questions, passages, worked problems and interviews of medicine, mixed by weight. No doctor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlite_utils import Database

from engine.config import SAMPLES
from engine.curate.medical_answer import ADVISED, asked_by, choice_said, instead_of, made_safe, told_in
from engine.curate.medical_options import SPLITS, MedicalOptions
from engine.curate.medical_prompt import form_of, prompt_of
from engine.curate.medical_rows import build, build_across
from engine.curate.row import Message
from engine.evaluate.suites.medical import SUITE
from engine.recipes.recipe import Recipe
from engine.serve.asked import Asked
from engine.serve.endpoint import Endpoint
from engine.serve.way import Way
from engine.store.terms import dictionary_of
from engine.terms.dictionary import Dictionary
from engine.terms.shipped import shipped_dictionary

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


def _ways(dictionary: Callable[[], Dictionary]) -> dict[str, Way]:
    """Ways of answering, by the emergencies that this dictionary knows."""

    def flags(prompt: Sequence[Message]) -> list[str]:
        return [one.name for one in dictionary().red_flags(told_in(prompt))]

    return {
        "safe": Way(
            "위험 신호에는 응급 안내를 먼저, 끝에는 진단이 아니라는 말",
            "Emergency text first where there is a red flag, the safety line last",
            finish=lambda prompt, text: made_safe(prompt, text, flags(prompt)),
            instead=lambda prompt: instead_of(prompt, flags(prompt)),
        ),
        "plain": Way("모델이 말한 그대로", "As the model says it"),
    }


def _read(dictionary: Callable[[], Dictionary]) -> Callable[[Mapping[str, Any], str], dict[str, Any]]:
    """What stands beside an answer: which choice it names, from 0; which emergencies the question tells of."""

    def read(item: Mapping[str, Any], text: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if choices := item.get("choices"):
            told["answer_index"] = choice_said(text, choices)
        elif form_of(item) in ADVISED:
            told["red_flags"] = [one.name for one in dictionary().red_flags(asked_by(item))]
        return told

    return read


def _prepared(recipe: Recipe, db: Database) -> Recipe:
    """With the owner's own emergencies."""
    own = dictionary_of(db, recipe.name)
    return replace(recipe, ways=_ways(lambda: own), read=_read(lambda: own))


class Turn(BaseModel):
    """One turn of a counselling talk."""

    role: Literal["user", "assistant"]
    content: str = Field(min_length=1)


class Question(BaseModel):
    """A question, with choices or open, or a talk whose last turn is the user's."""

    question: str | None = Field(default=None, min_length=1, examples=["성인의 정상 심박수는 얼마인가요?"])
    choices: list[str] | None = Field(default=None, examples=[["분당 20~40회", "분당 60~100회", "분당 150~180회"]])
    turns: list[Turn] | None = None


class Told(BaseModel):
    """The answer. `answer_index`: the choice that it names, from 0. `red_flags`: emergencies that were told of."""

    model: str
    answer: str
    answer_index: int | None = None
    red_flags: list[str] = []
    not_a_doctor: str = "모델의 답이며 의학적 진단이 아닙니다. / A model's answer, no diagnosis."


def _answered(text: str, asked: Asked) -> Mapping[str, Any]:
    return {"answer": text}


RECIPE = Recipe(
    name="medical",
    order=5,
    ko="의학 문제, 지문, 풀이, 문진을 비율대로 섞어 건강 상담 모델을 만듭니다. 의사가 아닙니다.",
    en="A counselling model from questions, passages, worked problems and interviews, mixed by weight. No doctor.",
    title=("건강 상담", "Health questions"),
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
    ways=_ways(shipped_dictionary),
    usual_way="safe",
    prepare=_prepared,
    read=_read(shipped_dictionary),
    endpoint=Endpoint(
        "ask",
        "의학 질문에 답합니다. 의사가 아닙니다.",
        "Answer a medical question. No doctor.",
        item=Question,
        answer=Told,
        read=_answered,
        way="safe",
    ),
    journey_ways=("plain",),
    notice=(
        "의사가 아닙니다. 모델의 답은 틀릴 수 있고 진단이나 처방이 아닙니다. 아프면 병원에, 위급하면 119에 연락하세요.",
        "Not a doctor. A model's answer can be wrong and is no diagnosis: see a doctor, and in an emergency call 119.",
    ),
    samples=tuple(SAMPLES / "medical" / f"{name}.jsonl" for name in ("questions", "dialogues", "maths", "passages"))
    + tuple(SAMPLES / "medical" / f"{name}.csv" for name in ("terms", "relations")),
)
