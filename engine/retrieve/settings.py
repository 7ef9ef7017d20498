"""How clauses are found: one class, one line of truth per setting."""

from pydantic import BaseModel, ConfigDict, Field


class RetrievalSettings(BaseModel):
    """Retrieval settings. Each docstring is `Korean / English` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    k: int = Field(default=3, ge=1, le=50)
    """질문에 붙일 조항 수. / How many clauses are shown with a question."""
    words: float = Field(default=1.0, ge=0.0, le=10.0)
    """낱말(형태소) 순위의 무게. 0이면 쓰지 않습니다. / Weight of the ranking by words (morphemes); 0 leaves it out."""
    grams: float = Field(default=0.2, ge=0.0, le=10.0)
    """글자 조각(2–3자) 순위의 무게. / Weight of the ranking by pieces of 2–3 characters; 0 leaves it out."""
    everyday: bool = True
    """일상말(술 먹고 운전)을 약관 말(음주운전)로도 찾습니다. / Everyday words find official ones too."""
    terms: bool = True
    """용어 사전이 있으면 다른 이름(동의어, 쉬운 말, 약어)으로도 찾습니다. / Other names (synonyms, lay words, abbreviations) find too, where the store has a dictionary."""
    embeddings: str | None = None
    """뜻으로도 찾을 sentence-transformers 모델(폴더나 허브 이름). / A sentence-transformers model to search by meaning too."""
    meaning: float = Field(default=1.0, ge=0.0, le=10.0)
    """뜻으로 찾은 순위의 무게. / Weight of the ranking by meaning."""
