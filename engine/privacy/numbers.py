"""Numbers with a structure: RRN, FRN, card, phone, driver, business, account, passport, plate, birth date, IP.

Every detector takes folded text and yields (start, end, label, confidence). It knows nothing of names or addresses.
`\\b` fails beside Hangul, so every edge is spelled (?<!\\d) … (?!\\d).
"""

import re
from collections.abc import Iterator

from engine.privacy import checks

Hit = tuple[int, int, str, float]

# Between the groups of one number: spaces, one or two signs, or the words people say for a dash.
_SEP = r"(?:[ \t\n\x02]{0,3}[-./~_·,:)(*ㅡ一=+|]{0,2}[ \t\n]{0,3}|[ ]?(?:에|의|다시|대시|하이픈|짝대기|바|땡|점)[ ]?)"
# A word that names another kind of number, and at most a particle, a colon or a courier's name between it and the number.
_CODE_CUE = re.compile(
    r"(?:(?:주문|예약|예매|접수|영수증|승인|문서|관리|상품|품목|견적|작업|티켓|인증|수험|민원|사건|거래|결제|이슈|빌드|모델|부품|계약|증권|처방|조회|우편물|추적|배송|택배|회원|고객|일련|등록|허가)"
    r"\s?(?:번호|코드|id|no\.?|#)|송장(?:\s?번호)?|등기(?:\s?번호)?|바코드|시리얼(?:\s?(?:번호|넘버))?|로트(?:번호)?|쿠폰(?:\s?(?:번호|코드))?|학번|사번|버전|order(?:\s?(?:no|id|number))?|tracking(?:\s?(?:no|number))?|"
    r"serial(?:\s?no)?|isbn|imei|barcode|timestamp|epoch|build|sku)[\s:=#(.]{0,3}(?:은|는|이|가)?[\s:=#(]{0,3}[A-Za-z]{0,5}-?$",
    re.I,
)
_LINK_HEAD = re.compile(r"(?:://|www\.|\.(?:com|kr|net|org|me|io|html?)/)\S*$", re.I)
_BEFORE, _AFTER = 25, 14


def is_code(text: str, start: int, cue: re.Pattern[str]) -> bool | None:
    """True: the number at `start` is named as an order, parcel or link part. False: `cue` stands before it. None: neither."""
    window = text[max(0, start - _BEFORE) : start]
    named = _CODE_CUE.search(window)
    if named is not None and cue.search(named.group()) is None:
        return True
    if cue.search(window):
        return False
    return True if _LINK_HEAD.search(text[max(0, start - 120) : start]) else None


def digits_of(piece: str) -> str:
    return "".join(ch for ch in piece if ch.isdecimal())


_RRN = re.compile(
    r"(?<![\d])(\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))([ \t\n]{0,2}[-~./_ㅡ,]{0,2}[ \t\n]{0,2}|[ ]?(?:다시|에|대시|하이픈)[ ]?)"
    r"(?:(\d{7})(?![\d]|-\d)|([1-8])(?:[ -]?\d{0,5}[*xX●○•ㅇ#]{1,8})(?![\d*]))"
)
_RRN_CUE = re.compile(r"주민|민번|등록\s?번호|민증|신분증|외국인|본인\s?확인|rrn|비자", re.I)
_CORPORATE_CUE = re.compile(r"법인|corporat", re.I)


def rrn(text: str) -> Iterator[Hit]:
    """주민등록번호 (1-4) and 외국인등록번호 (5-8): a real date decides, a failed checksum rejects nothing that stands as 6-7."""
    for m in _RRN.finditer(text):
        front, gap, tail = m.group(1), m.group(2), m.group(3)
        gender = (tail or m.group(4))[0]
        if not checks.is_short_date(front) or gender in "09":
            continue
        label = "FRN" if gender in "5678" else "RRN"
        verdict = is_code(text, m.start(), _RRN_CUE)
        if tail is None:
            yield m.start(), m.end(), label, 0.95
        elif _CORPORATE_CUE.search(text, max(0, m.start() - 20), m.start()) is None and verdict is not True:
            confidence = _rrn_confidence(front, tail, bool(gap), verdict is False)
            if confidence:
                yield m.start(), m.end(), label, confidence


def _rrn_confidence(front: str, tail: str, parted: bool, cued: bool) -> float:
    whole = front + tail
    valid = checks.rrn_check(whole) or (tail[0] in "5678" and checks.rrn_check(whole, foreign=True))
    if cued:
        return 1.0 if valid else 0.95
    # Thirteen digits in a row may be a Korean barcode (880…) or an epoch in milliseconds (14… to 19…).
    if not parted and re.match("880|1[4-9]", whole):
        return 0.0
    if valid:
        return 1.0
    if tail[0] in "3478" and int(front[:2]) > 35:
        return 0.0
    # Registry offices of companies are 11 to 28; 110111 is the largest of them.
    office = 11 <= int(front[:2]) <= 28 and front[4:] in _CORPORATE_KINDS
    if front == "110111" or (office and checks.corporate_check(whole)):
        return 0.0
    return 0.85 if parted else 0.6


