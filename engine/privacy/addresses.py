"""Postal addresses of homes and offices. A district, station or shop as a meeting place is no address: a number must pin it down.

A line is cut into words, every word gets a class (region, town, road, number, unit, building …), and patterns are looked
for in the string of classes. It reads words and numbers only; no gazetteer of roads.
"""

import re
from collections.abc import Iterator

from engine.privacy.address_tokens import Word, is_flat, words_of
from engine.privacy.address_words import NO_ROAD
from engine.privacy.numbers import Hit

LIVES_SIGN = re.compile(
    r"살아|살고|산다|삽니다|살았|거주|사는|이사|[십백천일이삼사오육칠팔구][십일이삼사오육칠팔구](?:동|호)|[백천](?:동|호)"
)
"""Somebody lives somewhere, or a block or door is told in words."""
LATIN_SIGN = re.compile(r"-(?:ro|gil|dong|gu|ho|daero)\b", re.I)
SIGN = re.compile(
    r"(?:[로길동호지리가면읍로층산차단]|단지)[ ,]?\d|\d ?(?:동|호|번지|번길|층|단지|차)|우편|우\)|[빌룸텔] ?[AB]\d|\d{3}-\d{3}|[동지] ?(?:지하|옥탑|반지하)|-(?:ro|gil|dong|gu|ho|daero)\b",
    re.I,
)
"""Without any of these (and without LIVES_SIGN) no address stands in a text."""

_CUE = re.compile(
    r"주소|도로명|지번|배송지|택배|거주|살아|살고|산다|사는|이사|본적|등본|보내\s?(?:줘|주|드)|받는|우리\s?집|우리집|집은|집이|소재지|자택|거주지|본사|사무실|네비|내비|출발지|도착지|배달|집 ?위치|댁"
)
_HOME_CUE = re.compile(r"집|주소|택배|배달|살|[이맘네]네? ?$|입주|이사|세대|호수|동호|관리비|층간|출발지|도착지|호실")

_POSTCODE = re.compile(
    r"(?:우편\s?번호[^\d\n]{0,20}|(?:우\)|\(우\)|(?<![가-힣])우) ?[:(]? ?)(?<![\d-])(\d{5})(?![\d-])"
)
_LATIN = re.compile(
    r"(?:(?:\d{1,5}(?:-\d{1,4})?(?:-?(?:ho|dong|beon-gil|gil))?|[A-Z][A-Za-z]+-(?:ro|gil|daero|dong|gu|si|do|eup|myeon|ri|gun)|"
    r"[A-Z][A-Za-z]+-(?:ro|daero) ?\d+(?:beon)?-gil|(?:Apt|Unit|Room|No)\.? ?\d+|#\d+|Seoul|Busan|Daegu|Incheon|Gwangju|Daejeon|Ulsan|Sejong|"
    r"Korea|[A-Z][a-z]+(?= ?,? ?(?:Apt|Apartment))|Apartments?)(?:, ?| |$|(?=[가-힣.]))){3,}"
)


# g block (동), h door (호), f floor, b basement, s side, P phase (2차, 3단지), K building, o another word that may name one,
# z postcode, ( ), x anything else.
_REGION = "(?:S|C|A)"
_HEAD = rf"(?:\(z\)|z)?{_REGION}{{0,5}}"
_BESIDE = r"(?:\((?:[TCKRPAo]|N){1,4}\))?"
_UNITS = r"(?:KN|[KoA]?P?D|[KT]?[KoAT]?P?K?g?[bf]?h?[bf]?)?"
_TAIL = rf"{_BESIDE}{_UNITS}{_BESIDE}(?:h|f|b)?s?"
_BY_ROAD = re.compile(rf"({_HEAD}(?:(?<=[SCA])o)?T{{0,2}})(Rr{{0,2}})([ND])({_TAIL})")
_BY_LOT = re.compile(rf"({_HEAD}T{{1,3}})(m?)([NMD])({_TAIL})")
_BY_FLAT = re.compile(rf"({_HEAD}T{{0,2}}[oKA]?[KA]?P?K?)(gb?f?h|(?:D)|[bf]h|gb)({_BESIDE})")
_BY_DOOR = re.compile(rf"({_HEAD}T{{0,2}}[oA]?K)(P?f?h)")
_BY_BLOCK = re.compile(rf"({_REGION}{{0,5}}(?:T[oKA]?P?|[CA]K?P?|o?KP?|[oK]P))(g)(?![fh])")
_BY_HOME = re.compile(rf"({_REGION}{{1,5}}T)([oK]?)")
_BY_LANE = re.compile(rf"({_REGION}{{0,5}}T{{0,2}})(Rr{{1,2}})(K?g?f?h)?")
_BY_COMPLEX = re.compile(rf"({_REGION}{{0,5}}T{{0,2}}KP)")
_BY_DOOR_ALONE = re.compile(r"h")
_NEIGHBOUR = re.compile(
    r"(?:^|[ ,])(?:우리|저희|전|저는|나는|난|제가|[윗아랫옆앞]집|위층|아래층|아랫층|호수|관리실에 (?:전화|연락|물어)\S*)[은는이가도]?(?: 집)? ?$"
)
_VISIT = re.compile(
    r"(?:에 가서| ?사는| ?사시는| ?이웃| ?아주머니| ?아저씨| ?할머니| ?할아버지| ?어르신| ?손님| ?주민| ?세대| ?차주| ?올라)"
)
_LIVING = re.compile(r"에? ?(?:살아|살고|산다|삽니다|살았|거주|사는|이사)")


