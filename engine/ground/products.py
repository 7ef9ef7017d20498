"""Products and companies that clauses are headed with, and which of them a text speaks of by its telling part: 굿데이, 새봄화재.

It finds a name in brackets at the begin of a line and a name in front of the first article. It knows no list of names.
"""

import re
from collections.abc import Mapping, Sequence

from engine.ground.folding import fold

_BRACKET = re.compile(r"(?:^|\n|(?<=[.다]\s))\s*[\[【<]([^\]】>\n]{2,40})[\]】>]")
_AHEAD = re.compile(
    r"(?:^|\n|(?<=[.다음함]\s))\s*((?:\(무\)\s?)?[가-힣A-Za-z0-9·() ]{2,40}?)\s*(?=제\s?\d+\s?조|약관|표준약관|이용약관)"
)
_GENERIC = frozenset(
    """보험 특약 특별약관 보통약관 약관 표준약관 이용약관 상품 계약 서비스 규정 기준 안내 별표 무배당 무 유배당 갱신형 비갱신형 형 종 건강보험 암보험
    종신보험 실손 실손의료비 손해보험 생명보험 자동차보험 여행자보험 해외여행보험 펫보험 치아보험 어린이보험 회사 보장 담보 지급기준 반려동물보험 간병보험
    정기보험 연금보험 운전자보험 화재보험 표준 이용 회원약관""".split()
)


def products_in(text: str) -> list[tuple[int, str]]:
    """(where it begins, name) of every product or company heading, in order. A name holds until the next."""
    folded = fold(text)
    found = {match.start(1): match[1].strip() for pattern in (_BRACKET, _AHEAD) for match in pattern.finditer(folded)}
    return [(at, name) for at, name in sorted(found.items()) if telling_parts(name)]


def telling_parts(name: str) -> list[str]:
    """What names a product or company: its parts without 건강보험, 특별약관 and the like, and their short forms (훌쩍보험 → 훌쩍)."""
    parts = [part for part in re.findall(r"[가-힣A-Za-z0-9]+", name) if _names(part)]
    return [form for part in parts for form in {part, _SHORT.sub("", part)} if _names(form)]


def _names(part: str) -> bool:
    return len(part) >= 2 and part not in _GENERIC and not re.fullmatch(r"별표\d*|\d+형?종?", part)


_SHORT = re.compile(
    r"(?:해외여행|여행|반려동물|펫|건강|암|치아|간병|종신|손해|생명)?(?:보험|특약|플랜|케어|생명|화재|손보|인터넷|통신|은행)$"
)


def spoken_of(text: str, parts: Mapping[str, Sequence[str]]) -> list[str]:
    """Which of the names the text speaks of, the last spoken of last. `parts`: name → the words that tell it from the others."""
    squeezed = fold(text).replace(" ", "")
    places = {name: max((squeezed.rfind(part) for part in mine), default=-1) for name, mine in parts.items()}
    return [name for name in sorted(places, key=lambda name: places[name]) if places[name] >= 0]
