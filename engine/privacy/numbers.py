"""Numbers with a structure: RRN, FRN, card, phone, driver's licence, business, passport.

Every detector takes folded text and yields (start, end, label, confidence). It knows nothing of names or addresses; the
many spellings of a separator are `chains`' part, here stand the plain ones.
`\\b` fails beside Hangul, so every edge is spelled (?<!\\d) … (?!\\d). Patterns that are tried on every long number begin with
their first sign and look behind it only then: `re` skips to that sign three times as fast.
"""

import itertools
import re
from collections.abc import Iterator

from engine.privacy import checks
from engine.privacy.labels import PhoneLines

Hit = tuple[int, int, str, float]

# Between the groups of one number: spaces, one or two signs.
_SEP = r"[ \t\n]{0,3}[-./~_·,:)(*ㅡ=+|]{0,2}[ \t\n]{0,3}"
# A word that names another kind of number, and at most a particle, a colon or a courier's name between it and the number.
_CODE_CUE = re.compile(
    r"(?:(?:주문|예약|예매|접수|영수증|승인|문서|관리|상품|품목|견적|작업|티켓|인증|수험|민원|사건|거래|결제|이슈|빌드|모델|부품|계약|증권|처방|조회|우편물|추적|배송|택배|회원|고객|일련|등록|허가|매물|당첨|보증|차대|기기|제품|관측|경영체|좌석|편명|항공)"
    r"\s?(?:번호|코드|id|no\.?|#)|송장(?:\s?번호)?|등기(?:\s?번호)?|바코드|시리얼(?:\s?(?:번호|넘버))?|로트(?:번호)?|쿠폰(?:\s?(?:번호|코드))?|택배(?:\s?조회)?|대한통운|기프트\s?카드|상품권|핀\s?번호|학번|사번|버전|"
    r"order(?:\s?(?:no|id|number))?|tracking(?:\s?(?:no|number))?|serial(?:\s?no)?|isbn|imei|barcode|timestamp|epoch|build|sku|s/n)"
    r"[\s:=#(.]{0,3}(?:은|는|이|가)?[\s:=#(]{0,3}(?:[A-Za-z]{0,5}-?|(?:씨제이|롯데|한진|로젠|우체국|cj|대한통운)\s?(?:택배)?\s?)$",
    re.I,
)
_LINK_HEAD = re.compile(r"(?:://|www\.|\.(?:com|kr|net|org|me|io|html?)/)\S*$", re.I)
_BEFORE, _AFTER = 25, 14


def is_code(text: str, start: int, cue: re.Pattern[str], end: int | None = None) -> bool | None:
    """True: the number at `start` is named as an order, parcel or link part. False: `cue` stands before it, or behind `end`.

    None: neither.
    """
    window = text[max(0, start - _BEFORE) : start]
    named = _CODE_CUE.search(window)
    if named is not None and cue.search(window if named.group().startswith("등록") else named.group()) is None:
        return True
    if cue.search(window):
        return False
    if _LINK_HEAD.search(text[max(0, start - 120) : start]):
        return True
    return False if end is not None and cue.search(text, end, end + _AFTER) else None


def digits_of(piece: str) -> str:
    return "".join(ch for ch in piece if ch.isdecimal())


