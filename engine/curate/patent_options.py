"""What an owner may decide when patent cases become rows. It knows nothing of how the rows are made."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.claims.names import Names, merged
from engine.errors import UserError

INSTRUCTION = "제품 설명과 청구항을 비교하여 침해 위험을 JSON으로 판단하세요."
SPLITS = {"train": 0.7, "validation": 0.1, "test": 0.2}
"""Whole claims are held out; cases are few, so a fifth of them judges."""
Variant = Literal["abbreviated", "spelled_out", "synonym", "reordered", "range_edge"]
VARIANTS: tuple[Variant, ...] = ("abbreviated", "spelled_out", "synonym", "reordered", "range_edge")


class PatentOptions(BaseModel):
    """Options of the patent recipe; every docstring is `한국어. / English.` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    style: Literal["chat", "instruction"] = "chat"
    """chat: 모델의 대화 틀, instruction: '### 지시' 틀 그대로. / chat: the base's template; instruction: the '### 지시' frame."""
    instruction: str = Field(default=INSTRUCTION, min_length=1, max_length=2000)
    """행마다 앞에 두는 지시문. / The instruction before every case."""
    augment: tuple[Variant, ...] = VARIANTS
    """학습 행만 늘리는 방법. off는 늘리지 않습니다. / How training rows, and only those, are varied; off varies nothing."""
    copies: int = Field(default=3, ge=0, le=10)
    """사건 하나에서 더 만들 행의 최대 수. / Most rows made from one case beside the original."""
    abbreviations: tuple[Names, ...] = ()
    """같은 것의 이름들: TBC=트리부틸 아세틸시트레이트;PLA=폴리락트산. 자료에서 찾은 것이 더해집니다. / Names of one thing; those found in the sources are added."""
    synonyms: tuple[Names, ...] = ()
    """더 쓸 비슷한말: 하우징=외함=케이스;… / More synonyms to vary words with."""
    inconsistent: Literal["drop", "keep"] = "drop"
    """비교와 위험도가 어긋나는 사건을 뺄지(drop) 둘지(keep). / Drop or keep cases whose label breaks the all-elements rule."""
    folds: int = Field(default=0, ge=0, le=50)
    """교차 검증의 겹 수. 0은 하지 않습니다. / Folds of a cross-validation; 0: none."""
    fold: int = Field(default=0, ge=0, le=49)
    """이번에 평가용으로 떼는 겹(0부터). / The fold held out this time, from 0."""
    seed: int = Field(default=0, ge=0)
    """같은 씨앗은 같은 변형을 만듭니다. / The same seed makes the same variants."""

    @model_validator(mode="after")
    def _one_of_the_folds(self) -> Self:
        if self.folds == 1 or self.fold >= max(self.folds, 1):
            raise UserError(
                f"folds={self.folds}, fold={self.fold}은(는) 쓸 수 없습니다. folds는 0이거나 2 이상, fold는 0부터 folds보다 작아야 합니다.",
                f"folds={self.folds}, fold={self.fold} cannot be used: folds is 0 or at least 2, fold runs from 0 to below folds.",
            )
        return self

    @field_validator("augment", mode="before")
    @classmethod
    def _ways(cls, given: Any) -> Any:
        """`synonym,reordered` on the command line, `off` for none."""
        if not isinstance(given, str):
            return given
        return [] if given.strip() in ("off", "") else [word.strip() for word in given.split(",")]

    @field_validator("abbreviations", "synonyms", mode="before")
    @classmethod
    def _groups(cls, given: Any) -> Any:
        """`TBC=트리부틸 아세틸시트레이트;PLA=폴리락트산` on the command line."""
        groups = [group.split("=") for group in given.split(";")] if isinstance(given, str) else given
        return merged(groups) if isinstance(groups, list | tuple) else groups
