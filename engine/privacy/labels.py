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

QUASI_WORDS = {
    "AGE": "나이",
    "SCHOOL": "학교",
    "WORK": "직장",
    "HEALTH": "건강정보",
    "FAMILY": "가족관계",
    "BODY": "신체정보",
    "STUDENT_ID": "학번",
    "STAFF_ID": "사번",
}
"""What points at a person only together with more of it. Masked when the owner asks for it (`policy`), never by default."""
WORDS = PLACEHOLDER_WORDS | QUASI_WORDS
"""Every label that a mask may carry, and its word."""

PhoneLines = Literal["company", "crisis"]
"""Numbers that everybody may know: 15xx/16xx/18xx of companies; 109, 112, 1366 … of help."""


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

    def tag(self, texts: Sequence[str], known: Sequence[Sequence[Span]] = ()) -> list[list[Span]]:
        """Spans of every text, in code points of that text, sorted, not overlapping.

        known: what is found already in each text; a tagger may leave out what lies there.
        """
        ...