_CORPORATE_KINDS = frozenset("11 12 13 14 15 21 22 31".split())

_CARD = re.compile(
    r"(?<![\d-])(?<!\d\.)(?:\d{4}([ ]?[-./ ~_][ ]?|)\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -]?)\d{6}\2\d{5})(?![\d]|-\d)"
)
_CARD_CUE = re.compile(r"카드|신용|체크|visa|비자|master|마스터|amex|아멕스|cvc|cvv|유효\s?기간|결제\s?수단|card", re.I)


def card(text: str) -> Iterator[Hit]:
    """Sixteen digits (fifteen for Amex): Luhn, a card word, or four groups joined by dashes."""
    for m in _CARD.finditer(text):
        number = digits_of(m.group())
        verdict = is_code(text, m.start(), _CARD_CUE)
        cued = verdict is False or _CARD_CUE.search(text, m.end(), m.end() + _AFTER) is not None
        dashed = "-" in m.group() and len(number) == 16
        if verdict is True or (len(number) == 15 and not cued and "-" not in m.group() and " " not in m.group()):
            continue
        if checks.luhn(number) and number[0] != "0" and len(set(number)) > 1:
            yield m.start(), m.end(), "CARD", 1.0
        elif cued or dashed:
            yield m.start(), m.end(), "CARD", 0.8


_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50[2-8])"
_MOBILE = re.compile(
    rf"(?<!\d)(?<!\d-)(?:0\x02?1\x02?0(?:{_SEP}\d){{8}}\x02?|0\x02?1\x02?[16789](?:{_SEP}\d){{7,8}}\x02?|010[-. ]\d{{3}}[-. ]\d{{4}}"
    r"|0[ .\-]{1,3}1[ .\-]{1,3}[016789](?:[ .\-]{1,3}\d){7,8})(?!\d|-\d)"
)
_LANDLINE = re.compile(rf"(?<![\d.,:])(?<!\d-)0{_AREA}{_SEP}\d{{3,4}}{_SEP}\d{{4}}(?!\d|-\d)")
_ABROAD = re.compile(
    rf"(?<![\d+])(?:\+|00)?82{_SEP}\(?0?\)?{_SEP}(?:1[016789](?:{_SEP}\d){{7,8}}|{_AREA}{_SEP}\d{{3,4}}{_SEP}\d{{4}})(?!\d)"
    r"|(?<![\d+])\+(?!82)[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,3}(?!\d)"
)
_LOCAL = re.compile(
    r"(?:전화|전번|폰|핸드폰|휴대폰|휴대전화|연락처|(?:내|제|네|니|걔|얘|우리)\s?번호)(?:\s?번호)?(?:은|는|이|가)?\s?[:;]?\s?"
    r"(?<!\d)((?!1[568]\d\d)[2-9]\d{3}[-. ]\d{4})(?!\d|[-.]\d)"
)


def phone(text: str) -> Iterator[Hit]:
    """Mobile, landline, internet, safe numbers, with +82 or spoken separators. 15xx/16xx/18xx and crisis lines are no match."""
    for m in _ABROAD.finditer(text):
        if m.group()[0] in "+0" or re.match(rf"82{_SEP}\(?0?\)?{_SEP}1[016789]", m.group()):
            yield m.start(), m.end(), "PHONE", 0.95
    for m in _MOBILE.finditer(text):
        yield m.start(), m.end(), "PHONE", 1.0
    for m in _LANDLINE.finditer(text):
        opened = ")" in m.group() and "(" not in m.group() and text[m.start() - 1 : m.start()] == "("
        yield m.start() - opened, m.end(), "PHONE", 0.9
    for m in _LOCAL.finditer(text):
        yield m.start(1), m.end(1), "PHONE", 0.7


_REGION = r"(?:서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산|세종)"
_DRIVER = re.compile(
    rf"(?<![\d-])(?:{_REGION}[ ]?\d{{2}}[- ]\d{{6}}[- ]\d{{2}}|(?:1[1-9]|2[0-68])[- .]\d{{2}}[- .]\d{{6}}[- .]\d{{2}})(?![\d-])"
)
_DRIVER_LOOSE = re.compile(r"(?<!\d)(?:\d{2}-\d{6}-\d{2}|(?:1[1-9]|2[0-68])\d{10})(?![\d-])")
_DRIVER_CUE = re.compile(r"면허|licen[cs]e", re.I)


def driver(text: str) -> Iterator[Hit]:
    """운전면허번호 2-2-6-2 by its region code, 서울 12-123456-78, or another shape right after 면허."""
    for m in _DRIVER.finditer(text):
        yield m.start(), m.end(), "DRIVER", 0.95
    if _DRIVER_CUE.search(text):
        for m in _DRIVER_LOOSE.finditer(text):
            if is_code(text, m.start(), _DRIVER_CUE) is False:
                yield m.start(), m.end(), "DRIVER", 0.9