_RRN = re.compile(
    r"(\d(?<!\d\d)\d([-. ]?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01]))\)?([ \t\n]{0,2}[-~./_ㅡ,]{0,2}[ \t\n]{0,2})"
    r"(?:(\d{7}|\d(?: \d){6}|[1-8][ -]\d{6})(?![\d]|-\d)|([1-8])[ -]?\d{0,5}(?:[*xX●○•ㅇ#]{1,8}|[._-]{4,8})(?![\d*]))"
)
# A table's head may name the column far above the number.
_RRN_CUE = re.compile(
    r"주민|민번|(?<![가-힣])등록\s?번호|민증|신분증|외국인\s?(?:등록)?\s?(?:번호|증)|본인\s?확인|rrn|비자", re.I
)
_ANY_DAY = re.compile(r"(?<![\d-])\d{2}(?:0[1-9]|1[0-2])\d{2}-[1-8]\d{6}(?![\d]|-\d)")
_BACK_HALF = re.compile(
    r"(?:뒷\s?자리|뒷\s?번호|뒤\s?(?:7|일곱)?\s?자리)(?:는|은|가|이)?\s?[:=]?\s?(?<!\d)([1-8]\d{6})(?!\d|-\d)"
)
_FIRST_SEVEN = re.compile(r"앞\s?(?:7|일곱)\s?자리\D{0,5}(\d{6}[- ]?[1-8])(?![\d*-])")
_CORPORATE_CUE = re.compile(r"법인|corporat", re.I)
_EXAMPLE = re.compile(r"형식|예시|예\)|예:|양식|format|e\.g\.", re.I)


def rrn(text: str) -> Iterator[Hit]:
    """주민등록번호 (1-4) and 외국인등록번호 (5-8): a real date decides, a failed checksum rejects nothing that stands as 6-7."""
    for m in _RRN.finditer(text):
        hit = _rrn_hit(text, m)
        if hit is not None:
            opened = text[m.start() - 1 : m.start()] == "(" and ")" in m.group()
            yield hit[0] - opened, *hit[1:]
    if _RRN_CUE.search(text) and not _CORPORATE_CUE.search(text):
        for m in _ANY_DAY.finditer(text):
            yield m.start(), m.end(), _register(m.group()[7]), 0.7
    for m in _BACK_HALF.finditer(text):
        yield m.start(1), m.end(1), _register(m.group(1)[0]), 0.8
    for m in _FIRST_SEVEN.finditer(text):
        yield m.start(1), m.end(1), _register(m.group(1)[-1]), 0.8


def _register(gender: str) -> str:
    return "FRN" if gender in "5678" else "RRN"


def _rrn_hit(text: str, m: re.Match[str]) -> Hit | None:
    front, tail = digits_of(m.group(1)), digits_of(m.group(4)) if m.group(4) else None
    gender = (tail or m.group(5))[0]
    if not checks.is_short_date(front) or gender in "09":
        return None
    cued = is_code(text, m.start(), _RRN_CUE, m.end())
    if tail is None:
        sample = _EXAMPLE.search(text, max(0, m.start() - 8), m.start())
        return None if sample or (m.group(2) and not cued) else (m.start(), m.end(), _register(gender), 0.95)
    if _CORPORATE_CUE.search(text, max(0, m.start() - 20), m.start()) or cued is True or (m.group(2) and cued is None):
        return None
    if cued is None and m.end() - m.start() == 13 and is_code(text, m.start(), _BANK_WORD, m.end()) is False:
        return None
    confidence = _rrn_confidence(front, tail, bool(m.group(3)), cued is False)
    return (m.start(), m.end(), _register(gender), confidence) if confidence else None


_BANK_WORD = re.compile(
    r"계좌|입금|송금|은행|뱅크|예금주|통장|국민|신한|우리|하나|기업|농협|수협|신협|새마을|우체국|카뱅|토뱅|케뱅|토스"
)


def _rrn_confidence(front: str, tail: str, parted: bool, cued: bool) -> float:
    whole = front + tail
    valid = checks.rrn_check(whole) or (tail[0] in "5678" and checks.rrn_check(whole, foreign=True))
    if cued:
        return 1.0 if valid else 0.95
    # Thirteen digits in a row may be a Korean barcode (880…) or an epoch in milliseconds (14… to 19…).
    if not parted and re.match("880|1[4-9]", whole):
        return 0.0
    # Registry offices of companies are 11 to 28; 110111 is the largest of them.
    office = 11 <= int(front[:2]) <= 28 and front[4:] in _CORPORATE_KINDS
    if front == "110111" or (office and not checks.rrn_check(whole) and checks.corporate_check(whole)):
        return 0.0
    if valid or len(set(whole)) < 3:
        return 1.0 if len(set(whole)) > 2 else 0.0
    if tail[0] in "3478" and int(front[:2]) > 35:
        return 0.0
    return 0.85 if parted else 0.6


