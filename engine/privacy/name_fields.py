"""Names that a cue marks whatever their shape: a surname with a title, a form field, a mention, Latin letters. It weighs nothing."""

import re
from collections.abc import Iterator

from engine.privacy.latin_names import ENGLISH, FOREIGN, hangul_of
from engine.privacy.name_shape import PARTICLE_LIKE, full_prior, is_word, may_be_full
from engine.privacy.name_tables import (
    DISTRICTS,
    DOUBLE_SURNAMES,
    GIVEN,
    JOBS,
    KIN,
    NOT_ALONE,
    PLAIN_SURNAMES,
    ROMAN_SURNAMES,
    SURNAMES,
    WORDS,
)
from engine.privacy.public_names import PUBLIC

_SURNAME = f"(?:{'|'.join(sorted(DOUBLE_SURNAMES))}|[{''.join(sorted(SURNAMES))}])"
_PLAIN = f"(?:{'|'.join(sorted(name for name in PLAIN_SURNAMES if len(name) > 1))}|[{''.join(sorted(n for n in PLAIN_SURNAMES if len(n) == 1))}])"
_SINGLE = (SURNAMES - NOT_ALONE) | frozenset(n for n in PLAIN_SURNAMES if len(n) == 1)
_ALONE = f"[{''.join(sorted(SURNAMES - NOT_ALONE))}]"
_AFTER_TITLE = r"(?:[께이가은는도의,.!]|한테|에게|이랑|랑|입니다|예요|$|[^가-힣])"
_SURNAME_TITLE = re.compile(
    rf"(?<![가-힣])({_PLAIN})(?= ?(?:{JOBS})(?:님|{_AFTER_TITLE}))|(?<![가-힣])({_ALONE})(?= (?:{JOBS}|여사|사모)님{_AFTER_TITLE})"
    rf"|(?<![가-힣])([김박최정윤장임강조황권])(?=씨(?:[가는도랑를네]|한테|아저씨|아줌마|[^가-힣]|$)|서방)"
)
_KIND_OF = re.compile(r"씨? ?(?:같은|성|집안|가문)")
_SSI = re.compile(rf"(?<![가-힣])({_SURNAME}?[가-힣]{{2}})(?= ?씨(?:[가는도랑를네와의]|한테|께|[^가-힣]|$))")
_TITLED = re.compile(
    rf"(?<![가-힣])([{''.join(sorted(SURNAMES))}][가-힣]{{2}})(?= ?님(?:[이은의께도과]|한테|$|[^가-힣])| (?:이름|명의)으로| (?:{KIN}|여사님|(?:{JOBS})님)(?:[이가은는도의께,]|한테|랑|$|[^가-힣]))"
)
MONO_CHILD = "솔산건준민율빈결별훈혁석찬윤강린봄슬호섭웅범욱환선숙희란단담온설"
_CHILD = re.compile(rf"(?<![가-힣])([{MONO_CHILD}])(?=이 ?(?:엄마|아빠|맘|이모|누나|언니|오빠|형|한테))")
_PARENTS = re.compile(
    r"(?<![가-힣])([가-힣]{2,4})\s?[·,ㆍ/]\s?([가-힣]{2,4})의\s?(?:장|차|삼|막내|외)?(?:남|녀|아들|딸|동)\s?([가-힣]{1,3})(?![가-힣]{2})"
)
_FOREIGN = re.compile(
    rf"(?<![가-힣])(?:{'|'.join(sorted(FOREIGN, key=len, reverse=True))}) [{''.join(sorted(SURNAMES))}](?=[은는이가을를도의와과랑한]|[^가-힣]|$)"
)
# 날씨, 솜씨, 글씨, 말씨, 맵씨, 불씨, 홀씨, 맘씨.
_NO_NAME_END = PARTICLE_LIKE | frozenset("손객생사맘빠모촌")
_SSI_WORDS = frozenset("날솜글말맵불홀맘음저가")
_FIELD_WORD = (
    r"(?:이름|성명|성함|본명|예금주|입금자(?:명)?|담당자?|대표자?|환자명?|수취인|수령인|수신인|발신인|보호자|작성자|신청인|신청자|청구인|가입자|계약자|피보험자|임차인|임대인|고객명|예약자(?:명)?|구매자|판매자|"
    r"주문자|원고|피고|고소인|피고소인|참고인|진정인|학부모|학생명?|성도|받는\s?(?:사람|분|이)|보내는\s?(?:사람|분)|사원명|직원명|소유자|명의자?|발급대상자|승객명?|대상자|(?:담당|주치|진단)의사?|배우자|검사자|시공자|제출자|"
    r"신고인|피해자|가해자|목격자|증인|대리인|위임인|수임인|양도인|양수인|매도인|매수인|채권자|채무자|연대보증인|보증인|상주|면접관|추천인|지도교수|평가자|승인자|결재자|요청자|응시자|수험자|탑승자|투숙객)"
)
_FIELD = re.compile(
    rf"{_FIELD_WORD}(?:\s?\([^)\n]{{1,12}}\))?[ \t]*(?:은|는|이|가)?[ \t]*[:：=)\]|┃▶-]+[ \t]*(?<![가-힣])({_SURNAME}[ ]?[가-힣]{{1,2}})(?=$|[^가-힣]|님|씨|이고|이며)"
)
_ROLE_FIELD = re.compile(
    rf"[가-힣](?:자|인|사|원|의|장|주|명|관|객|생)(?:\([^)\n]{{1,12}}\))?[ \t]*[:：][ \t]*({_SURNAME}[가-힣]{{2}})(?![가-힣])"
)
_LATIN_FIELD = re.compile(
    rf"(?:{_FIELD_WORD}|영문|스펠링|[Nn]ame)[^:\n]{{0,8}}[:：은는]\s*([A-Z][A-Za-z]+(?:[ /,-]{{1,3}}[A-Z][A-Za-z]+){{1,3}})(?![A-Za-z])"
)
_MENTION = re.compile(rf"@({_SURNAME}[가-힣]{{2}})(?![가-힣]{{2}})")
_LATIN = re.compile(
    rf"(?<![A-Za-z])(?:[A-Z][a-z]{{1,9}}(?:[- ][A-Za-z][a-z]{{1,9}})? (?:{ROMAN_SURNAMES})|(?:{ROMAN_SURNAMES}),? [A-Z][a-z]{{1,9}}(?:-[A-Za-z][a-z]{{1,9}}| [A-Z][a-z]{{1,9}})?"
    rf"|(?:{ROMAN_SURNAMES.upper()})[ ,/]{{1,2}}[A-Z]{{2,12}}(?:[ -][A-Z]{{2,8}})?)(?![A-Za-z])"
)
_MISTER = re.compile(r"(?<![A-Za-z])(?:Mr|Ms|Mrs|Miss)[. ]{1,2}([A-Z][a-z]+(?: [A-Z][a-z]+)?)")
_CAPITAL_TITLED = re.compile(
    r"(?<![A-Za-z])([A-Z][a-z]{2,12}(?: [A-Z][a-z]{2,14})?)(?= ?(?:씨|님|쌤|선생님|할머니|할아버지|아줌마|아저씨|언니|오빠|누나|형)(?![가-힣]{2}))"
)
_CAPITAL = re.compile(r"(?<![A-Za-z@./_-])([A-Z][a-z]{2,11})( [A-Z][a-z]{2,11})?(?![A-Za-z@_/])")
_LATIN_SIGN = re.compile("[A-Z][A-Za-z]")
_NO_LATIN = frozenset(
    "The My Mr Ms Mrs Dr Hi Hello Dear Im An Son Ha So No In On At To For And HA SO NO AN SON MOON".split()
)
SIGN = re.compile(r"[:：|┃@=▶·ㆍ)\]]|이 ?(?:엄마|아빠|맘)|[A-Z][A-Za-z]")
"""Without any of these `by_sign` finds nothing."""
_FIELD_SIGN = re.compile(r"[:：|┃@=▶·ㆍ)\]]")
WORD_SIGN = re.compile(rf"{_FIELD_SIGN.pattern}|{_LATIN_SIGN.pattern}|(?<![가-힣])[{MONO_CHILD}]이")
"""The same for a single word: `by_sign` finds nothing in a text none of whose words has one."""
TITLE_SIGN = re.compile(rf"{JOBS}|{KIN}|여사|사모|씨|서방|님|이름|명의")
"""Without one of these somewhere, `by_title` finds no name but foreign ones."""
_GLUED = re.compile(rf"{_PLAIN}(?:{JOBS})|.*(?:씨|서방|님)")
_JOB_WORDS = frozenset(JOBS.split("|"))


