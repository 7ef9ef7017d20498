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
    beams: int = Field(1, ge=1, le=16)
    """한꺼번에 살펴볼 답의 갈래 수. 2 이상이면 무작위성과 씨앗은 쓰지 않습니다. / Beams searched at once; with 2 or more nothing is random."""
    length_penalty: float = Field(1.0, ge=-2.0, le=4.0)
    """갈래를 견줄 때 긴 답을 얼마나 좋아하는지(갈래가 2 이상일 때). / How much beams prefer long answers."""
    no_repeat_ngram: int = Field(0, ge=0, le=20)
    """답 안에서 이 개수만큼 이어진 토큰은 되풀이하지 못하게 합니다. 0이면 그냥 둡니다. / Token n-grams of this length never repeat within an answer; 0 is off."""
    json_schema: dict[str, Any] | None = None
    """답이 지킬 JSON 모양(JSON Schema). 비우면 자유로운 글. / A JSON schema that answers keep to; none: free text."""
    stop: tuple[str, ...] = ()
    """이 구절이 나오면 답을 끝냅니다. / End the answer at any of these phrases."""
    unending: bool = False
    """끝 표시가 나와도 max_new_tokens까지 씁니다. 속도를 잴 때 씁니다. / Write on past end tokens, up to max_new_tokens: for measuring speed."""
    seed: int = 0
    """같은 씨앗은 같은 답을 냅니다. / The same seed gives the same answers."""

    @field_validator("stop", mode="before")
    @classmethod
    def _phrases(cls, given: Any) -> Any:
        """One phrase is a list of one. An empty phrase stands everywhere and would end every answer: it is none."""
        phrases = (given,) if isinstance(given, str) else given
        return [phrase for phrase in phrases if phrase != ""] if isinstance(phrases, list | tuple) else phrases
