"""Plates of vehicles. It takes folded text, as `numbers` does, and knows nothing else."""

import re
from collections.abc import Iterator

from engine.privacy.numbers import Hit

_REGION = r"(?:서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산|세종)"
_LETTER = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호"
_COUNTED = r"(?!\d|[.,:]\d|[ ]?(?:원|명|개|만|억|천|년|월|회|건|점|시|분|%|km|kg|cm|m|g|p|호|번지|번|살|동))"
_PLATE = re.compile(rf"\d(?<!\d\d)(?<!\d[.,:/-]\d)\d{{1,2}}([ ]?)([{_LETTER}])[ ]?\d{{4}}{_COUNTED}")
_REGION_BEFORE = re.compile(rf"{_REGION}[ ]?$")
# Syllables that also count or mark something after a number: 10조 2000, 3주 1000, 30도 2000, 12호 1500.
_HELP_LINES = frozenset("109 112 119 117 118 110 1393 1366 1388 1577".split())
_COUNTERS = frozenset("조주호도자부구두오수배보사로서")
_CUE = re.compile(
    r"차량|차\s?번호|번호판|차\s?넘버|주차|렌트|승용차|트럭|택시|오토바이|내\s?차|차종|차는|차가|등록\s?번호|블랙박스|차주|car",
    re.I,
)
_ALONE = re.compile(r"\W*(입니다|이에요|예요|이야|야|임|이요|요|이래요?|맞아요?|이랍니다)?[\s.!~ㅎㅋ]*")
_SPACED = re.compile(rf"(?<![\d-])(?<!\d )\d \d (?:\d )?[{_LETTER}] \d \d \d \d(?! ?\d)")
_SAID = "공영일이삼사오육륙칠팔구"
# 사십이러에 구일삼오, 공육마 다시 팔공삼칠: told in words, both numbers whole.
_TOLD = re.compile(
    rf"(?<![가-힣])(?:{_REGION}[ ]?)?[{_SAID}십백]{{2,5}}[ ]?[{_LETTER}](?:[ ]|에|의|다시)*[{_SAID}]{{4}}(?=$|[^가-힣]|[은는이가도에로를]|라고|이야|예요|입니다|차)"
)
# 67 조 1O48: a letter that looks like a digit among digits.
_LOOKALIKE = re.compile(
    rf"(?<![\dA-Za-z.,:/-])(?:{_REGION}[ ]?)?\d{{2,3}}[ ]?[{_LETTER}][ ]?(?=[\dOoIlSB]{{0,3}}\d)(?=\d{{0,3}}[OoIlSB])[\dOoIlSB]{{4}}(?![\dA-Za-z])"
)
# After a word for a car: any syllable, any sign between, digits said, a region with one digit or none (before 2004).
_LOOSE = re.compile(
    rf"(?<![\d.,:/-])(?:(?:{_REGION}[ ]?)?[\d{_SAID}십]{{2,4}}[ \n.-]{{0,2}}[가-힣][ \n.-]{{0,2}}[\d{_SAID}]{{4}}|{_REGION}[ ]?\d?[ ]?[{_LETTER}][ ]?\d{{4}}){_COUNTED}"
)
_NUMBER_CUE = re.compile(r"(?:차|차량|자동차|번호판)\s?(?:등록\s?)?(?:번호|넘버)|번호판|차번|차량\s?:?$|차량")
_DIPLOMAT = re.compile(r"(?<![가-힣])(?:외교|영사|준외|준영|국기|협정|대표)[ ]?(\d{3}-\d{3})(?!\d|-)")
SIGN = re.compile(r"\d ?[가-힣] ?[\dOoIlSB]{4}|\d \d \d \d|\d-\d{3}|번호|넘버|차번|차량")
"""Cheap gate: without it there is no plate."""


def plate(text: str) -> Iterator[Hit]:
    """차량번호. A syllable that is also a counter, with a space beside it, needs a region, a car word, or to be all of the text."""
    for m in _PLATE.finditer(text):
        region = _REGION_BEFORE.search(text, max(0, m.start() - 3), m.start())
        spaced = m.group()[-5] == " " or m.group(1) == " "
        if m.group()[-4:] in _HELP_LINES and m.group()[:3] in _HELP_LINES:
            continue  # 109나 1393
        if m.group(2) in _COUNTERS and spaced and not region and not _is_named(text, m):
            continue
        yield region.start() if region else m.start(), m.end(), "PLATE", 0.9
    for cue in _NUMBER_CUE.finditer(text):
        beside = _LOOSE.search(text, cue.end(), cue.end() + 24)
        beside = beside or _LOOSE.search(text, max(0, cue.start() - 16), cue.start())
        if beside is not None and sum(ch.isdecimal() or ch in _SAID for ch in beside.group()) >= 4:
            yield beside.start(), beside.end(), "PLATE", 0.8
    for pattern in (_TOLD, _LOOKALIKE):
        for m in pattern.finditer(text):
            yield m.start(), m.end(), "PLATE", 0.75
    for m in _SPACED.finditer(text):
        yield m.start(), m.end(), "PLATE", 0.8
    for m in _DIPLOMAT.finditer(text):
        yield m.start(1), m.end(1), "PLATE", 0.7


def _is_named(text: str, m: re.Match[str]) -> bool:
    if _CUE.search(text, max(0, m.start() - 60), m.end() + 14):
        return True
    copula = _ALONE.fullmatch(text, m.end()) if not text[: m.start()].strip() else None
    return copula is not None and (copula[1] is not None or m.group()[:3].isdecimal())