def may_have_title(word: str) -> bool:
    """Whether a Hangul word can be the part of a titled name that `by_title` looks for."""
    if len(word) == 1:
        return word in _SINGLE
    return _GLUED.match(word) is not None or (len(word) == 3 and _may_be_titled(word)) or word in FOREIGN


def by_sign(text: str) -> Iterator[tuple[int, int, float]]:
    """(start, end, confidence) of names in form fields and lists of parents, mentions, names in Latin letters."""
    if _FIELD_SIGN.search(text):
        yield from _by_field(text)
    for m in _CHILD.finditer(text):
        yield m.start(1), m.end(1), 0.6
    if _LATIN_SIGN.search(text):
        yield from _by_letters(text)


def by_title(text: str) -> Iterator[tuple[int, int, float]]:
    """(start, end, confidence) of surnames and unusual names before a title, and of foreign names before a surname."""
    for m in _SURNAME_TITLE.finditer(text):
        at, to = m.span(m.lastindex or 0)
        if not text.startswith("기자랑", to) and not _KIND_OF.match(text, to):
            yield at, to, 0.65
    for m in _TITLED.finditer(text):
        if _may_be_titled(m.group(1)) and m.group(1) not in PUBLIC:
            yield m.start(1), m.end(1), 0.7
    for m in _FOREIGN.finditer(text) if " " in text else ():
        yield m.start(), m.end(), 0.7
    if "씨" not in text:
        return
    for m in _SSI.finditer(text):
        name = m.group(1)
        if (
            (len(name) != 2 or not is_word(name))
            and (len(name) != 3 or _may_be_titled(name))
            and name[-1] not in _SSI_WORDS
            and not is_word(name + "씨")
        ):
            yield m.start(1), m.end(1), 0.75


