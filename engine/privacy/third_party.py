"""Names of people who are not in the chat, by evidence: a known given name with fitting grammar, a title, a form field.

Precision first: harmless talk must stay as it is. It knows no person.
"""

import re
from collections.abc import Iterator

from engine.privacy import name_context as around
from engine.privacy.name_tables import (
    COMMON,
    DOUBLE_SURNAMES,
    EVERYDAY,
    FIRST,
    GIVEN,
    HONORIFIC,
    JOBS,
    KIN,
    NAME_LIKE_WORDS,
    NOUNS,
    PLACES,
    PLAIN_SURNAMES,
    PUBLIC,
    ROMAN_SURNAMES,
    SECOND,
    SURNAMES,
)

_SURNAME = f"(?:{'|'.join(sorted(DOUBLE_SURNAMES))}|[{''.join(sorted(SURNAMES))}])"
_PLAIN = f"(?:{'|'.join(sorted(name for name in PLAIN_SURNAMES if len(name) > 1))}|[{''.join(sorted(n for n in PLAIN_SURNAMES if len(n) == 1))}])"
_GIVEN_SHAPE = f"[{''.join(sorted(FIRST))}][{''.join(sorted(SECOND))}]"
_NAME = f"{_SURNAME} ?{_GIVEN_SHAPE}"
# 한, 은, 는, 인, 운, 던, 린 also end an adjective before "형" or "언니": "이상한 형" is no name.
_LIKE_PARTICLE = frozenset("은인한하이만일해나의도로자진지고면서식화성선원아라니대란가")
_ADJECTIVE = frozenset("한은는인운던린진난된간온")

_TITLED = re.compile(rf"(?<![가-힣])({_SURNAME}{_GIVEN_SHAPE})( ?)(?={HONORIFIC})")
_SURNAME_TITLE = re.compile(
    rf"(?<![가-힣])({_PLAIN})(?= ?(?:{JOBS})(?:님|께|이|가|은|는|한테|도|이랑|랑|의|,|\.|!|$| ))|(?<![가-힣])([김박최정윤장임강조황권])(?=씨(?:[가는도랑를네]|한테|아저씨|아줌마|[^가-힣]|$))"
)
_PLAIN_SSI = re.compile(rf"(?<![가-힣])({_PLAIN}[가-힣]{{2}})(?= ?씨(?:[가는도랑를네와의]|한테|께|[^가-힣]|$))")
_GIVEN_SSI = re.compile(rf"(?<![가-힣])({_GIVEN_SHAPE})(?=씨(?:[가는도랑를네와의]|한테|께|[^가-힣]|$))")
_FIELD_WORD = (
    r"(?:이름|성명|성함|본명|예금주|입금자(?:명)?|담당자?|대표자?|환자명?|수취인|수령인|수신인|발신인|보호자|작성자|신청인|신청자|청구인|가입자|계약자|피보험자|임차인|임대인|고객명|예약자(?:명)?|구매자|판매자|"
    r"주문자|원고|피고|고소인|피고소인|참고인|진정인|학부모|학생명?|성도|받는\s?(?:사람|분|이)|보내는\s?(?:사람|분)|사원명|직원명|소유자|명의자?|발급대상자|승객명?|대상자|(?:담당|주치|진단)의사?)"
)
_FIELD = re.compile(
    rf"{_FIELD_WORD}[ \t]*(?:은|는|이|가)?[ \t]*[:：=)\]|┃▶-]?[ \t]*(?<![가-힣])({_NAME}|{_SURNAME}[가-힣]{{2}}(?=$|[^가-힣])|{_SURNAME}{_GIVEN_SHAPE[: _GIVEN_SHAPE.index(']') + 1]}(?![가-힣]))"
)
_LATIN_FIELD = re.compile(
    rf"(?:{_FIELD_WORD}|영문)[^:\n]{{0,8}}[:：]\s*([A-Z][A-Za-z]+(?:[ /,-]{{1,3}}[A-Z][A-Za-z]+){{1,3}})(?![A-Za-z])"
)
# 주무관 허윤도, 남편 강동석: a role, a space, a whole name.
_AFTER_ROLE = re.compile(
    rf"(?:{JOBS}|{KIN}|남편|아내|와이프|딸|아들|친구|동료|직원|학생|환자|강사|의뢰인|고객)[ ]{{1,2}}({_SURNAME}{_GIVEN_SHAPE})"
)
# A name beside a number that was found: "마동석 | 010-…". \0 stands where the number was.
_BESIDE = re.compile(
    rf"(?<![가-힣])({_SURNAME}{_GIVEN_SHAPE})(?=[ ]?[(|/,:·┃-]?[ ]?\0)|(?<=\0)[ ]?[)|/,·┃-]?[ ]?({_SURNAME}{_GIVEN_SHAPE})(?![가-힣])"
)
_FIELD_NEEDS_COLON = re.compile(r"[:：=)\]|┃▶-][ \t]*$")
_CALLED = re.compile(
    rf"(?<![가-힣])({_SURNAME}{_GIVEN_SHAPE})(?=(?:이?라고\s?(?:합니다|해요|하는|불러|하고)|이?라는\s?(?:사람|분|애|친구|여자|남자|학생|이름)|(?:이)?라 합니다|입니다[.! ]*$))"
)
_MENTION = re.compile(rf"@({_SURNAME}{_GIVEN_SHAPE})(?![가-힣]{{2}})")
_LATIN = re.compile(
    rf"(?<![A-Za-z])(?:[A-Z][a-z]{{1,9}}(?:[- ][A-Za-z][a-z]{{1,9}})? (?:{ROMAN_SURNAMES})|(?:{ROMAN_SURNAMES}),? [A-Z][a-z]{{1,9}}(?:-[A-Za-z][a-z]{{1,9}}| [A-Z][a-z]{{1,9}})?)(?![A-Za-z])"
)
_NO_LATIN = frozenset("The My Mr Ms Mrs Dr Hi Hello Dear Im An Son Ha So No In On At To For And".split())

