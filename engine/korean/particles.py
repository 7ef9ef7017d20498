"""Particles after a word whose last sound changed: 지은이가 → 민서가, 민수는 → 지훈은. It knows no names.

Source of the rules: the alternations of standard grammar (은/는, 이/가, 을/를, 과/와, 아/야, 으로/로, 이X/X) and the suffix -이
that talk puts behind names with a final consonant (지은이는).
"""

import re

from engine.korean.hangul import decompose, has_batchim, is_syllable

_END = r"(?![가-힣])"
# What follows the suffix or the copula 이 after a consonant, and stands alone after a vowel.
_AFTER_I = (
    "에게|에요|예요|한테|라고|라는|라서|라도|라면|라니|라며|랑|랬|래|나|든|다|고|지|니|냐|네|잖|면|며|구나|군|도|만|의|께|보다|처럼|같|꺼|거|부터|까지|때문|땜|덕|"
    "말고|빼고|하고|입|인|가|는|를|와|야|여|었|쪽|더러|보고|대신"
)
_I_STEM = re.compile(rf"이(?={_AFTER_I})")
_I_NOUN = re.compile(
    r"이(?= ?(?:집|방|폰|번호|생일|엄마|아빠|사진|차|옷|남친|여친|친구|동생|언니|누나|오빠|형)(?![가-힣]{3}))"
)
# Longest first; the second of each pair stands after a vowel.
_CLOSED_TO_OPEN = (
    (re.compile(r"이었"), "였"),
    (re.compile(r"이에요|이예요"), "예요"),
    (_I_STEM, ""),
    (_I_NOUN, ""),
    (re.compile(rf"이{_END}"), "가"),
    (re.compile(rf"은(?=요?{_END})"), "는"),
    (re.compile(rf"을(?=요?{_END})"), "를"),
    (re.compile(rf"과{_END}"), "와"),
    (re.compile(rf"아(?=[아ㅏ~야]*{_END})"), "야"),
    (re.compile(r"으로"), "로"),
)
_OPEN_TO_CLOSED = (
    (re.compile(r"였"), "이었"),
    (re.compile(r"예요|에요"), "이에요"),
    (re.compile(rf"가(?=요?{_END})"), "이"),
    (re.compile(rf"는(?=요?{_END})"), "은"),
    (re.compile(rf"를(?=요?{_END})"), "을"),
    (re.compile(rf"와{_END}"), "과"),
    (re.compile(rf"(?=(?:랑|여|나|든|다|고|지|니|냐|네|래|면|며){_END}|랑|라고|라는|라서|라도|라면|라니|라며|잖아|랬)"), "이"),
)  # fmt: skip
_VOCATIVE = re.compile(rf"야(?=[야아~ㅑㅏ]*{_END})")
_TO = re.compile(r"(?:으)?로(?=(?:는|도|만|부터)?(?![가-힣]))")
_SENTENCE_START = re.compile(r"(?:^|[.!?~…\n,ㅋㅎㅠㅜ])\s*$")


def agreeing(old: str, new: str, text: str, end: int, limit: int) -> tuple[int, str]:
    """(letters taken, what to write for them): the particle of `text[end:limit]`, after `old`, as it reads after `new`.

    (0, "") when nothing there has to change.
    """
    if not old or not new or not is_syllable(old[-1]) or not is_syllable(new[-1]):
        return 0, ""
    if found := _TO.match(text, end, limit):
        written = "로" if not has_batchim(new[-1]) or decompose(new[-1])[2] == "ㄹ" else "으로"
        return len(found.group()), written
    was, is_now = has_batchim(old[-1]), has_batchim(new[-1])
    if was == is_now:
        return 0, ""
    if is_now and (found := _VOCATIVE.match(text, end, limit)):
        return 1, "아" if _is_call(old, text, end, found.end()) else "이야"
    for pattern, written in _CLOSED_TO_OPEN if was else _OPEN_TO_CLOSED:
        if found := pattern.match(text, end, limit):
            return len(found.group()), written
    return 0, ""


def _is_call(old: str, text: str, end: int, after: int) -> bool:
    """민수야 calls when a sentence begins with it or goes on behind it; in "그게 민수야" 야 is the copula."""
    opens = _SENTENCE_START.search(text[: end - len(old)]) is not None
    return opens or re.match(r"[야아~ㅑㅏ]* +[가-힣]", text[after:]) is not None
