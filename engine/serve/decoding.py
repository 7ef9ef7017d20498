"""How an answer is drawn from a model: one class, one line of truth per setting."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Decoding(BaseModel):
    """Generation settings. Each docstring is `Korean / English` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    temperature: float = Field(0.7, ge=0.0, le=2.0)
    """무작위성. 0이면 늘 가장 그럴듯한 말을 고릅니다. / Randomness; 0 always takes the likeliest token."""
    top_p: float = Field(0.9, gt=0.0, le=1.0)
    """확률이 높은 쪽부터 이만큼만 후보로 둡니다. / Keep the likeliest tokens up to this probability mass."""
    repetition_penalty: float = Field(1.1, ge=1.0, le=2.0)
    """같은 말을 되풀이하지 않게 누르는 힘. / Push against repeating the same tokens."""
    max_new_tokens: int = Field(128, ge=1, le=4096)
    """답의 가장 긴 길이(토큰). / Longest answer, in tokens."""
    stop: tuple[str, ...] = ()
    """이 구절이 나오면 답을 끝냅니다. / End the answer at any of these phrases."""
    seed: int = 0
    """같은 씨앗은 같은 답을 냅니다. / The same seed gives the same answers."""

    @field_validator("stop", mode="before")
    @classmethod
    def _phrases(cls, given: Any) -> Any:
        """One phrase is a list of one. An empty phrase stands everywhere and would end every answer: it is none."""
        phrases = (given,) if isinstance(given, str) else given
        return [phrase for phrase in phrases if phrase != ""] if isinstance(phrases, list | tuple) else phrases
