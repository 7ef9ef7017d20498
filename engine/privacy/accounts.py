"""Bank account numbers: numbers that only a word nearby or one bank's shape tells from others. It knows no names."""

import re
from collections.abc import Iterator

from engine.privacy import checks
from engine.privacy.numbers import Hit, digits_of, is_code

_BANKS = (
    r"(?:국민|신한|우리|하나|기업|산업|부산|대구|광주|전북|경남|제주|한국|씨티|수협|농협|축협|아이엠|저축)\s?(?:은행|뱅크)|국민|신한|농협|축협|"
    r"카카오\s?뱅크|카뱅|토스\s?뱅크|토뱅|토스|케이\s?뱅크|케뱅|새마을\s?금고|새마을|우체국|신협|수협|SC\s?제일|제일은행|씨티|아이엠뱅크|산림조합|"
    r"미래에셋|키움|한국투자|한투|[가-힣]{2}\s?증권|(?<![A-Za-z])(?:KB|kb|Kb|NH|nh|IBK|ibk|bank|BANK|Bank)|은행|뱅크"
)
_CUE = re.compile(rf"계좌|입금|송금|이체|예금주|통장|적금|환급|{_BANKS}|account", re.I)
_COMMON = r"(?:우리|하나|기업|산업|부산|대구|광주|전북|경남|제주|카카오|케이)"
# Everyday words; they name a bank only right before the number, or with the holder's name between.
_NEAR_BANK = re.compile(rf"(?<![가-힣]){_COMMON}(?:은행)?(?:이고|로|는|은|꺼|에)?[ :\n]{{1,3}}$|{_COMMON}[ :]{{0,2}}$")
_BANK_AND_NAME = re.compile(rf"(?:^|[\s(:,]){_COMMON}(?:으?로)?[ :][가-힣]{{2,4}}(?: ?님)?[ :]{{1,2}}$")
_CUE_AFTER = re.compile(rf"[^\d\n]{{0,12}}?(?:계좌|입금|송금|이체|예금주|통장|{_BANKS})|\s?[(/,]?\s?(?:{_BANKS})", re.I)
_BANK_AFTER = re.compile(
    rf"\s?[(/,]?\s?{_COMMON}(?:은행)?(?=\s*$|[)\n.,~!ㅎㅋ]|입니|이에|예요|이요|임|이야|야|요|이고| [가-힣]{{2,4}}(?:$|[\s).,!]))"
)

_SHAPES = re.compile(
    r"\d(?<!\d\d)(?<![A-Za-z\d]-\d)(?:\d{1,5}(?:(?: ?- ?|[-/~])\d{1,8}){1,4}|\d{1,5}(?:[. ]\d{1,8}){1,4}|\d{9,13})(?!\d|[-.,:]\d)"
)
# Kakao 3333-…, Nonghyup 3-4-4-2, Shinhan 110-3-6, Woori 1002-3-6, Toss 1000-4-4, Saemaul 900x-4-4-1, K bank 100x-3-6.
_PREFIX = re.compile(
    r"(?:33(?:33|88|55|10)|7777|7979|9101)-\d{2}-\d{7}|(?:30[12]|312|35[1256])-\d{4}-\d{4}-\d{2}|110-\d{3}-\d{6}|100[25]-\d{3}-\d{6}|"
    r"(?:1000|1008|1060|3000|1500|7000)-\d{4}-\d{4}|90\d{2}-\d{4}-\d{4}-\d"
)
# 법인등록번호, or an RRN that was looked at already.
_CORPORATE = re.compile(r"\d{6}-\d{7}")
_DATED = re.compile(r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])(?!\d)")
_SHORT_DATES = re.compile(r"\d{1,2}[-./]\d{1,2}(?:[-./~ ]{1,3}\d{1,2}[-./]\d{1,2})+")
_COMPANY_LINE = re.compile(r"1[568]\d\d[-. ]\d{4}")


def account(text: str) -> Iterator[Hit]:
    """계좌번호: 10 to 14 digits near a bank word that no order-like word outranks, or a shape only one bank uses."""
    for m in _SHAPES.finditer(text):
        count = len(digits_of(m.group()))
        if not 10 <= count <= 14 or _is_calendar(m.group()) or _CORPORATE.fullmatch(m.group()):
            continue
        verdict = is_code(text, m.start(), _CUE)
        if verdict is True:
            continue
        if verdict is False or _is_named(text, m):
            yield m.start(), m.end(), "ACCOUNT", 0.9
        elif _PREFIX.fullmatch(m.group()):
            yield m.start(), m.end(), "ACCOUNT", 0.75


def _is_named(text: str, m: re.Match[str]) -> bool:
    """Whether a bank stands beside the number, in a way that "우리" and "하나" need."""
    before, parted = text[max(0, m.start() - 20) : m.start()], not m.group().isdecimal()
    if _NEAR_BANK.search(before) or (parted and _BANK_AND_NAME.search(before)):
        return True
    return _CUE_AFTER.match(text, m.end()) is not None or _BANK_AFTER.match(text, m.end()) is not None


def _is_calendar(piece: str) -> bool:
    """A date with a clock or a range of dates, not a number."""
    if _DATED.match(piece) or _SHORT_DATES.fullmatch(piece) or _COMPANY_LINE.match(piece):
        return True
    number = digits_of(piece)
    return piece.isdecimal() and len(number) in (12, 14) and checks.is_long_date(number)