# A line, and further ones that begin with a block or a door.
_LINE = re.compile(r"[^\n]+(?:\n(?=(?:[가-힣A-Za-z0-9]{2,10} ?)?\d{1,4}(?:동|호)(?![가-힣]{2}))[^\n]+){0,3}")


def address(text: str) -> Iterator[Hit]:
    """Addresses from their first to their last word, 동 and 호 included; postcodes after 우편번호."""
    for m in _POSTCODE.finditer(text) if "우" in text else ():
        yield m.start(1), m.end(1), "ADDRESS", 0.7
    if LATIN_SIGN.search(text):
        for m in _LATIN.finditer(text):
            if LATIN_SIGN.search(m.group()):
                yield m.start(), m.start() + len(m.group().rstrip(" ,")), "ADDRESS", 0.8
    for line in _LINE.finditer(text):
        if SIGN.search(line.group()) or LIVES_SIGN.search(line.group()):
            yield from _in_line(line.group(), line.start(), text)


def _in_line(line: str, offset: int, text: str) -> Iterator[Hit]:
    words = words_of(line)
    kinds = "".join(word.kind for word in words)
    cued = _CUE.search(text) is not None
    taken = bytearray(len(words))
    for pattern, fits, confidence in _PATTERNS:
        for m in pattern.finditer(kinds):
            first = fits(m, words, line, cued)
            if first is None or any(taken[first : m.end()]):
                continue
            taken[first : m.end()] = b"\1" * (m.end() - first)
            start, end = words[first].start, _end(words, first, m.end())
            yield offset + start, offset + end, "ADDRESS", confidence


def _end(words: list[Word], first: int, last: int) -> int:
    """Where an address ends: a building word at its end gives its particle back."""
    while last - 1 > first and (
        words[last - 1].kind in "o(" or (words[last - 1].kind == "T" and words[last - 2].kind not in "SCA")
    ):
        last -= 1
    return words[last - 1].end


