"""What an owner may decide when medical material becomes rows. It knows nothing of how the rows are made."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.curate.mix import weights_in, written

SYSTEM = (
    "당신은 건강 상담을 돕는 한국어 도우미입니다. 일반적인 의학 지식으로 쉽고 정확하게 답하고, 진단이나 처방은 하지 않으며, 위급한 증상이 있으면 119나 응급실을 "
    "권합니다."
)
MIX = "20/30/50"
"""Percent of BUCKETS: checks of the base (interviews, passages), worked solutions to distil from, the domain itself."""
SPLITS = {"train": 0.7, "validation": 0.1, "test": 0.2}
"""Whole groups (an interview, a passage, a family of problems) are held out; every fifth one judges."""


class MedicalOptions(BaseModel):
    """Options of the medical recipe; every docstring is `한국어. / English.` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    style: Literal["chat", "instruction"] = "chat"
    """chat: 모델의 대화 틀, instruction: '### 지시' 틀 그대로. / chat: the base's template; instruction: the '### 지시' frame."""
    system: str = Field(default=SYSTEM, max_length=2000)
    """맨 앞에 두는 설명. 비우면 없습니다. / System message; none when empty."""
    mix: str = Field(default=MIX, max_length=100, examples=[MIX, "off"])
    """학습 행을 섞는 비율: base(문진·지문)/distil(풀이)/domain(의학). off는 다 씁니다. / Shares of the training rows by part; off keeps all."""
    most_cut: float = Field(default=0.5, ge=0.0, le=1.0)
    """비율을 맞추려고 한 갈래에서 많아야 이만큼 뺍니다. 0은 빼지 않음, 1은 얼마든지. / Share of one part's rows that may be left out to keep the mix."""
    explanations: bool = False
    """객관식 답 뒤에 해설도 배웁니다. / Learn the explanation behind the answer of a multiple-choice question, too."""
    most_turns: int = Field(default=4, ge=1, le=50)
    """문진 하나에서 답하는 말을 많아야 이만큼 배웁니다(뒤의 것부터). / Answers learned of one interview, the last ones."""
    most_characters: int = Field(default=6000, ge=200, le=100_000)
    """이보다 긴 행은 뺍니다. / Longer rows are dropped."""
    min_answer_characters: int = Field(default=1, ge=1, le=1000)
    """이보다 짧은 답은 뺍니다. / Shorter answers are dropped."""
    near_duplicates: float = Field(default=0.7, ge=0.5, le=1.0)
    """이만큼 비슷한 문제는 함께 학습용이나 평가용에 둡니다. 1은 끕니다. / Questions so alike never lie in two splits; 1: off."""
    seed: int = Field(default=0, ge=0)
    """같은 씨앗은 같은 행을 고릅니다. / The same seed chooses the same rows."""

    @field_validator("mix", mode="before")
    @classmethod
    def _shares(cls, given: Any) -> Any:
        """`20/30/50`, `base=20,distil=30,domain=50` and `off` are kept in one form."""
        return written(weights_in(given)) if isinstance(given, str) else given