TITLE_WORDS = frozenset(
    f"씨|님|군|양|{KIN}|{JOBS}|남편|아내|와이프|딸|아들|친구|동료|직원|학생|환자|고객|의뢰인".split("|")
)
"""Words without which no title stands in a text; the names automaton finds them in its one pass."""
_LATIN_SIGN = re.compile("[A-Z][a-z]")
_JOB_WORDS = frozenset(JOBS.split("|"))
# Surnames that begin hardly any everyday word: with them a name-shaped rest is enough (2 hits in 23,646 harmless lines).
_CLEAR = re.compile(rf"(?<![가-힣])([김박최윤황홍류곽송]{_GIVEN_SHAPE})")
# 날씨, 솜씨, 글씨, 말씨, 맵씨, 불씨, 홀씨, 맘씨.
_SSI_WORDS = frozenset("날솜글말맵불홀맘음")
_NO_SSI = frozenset("아가 아무 마음 이모 아조".split())
_FIELD_SIGN = re.compile(r"[:：|┃@\0]|이름|[성본]명|예금주|담당|환자|명의|라[고는]|입니다|합니다")


def others(text: str, has_title: bool) -> Iterator[tuple[int, int, float]]:
    """(start, end, confidence) of unregistered names that a title, a form field or a self-introduction marks.

    `has_title`: whether any of `TITLE_WORDS` occurs.
    """
    for m in _CLEAR.finditer(text):
        if _is_clear(text, m.group(1), m.end()):
            yield m.start(), m.end(), 0.6
    if has_title:
        yield from _by_title(text)
    if _FIELD_SIGN.search(text):
        yield from _by_field(text)
    for m in _LATIN.finditer(text) if _LATIN_SIGN.search(text) else ():
        if m.group().split()[0].rstrip(",") not in _NO_LATIN:
            yield m.start(), m.end(), 0.7


def _is_clear(text: str, name: str, end: int) -> bool:
    if name[2] in _LIKE_PARTICLE or not _is_free(name) or name in PUBLIC:
        return False
    return around.ends_word(text, end) or around.listed_particle(text, end)


def _by_title(text: str) -> Iterator[tuple[int, int, float]]:
    for m in _TITLED.finditer(text):
        if _is_titled_name(text, m):
            yield m.start(1), m.end(1), 0.9
    for m in _SURNAME_TITLE.finditer(text):
        group = 1 if m.group(1) else 2
        if not text.startswith("기자랑", m.end(group)):
            yield m.start(group), m.end(group), 0.6
    for m in _PLAIN_SSI.finditer(text):
        if _is_free(m.group(1)) and m.group(1)[-1] not in _SSI_WORDS:
            yield m.start(1), m.end(1), 0.8
    for m in _GIVEN_SSI.finditer(text):
        if m.group(1) not in _NO_SSI and m.group(1)[1] != "모":
            yield m.start(1), m.end(1), 0.7
    for m in _AFTER_ROLE.finditer(text):
        if _is_free(m.group(1)) and (around.ends_word(text, m.end(1)) or around.listed_particle(text, m.end(1))):
            yield m.start(1), m.end(1), 0.75


