"""What an owner may decide when clauses and questions become rows. It knows nothing of how the rows are made."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

INSTRUCTION = (
    "아래 제공된 [보험약관]을 참고하여 사용자의 질문에 답변하세요. 약관에 명시된 내용에 근거하여 답변해야 하며, 약관에 없는 내용은 "
    "추측하지 말고 '약관에 해당 내용이 없습니다'라고 답변하세요."
)
# Observed behind answers of the owner's models.
STOP_PHRASES = ("이번에 새로 나온", "Este es", "Ich möchte", "이번엔", "이번에")
TAIL_PHRASES = (
    "궁금한 점이 있", "궁금하신 점", "추가 문의", "추가로 궁금", "문의해 주", "문의 바랍니다", "도움이 되셨", "도움이 되었", "도움이 되길", "도움이 되시", "감사합니다", "감사드립니다",
    "좋은 하루", "블로그", "포스팅", "구독", "출처:", "기자 =", "무단 전재", "재배포 금지",
)  # fmt: skip
SPLITS = {"train": 0.8, "validation": 0.05, "test": 0.15}
"""Whole clauses are held out; every seventh question judges."""
REFUSAL = "약관에 해당 내용이 없습니다."


class PolicyOptions(BaseModel):
    """Options of the policy recipe; every docstring is `한국어. / English.` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    style: Literal["simple", "rag"] = "rag"
    """simple: 질문과 조항만(v1), rag: 근거 지시와 거절까지(v2). / simple: question and clause (v1); rag: grounds and refusal (v2)."""
    frame: Literal["plain", "chat"] = "plain"
    """plain: '### 지시' 틀 그대로, chat: 모델의 대화 틀. / plain: the '### 지시' frame as it is; chat: the base's template."""
    instruction: str = Field(default=INSTRUCTION, min_length=1, max_length=2000)
    """rag 형식의 지시문. / The instruction of the rag style."""
    refusal: str = Field(default=REFUSAL, min_length=2, max_length=200)
    """약관에 없는 것을 물을 때 배울 답. / What is learned for questions that the clauses do not answer."""
    # The owner's v1 cut its input to 500 characters.
    simple_characters: int = Field(default=500, ge=50, le=20_000)
    """simple 형식에서 조항을 이 글자 수까지만 보여 줍니다. / Characters of the clause shown in the simple style."""
    min_answer_characters: int = Field(default=10, ge=1, le=1000)
    """이보다 짧은 답은 뺍니다. / Shorter answers are dropped."""
    stop_phrases: tuple[str, ...] = STOP_PHRASES
    """이 구절이 든 답은 뺍니다. 모델이 이 말을 꼬리로 배웁니다. / Answers that hold one are dropped: the model learns them as tails."""
    tail_phrases: tuple[str, ...] = TAIL_PHRASES
    """답 뒤에 붙는 군더더기. 든 답은 뺍니다. / Idle words behind an answer; answers that hold one are dropped."""
    near_duplicates: float = Field(default=0.6, ge=0.5, le=1.0)
    """이만큼 비슷하고 뜻을 가르는 낱말이 같은 질문은 하나만 둡니다. 1은 끕니다. / Questions so alike, with the same words that matter, stay once; 1: off."""
    clauses_per_row: int = Field(default=1, ge=1, le=10)
    """rag 행 하나에 함께 보여 줄 조항 수(정답 조항과 이웃 조항). / Clauses shown in one rag row: the right one among others."""
    seed: int = Field(default=0, ge=0)
    """같은 씨앗은 같은 순서를 줍니다. / The same seed gives the same order."""

    @field_validator("stop_phrases", "tail_phrases", mode="before")
    @classmethod
    def _phrases(cls, given: Any) -> Any:
        """`이번에,이번엔` on the command line; an empty phrase stands everywhere and is none."""
        words = given.split(",") if isinstance(given, str) else given
        return [word.strip() for word in words if word.strip()] if isinstance(words, list | tuple) else words
