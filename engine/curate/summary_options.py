"""What an owner may decide when dialogues become rows. It knows nothing of how the rows are made."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

TEMPLATES = (
    "다음 대화를 요약해주세요.",
    "아래 대화의 핵심 내용을 정리해주세요.",
    "주어진 대화를 간단히 요약하세요.",
    "다음 대화에서 중요한 정보를 추출해 요약하세요.",
    "대화 내용을 한 문단으로 요약해주세요.",
)
SYSTEM = "당신은 대화를 읽고 핵심만 짧고 정확하게 요약하는 도우미입니다."
SPLITS = {"train": 0.7, "validation": 0.1, "test": 0.2}
"""Whole dialogues are held out; every fifth one judges."""


class SummaryOptions(BaseModel):
    """Options of the summary recipe; every docstring is `한국어. / English.` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    style: Literal["chat", "instruction", "plain"] = "chat"
    """chat: 모델의 대화 틀, instruction: '### Instruction:' 틀, plain: 대화만(BART·T5). / chat template, instruction frame, or text alone."""
    templates: tuple[str, ...] = TEMPLATES
    """요약을 시키는 문장들. 첫 문장은 검증과 실제 요약에 씁니다. / Instructions; the first is used for validation and for answers."""
    augment: bool = True
    """학습용 대화마다 지시문 수만큼 행을 만듭니다(검증용은 늘리지 않음). / One training row per instruction; validation never grows."""
    system: str = Field(default=SYSTEM, max_length=2000)
    """chat 형식에서 맨 앞에 두는 설명. 비우면 없습니다. / System message of the chat style; none when empty."""
    # A window of 1,024 tokens holds about 2,000 letters of Korean and is cut to by itself; this bounds what a row keeps.
    max_characters: int = Field(default=20_000, ge=200, le=200_000)
    """이보다 긴 대화는 가운데 차례를 빼고 보여 줍니다(행에 표시). / Longer dialogues lose turns of their middle, marked in the row."""
    near_duplicates: float = Field(default=0.7, ge=0.5, le=1.0)
    """이만큼 비슷한 대화는 함께 학습용이나 평가용에 둡니다. 1은 끕니다. / Dialogues so alike never lie in two splits; 1: off."""
    min_summary_characters: int = Field(default=5, ge=1, le=1000)
    """이보다 짧은 요약은 뺍니다. / Shorter summaries are dropped."""

    @field_validator("templates", mode="before")
    @classmethod
    def _lines(cls, given: Any) -> Any:
        """`요약하세요.|정리하세요.` on the command line: instructions hold commas."""
        words = given.split("|") if isinstance(given, str) else given
        return [word.strip() for word in words if word.strip()] if isinstance(words, list | tuple) else words

    @field_validator("templates")
    @classmethod
    def _some(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if not given:
            raise ValueError("지시문이 하나는 있어야 합니다. / At least one instruction is needed.")
        return given