_CORPORATE_KINDS = frozenset("11 12 13 14 15 21 22 31".split())

_CARD = re.compile(
    r"\d(?<![\d-]\d)(?<!\d\.\d)(?:\d{3}([ ]?[-./ ~_][ ]?|\n|)\d{4}\1\d{4}\1\d{4}|(?<=3)[47]\d{2}([ -]?)\d{6}\2\d{5})(?![\d]|-\d)"
)
_CARD_LOOSE = re.compile(r"(?<![\d-])(?<!\d\.)\d(?:[ -]?\d){15}(?![\d]|-\d)")
_CARD_HIDDEN = re.compile(
    r"\d(?<![\d-]\d)(?:\d{3}([- ])(?:\d{4}\1[*xX●○•#]{4}|[*xX●○•#]{4}\1\d{4})\1\d{4}|\d{3}([- ])\d{4}\2\d{4}\2[*xX●○•#]{4})(?![\d*])"
)
_CARD_CUE = re.compile(r"카드|신용|체크|visa|비자|master|마스터|amex|아멕스|cvc|cvv|유효\s?기간|결제\s?수단|card", re.I)


def card(text: str) -> Iterator[Hit]:
    """Sixteen digits (fifteen for Amex): Luhn, a card word, or four groups joined by dashes."""
    for m in _CARD.finditer(text):
        number = digits_of(m.group())
        verdict = is_code(text, m.start(), _CARD_CUE, m.end())
        dashed = "-" in m.group() and len(number) == 16
        if verdict is True or (len(number) == 15 and verdict is None and "-" not in m.group() and " " not in m.group()):
            continue
        listed = verdict is None and not dashed and _is_list(number)
        if checks.luhn(number) and number[0] not in "01" and len(set(number)) > 1 and not listed:
            yield m.start(), m.end(), "CARD", 1.0
        elif verdict is False or dashed:
            yield m.start(), m.end(), "CARD", 0.8
    if _CARD_CUE.search(text):
        for m in _CARD_LOOSE.finditer(text):
            if is_code(text, m.start(), _CARD_CUE, m.end()) is False:
                yield m.start(), m.end(), "CARD", 0.8
    # Twelve digits of sixteen say nearly all; the first six and last four are what receipts print.
    for m in _CARD_HIDDEN.finditer(text):
        yield m.start(), m.end(), "CARD", 0.8


def _is_list(number: str) -> bool:
    """Four numbers that count up or down by the same step: 2020 2021 2022 2023."""
    groups = [int(number[at : at + 4]) for at in range(0, 16, 4) if number[at : at + 4]]
    return len({after - before for before, after in itertools.pairwise(groups)}) == 1


