"""Reads amounts out of Korean text: 30만원, 300,000원, 삼십만 원, 3할, 열흘, 제5조, 만 15세, 2배, 1억 5천만 원.

An amount has a dimension and one value in that dimension's smallest unit, so two spellings of one amount are equal. It knows
numbers in words only before a unit: 이 and 사 are words as well. What an amount is the amount of is not decided here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from engine.ground.folding import fold

DAYS_PER_MONTH = 30
"""Clauses say 1년 and 12개월, talk says 365일 and 30일: within a period, days are compared through this month."""


@dataclass(frozen=True, slots=True)
class Amount:
    """[start, end) in code points; `value` in units of `dimension` (won, percent, days, hours, times, years of age …)."""

    start: int
    end: int
    value: float
    dimension: str
    unit: str

    @property
    def key(self) -> str:
        """One spelling for equal amounts."""
        return f"{self.dimension}:{self.value:g}"

    def same(self, other: "Amount") -> bool:
        """Whether both name the same amount."""
        if self.dimension != other.dimension:
            return False
        if self.dimension == "period" and {self.unit, other.unit} <= {"일", "주", "일간", "주일", "영업일"}:
            return self.value == other.value
        if self.dimension == "period":
            return abs(self.value - other.value) <= 0.02 * max(self.value, other.value)
        return abs(self.value - other.value) <= 1e-6 * max(1.0, abs(self.value))


_SINO = {"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9}
_SMALL = {"십": 10, "백": 100, "천": 1000}
_BIG = {"만": 10**4, "억": 10**8, "조": 10**12}
_NATIVE = {
    "한": 1, "두": 2, "세": 3, "네": 4, "석": 3, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
    "스무": 20, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
    "하나": 1, "둘": 2, "셋": 3, "넷": 4,
}  # fmt: skip
_DAY_WORDS = {
    "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10,
    "보름": 15, "일주일": 7, "이주일": 14, "한나절": 0.5,
}  # fmt: skip
# unit → (dimension, factor). Longest first when matched.
UNITS: dict[str, tuple[str, float]] = {
    "원": ("money", 1), "₩": ("money", 1), "달러": ("dollar", 1), "불": ("dollar", 1), "유로": ("euro", 1), "엔": ("yen", 1),
    "%": ("percent", 1), "퍼센트": ("percent", 1), "프로": ("percent", 1), "할": ("percent", 10), "%p": ("point", 1),
    "배": ("times", 1), "일": ("period", 1), "일간": ("period", 1), "일째": ("nth_day", 1), "주": ("period", 7),
    "주일": ("period", 7), "주간": ("period", 7), "개월": ("period", DAYS_PER_MONTH), "달": ("period", DAYS_PER_MONTH),
    "년": ("period", 365), "해": ("period", 365), "시간": ("hours", 1), "분": ("minutes", 1), "초": ("seconds", 1),
    "시": ("clock", 1), "세": ("age", 1), "살": ("age", 1), "회": ("count", 1), "번": ("count", 1), "차례": ("count", 1),
    "회차": ("nth", 1), "번째": ("nth", 1), "명": ("people", 1), "인": ("people", 1), "분의": ("fraction", 1), "건": ("cases", 1),
    "개": ("things", 1), "가지": ("things", 1), "대": ("things", 1), "종": ("class", 1), "급": ("grade", 1), "등급": ("grade", 1),
    "도": ("degree", 1), "점": ("score", 1), "층": ("floor", 1), "km": ("km", 1), "킬로미터": ("km", 1), "킬로": ("km", 1),
    "cm": ("cm", 1), "센티미터": ("cm", 1), "센티": ("cm", 1), "mm": ("cm", 0.1), "m": ("m", 1), "미터": ("m", 1), "kg": ("kg", 1),
    "g": ("g", 1), "㎡": ("area", 1), "평": ("area", 3.3), "cc": ("cc", 1), "항": ("paragraph", 1), "호": ("item", 1), "좌": ("things", 1), "차": ("nth", 1), "박": ("nights", 1), "부": ("copies", 1), "영업일": ("period", 1), "거래일": ("period", 1), "키로": ("km", 1), "리터": ("litre", 1),
    "통": ("copies", 1), "장": ("copies", 1), "매": ("copies", 1), "끼": ("meals", 1), "촌": ("kinship", 1), "홀": ("holes", 1), "보": ("steps", 1), "단계": ("stage", 1), "과목": ("things", 1), "군데": ("things", 1), "쪽": ("pages", 1), "편": ("copies", 1), "마리": ("animals", 1), "월": ("month", 1), "주기": ("cycle", 1),
}  # fmt: skip
_ORDINALS = {"조": "article", "항": "paragraph", "호": "item", "관": "chapter", "급": "grade"}
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:[십백천]?\s?(?:[만억]|조(?=\s?[\d원일이삼사오육칠팔구]))|[십백천](?![가-힣]*재))"
_MIXED = re.compile(rf"(?:{_FIGURE})(?:\s?{_SCALE}(?:\s?(?:{_FIGURE})(?=\s?[십백천만억]|\s?원))?)*")
_SINO_WORD = r"[일이삼사오육륙칠팔구영공십백천만억][일이삼사오육륙칠팔구십백천만억\s]*"
_NATIVE_WORD = (
    r"(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)?\s?(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉|석|넉)"
    r"|열|스무|스물|서른|마흔|쉰|예순|일흔|여든|아흔"
)
_WITH_UNIT = re.compile(rf"(?P<figure>{_MIXED.pattern})\s?(?P<unit>{_UNIT})?")
_ORDINAL = re.compile(
    r"제\s?(?P<figure>\d+|[일이삼사오육칠팔구십백]+)\s?(?P<unit>조|항|호|관|장|편|절|회|급|차)(?:의\s?(?P<branch>\d+)(?!\s?[개만천원일월년%분회]))?"
)
_BARE_ARTICLE = re.compile(
    r"(?<![\d,.])(?P<figure>\d{1,3})\s?조(?=\s?(?:에|의|를|는|가|와|,|\)|\d+항|제|[①-⑳]|$))(?!\s?원)"
)
_SINO_UNIT = re.compile(
    rf"(?<![가-힣])(?P<figure>{_SINO_WORD}?)\s?(?P<unit>원|퍼센트|프로|개월|년|회|세|배|할|주일|일간|(?<=[십백천])일|(?<=[십백천] )일)"
    r"(?![가-힣]{0,1}금|비스|계|상|제|용|자|리)"
)
_NATIVE_UNIT = re.compile(
    rf"(?<![가-힣])(?P<figure>{_NATIVE_WORD})\s?(?P<unit>달|배|살|시간|번째|번|차례|명|분|가지|개|해|주|건|장|통|군데|끼)(?![가-힣]{{0,1}}[리호경우])"
)
_DAY_WORD = re.compile(rf"(?<![가-힣])(?:{'|'.join(sorted(_DAY_WORDS, key=len, reverse=True))})(?!살이)")
_HALF = re.compile(r"(?<![가-힣])(?:절반|반액|반값|반(?=만|을 |은 |이 |까지|으로|씩|\s?(?:지급|보상|부담|깎)))")
_HALF_YEAR = re.compile(r"(?<![가-힣])반\s?년")
_FRACTION = re.compile(
    rf"(?P<below>\d+|{_SINO_WORD}?)\s?분의\s?(?P<above>\d+|[일이삼사오육칠팔구]+)|(?<![\d/.])(?P<a>\d{{1,2}})/(?P<b>\d{{1,3}})(?![\d/])"
)
_DATE = re.compile(r"(?P<y>(?:19|20)\d{2})\s?[년.\-/]\s?(?P<m>\d{1,2})\s?[월.\-/]\s?(?P<d>\d{1,2})(?:\s?일|\b)")
_MONTH_DAY = re.compile(r"(?<!\d)(?P<m>\d{1,2})월\s?(?P<d>\d{1,2})일")
_DIGIT_GROUPS = re.compile(r"(?<![\d-])(?:\d{2,6}-){1,3}\d{2,8}(?![\d-])")
_WHOLE = re.compile(r"(?<![가-힣])전액(?![가-힣]*\s?(?:본인|환자))")


@lru_cache(maxsize=4096)
def read_amounts(text: str) -> tuple[Amount, ...]:
    """All amounts of `text` in order; none overlaps another. Figures without a unit have the dimension `bare`."""
    folded = fold(text)
    found: list[Amount] = []
    for reader in (_dates, _phones, _ordinals, _fractions, _figures, _sino_words, _native_words, _word_amounts):
        taken = [(amount.start, amount.end) for amount in found]
        found += [a for a in reader(folded) if all(a.end <= start or end <= a.start for start, end in taken)]
    return tuple(sorted(found, key=lambda a: a.start))


def figure_value(written: str) -> float | None:
    """1억 5천만 → 150000000; 삼십만 → 300000; 3천5백 → 3500; None when it is no number."""
    total = section = 0.0
    number: float | None = None
    for piece in re.findall(rf"{_FIGURE}|[가-힣]", written):
        if piece in _BIG:
            section += number or 0
            total += (section or 1) * _BIG[piece]
            section, number = 0.0, None
        elif piece in _SMALL:
            section += (1 if number is None else number) * _SMALL[piece]
            number = None
        elif piece in _SINO:
            number = (number or 0) * 10 + _SINO[piece]
        elif piece[0].isdigit():
            number = float(piece.replace(",", ""))
        else:
            return None
    return total + section + (number or 0)


def native_value(written: str) -> float:
    """스물두 → 22."""
    left, total = written.replace(" ", ""), 0
    for word in sorted(_NATIVE, key=len, reverse=True):
        if left.startswith(word):
            total += _NATIVE[word]
            left = left.removeprefix(word)
    for word in sorted(_NATIVE, key=len, reverse=True):
        if left == word:
            total += _NATIVE[word]
            break
    return float(total)


def _amount(start: int, end: int, value: float | None, unit: str) -> list[Amount]:
    if value is None:
        return []
    dimension, factor = UNITS.get(unit, ("bare", 1))
    return [Amount(start, end, value * factor, dimension, unit)]


def _ordinals(text: str) -> list[Amount]:
    """제5조, 제5조의2, 제2항; 5조 before a particle. The branch of an article counts as a fraction of it."""
    found = []
    for match in _ORDINAL.finditer(text):
        dimension = _ORDINALS.get(match["unit"], "nth")
        value = (figure_value(match["figure"]) or 0) + int(match["branch"] or 0) / 1000
        found.append(Amount(match.start(), match.end(), value, dimension, match["unit"]))
    for match in _BARE_ARTICLE.finditer(text):
        if all(match.end() <= a.start or a.end <= match.start() for a in found):
            found.append(Amount(match.start(), match.end(), float(match["figure"]), "article", "조"))
    return found


def _figures(text: str) -> list[Amount]:
    found = []
    for match in _WITH_UNIT.finditer(text):
        unit, end = match["unit"] or "", match.end()
        if _word_goes_on(text, unit, end):
            unit = ""
        figure = match["figure"].rstrip()
        if not unit:
            end = match.start() + len(figure)
        written = "원" if not unit and re.search(r"[만억]$", figure) else unit
        found += _amount(match.start(), end, figure_value(figure), written)
    return found


_GOES_ON = re.compile(
    r"(?<=일)(?:반|부(?!터)|상|정|괄|시불)|(?<=년)(?:금|령)|(?<=대)(?:상|한|리)|(?<=시)(?:점|작|설)|(?<=분)(?:류|쟁|담|납)|(?<=부)(?:담|터|분|위|속)"
    r"|(?<=차)(?:량|감|이|액)|(?<=도)(?:로|중|움)|(?<=해)(?:당|지|약|외)|(?<=월)(?:급|납)|(?<=호)(?:텔|송)|(?<=장)(?:해|기)|(?<=인)(?:상|정|하|출)|(?<=조)(?:정|건|기)"
)


def _word_goes_on(text: str, unit: str, end: int) -> bool:
    """Whether what looks like a unit begins a word: 3 대상, 2 부담."""
    return len(unit) == 1 and _GOES_ON.match(text, end) is not None


def _sino_words(text: str) -> list[Amount]:
    found = []
    for match in _SINO_UNIT.finditer(text):
        figure = match["figure"].strip()
        single = len(figure) == 1
        if single and match["unit"] in ("세", "회", "호", "항", "조", "할", "원", "프로"):
            continue  # 이 회사, 일반 …: a single syllable before these is mostly a word
        if single and match["unit"] in ("배",) and figure not in "이삼사오":
            continue
        if single and figure == "이" and match["unit"] not in ("년", "개월", "배"):
            continue
        found += _amount(match.start(), match.end(), figure_value(figure), match["unit"])
    return found


def _native_words(text: str) -> list[Amount]:
    return [
        amount
        for match in _NATIVE_UNIT.finditer(text)
        if not (match["figure"] == "쉰" and match["unit"] in ("건", "분", "개", "장", "통"))  # 쉰 건: what one rested
        and not (match["figure"] in ("한", "세", "네") and match["unit"] in ("주", "해", "분", "장", "통"))
        for amount in _amount(match.start(), match.end(), native_value(match["figure"]), match["unit"])
    ]


def _word_amounts(text: str) -> list[Amount]:
    found = [Amount(m.start(), m.end(), float(_DAY_WORDS[m.group()]), "period", "일") for m in _DAY_WORD.finditer(text)]
    found += [Amount(m.start(), m.end(), 50.0, "percent", "%") for m in _HALF.finditer(text)]
    found += [Amount(m.start(), m.end(), 100.0, "percent", "%") for m in _WHOLE.finditer(text)]
    return found + [
        Amount(m.start(), m.end(), 6.0 * DAYS_PER_MONTH, "period", "개월") for m in _HALF_YEAR.finditer(text)
    ]


def _fractions(text: str) -> list[Amount]:
    found = []
    for match in _FRACTION.finditer(text):
        below = figure_value(match["below"] or match["b"] or "")
        above = figure_value(match["above"] or match["a"] or "")
        if below and above is not None and above <= below:
            found.append(Amount(match.start(), match.end(), round(100 * above / below, 4), "percent", "%"))
    return found


def _dates(text: str) -> list[Amount]:
    full = [
        Amount(m.start(), m.end(), float(int(m["y"]) * 10000 + int(m["m"]) * 100 + int(m["d"])), "date", "")
        for m in _DATE.finditer(text)
    ]
    return full + [
        Amount(m.start(), m.end(), float(int(m["m"]) * 100 + int(m["d"])), "day_of_year", "")
        for m in _MONTH_DAY.finditer(text)
        if all(m.end() <= a.start or a.end <= m.start() for a in full)
    ]


def _phones(text: str) -> list[Amount]:
    return [
        Amount(m.start(), m.end(), float(int(re.sub(r"\D", "", m.group())[:15])), "code", "")
        for m in _DIGIT_GROUPS.finditer(text)
    ]
