"""What can be chosen about a generation: one class for page and command line. It holds no key."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TYPES = ("fact", "scenario", "easy")


class GenerateOptions(BaseModel):
    """Settings of one generation. Each docstring is `Korean / English` help."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    provider: Literal["local", "openai", "gemini"] = "local"
    """누가 만드나: 이 컴퓨터의 모델, OpenAI 호환 서버, Gemini. / Who makes them: a model here, an OpenAI-compatible server, Gemini."""
    url: str = ""
    """서버 주소. 비우면 제공자의 것. / The server's address; empty: the provider's own."""
    model: str = ""
    """모델 이름, 또는 학습 id나 base:이름. / The model's name; locally a run or base:NAME."""
    fact: float = Field(0.3, ge=0.0, le=1.0)
    """사실형의 몫. / Share of plain facts."""
    scenario: float = Field(0.3, ge=0.0, le=1.0)
    """상황형의 몫. / Share of situations."""
    easy: float = Field(0.4, ge=0.0, le=1.0)
    """쉬운 말의 몫. / Share of everyday words."""
    per_chunk: int = Field(3, ge=1, le=50)
    """조항마다 만들 수. / Pairs per clause."""
    unanswerable: float = Field(0.2, ge=0.0, le=0.9)
    """답할 수 없는 질문의 몫(거절을 배우는 데 씁니다). / Share of questions the clause does not answer, for learning to refuse."""
    limit: int = Field(0, ge=0)
    """가장 많은 수, 0은 모두. / Pairs at most; 0 for all."""
    tries: int = Field(3, ge=1, le=10)
    """한 쌍에 물어볼 횟수. / Answers asked for per pair."""
    temperature: float = Field(0.7, ge=0.0, le=2.0)
    """무작위성. / Randomness."""
    max_new_tokens: int = Field(400, ge=32, le=4096)
    """답의 가장 긴 길이(토큰). / Longest answer, in tokens."""
    timeout: float = Field(60.0, ge=0.1, le=600.0)
    """답을 기다리는 시간(초). / Seconds to wait for an answer."""
    in_flight: int = Field(64, ge=1, le=512)
    """열쇠 하나로 한꺼번에 물어볼 가장 많은 수. / Requests at once per key, at most."""
    price_in: float = Field(0.0, ge=0.0)
    """보낸 토큰 100만 개의 값. / Price per million tokens sent."""
    price_out: float = Field(0.0, ge=0.0)
    """받은 토큰 100만 개의 값. / Price per million tokens received."""
    seed: int = 0
    """같은 씨앗은 같은 쌍을 바랍니다. / The same seed wants the same pairs."""

    def shares(self) -> dict[str, float]:
        """Type to its share; the wanted types only. They need not sum to one."""
        given = {"fact": self.fact, "scenario": self.scenario, "easy": self.easy}
        return {type_: share for type_, share in given.items() if share > 0}
