"""Names of people who are not in the chat, by evidence: the shape of the word, its frame, and what stands beside it.

Every candidate starts with the log-odds of its shape and frame (`name_frames`); neighbours add theirs; above zero it is a
name. It knows no person and keeps nothing from one text to the next but how single words read.
"""

import re
from collections.abc import Iterator
from math import exp

from engine.privacy import name_context as around
from engine.privacy.latin_names import FOREIGN
from engine.privacy.name_fields import SIGN, by_sign, by_title, may_have_title
from engine.privacy.name_frames import Reading, read_word, stem_prior
from engine.privacy.name_shape import is_common, is_word
from engine.privacy.name_tables import DOUBLE_SURNAMES, GIVEN, JOBS, KIN, MONO, PLACES
from engine.privacy.public_names import PUBLIC, PUBLIC_AFTER, PUBLIC_BEFORE

WORD = re.compile("[가-힣]+")
_REMEMBERED = 200_000
"""Words whose reading is kept; 1.3 million messages of chat hold some 400,000, most of them once."""

_END = r"(?:[은는이가을를도의과와랑께]|한테|에게|이랑|입니다|이?에요|예요|들|이?고|이?야)*(?![가-힣])"
_TITLE_RIGHT = re.compile(rf" (?:씨|님|쌤|샘|선생님|여사님?|군|양|매니저님?){_END}")
_JOB_RIGHT = re.compile(
    rf" (?:{JOBS})님{_END}| (?:학생|어린이|환자|자매|형제|서방|엄마|아빠|맘|어머님|아버님)님?{_END}"
)
_BARE_JOB_RIGHT = re.compile(rf" ?(?:{JOBS}){_END}")
_IS_RIGHT = re.compile(r" (?:입니다|이에요|예요|이라고|라고|으로 (?:보내|입금|예약|부탁|해))")
_NAME_RIGHT = re.compile(r" (?:(?:이름|명의|앞)(?:으로|은|이|이라|$)|(?:학생|어린이|환자)[은는이가]?(?![가-힣]))")
_KIN_RIGHT = re.compile(rf" (?:{KIN}){_END}")
_WHO = (
    r"(?:이름|성명|성함|본명|예금주|입금자명?|수취인|수령인|받는 ?(?:사람|분|이)|보내는 ?(?:사람|분)|담당자?|상주|故|추천인|면접관|참가자|참석자?|신청자|명단|신랑|신부|장남|차남|삼남|장녀|차녀|삼녀|수익자|계약자|피보험자|"
    r"임차인|임대인|보호자|예약자명?|환자명?|원고|피고|대표자?|반장|후보|합격자|당첨자|사회|주례|영문|닉네임|불참|미납|납부)"
)
_CUE_LEFT = re.compile(rf"{_WHO}(?:은|는|이|가|으로)?\s*[:：=)\]|┃▶-]?\s*$")
_ROLE_LEFT = re.compile(
    rf"(?:{KIN}|{JOBS}|신고인|진술인|청구인|대리인|임대인|임차인|매도인|매수인|신청인|근로자|피해자|피의자|참고인|고객|전문의|전공의|전문관|상담원|상담사|소유자|창업자|전결|남편|아내|와이프|딸|딸래미|아들|조카|사촌|처제|처남|형부|매형|매제|올케|친구|절친|동기|동료|후임|선임|짝꿍|룸메|남친|여친|남자친구|여자친구|썸남|썸녀|막내|첫째|둘째|셋째|알바|담임|과외|기호 ?\d|조장)"
    r"(?:인|님)? ?$"
)
_SELF_LEFT = re.compile(r"(?:저는|전|제가|나는|난|내가|이쪽은|여기는|안녕하세요|이름이|저) ?[,.!~]* ?$")
_CALLED_FORM = re.compile(r"이?(?:라고|라는)")
_OPENING = re.compile(r"(?:^|[.!?~…\n,ㅋㅎㅠㅜㅡ^;♥\"'“‘(]|(?<![가-힣])(?:야|아니|헐|근데|와|아|어|오|엥|진짜))\s*$")
_PUBLIC_BEFORE, _PUBLIC_AFTER = re.compile(PUBLIC_BEFORE), re.compile(PUBLIC_AFTER)
_LIST_BREAK = re.compile(r"[,/·、]")
_ELEMENT = re.compile(r"(?:.*[:：）)\d조]\s*|.*\s)?([가-힣]{1,4})(?:\s?\([^)]*\)|[은는이가]|님|씨)?\s*$")
_FIRST_ELEMENT = re.compile(r"\s*([가-힣]{1,4})(?:\s?\([^)]*\)|님|씨|[은는이가도]|이?랑)?(?:\s|[.!?~ㅋㅎ]|$)")


