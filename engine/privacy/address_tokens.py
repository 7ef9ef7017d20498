"""The words of a line with a class each: region, town, road, number, unit, building. It knows no order of them, no address."""

import re
from dataclasses import dataclass, replace

from engine.privacy.address_words import AREAS, BRANDS, BUILDING_END, NO_BUILDING, NO_CITY, NO_ROAD, NO_TOWN, SIDO

# One token: a number with what is glued to it, a word, a bracket; everything else separates.
_SAID = "일이삼사오육칠팔구공영십백천"
_TOKEN = re.compile(
    rf"(?P<said>[{_SAID}]{{2,9}})(?P<saidunit>동|호)(?![가-힣](?<![은는이가도에로요라래야인임앞맞]))|"
    r"(?P<number>제?(?:[A-Za-z]-?|비(?=\d{2}))?\d+(?:-\d+|/\d{3,4}(?![/\d]))?)(?P<unit>(?:번안길|번가길|[가-하]길|번길|길|번지|호실|호|동|층|단지|차|생활권|가(?![가-힣]))| (?:번길|길|번지|호실|호|동|층|단지|차)(?=[^가-힣]|$|에|은|는|이|가|로|요|인|입|야))?"
    r"|(?P<word>[가-힣A-Za-z]+(?:\d{1,2}(?=(?:대로|로|길)(?![가-힣])|[동읍면리가](?![가-힣])|동\d가)[가-힣]+)?)|(?P<bracket>[()])|(?P<gap>[ ]+|, ?|\n)|(?P<stop>.)",
    re.S,
)
_SIDO_WORD = re.compile(SIDO)
_CITY = re.compile(r"[가-힣]{1,4}(?:시|군|구)")
_TOWN = re.compile(r"[가-힣]{1,5}\d{0,2}(?:읍|면|동|리)|[가-힣]{1,4}동\d가")
_ROAD = re.compile(r"[가-힣A-Za-z0-9]{1,12}(?:대로|로|길)|[가-힣]{2,8}\d(?:로|길)")
_NO_ROAD_END = re.compile(r"(?:으로|별로|[는은던을]대로|[는은던을]길)$")
_GLUED = re.compile(
    rf"({SIDO})?((?:[가-힣]{{1,3}}(?:시|군|구)){{0,2}})((?:[가-힣]{{1,4}}\d?(?:읍|면|동|리))?)((?:[가-힣]{{1,8}}\d?(?:대로|로|길))?)"
)
_CITY_PART = re.compile(r"([가-힣]{1,3}?[시군구])")
_BUILDING = re.compile(rf"[가-힣A-Za-z0-9]{{0,14}}{BUILDING_END}")
_LETTER_BLOCK = re.compile(r"[가-라A-Da-d]동")
_BASEMENT = re.compile(r"지하|반지하|지층|옥탑방?|옥상")
_SIDE = re.compile(r"[우좌]측|(?:오른쪽|왼쪽|안쪽|앞|뒷)집?")
_PARTICLE = re.compile(
    r"(?:에서|에|으로|로|이에요|예요|에요|입니다|이고|인데|이야|야|이요|요|은|는|이|가|임|래|이래|도)$"
)
_LOOSE_BUILDING = re.compile(r"[가-힣A-Za-z]{2,8}")
_NO_BUILDING_END = re.compile(
    r"(?:은|는|이|가|을|를|에|로|도|만|요|다|네|님|씨|고|서|면|지|데|께|랑|하고|까지|부터|에서|한테|으로|라고|이야|해줘|주세요|어요|아요|음|함|임|ㅋ|ㅎ|ㅠ)$"
)
_AFTER_NUMBER = re.compile(
    r" ?(?:원(?!룸)|명|개|분|시간|시(?!\w)|년|월|일|주|회|배|살|세(?!대)|%|퍼|프로|km|kg|cm|m(?![a-z])|g|도씨|만|천|백|억|점|등|위|권|장|잔|병|승|패|무(?!지)|골|타|안타|경기|라운드|회차|마리|대|박|출구|호선|호차|교시|키로|미터|인분|칸|판|세트|급|줄|곡|화|부|쪽|페이지|단계|번(?!지|길))"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line with its class letter.

    S province, C city or district, A shortened area, T town, R road, r a lane of it, N number, M number with 번지,
    D 101-1203, m 산, g block (동), h door (호), f floor, b basement, s side, P phase (2차, 3단지), K building, o another word
    that may name one, z postcode, ( ), x anything else.
    """

    start: int
    end: int
    text: str
    kind: str


# S province, C city or district, A shortened area, T town, R road, r a lane of it, N number, M number with 번지, D 101-1203, m 산,

_SHORT_BLOCKS = frozenset(f"{digit}동" for digit in "일이삼사오육칠팔구")
_FILLERS = frozenset("하고 에 의 그리고 옆 라인".split())
"""What people put between block and door: 711동 하고 908호."""


def words_of(line: str) -> list[Word]:
    words: list[Word] = []
    broken = False
    for m in _TOKEN.finditer(line):
        if m["gap"]:
            continue
        if m["stop"]:
            broken = True
            continue
        if broken and words:
            words.append(Word(m.start(), m.start(), "", "x"))
        broken = False
        if m["word"] in _FILLERS and words and words[-1].kind == "g":
            continue
        if m["saidunit"] == "호" and words and words[-1].text in _SHORT_BLOCKS:
            words[-1] = replace(words[-1], kind="g")
        words += _classed(m, line)
    return words


def _classed(m: re.Match[str], line: str) -> list[Word]:
    if m["bracket"]:
        return [Word(m.start(), m.end(), m.group(), m.group())]
    if m["said"]:
        kind = _said_kind(m["said"], m["saidunit"])
        return [Word(m.start(), m.end(), m.group(), kind)] if kind else _word_kinds(m.start(), m.group())
    if m["number"]:
        return [Word(m.start(), m.end(), m.group(), _number_kind(m, line))]
    return _word_kinds(m.start(), m.group())


def _said_kind(said: str, unit: str) -> str:
    """오백이동, 천사호: a block or a door told in words has three digits at least; 이동 and 구호 are words."""
    return ("g" if unit == "동" else "h") if re.search("[백천]", said) or len(said) > 2 else ""


def _number_kind(m: re.Match[str], line: str) -> str:
    number, unit = m["number"], (m["unit"] or "").strip()
    unit = "가길" if unit[1:] == "길" and unit != "번길" else unit
    if unit and line[m.end() : m.end() + 1] in tuple(_LONGER.get(unit, "")):
        return "x"
    if unit:
        return _UNIT_KINDS[unit]
    if re.fullmatch(r"[Bb]-?\d{1,3}", number):
        return "h"
    if "/" in number:
        return "D" if is_flat(number.replace("/", "-")) else "x"
    if not number[0].isdecimal() or _AFTER_NUMBER.match(line, m.end()) or line[m.end() : m.end() + 1] in (":", "%"):
        return "x"
    if re.match(r"\.\d|,\d{3}(?![\d동호-])", line[m.end() :]) or line[max(0, m.start() - 1) : m.start()] in (
        ".",
        ":",
        "-",
        "+",
        "#",
        "/",
    ):
        return "x"
    if number.isdecimal() and len(number) == 5:
        return "z"
    return "D" if is_flat(number) else "N" if re.fullmatch(r"\d{1,4}(?:-\d{1,4})?", number) else "x"


_UNIT_KINDS = {
    **dict.fromkeys(("번안길", "번가길", "가길", "번길", "길", "가"), "r"),
    "번지": "M",
    **dict.fromkeys(("호", "호실"), "h"),
    "동": "g",
    "층": "f",
    **dict.fromkeys(("단지", "차", "생활권"), "P"),
}
_LONGER = {"호": "선차기점봇", "동": "안", "차": "전례선로", "층": "짜수간", "길": "이에을로", "단지": ""}
"""Signs that make another word of a unit: 3호선, 3동안, 1차선, 5층짜리, 두 갈래 2길이."""


_COMPANY_LINE = re.compile(r"1[568]\d\d-\d{4}$")


def is_flat(number: str) -> bool:
    """101-1203: a block and a door whose last two digits number the flats of a floor."""
    block, _, door = number.partition("-")
    plausible = len(block) in (3, 4) and len(door) in (3, 4) and 0 < int(door[-2:]) <= 20
    years = block[:2] in ("19", "20") and len(block) == len(door) == 4 and door[:2] in ("19", "20")
    return plausible and not years and block[0] != "0" != door[0] and _COMPANY_LINE.match(number) is None


def _word_kinds(start: int, word: str) -> list[Word]:
    """A word with its class; 서울시강남구역삼동 falls into its parts."""
    glued = _GLUED.fullmatch(word)
    if glued and glued[2] and (glued[1] or glued[3] or glued[4]) and _CITY_PART.split(glued[2])[1] not in NO_CITY:
        parts = [
            (glued.start(g), glued.end(g), kind) for g, kind in ((1, "S"), (2, "C"), (3, "T"), (4, "R")) if glued[g]
        ]
        return [Word(start + at, start + to, word[at:to], kind) for at, to, kind in parts]
    kind = _word_kind(word)
    stem = _PARTICLE.sub("", word) if kind in "ox" else word
    if stem != word and (_word_kind(stem) in "Kbs" or (word.endswith("에") and _word_kind(stem) == "T")):
        return [
            Word(start, start + len(stem), stem, _word_kind(stem)),
            Word(start + len(stem), start + len(word), "", "x"),
        ]
    return [Word(start, start + len(word), word, kind)]


def _word_kind(word: str) -> str:
    if _SIDO_WORD.fullmatch(word):
        return "S"
    if _LETTER_BLOCK.fullmatch(word):
        return "g"
    if _BASEMENT.fullmatch(word):
        return "b"
    if _SIDE.fullmatch(word):
        return "s"
    if word == "산":
        return "m"
    if word in AREAS:
        return "A"
    if _CITY.fullmatch(word) and word not in NO_CITY:
        return "C"
    if _TOWN.fullmatch(word) and word not in NO_TOWN and not re.search(r"[으하되가오있없좋보]면$|거리$|하리$", word):
        return "T"
    if _ROAD.fullmatch(word) and len(word) >= 3 and word not in NO_ROAD and not _NO_ROAD_END.search(word):
        return "R"
    if word in BRANDS or (_BUILDING.fullmatch(word) and word not in NO_BUILDING and len(word) >= 2):
        return "K"
    loose = _LOOSE_BUILDING.fullmatch(word) and word not in NO_BUILDING and not _NO_BUILDING_END.search(word)
    return "o" if loose else "x"
