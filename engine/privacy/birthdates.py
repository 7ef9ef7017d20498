"""Dates of birth: dates that a word beside them makes personal. It converts no calendars."""

import re
from collections.abc import Iterator

from engine.privacy import checks
from engine.privacy.numbers import Hit, digits_of

_N = "공영일이삼사오육륙칠팔구십"
_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:[12]\d|3[01]|0?[1-9])"
_SAID_DATE = rf"(?:(?:천\s?구백\s?|이천\s?)?[{_N}]{{1,4}}\s?년\s?)?[{_N}유시]{{1,2}}\s?월\s?[{_N}]{{1,3}}\s?일"
_YMD = (
    rf"(?:(?:19|20)\d{{2}}|\d{{2}})\s?년\s?{_MONTH}\s?월\s?{_DAY}(?:\s?일)?(?!\d|-\d)"
    rf"|(?:(?:19|20)\d{{2}}|\d{{2}})(?P<s>\s?[./-]\s?|[ \n]){_MONTH}(?P=s){_DAY}(?:\.(?!\d))?(?!\d|-\d)"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[12]\d|3[01]|0[1-9])(?!\d|[-]\d)|\d{2}(?:0[1-9]|1[0-2])(?:[12]\d|3[01]|0[1-9])(?!\d|[-]\d)"
)
_ENGLISH_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_ENGLISH = rf"{_ENGLISH_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d|\d{{1,2}}(?:st|nd|rd|th)? {_ENGLISH_MONTH}\.?,? (?:19|20)\d\d"
_MD = rf"{_MONTH}\s?월\s?{_DAY}\s?일|{_MONTH}[/.]{_DAY}(?![\d/.])|(?:0[1-9]|1[0-2])(?:[12]\d|3[01]|0[1-9])(?![\d:./-]|\s?(?:원|명|개|번|호|시|분))"


def _dates(*kinds: str) -> str:
    """A group `date` of these kinds; the group of the separator gets a name of its own per pattern."""
    return f"(?P<date>{'|'.join(kinds)})"


_WORD = (
    r"(?:생년월일|생년|생일|출생일자?|출생|탄생일|태어난\s?(?:날|해)|주민(?:등록)?\s?(?:번호)?\s?앞\s?(?:여섯\s?|6\s?)?(?:자리|번호)?|민증\s?앞\s?(?:자리|번호)|(?<![가-힣])앞\s?자리|"
    r"birth\s?(?:day|date)?|date of birth|d\.?o\.?b\.?)"
)
_BEFORE = re.compile(
    rf"{_WORD}(?:\s?(?:은|는|이|가|도|만|음력으?로?|양력으?로?|is|[^\dA-Za-z가-힣\0])){{0,6}}(?<![\d-]){_dates(_YMD, _SAID_DATE, _ENGLISH, _MD, '[공영일이삼사오육륙칠팔구]{6}(?:[공영일이삼사오육륙칠팔구]{2})?(?![가-힣]{2})')}",
    re.I,
)
# "생년월일이랑 이름 적어줘 …": other words between, so the date needs its year and must be no appointment.
_FAR = re.compile(
    rf"(?:생년월일|주민(?:등록)?\s?(?:번호)?\s?앞\s?자리)[^\d\0]{{1,24}}(?<![\d-]){_dates(_YMD)}(?!\s?(?:까지|부터|제출|마감|이후|이전|에\s|기준|예약|\())",
    re.I,
)
# What may follow 생 in 90년생: an end, a sign, a particle; not the second syllable of 생일, 생활, 생존, 생과일 …
_BORN = (
    r"생(?=$|[^가-힣]|[이인은들의도만끼남여로]|으로|입니|임|까지|과(?!일)|동갑|한테|분들)(?!이별|인손|로병|도들|은근)"
)
_KIN = r"(?:내|제|나|걔|엄마|아빠|언니|오빠|누나|형|동생|할머니|할아버지|남편|아내|아들|딸|우리)"
_AFTER = re.compile(
    rf"(?<![\d./-]){_dates(_YMD, _SAID_DATE, _MD)}(?P<end>\.?[ ]?(?P<born>{_BORN})|[ ]?출생(?!년)|에?[ ]?태어|(?:이|가)?[ ]?{_KIN}?[ ]?생일(?!파티|잔치|선물)|[ ]?(?:음력|양력)|[ ]?생년월일(?![ ]?[:은는]))"
)
_LUNAR = re.compile(rf"(?:음력|양력)(?:으로)?\s?{_dates(_YMD)}")
# (F / 1996-12-05), (남, 900304): forms put sex and birth date side by side.
_SEX = re.compile(rf"(?:\b[MF]|[남여男女])[성자]?\s?[/,|·]\s?(?<![\d-]){_dates(_YMD)}")
_YEAR = re.compile(rf"(?<![\d.])(?P<date>(?:19[2-9]\d|20[0-2]\d|[0-9]\d)년)\s?(?:\d{{1,2}}월\s?)?(?P<born>{_BORN})")
# A table with a column of birth dates: every full date of the past century in it that stands in a column of its own.
_COLUMN = re.compile(rf"(?<=[/|,\t] )(?P<date>(?:19|20)\d\d(?P<s>[./-]){_MONTH}(?P=s){_DAY})(?= ?[/|,\t])")
_HEAD = re.compile(r"생년월일\s?[/|,\t]|[/|,\t]\s?생년월일")
SIGN = re.compile(
    r"생|태어|민증|주민|앞 ?자리|앞 ?번호|음력|양력|birth|Birth|BIRTH|dob|DOB|Dob|d\.o\.b|D\.O\.B|"
    + "|".join(rf"{sex}[성자]? ?[/,|·] ?\d" for sex in "MF남여男女")
)
"""Cheap gate: without it there is no date of birth."""


def birthdate(text: str) -> Iterator[Hit]:
    """A date with a birth word beside it; six digits are one only then. "90년생" is a year of birth. 생 belongs to the date."""
    for pattern, confidence in ((_BEFORE, 0.95), (_AFTER, 0.9), (_LUNAR, 0.8), (_SEX, 0.7), (_FAR, 0.7), (_YEAR, 0.6)):
        for m in pattern.finditer(text):
            if _plausible(m["date"]):
                yield m.start("date"), _end(text, m), "BIRTHDATE", confidence
    if _HEAD.search(text):
        for m in _COLUMN.finditer(text):
            yield m.start("date"), m.end("date"), "BIRTHDATE", 0.7


_GLUED = re.compile(rf"\.?[ ]?{_BORN}")


def _end(text: str, m: re.Match[str]) -> int:
    """Where the date ends, with the 생 of 90년생 or 3월 4일생."""
    end = m.end("born") if "born" in m.re.groupindex and m["born"] else m.end("date")
    glued = _GLUED.match(text, end)
    return glued.end() if glued else end


def _plausible(piece: str) -> bool:
    number = digits_of(piece)
    if piece.isdecimal() and len(number) == 6:
        return checks.is_short_date(number)
    return not (piece.isdecimal() and len(number) == 8) or checks.is_long_date(number)