_BRN = re.compile(r"(?<![\d-])(?:\d{3}([- ])\d{2}\1\d{5}|\d{10})(?![\d]|-\d)")
_BRN_CUE = re.compile(r"사업자|등록\s?번호|brn|business\s?reg", re.I)


def brn(text: str) -> Iterator[Hit]:
    """사업자등록번호: 3-2-5 that passes its check digit or follows a cue; ten digits in a row need the cue."""
    for m in _BRN.finditer(text):
        verdict = is_code(text, m.start(), _BRN_CUE)
        valid = checks.brn_check(digits_of(m.group()))
        if verdict is False or (valid and m.group(1) == "-" and verdict is None):
            yield m.start(), m.end(), "BRN", 1.0 if valid else 0.8


_PASSPORT = re.compile(r"(?<![A-Za-z0-9])(?:[MSROD]\d{8}|[MSROD]\d{3}[A-Z]\d{4})(?![A-Za-z0-9])")
_PASSPORT_LOOSE = re.compile(
    r"(?:여권|passport)[^\n\d]{0,20}?(?<![A-Za-z0-9])([A-Za-z]{1,2} ?\d{7,8}|[A-Za-z]\d{3}[A-Za-z]\d{4}|\d{9})(?![A-Za-z0-9])",
    re.I,
)


def passport(text: str) -> Iterator[Hit]:
    """Letter and eight digits (not a date such as S20240101), M123A4567, other shapes after 여권."""
    for m in _PASSPORT_LOOSE.finditer(text):
        yield m.start(1), m.end(1), "PASSPORT", 0.95
    for m in _PASSPORT.finditer(text):
        body = m.group()[1:]
        coded = is_code(text, m.start(), _PASSPORT_CUE) is True
        if not coded and not (body.isdecimal() and checks.is_long_date(body)):
            yield m.start(), m.end(), "PASSPORT", 0.85


_PASSPORT_CUE = re.compile(r"여권|passport", re.I)

_PLATE = re.compile(
    rf"(?<![\d.,:/-])({_REGION}[ ]?)?\d{{2,3}}([ ]?)"
    r"([가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호])[ ]?\d{4}(?!\d|[.,:]\d|[ ]?(?:원|명|개|만|억|천|년|월|회|건|점|시|분|%|km|kg|cm|m|g|p|호|번지|살))"
)
# Syllables that also count or mark something after a number: 10조 2000, 3주 1000, 30도 2000, 12호 1500.
_COUNTERS = frozenset("조주호도자부구두오수배보사로서")
_PLATE_CUE = re.compile(
    r"차량|차\s?번호|번호판|차\s?넘버|주차|렌트|승용차|트럭|택시|오토바이|내\s?차|차종|차는|차가|등록\s?번호|car", re.I
)


def plate(text: str) -> Iterator[Hit]:
    """차량번호. A syllable that is also a counter, with a space after it, needs a region or a car word nearby."""
    for m in _PLATE.finditer(text):
        spaced = m.group()[-5] == " " or m.group(2) == " "
        if m.group(3) in _COUNTERS and spaced and not m.group(1):
            window = text[max(0, m.start() - _BEFORE) : m.end() + _AFTER]
            if not _PLATE_CUE.search(window):
                continue
        yield m.start(), m.end(), "PLATE", 0.9


_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\d|\.\d)")
_IPV6 = re.compile(
    r"(?<![0-9A-Za-z:])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})(?![0-9A-Za-z:])"
)
_IP_CUE = re.compile(r"\bip|아이피|서버|접속|공유기|ssh|ping|host|://|로그인|addr", re.I)
_VERSION_CUE = re.compile(r"(?:\bv|ver|버전|version|빌드|build|릴리스)\.?\s?[:은는이가]?\s?$", re.I)
_PUBLIC_IPS = frozenset("8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 0.0.0.0 127.0.0.1 168.126.63.1 168.126.63.2".split())


def ip(text: str) -> Iterator[Hit]:
    """IPv4 and IPv6. Netmasks, loopback and public resolvers name nobody; four small numbers alone are a version."""
    for m in _IPV4.finditer(text):
        octets = [int(part) for part in m.group().split(".")]
        if m.group() in _PUBLIC_IPS or octets[0] in (0, 127, 255) or _VERSION_CUE.search(text[: m.start()]):
            continue
        cued = _IP_CUE.search(text, max(0, m.start() - _BEFORE), m.start()) is not None
        if cued or max(octets) > 31:
            yield m.start(), m.end(), "IP", 0.95
    for m in _IPV6.finditer(text):
        if re.search("[a-fA-F]", m.group()) or "::" not in m.group():
            yield m.start(), m.end(), "IP", 0.9