def _is_titled_name(text: str, m: re.Match[str]) -> bool:
    """김민수 과장: a listed given name; another shape needs 씨, 님, 과장님 glued to it or a plain surname before a space."""
    name, given = m.group(1), m.group(1)[-2:]
    if not _is_free(name):
        return False
    if given in GIVEN:
        return given not in COMMON or around.strongly_titled(text, m.end(1)) or around.glued_title(text, m.end(1))
    if m.group(2):
        return given[-1] not in _ADJECTIVE and name[0] in PLAIN_SURNAMES
    return around.glued_title(text, m.end(1))


def _is_free(name: str) -> bool:
    """No whole word, and no noun with something like a particle behind it: 변경은 is none, 신경호 is a name."""
    return (
        name not in NAME_LIKE_WORDS
        and name[-2:] not in _JOB_WORDS
        and not (name[:2] in NOUNS and name[2:] in _LIKE_PARTICLE)
    )


def _by_field(text: str) -> Iterator[tuple[int, int, float]]:
    for m in _FIELD.finditer(text):
        name = m.group(1)
        coloned = _FIELD_NEEDS_COLON.search(text[m.start() : m.start(1)]) is not None
        if _is_free(name) and (coloned or (len(name) > 2 and _is_whole(text, m.end(1)) and name[-2:] in GIVEN)):
            yield m.start(1), m.end(1), 0.85
    for m in _LATIN_FIELD.finditer(text):
        yield m.start(1), m.end(1), 0.8
    for m in _BESIDE.finditer(text):
        group = 1 if m.group(1) else 2
        name = m.group(group)
        if _is_free(name) and (
            name[-2:] in GIVEN or "|" in m.group() or "┃" in m.group() or "|" in text[m.end() : m.end() + 2]
        ):
            yield m.start(group), m.end(group), 0.7
    for pattern in (_CALLED, _MENTION):
        for m in pattern.finditer(text):
            if _is_free(m.group(1)) and (
                m.group(1)[-2:] in GIVEN or pattern is _MENTION or m.group(1)[0] in PLAIN_SURNAMES
            ):
                yield m.start(1), m.end(1), 0.75


def _is_whole(text: str, end: int) -> bool:
    return around.ends_word(text, end) or around.listed_particle(text, end) or around.titled(text, end)


def listed_extent(text: str, start: int, end: int) -> tuple[int, float] | None:
    """Where the name really starts (its surname) and how sure it is, for a given name of the list at [start, end); None: no name."""
    given = text[start:end]
    surname = _surname_before(text, start)
    if around.is_place(text, end, given in PLACES and not surname):
        return None
    if surname:
        return _full_extent(text, start, end, surname)
    if not around.starts_word(text, start) and not around.follows_calling(text, start):
        return None
    return _given_extent(text, start, end, given)


def _surname_before(text: str, start: int) -> str:
    for length in (2, 1):
        head = text[max(0, start - length) : start]
        known = head in DOUBLE_SURNAMES if length == 2 else head in SURNAMES
        if len(head) == length and known and around.starts_word(text, start - length):
            return head
    # "박 민준": only a surname that is no other one-syllable word.
    if (
        start >= 2
        and text[start - 1] == " "
        and text[start - 2] in PLAIN_SURNAMES
        and around.starts_word(text, start - 2)
    ):
        return text[start - 2 : start]
    return ""


def _full_extent(text: str, start: int, end: int, surname: str) -> tuple[int, float] | None:
    name = surname.strip() + text[start:end]
    at = start - len(surname)
    if around.strongly_titled(text, end):
        return at, 0.95
    if not _is_free(name) or name in PUBLIC or (name[-1] == "하" and text[end : end + 1] in "는고지"):
        return None
    plain = surname.strip() in PLAIN_SURNAMES
    if text[start:end] in COMMON and not plain:
        return (at, 0.7) if around.friend_particle(text, end) else None
    if around.ends_word(text, end) or around.listed_particle(text, end) or around.titled(text, end):
        return at, 0.85 if plain else 0.75
    return None


def _given_extent(text: str, start: int, end: int, given: str) -> tuple[int, float] | None:
    if around.strongly_titled(text, end):
        return start, 0.85
    if given in COMMON:
        called = around.friend_particle(text, end) or (given not in EVERYDAY and around.calls(text, start, end))
        return (start, 0.6) if called else None
    if around.person_particle(text, end):
        return start, 0.8
    if around.listed_particle(text, end):
        return start, 0.65
    return (start, 0.5) if around.ends_word(text, end) else None
