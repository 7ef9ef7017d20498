"""What people call a risk and a match, in Korean and English. Nothing is guessed: a name that is not listed is unknown."""

import re

from engine.claims.verdict import MATCHES, RISKS

_RISK_NAMES = {
    "높음": ("높음", "높다", "상", "고위험", "침해", "침해 가능성 높음", "위험", "high", "high risk", "h", "infringement", "infringes", "infringing", "red"),
    "애매": ("애매", "애매함", "중", "중간", "보통", "불명확", "판단 불가", "medium", "moderate", "mid", "m", "unclear", "uncertain", "ambiguous", "yellow"),
    "낮음": ("낮음", "낮다", "하", "저위험", "비침해", "침해 아님", "침해 가능성 낮음", "안전", "low", "low risk", "l", "no infringement", "non infringement", "not infringing", "green"),
}  # fmt: skip
_MATCH_NAMES = {
    "일치": ("일치", "일치함", "동일", "포함", "충족", "있음", "o", "○", "match", "matched", "same", "yes", "y", "true", "met"),
    "불일치": ("불일치", "불일치함", "상이", "다름", "미포함", "미충족", "없음", "x", "×", "mismatch", "different", "no match", "not matched", "no", "n", "false", "not met"),
    "불명확": ("불명확", "불명확함", "애매", "불분명", "확인 불가", "알 수 없음", "△", "?", "unclear", "uncertain", "unknown", "partial", "ambiguous"),
}  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).casefold()


_RISKS = {_plain(name): risk for risk, names in _RISK_NAMES.items() for name in names}
_MATCHES = {_plain(name): match for match, names in _MATCH_NAMES.items() for name in names}
assert set(_RISK_NAMES) == set(RISKS) and set(_MATCH_NAMES) == set(MATCHES)


def known_risk(given: object) -> str | None:
    """The risk that a name stands for; None for what is no name, or an unknown one."""
    return _RISKS.get(_plain(given)) if isinstance(given, str) else None


def known_match(given: object) -> str | None:
    """The match that a name, or true and false, stands for; None for what is no name, or an unknown one."""
    if isinstance(given, bool):
        return "일치" if given else "불일치"
    return _MATCHES.get(_plain(given)) if isinstance(given, str) else None
