"""What an owner may decide when clauses and questions become rows. It knows nothing of how the rows are made."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

INSTRUCTION = (
    "아래 제공된 [보험약관]을 참고하여 사용자의 질문에 답변하세요. 약관에 명시된 내용에 근거하여 답변해야 하며, 약관에 없는 내용은 "
    "추측하지 말고 '약관에 해당 내용이 없습니다'라고 답변하세요."
)
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
    clauses_per_row: int = Field(default=1, ge=1, le=10)
    """rag 행 하나에 함께 보여 줄 조항 수(정답 조항과 이웃 조항). / Clauses shown in one rag row: the right one among others."""
    seed: int = Field(default=0, ge=0)
    """같은 씨앗은 같은 순서를 줍니다. / The same seed gives the same order."""