_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50[2-8])"
_MOBILE = re.compile(
    rf"0(?<!\d0)(?:10(?:{_SEP}\d){{8}}|1[16789](?:{_SEP}\d){{7,8}}|10[-. ]\d{{3}}[-. ]\d{{4}}"
    r"|(?: 10|1 0)[-. ]?\d{4}[-. ]?\d{4})(?!\d|-(?!01)\d)"
)
_LANDLINE = re.compile(rf"0(?<!\d0)(?<!\d[-.,:]0){_AREA}{_SEP}\d{{3,4}}{_SEP}\d{{4}}(?!\d|-\d)")
_ABROAD = re.compile(
    rf"(?<![\d+])(?:\+|00)?82{_SEP}\(?0?\)?{_SEP}(?:1[016789](?:{_SEP}\d){{7,8}}|{_AREA}{_SEP}\d{{3,4}}{_SEP}\d{{4}})(?!\d)"
    r"|(?<![\d+])\+(?!82)[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,3}(?!\d)"
)
_LOCAL = re.compile(
    r"(?:전화|전번|(?<!쿠)폰|핸드폰|휴대폰|휴대전화|연락처|(?:내|제|네|니|걔|얘|우리)\s?번호|번호(?=\s?뒷))(?:\s?번호)?(?:\s?뒷\s?자리)?(?:은|는|이|가)?\s?[:;]?\s?"
    r"(?<!\d)((?!1[568]\d\d)[2-9]\d{2,3}[-. ]\d{4})(?!\d|[-. ]\d)"
)
_DIGIT_BEFORE = re.compile(r"\d(?:[ ]?[-./~ㅡ·_][ ]?|[ ])$")
_DASHED = re.compile(r"\d-$")
_PHONE_WORD = re.compile("전화|전번|폰|연락처|번호")
# 기업은행's account for life is a phone number followed by two more groups: 010-449928-01-016.
_FOR_LIFE = re.compile(r"01\d\D{1,3}\d{6}\D{1,3}\d{2}")
_A_DATE = re.compile(r"01\d[ ,./~-]{1,4}(?:19|20)\d\d[-./ ](?:0[1-9]|1[0-2])[-./ ](?:0[1-9]|[12]\d|3[01])")
_PAIRS = {"(": ")", "[": "]", "「": "」", "{": "}", "<": ">"}
_COMPANY = re.compile(r"(?<![\d-])(?:15|16|18)\d{2}[-. ]?\d{4}(?!\d|[-.]\d)")
_CRISIS = re.compile(
    r"(?<![\d-])(?:1577-0199|1588-9191|1393|1366|1388|1391|1372|109|112|119|110|117|118)(?!\d|[-.,:]\d)"
)


def phone(text: str) -> Iterator[Hit]:
    """Mobile, landline, internet, safe numbers, with +82. 15xx/16xx/18xx and crisis lines are `public_line`'s."""
    for m in _ABROAD.finditer(text) if "82" in text or "+" in text else ():
        if m.group()[0] in "+0" or re.match(rf"82{_SEP}\(?0?\)?{_SEP}1[016789]", m.group()):
            yield m.start() - _opened(text, m), m.end(), "PHONE", 0.95
    ends = {-1}
    for m in _MOBILE.finditer(text):
        if _DASHED.search(text, max(0, m.start() - 2), m.start()) and m.start() - 1 not in ends:
            continue
        ends.add(m.end())
        if not _FOR_LIFE.fullmatch(m.group()) and not _A_DATE.fullmatch(m.group()) and set(m.group()) & set("23456789"):
            yield m.start() - _opened(text, m), m.end(), "PHONE", 1.0
    for m in _LANDLINE.finditer(text):
        # 3333 02 1234567, 3333 - 02 - 1234567: groups of a longer number, unless what stands before is a phone number.
        before = _DIGIT_BEFORE.search(text, max(0, m.start() - 4), m.start())
        if before and before.start() + 1 not in ends and not (before.group()[1:] == " " and "-" in m.group()):
            continue
        yield m.start() - _opened(text, m), m.end(), "PHONE", 0.9
    for m in _LOCAL.finditer(text) if _PHONE_WORD.search(text) else ():
        yield m.start(1), m.end(1), "PHONE", 0.7


def _opened(text: str, m: re.Match[str]) -> bool:
    """Whether the bracket before a hit closes inside it: (02)123-4567."""
    before = text[m.start() - 1 : m.start()]
    return before in _PAIRS and _PAIRS[before] in m.group() and before not in m.group()


def public_line(text: str, lines: PhoneLines) -> Iterator[Hit]:
    """Numbers of companies (15xx, 16xx, 18xx) or of help in need (109, 112, 1366 …), for who wants them masked."""
    for m in (_COMPANY if lines == "company" else _CRISIS).finditer(text):
        if (lines == "crisis") or not _CRISIS.fullmatch(m.group()):
            yield m.start(), m.end(), "PHONE", 0.6