class Readings(dict[str, tuple[Reading | None, bool] | None]):
    """Word → (its reading as a name, whether it may be part of a titled name); None for neither. Filled as words are met."""

    def __missing__(self, word: str) -> tuple[Reading | None, bool] | None:
        if len(self) >= _REMEMBERED:
            self.clear()
        reading = read_word(word) if 1 < len(word) < 14 else None
        titled = may_have_title(word)
        sense = self[word] = (reading, titled) if reading or titled else None
        return sense


READINGS = Readings()


def others(text: str) -> Iterator[tuple[int, int, float]]:
    """(start, end, confidence) of unregistered names."""
    senses = [sense for word in WORD.findall(text) if (sense := READINGS[word])]
    if senses:
        if any(reading for reading, _ in senses):
            yield from _weighed(text)
        if any(titled for _, titled in senses):
            yield from by_title(text)
    if SIGN.search(text):
        yield from by_sign(text)


def _weighed(text: str) -> Iterator[tuple[int, int, float]]:
    listed = dict(_listed(text)) if "\n" in text or _LIST_BREAK.search(text) else {}
    company = 0.0
    for m in WORD.finditer(text):
        sense = READINGS[m.group()]
        reading = sense[0] if sense else None
        if m.start() in listed and (reading is None or reading.odds + listed[m.start()][1] > 0):
            yield m.start(), listed[m.start()][0], 0.7
            continue
        if reading is None:
            company = 0.0
            continue
        start, end = m.start() + reading.start, m.start() + reading.end
        beside = _context(text, m, start, end, reading)
        odds = reading.odds + company + beside
        company = 1.5 if reading.frame == "with" and odds > 0 else 0.0
        if odds > 0 and not _is_other(text, end, reading, beside):
            yield start, end, confidence(odds)


def reading_at(text: str, start: int) -> tuple[int, int] | None:
    """[start, end) of the name that the word around `start` could be read as, however weakly; None for no name at all."""
    for m in WORD.finditer(text, max(0, start - 14), start + 14):
        if m.start() <= start < m.end():
            sense = READINGS[m.group()]
            return (m.start() + sense[0].start, m.start() + sense[0].end) if sense and sense[0] else None
    return None


def confidence(odds: float) -> float:
    """Log-odds as a number between 0.5 and 0.97: hand-set weights are surer of themselves than they should be."""
    return round(min(0.97, 1 / (1 + exp(-0.6 * odds))), 2)


def _is_other(text: str, end: int, reading: Reading, beside: float) -> bool:
    """A place, or somebody whom everyone knows."""
    if len(reading.form) == 2 and around.is_place(text, end, reading.form in PLACES):
        return True
    if reading.form in PUBLIC and text.startswith(" 선생", end):
        return True
    if beside > 2 or around.strongly_titled(text, end):
        return False
    if reading.form in PUBLIC:
        return len(reading.form) > 2 or reading.frame not in ("friend", "call")
    return reading.frame in ("bare", "agree", "copula") and is_public(text, end - len(reading.form), end)


def is_public(text: str, start: int, end: int) -> bool:
    """뉴진스 민지, 민지 직캠: the words around say that everybody knows this person."""
    return (
        _PUBLIC_BEFORE.search(text[max(0, start - 8) : start]) is not None or _PUBLIC_AFTER.match(text, end) is not None
    )


def _context(text: str, word: re.Match[str], start: int, end: int, reading: Reading) -> float:
    """Log-odds that the neighbours add."""
    full = len(reading.form) > 2
    return _right(text, word.end(), end, full, reading) + _left(text, word.start(), full, reading)


