"""Bank account numbers and birth dates: numbers that only a word nearby tells from others. It knows no names."""

import re
from collections.abc import Iterator

from engine.privacy import checks
from engine.privacy.numbers import Hit, digits_of, is_code

_BANKS = (
    r"(?:국민|신한|우리|하나|기업|산업|부산|대구|광주|전북|경남|제주|한국|씨티|수협|농협|축협|아이엠|저축)(?:은행|뱅크)|국민|신한|농협|축협|"
    r"카카오\s?뱅크|카뱅|토스\s?뱅크|토스|케이\s?뱅크|케뱅|새마을\s?금고|새마을|우체국|신협|수협|SC\s?제일|제일은행|씨티|아이엠뱅크|"
    r"[KkIi][Bb]|NH|IBK|은행|뱅크|bank"
)
_CUE = re.compile(rf"계좌|입금|송금|이체|예금주|통장|적금|환급|{_BANKS}|account", re.I)
# Everyday words; they name a bank only right before the number.
_NEAR_BANK = re.compile(r"(?:우리|하나|기업|산업|부산|대구|광주|전북|경남|제주|카카오|케이)[ :]{0,2}$")
_CUE_AFTER = re.compile(r"^[^\d\n]{0,12}?(?:계좌|입금|송금|이체|예금주|은행|뱅크|농협|카뱅|통장)", re.I)

_SHAPES = re.compile(r"(?<![\d-])(?:\d{2,6}(?: ?- ?\d{1,8}){1,4}|\d{2,6}(?:[. ]\d{2,8}){1,3}|\d{10,14})(?!\d|[-.,:]\d)")
# Kakao 3333-…, Nonghyup 3-4-4-2, Shinhan 110-3-6, Woori 1002-3-6, Toss 1000-4-4, Saemaul 900x-4-4-1, K bank 100x-3-6.
_PREFIX = re.compile(
    r"(?:33(?:33|88|55|10)|7777|7979|9101)-\d{2}-\d{7}|(?:30[12]|312|35[1256])-\d{4}-\d{4}-\d{2}|110-\d{3}-\d{6}|100[25]-\d{3}-\d{6}|"
    r"(?:1000|1008|1060|3000|1500|7000)-\d{4}-\d{4}|90\d{2}-\d{4}-\d{4}-\d"
)
# 법인등록번호, or an RRN that was looked at already.
_CORPORATE = re.compile(r"\d{6}-\d{7}")
_DATED = re.compile(r"(?:19|20)\d\d[-. ](?:0?[1-9]|1[0-2])[-. ](?:0?[1-9]|[12]\d|3[01])(?!\d)")


def account(text: str) -> Iterator[Hit]:
    """계좌번호: 10 to 14 digits near a bank word that no order-like word outranks, or a shape only one bank uses."""
    for m in _SHAPES.finditer(text):
        count = len(digits_of(m.group()))
        if not 10 <= count <= 14 or _is_calendar(m.group()) or _CORPORATE.fullmatch(m.group()):
            continue
        verdict = is_code(text, m.start(), _CUE)
        if verdict is True:
            continue
        if verdict is False or _NEAR_BANK.search(text[: m.start()]) or _CUE_AFTER.match(text[m.end() :]):
            yield m.start(), m.end(), "ACCOUNT", 0.9
        elif _PREFIX.fullmatch(m.group()):
            yield m.start(), m.end(), "ACCOUNT", 0.75


def _is_calendar(piece: str) -> bool:
    """A date with a clock or a range of dates, not a number."""
    if _DATED.match(piece):
        return True
    number = digits_of(piece)
    return piece.isdecimal() and len(number) in (12, 14) and checks.is_long_date(number)


_YMD = (
    r"(?:(?:19|20)\d{2}|\d{2})\s?[년./-]\s?(?:0?[1-9]|1[0-2])\s?[월./-]\s?(?:[12]\d|3[01]|0?[1-9])(?:\s?일)?(?!\d|-\d)"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[12]\d|3[01]|0[1-9])(?!\d)|\d{2}(?:0[1-9]|1[0-2])(?:[12]\d|3[01]|0[1-9])(?!\d)"
)
_MD = (
    r"(?:0?[1-9]|1[0-2])\s?월\s?(?:[12]\d|3[01]|0?[1-9])\s?일|(?:0?[1-9]|1[0-2])[/.](?:[12]\d|3[01]|0?[1-9])(?![\d/.])"
)
_BORN_BEFORE = re.compile(
    rf"(?:생년월일|생년|생일|출생일자?|출생|탄생일|태어난\s?(?:날|해)|주민(?:등록)?\s?(?:번호)?\s?앞\s?(?:여섯\s?|6\s?)?자리|민증\s?앞자리|birth\s?(?:day|date)?|date of birth|d\.?o\.?b\.?)"
    rf"(?:\s?(?:은|는|이|가|도|만|음력|양력|[^\dA-Za-z가-힣])){{0,6}}(?<![\d-])({_YMD}|{_MD})",
    re.I,
)
_BORN_AFTER = re.compile(
    rf"(?<![\d./-])({_YMD}|{_MD})\.?[ ]?(?:생(?!년|일|각|활|산|방|중|수|신|태|크|맥|선|명)|출생|에?\s?태어|(?:이|가)?\s?(?:내|제|나|걔|엄마|아빠|언니|오빠|누나|형|동생)?\s?생일(?!파티|잔치))"
)
# (F / 1996-12-05), (남, 900304): forms put sex and birth date side by side.
_BORN_SEX = re.compile(rf"(?:\b[MF]|[남여男女])[성자]?\s?[/,|·]\s?(?<![\d-])({_YMD})")
_BORN_YEAR = re.compile(r"(?<![\d.])((?:19[2-9]\d|20[0-2]\d|[0-9]\d)년)\s?생(?!각|활|산|방|중|수|신|태|크|맥|선|명|일)")


def birthdate(text: str) -> Iterator[Hit]:
    """A date with a birth word beside it; six digits are one only then. "90년생" is a year of birth."""
    for pattern, confidence in ((_BORN_BEFORE, 0.95), (_BORN_AFTER, 0.9), (_BORN_SEX, 0.7), (_BORN_YEAR, 0.6)):
        for m in pattern.finditer(text):
            if _plausible(m.group(1)):
                yield m.start(1), m.end(1), "BIRTHDATE", confidence


def _plausible(piece: str) -> bool:
    number = digits_of(piece)
    if piece.isdecimal() and len(number) == 6:
        return checks.is_short_date(number)
    return not (piece.isdecimal() and len(number) == 8) or checks.is_long_date(number)
