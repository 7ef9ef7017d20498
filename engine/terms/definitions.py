"""Terms that a text defines itself: 이 약관에서 '보험기간'이라 함은 … 기간을 말합니다. It knows no list."""

import re

_NAME = r"(?:['\"“‘「『<〈\[]\s?(?P<quoted>[^'\"“”‘’「」『』<>〈〉\[\]\n]{1,40}?)\s?['\"”’」』>〉\]]|(?P<bare>[가-힣A-Za-z0-9·]{2,20}?))\s?(?:\([^()\n]{1,60}\)\s?)?"
_SAYS = r"(?:을|를)?\s*(?:말합니다|말한다|말하며|말하고|뜻합니다|뜻한다|뜻하며|의미합니다|의미한다|의미하며|일컫습니다|칭합니다)"
_MEANS = re.compile(
    _NAME + r"(?:이?라\s?함은|이?라고\s?함은|이?란|이?라는\s?것은)\s?,?\s*(?P<definition>[^.\n]{4,400}?)" + _SAYS
)
_LISTED = re.compile(
    r"^[ \t]*(?:\d{1,2}[.)]|[①-⑳]|[가-하][.)]|[-•·])\s*" + _NAME + r"[:：]\s*(?P<definition>[^\n]{4,400}?)" + _SAYS,
    re.MULTILINE,
)
_NO_TERM = frozenset("이것 그것 이 그 여기 다음 위 아래 본 해당 무엇 이상 이하 사람 경우 것".split())


def definitions_in(text: str) -> list[tuple[str, str]]:
    """(term, definition) in the order of the text, each term once."""
    found: dict[str, tuple[int, str]] = {}
    for match in (*_MEANS.finditer(text), *_LISTED.finditer(text)):
        name = " ".join((match["quoted"] or match["bare"]).split())
        if name not in _NO_TERM and name not in found and any(sign.isalpha() for sign in name):
            found[name] = (match.start(), " ".join(match["definition"].split()))
    return [(name, definition) for name, (_, definition) in sorted(found.items(), key=lambda one: one[1][0])]
