"""Check digits and date parts of Korean numbers. Pure arithmetic: it knows nothing of text."""

from datetime import date


def luhn(digits: str) -> bool:
    """Card and IMEI check (ISO/IEC 7812)."""
    total = 0
    for place, ch in enumerate(reversed(digits)):
        value = int(ch) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def brn_check(digits: str) -> bool:
    """사업자등록번호, ten digits: nine weights, and the carry of the ninth."""
    total = sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=False))
    return (10 - (total + int(digits[8]) * 5 // 10) % 10) % 10 == int(digits[9])


def corporate_check(digits: str) -> bool:
    """법인등록번호, thirteen digits, weights 1 2 1 2 …"""
    total = sum(int(d) * (1 + place % 2) for place, d in enumerate(digits[:12]))
    return (10 - total % 10) % 10 == int(digits[12])


def rrn_check(digits: str, foreign: bool = False) -> bool:
    """주민/외국인등록번호. Numbers given since October 2020 are random: a failure proves nothing."""
    total = sum(int(d) * w for d, w in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False))
    return ((13 if foreign else 11) - total % 11) % 10 == int(digits[12])


def is_date(year: int, month: int, day: int) -> bool:
    """Whether such a day exists, between 1900 and 2099."""
    if not 1900 <= year <= 2099:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def is_short_date(digits: str) -> bool:
    """YYMMDD in this century or the last."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    return is_date(1900 + year, month, day) or is_date(2000 + year, month, day)


def is_long_date(digits: str) -> bool:
    """YYYYMMDD, with an optional HHMM(SS) that is a time."""
    if not is_date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])):
        return False
    clock = digits[8:]
    return not clock or (len(clock) in (4, 6) and int(clock[:2]) < 24 and int(clock[2:4]) < 60)
