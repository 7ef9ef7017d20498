"""Does a statement say yes or no: 지급합니다 +1, 지급하지 않습니다 −1, 제외하지 않습니다 +1. It weighs the last predicate only."""

from collections.abc import Sequence

from engine.ground.morphs import Morph

_NEGATIVE_WORDS = frozenset(
    "제외 면책 빼 불가 불가능 거절 거부 무효 빠지 부지급 면제 금지 배제 어렵 힘들 불허 미지급 불인정 예외 빼놓 공짜 무료".split()
)
_DECIDING = frozenset(
    """지급 보상 보장 받 나오 드리 주 가능 해당 포함 인정 대상 적용 면제 제외 면책 환급 반환 돌려주 돌려받 제공 부담 내 납입 납부 청구 신청
    가입 해지 해약 철회 취소 변경 바꾸 부활 연장 갱신 유지 제출 필요 알리 통지 동의 되 하 있 없 빠지 무효 불가 불가능 거절 어렵 힘들 물 지원
    혜택 담보 커버 쓰 이용 보 치 지 유효 공제 차감 예외 의무 제한 합산 발생 시작 개시 중단 종료 끝나 살리 되살리 깨 들 이어지 늘 줄 오르 공짜 무료 환불 교환 배상 수리""".split()
)
"""Predicates that decide; of others (3년이 안 지났고, 같습니다) the sign says nothing about the clause."""
_MEASURING = frozenset(
    "지나 넘 초과 미만 이상 이하 이내 되지 모자라 미달 같 마찬가지 동일 다르 크 작 많 적 높 낮 길 짧 늦 빠르".split()
)
_NEGATORS = frozenset({("않", "VX"), ("않", "VV"), ("못하", "VX"), ("아니하", "VX"), ("말", "VX"), ("못", "MAG"), ("안", "MAG"), ("아니", "VCN"), ("아니", "MAG"), ("없", "VA"), ("못하", "VV")})  # fmt: skip
_PERIODS = frozenset("년 개월 달 일 주 시간 주일 해".split())
_CONTINUING = frozenset({"지", "어", "아", "게", "어도", "아도", "질", "지는", "지도", "여"})
_ENDED = frozenset("않 못하 없 아니".split())
"""After these 아/어 gives a reason (되지 않아 절반만 …): a new predicate follows."""
_VERBAL = ("VV", "VA", "XSV", "XSA", "VCN", "VCP", "VX")
_REACH = 10
"""Morphemes of the last predicate that are looked at: 보상받으실 수 있는 것은 아닙니다 has nine."""


def sign(morphs: Sequence[Morph]) -> int:
    """+1 or −1; 0 when there is no predicate."""
    complex_ = _predicate(morphs)
    if not complex_ or any(m.form in _MEASURING for m in complex_[-5:]) or _tells_time(complex_):
        return 0
    if not any(m.form in _DECIDING for m in complex_):
        return 0
    no = sum((m.form, m.tag) in _NEGATORS or m.form in _NEGATIVE_WORDS for m in complex_)
    return -1 if no % 2 else 1


def _tells_time(complex_: Sequence[Morph]) -> bool:
    """3년이 안 됐고: a fact about time, no decision."""
    period = any(m.tag == "NNB" and m.form in _PERIODS for m in complex_)
    return period and any(m.form == "되" and m.tag == "VV" for m in complex_)


def denies(morphs: Sequence[Morph]) -> bool:
    """Whether a negation stands anywhere: for headings and lead-ins (보상하지 않는 손해)."""
    return any((m.form, m.tag) in _NEGATORS or m.form in _NEGATIVE_WORDS for m in morphs)


def _predicate(morphs: Sequence[Morph]) -> list[Morph]:
    tokens = [m for m in morphs if m.tag[0] != "S"][-_REACH:]
    if not any(m.tag in ("VV", "VA", "XSV", "XSA", "VCN", "VCP", "VX") or m.form in _NEGATIVE_WORDS for m in tokens):
        return []
    start = 0
    for at, token in enumerate(tokens[:-1]):
        following = tokens[at + 1]
        rest = tokens[at + 1 :]
        verbal = any(m.tag in _VERBAL or m.form in _DECIDING for m in rest)
        reason = token.form == "때문" or (token.tag == "JKB" and at and tokens[at - 1].form == "때문")
        closes = (
            reason
            or (token.tag == "ETM" and following.tag != "NNB")
            or (
                token.tag == "EC"
                and (
                    token.form not in _CONTINUING or (at and (tokens[at - 1].form in _ENDED and following.tag != "VX"))
                )
            )
        )
        if closes and verbal:
            start = at + 1
    return tokens[start:]