def _road(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """Street and number, and not "by X, 20 of them"."""
    if any(kind in "SCA" for kind in m[1]) or "r" in m[2]:
        return _first(m, words)
    street = words[m.start(2)].text
    if street in NO_ROAD or not _apart(words[m.start(3)], words[m.start(2)]):
        return None
    certain = re.search(r"\d(?:길|로)$|대로$", street) is not None or _closed_stem(street)
    units = bool(m[4].strip("o"))
    alone = _stands_alone(line, words[m.start(3)])
    return _first(m, words) if certain or cued or units or alone or "T" in m[1] else None


def _apart(number: Word, street: Word) -> bool:
    return number.start - street.end <= 2


def _closed_stem(street: str) -> bool:
    """A stem that ends in a consonant other than ㄹ takes 으로 as a particle, so 로 after it is a road: 강남로, 월드컵북로."""
    stem = street[-2]
    return street.endswith("로") and "가" <= stem <= "힣" and (ord(stem) - 0xAC00) % 28 not in (0, 8)


def _stands_alone(line: str, number: Word) -> bool:
    """판교로 256: two or three digits, and the message is about nothing else after it."""
    after = re.compile(
        r"(?:이야|야|입니다|이에요|예요|로 와|으로 와|앞|란다|래)?(?:[ .!~,]*$| ?(?:확인|맞|배송|도착|찍|네비|내비))"
    )
    return 2 <= len(number.text.split("-")[0]) <= 3 and after.match(line, number.end) is not None


def _lot(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """역삼동 123-45, 산 12-3: a lot number has a dash or 번지, or stands behind a region."""
    number = words[m.start(3)]
    pinned = "-" in number.text or m[3] == "M" or m[2] == "m"
    if any(kind in "SCA" for kind in m[1]) or (m[1].endswith("TT") and pinned):
        return _first(m, words)
    if words[m.start(2) - 1].text.endswith(("면", "리")):
        return _first(m, words) if pinned and cued else None
    return _first(m, words) if pinned or (cued and bool(m[4].strip("o"))) else None


def _flat(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """101동 1203호 is one by itself; 101-1203 needs a building before it or a word about a home."""
    lead = m[1]
    first = _first(m, words)
    if "D" in m[2]:
        named = any(kind in "KPTSC" for kind in lead)
        before = line[: words[m.start(2)].start]
        return first if named or _HOME_CUE.search(before) or (cued and not lead) else None
    if m[2][0] in "bf" and not any(kind in "KTP" for kind in lead):
        return None if "o" not in lead else m.start(1) + lead.index("o") if m[2][0] == "b" else None
    return first


def _alone(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """우리 904호, 703호에 가서: only a door, where neighbours are spoken of."""
    door, before = words[m.start()], line[: words[m.start()].start]
    told = door.text.removesuffix("호").strip()
    plausible = is_flat(f"101-{told}") if told.isdecimal() else True
    return m.start() if plausible and (_NEIGHBOUR.search(before) or _VISIT.match(line, door.end)) else None


def _door(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """고시텔 512호. A room in a hotel, a hospital or a school is nobody's home unless a region stands before it."""
    building = words[m.end(1) - 1].text
    public = _PUBLIC.search(building) is not None and not any(kind in "SCT" for kind in m[1])
    return None if public else _first(m, words)


def _block(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """공덕 자이 112동: a complex and a block, no door."""
    lead = m[1]
    named = "P" in lead or ("T" in lead and "o" in lead)
    named = named or any(word.kind == "K" and word.text not in _GENERIC for word in words[m.start(1) : m.end(1)])
    return _first(m, words) if named and words[m.start(2)].text.strip("동 ").isdecimal() else None


def _home(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """서울 강남구 역삼동에 살아: no number, but somebody says that it is the home."""
    end = words[m.end() - 1].end
    return m.start() if _LIVING.match(line, end) else None


def _lane(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """자양동 뚝섬로 52길: a lane without a number is a home only beside a unit, or behind a region where somebody lives."""
    living = _LIVING.match(line, words[m.end() - 1].end) is not None
    return m.start() if (m[1] and (living or cued)) or m[3] else None


def _complex(m: re.Match[str], words: list[Word], line: str, cued: bool) -> int | None:
    """세종 새롬동 가온마을 9단지: a complex without a block, where a home is spoken of."""
    return m.start() if len(m[1]) > 2 and cued else None


def _first(m: re.Match[str], words: list[Word]) -> int:
    """The first word: a loose one (성원 5차 508동) counts only between a region or a number and its block, or before its phase."""
    first = m.start()
    lead = m[1]
    if lead[:1] == "o" and "P" not in lead[:3] and lead[1:2] != "K":
        return first + 1 if m.end() - first > 1 else first
    if lead[:1] == "A" and not any(kind in "TRKCPo" for kind in lead[1:]) and m.re is _BY_FLAT:
        return first + 1
    return first


_PUBLIC = re.compile(r"(?:호텔|병원|의원|학교|교회|회관|우체국|법원|구청|시청|경찰서|경찰청|센터|사무소|상가|스테이)$")
_GENERIC = frozenset("아파트 빌라 주택 상가 센터 기숙사 원룸 빌딩 오피스텔 타운 타워 마을 임대".split())

_PATTERNS = (
    (_BY_ROAD, _road, 0.9),
    (_BY_LOT, _lot, 0.85),
    (_BY_LANE, _lane, 0.7),
    (_BY_FLAT, _flat, 0.85),
    (_BY_DOOR, _door, 0.75),
    (_BY_BLOCK, _block, 0.7),
    (_BY_DOOR_ALONE, _alone, 0.6),
    (_BY_COMPLEX, _complex, 0.6),
    (_BY_HOME, _home, 0.6),
)