_REGION = r"(?:서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산|세종)"
_DRIVER = re.compile(
    rf"(?<![\d-])(?:{_REGION}[ -]?\d{{2}}[- ]\d{{6}}[- ]\d{{2}}|(?:1[1-9]|2[0-68])[- .]\d{{2}}[- .]\d{{6}}[- .]\d{{2}})(?![\d-])"
)
_DRIVER_LOOSE = re.compile(
    rf"(?<!\d)(?:(?:{_REGION}[ -]?)?\d{{2}}[-./ ]?\d{{6}}[-./ ]?\d{{2}}|(?:1[1-9]|2[0-8])[-./ ]?\d{{2}}[-./ ]?\d{{6}}[-./ ]?\d{{2}})(?![\d-])"
)
_DRIVER_CUE = re.compile(r"면허|licen[cs]e", re.I)


def driver(text: str) -> Iterator[Hit]:
    """운전면허번호 2-2-6-2 by its region code, 서울 12-123456-78, or another shape right after 면허."""
    for m in _DRIVER.finditer(text):
        yield m.start(), m.end(), "DRIVER", 0.95
    if _DRIVER_CUE.search(text):
        for m in _DRIVER_LOOSE.finditer(text):
            if is_code(text, m.start(), _DRIVER_CUE, m.end()) is False:
                yield m.start(), m.end(), "DRIVER", 0.9


_BRN = re.compile(r"\d(?<![\d-]\d)(?:\d{2}([- ]| - )\d{2}\1\d{5}|\d{9}|\d{2}[-./]\d{2}[-./]\d{4}[ ]?\d)(?![\d]|-\d)")
_BRN_CUE = re.compile(r"사업자|사업장|세금\s?계산서|brn|business\s?reg", re.I)


def brn(text: str) -> Iterator[Hit]:
    """사업자등록번호: 3-2-5 that passes its check digit or follows a cue; ten digits in a row need the cue."""
    for m in _BRN.finditer(text):
        verdict = is_code(text, m.start(), _BRN_CUE, m.end())
        valid = checks.brn_check(digits_of(m.group()))
        if (verdict is False and not m.group().startswith("01")) or (valid and m.group(1) == "-" and verdict is None):
            yield m.start(), m.end(), "BRN", 1.0 if valid else 0.8


_PASSPORT = re.compile(
    r"[MSRODm](?<![A-Za-z0-9].)(?:(?<!m)\d{8}|(?<!m)\d{3}[A-Z]\d{4}|(?<=[Mm]) \d{4} \d{4})(?![A-Za-z0-9]|[ -]\d)"
)
_PASSPORT_LOOSE = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z][ -]?\d(?:[ -]?\d){6,7}|[A-Za-z]{2} ?\d{7}|[A-Za-z] ?\d{3} ?[A-Za-z] ?\d{4})(?![A-Za-z0-9])"
)
_PASSPORT_DIGITS = re.compile(r"(?:여권|passport)[^\n\d]{0,20}?(?<![A-Za-z0-9])(\d{8,9})(?![A-Za-z0-9])", re.I)
_PASSPORT_SAID = re.compile(
    r"(?:여권|passport)[^\n\d]{0,12}?(?<![A-Za-z0-9])([A-Za-z] ?[공영일이삼사오육륙칠팔구\d]{8})", re.I
)
_PASSPORT_CUE = re.compile(r"여권|passport", re.I)


def passport(text: str) -> Iterator[Hit]:
    """Letter and eight digits (not a date such as S20240101), M123A4567, other shapes in a text that says 여권."""
    if _PASSPORT_CUE.search(text):
        for m in _PASSPORT_LOOSE.finditer(text):
            if is_code(text, m.start(), _PASSPORT_CUE) is not True:
                yield m.start(), m.end(), "PASSPORT", 0.95
        for pattern in (_PASSPORT_DIGITS, _PASSPORT_SAID):
            for m in pattern.finditer(text):
                yield m.start(1), m.end(1), "PASSPORT", 0.9
    for m in _PASSPORT.finditer(text):
        body = digits_of(m.group())
        coded = is_code(text, m.start(), _PASSPORT_CUE) is True
        if not coded and not (len(body) == 8 and checks.is_long_date(body)):
            yield m.start(), m.end(), "PASSPORT", 0.85
