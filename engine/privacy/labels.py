"""The kinds of personal data, their placeholders, and the span type. It knows nothing of how they are found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

PLACEHOLDER_WORDS = {
    "RRN": "주민등록번호",
    "FRN": "외국인등록번호",
    "PHONE": "전화번호",
    "EMAIL": "이메일",
    "ACCOUNT": "계좌번호",
    "CARD": "카드번호",
    "PASSPORT": "여권번호",
    "DRIVER": "면허번호",
    "PLATE": "차량번호",
    "BRN": "사업자번호",
    "ADDRESS": "주소",
    "PERSON": "이름",
    "URL_TOKEN": "링크",
    "ID_HANDLE": "아이디",
    "BIRTHDATE": "생년월일",
    "IP": "아이피",
}
"""Label → the word inside its placeholder: PHONE → [전화번호_1]. The order is the order of the contract, no rank."""


Style = Literal["placeholder", "pseudonym"]
"""What stands for a hidden value."""


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in code points of the original text."""

    start: int
    end: int
    label: str
    confidence: float = 1.0


class Tagger(Protocol):
    """Finds what rules cannot: names and addresses that only their surroundings give away."""

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of every text, in code points of that text, sorted, not overlapping."""
        ...