def _may_fill(name: str) -> bool:
    """Whether a form's field may hold this as a name."""
    if len(name) == 2:
        return not is_word(name) and name not in _JOB_WORDS
    if name in DISTRICTS or name in WORDS or name[-2:] in _JOB_WORDS:
        return False
    return name[-2:] in GIVEN or full_prior(name) > -4.0


def _may_be_titled(name: str) -> bool:
    return may_be_full(name) and name[1:] not in _JOB_WORDS and name[-1] not in _NO_NAME_END


def _by_field(text: str) -> Iterator[tuple[int, int, float]]:
    for m in _FIELD.finditer(text):
        if _may_fill(m.group(1).replace(" ", "")):
            yield m.start(1), m.end(1), 0.85
    for m in _ROLE_FIELD.finditer(text):
        name = m.group(1)
        if name[-2:] in GIVEN and _may_fill(name):
            yield m.start(1), m.end(1), 0.8
    for m in _PARENTS.finditer(text):
        for group in (1, 2, 3):
            yield m.start(group), m.end(group), 0.8
    for m in _MENTION.finditer(text):
        if full_prior(m.group(1)) > -4.0:
            yield m.start(1), m.end(1), 0.75


def _by_letters(text: str) -> Iterator[tuple[int, int, float]]:
    for m in _MISTER.finditer(text):
        yield m.start(1), m.end(1), 0.8
    for m in _CAPITAL_TITLED.finditer(text):
        yield m.start(1), m.end(1), 0.7
    for m in _CAPITAL.finditer(text):
        if (m.group(1).lower() in ENGLISH and m.group(2)) or (
            not m.group(2) and len(m.group(1)) >= 5 and hangul_of(m.group(1))
        ):
            yield m.start(), m.end(), 0.6
    for m in _LATIN_FIELD.finditer(text):
        yield m.start(1), m.end(1), 0.8
    for m in _LATIN.finditer(text):
        if re.split("[ ,/]", m.group())[0] not in _NO_LATIN:
            yield m.start(), m.end(), 0.7