def _right(text: str, word_end: int, end: int, full: bool, reading: Reading) -> float:
    if (reading.frame == "bare" or text[end:word_end] == "이") and text.startswith(" ", word_end):
        if _TITLE_RIGHT.match(text, word_end) or _NAME_RIGHT.match(text, word_end):
            return 3.4
        if _JOB_RIGHT.match(text, word_end):
            return 2.8 if full else 3.2 if reading.form in GIVEN else 1.9
        if _KIN_RIGHT.match(text, word_end):
            return 2.5 if full else 1.9
        if full and _BARE_JOB_RIGHT.match(text, word_end):
            return 1.6
    if "\0" in text[word_end : word_end + 3]:
        return 1.8 if full else 0.6
    if full and _IS_RIGHT.match(text, word_end):
        return 1.2
    if reading.frame == "copula" and _CALLED_FORM.match(text, end):
        return 1.2
    return 0.0


def _left(text: str, at: int, full: bool, reading: Reading) -> float:
    left = text[max(0, at - 12) : at]
    if reading.frame == "call":
        return 1.6 if _OPENING.search(text[max(0, at - 3) : at]) else 0.0
    if not left:
        return 0.0
    if _CUE_LEFT.search(left):
        return 4.0 if left.rstrip()[-1:] in ":：=|┃" else 3.0 if full else 1.5
    if _ROLE_LEFT.search(left):
        return 2.8 if full else 1.2
    if "\0" in left[-3:]:
        return 1.8 if full else 0.6
    if reading.frame == "copula" and _SELF_LEFT.search(left):
        return 2.5
    return 2.0 if left[-1] == "@" else 0.0


def _listed(text: str) -> Iterator[tuple[int, tuple[int, float]]]:
    """Start → (end, log-odds) of the members of lists in which at least two and half of the members look like names."""
    at = 0
    for line in text.split("\n"):
        if len(line) < 400:
            yield from _members(line, at)
        at += len(line) + 1
    if "\n" in text:
        yield from _numbered(text)


_ITEM = re.compile(r"^[ ]*(?:\d{1,3}[.)]|[-•*·▪✔☑]|\(\d{1,3}\)) ?([가-힣]{2,4})(?= ?(?:\(.{0,20}\))?[ ]*$)", re.M)


def _numbered(text: str) -> Iterator[tuple[int, tuple[int, float]]]:
    """Members of a list with a line each: 1. 위성모, 2. 갈민호."""
    spots = [(m.start(1), m.group(1)) for m in _ITEM.finditer(text)]
    namelike = sum(_is_namelike(form) for _, form in spots)
    if len(spots) >= 2 and namelike * 2 >= len(spots):
        for start, form in spots:
            if _may_be_listed(form):
                yield start, (start + len(form), 2.5)


def _members(line: str, offset: int) -> Iterator[tuple[int, tuple[int, float]]]:
    parts = _LIST_BREAK.split(line)
    spots, at = [], 0
    for number, part in enumerate(parts):
        pattern = _ELEMENT if number < len(parts) - 1 else _FIRST_ELEMENT
        m = pattern.match(part)
        if m and (number == 0 or number == len(parts) - 1 or len(part.strip()) <= 8):
            spots.append((at + m.start(1), m.group(1)))
        at += len(part) + 1
    namelike = sum(_is_namelike(form) for _, form in spots)
    cued = "/" not in line and spots and _CUE_LEFT.search(line[: spots[0][0]]) is not None
    if namelike < (1 if cued else 2) or (namelike * 2 < len(parts) and not cued):
        return
    for start, form in spots:
        if _may_be_listed(form):
            yield offset + start, (offset + start + len(form), 2.5)


def _may_be_listed(form: str) -> bool:
    """Beside names nearly every short word is one; a field word or a longer word is not."""
    if len(form) == 1:
        return form in MONO
    if len(form) == 4:
        return form in FOREIGN or form[:2] in DOUBLE_SURNAMES
    return form in GIVEN or not is_word(form) or (len(form) == 3 and form[1:] in GIVEN)


def _is_namelike(form: str) -> bool:
    return len(form) >= 2 and not is_common(form) and stem_prior(form) > (0.5 if len(form) == 2 else -0.8)
