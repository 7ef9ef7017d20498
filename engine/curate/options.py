"""What an owner may decide when a chat becomes rows. It knows nothing of how the rows are made."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.errors import UserError
from engine.korean.normalise import LIGHT, Step


class PersonaOptions(BaseModel):
    """Options of the persona recipe; every docstring is `한국어. / English.` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    style: Literal["chat", "instruction"] = "chat"
    """chat: 주고받은 말 그대로, instruction: 상대의 말 앞에 지시문. / chat: turns as they are; instruction: a line before them."""
    instruction: str = Field(default="여자친구가 이렇게 말했어:", min_length=1, max_length=200)
    """instruction 형식에서 상대의 말 앞에 오는 줄. / The line before the other's words in the instruction style."""
    system: str = Field(default="", max_length=2000)
    """대화 맨 앞에 두는 설명. 비우면 없습니다. / A system message before every chat; none when empty."""
    turn_gap_minutes: int = Field(default=5, ge=0, le=1440)
    """한 사람이 이 시간 안에 이어 보낸 말은 한 차례입니다. / Messages of one side within this many minutes are a turn."""
    silence_minutes: int = Field(default=180, ge=1, le=10080)
    """이보다 오래 조용하면 다른 대화로 봅니다. / A longer silence ends the conversation."""
    reply_minutes: int = Field(default=60, ge=1, le=10080)
    """이보다 늦은 답은 딴 얘기일 때가 많아 뺍니다. / Later replies are dropped: they often change the subject."""
    # 4 = two exchanges: a chat sends its history, which a model trained without any would meet for the first time;
    # chat turns are short, so it costs some 40 tokens.
    context_turns: int = Field(default=4, ge=0, le=32)
    """답하기 전에 함께 보여 줄 앞선 차례의 수. / How many earlier turns the model sees before it answers."""
    media: Literal["remove", "token"] = "remove"
    """사진·이모티콘·링크를 뺄지(remove) [사진]처럼 남길지(token). / remove photos, stickers, links, or leave a token."""
    # Style must survive, and ㅋㅋ against ㅋㅋㅋㅋㅋ is style: by default only what no reader sees is evened out.
    normalise: tuple[Step, ...] = LIGHT
    """고르게 다듬는 단계와 그 차례. off는 그대로 둡니다. / Steps that even out the writing, in order; off leaves all as it is."""
    placeholders: Literal["keep", "drop"] = "keep"
    """가린 자리([이름_1])가 든 내 답을 남길지 뺄지. / Keep or drop replies that hold a mask such as [이름_1]."""
    min_syllables: int = Field(default=2, ge=0, le=50)
    """이보다 짧은 내 답은 뺍니다. ㅋㅋ와 ㅇㅇ는 0글자. / Shorter replies are dropped; ㅋㅋ and ㅇㅇ count as 0."""
    min_prompt_syllables: int = Field(default=1, ge=0, le=50)
    """이보다 짧은 상대의 말에 한 답은 뺍니다. / Replies to shorter words of the other one are dropped."""
    max_reply_syllables: int = Field(default=150, ge=1, le=2000)
    """이보다 긴 내 답은 뺍니다. 붙여 넣은 글일 때가 많습니다. / Longer replies are dropped: they are often pasted."""
    max_prompt_syllables: int = Field(default=300, ge=1, le=4000)
    """이보다 긴 상대의 말은 보여 주지 않습니다. / Longer words of the other one are not shown to the model."""
    speech: Literal["any", "casual", "polite"] = "any"
    """배울 말투: 모두(any), 반말만(casual), 존댓말만(polite). / Replies to learn: any, only casual (반말) or only polite ones."""
    polite_share: float | None = Field(default=None, ge=0, le=1)
    """존댓말의 비율을 맞춥니다(0.5는 반반). 비우면 그대로. / Share of polite replies to reach; as they are when empty."""
    drop_dull: bool = True
    """'그래', '알겠어' 같은 맞장구뿐인 답을 뺍니다. / Drop replies that are nothing but a nod such as 그래."""
    cap_per_phrase: int = Field(default=5, ge=1, le=1000)
    """같은 답은 이 수까지만(부호, ㅋㅋ 길이, 숫자는 무시). / Rows with the same reply; marks, digits, length of ㅋㅋ aside."""
    # 5,000 rows of some 60 tokens, 3 epochs: about half an hour at the 628 tok/s measured for 1.5B on an 8 GB card.
    max_rows: int = Field(default=5000, ge=0)
    """더 많으면 흔한 말머리를 줄여 뽑습니다. 0은 모두. / Beyond it a sample is drawn, rare openings first; 0 keeps all."""
    seed: int = Field(default=0, ge=0)
    """같은 씨앗은 같은 표본을 뽑습니다. / The same seed draws the same sample."""

    @field_validator("normalise", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """`spaces,laughter` on the command line; off or nothing for none."""
        if not isinstance(given, str):
            return given
        return tuple(word.strip() for word in given.split(",") if word.strip() not in ("", "off", "none"))

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Raises UserError when two options contradict each other."""
        if self.silence_minutes < self.turn_gap_minutes:
            silence, gap = self.silence_minutes, self.turn_gap_minutes
            raise UserError(
                f"silence_minutes({silence})가 turn_gap_minutes({gap})보다 짧아 한 차례가 두 대화에 걸칩니다. "
                "silence_minutes를 늘리거나 turn_gap_minutes를 줄이세요.",
                f"silence_minutes ({silence}) is shorter than turn_gap_minutes ({gap}), so one turn would lie in two "
                "conversations. Raise the first or lower the second.",
            )
        if self.min_syllables > self.max_reply_syllables:
            least, most = self.min_syllables, self.max_reply_syllables
            raise UserError(
                f"min_syllables({least})가 max_reply_syllables({most})보다 커서 남는 답이 없습니다. min_syllables를 줄이세요.",
                f"min_syllables ({least}) is above max_reply_syllables ({most}), so no reply could stay. "
                "Lower min_syllables.",
            )
        if self.speech != "any" and self.polite_share is not None:
            raise UserError(
                f"speech={self.speech}로 한 말투만 고르면서 polite_share={self.polite_share}로 비율도 정했습니다. 하나만 쓰세요.",
                f"speech={self.speech} keeps one level and polite_share={self.polite_share} sets a proportion. Use only one.",
            )
        if {"emoji_words", "emoji_none"} <= set(self.normalise):
            raise UserError(
                "normalise에 emoji_words(이모지를 낱말로)와 emoji_none(이모지 없애기)이 함께 있습니다. 하나만 고르세요.",
                "normalise holds both emoji_words and emoji_none. Choose one of them.",
            )
        return self
