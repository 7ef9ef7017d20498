"""What a chat's display name says about how its owner is called: 박도윤 대리, 지은이💕, 하율엄마, 백엔드_구본휘. It sees no message."""

import re
from collections.abc import Iterator
from typing import Literal

from engine.korean.hangul import EMOJI, has_batchim, initials, is_syllable, liaison, romanise
from engine.privacy.latin_names import ENGLISH, hangul_of
from engine.privacy.name_shape import everyday, given_prior, is_common, is_word, surname_of
from engine.privacy.name_tables import (
    FIRST,
    GIVEN,
    JOBS,
    KIN,
    MONO,
    NOT_ALONE,
    RELATION_WORDS,
    ROMAN_OF,
    ROMAN_SURNAMES,
    SECOND,
    SURNAMES,
)

Kind = Literal["full", "given", "mono", "call", "latin", "initials", "short", "surname"]

_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|<[^>]*>|【[^】]*】")
_SPLIT = re.compile(r"[^가-힣A-Za-z]+")
_PARENT = r"맘|마미|파파|애비|아범|어멈|댁|네|엄마|아빠|어머님?|아버님?|할머니|할아버지|할미|이모|고모|삼촌"
_TITLE_END = re.compile(rf"(?:{KIN}|(?:{JOBS})님?|님|씨|쌤|샘|군|양|{_PARENT})$")
_PARENT_END = re.compile(rf"(?:{_PARENT})$")
_CALLING = re.compile(r"^(?:우리|울|내|나의|우리집)(?=[가-힣]{2})")
_ROLE = re.compile(
    rf"(?:{JOBS}|[가-힣]{{0,4}}(?:{KIN})|큰[가-힣]{{1,4}}|작은[가-힣]{{1,4}}|[가-힣]*(?:교회|학교|학원|회사|사무소|사무실|관리소|대표|부|팀|반|점|실|과|회|장|님|집|엄마|아빠|맘|보험|택배|병원|의원|소아과|치과|미용실|꽃집|담당|접수|교사|코치|알바|주민|세입자|집주인|지원자|신랑|신부|부동산|연구소))$"
)
_ROMAN = frozenset(ROMAN_SURNAMES.split("|"))
_CHAT_JAMO = frozenset(
    "ㅇㅈㄹ ㅁㅊㄴ ㅁㅊㄷ ㅅㅂㄴ ㅅㄱㄹ ㄱㅅㅇ ㅈㅅㅇ ㅊㅋㅊ ㄱㅇㄷ ㅇㄱㄹ ㄹㅇㅋ ㅂㅂㅇ ㄷㄷㄷ ㅋㅋㅎ ㅇㅅㅇ ㅎㅅㅎ ㅇㅁㅇ ㅇㅂㅇ ㅇㅈㅇ ㅇㄱㅇ ㅇㅎㅇ ㅇㅋㅇ ㅇㄴㅇ ㅈㅈㅁ ㄱㄴㄱ ㅅㄹㅎ ㅂㄱㅅ ㄱㄷㄹ ㅇㄷㅇ ㅁㅎㄴ ㅁㄹㄱ ㅈㄴㄱ ㅉㅈㄴ ㅎㄹㅇ ㄹㅈㄷ ㅈㄱㅇ ㅇㄸㄱ ㅊㅋㄷ ㅂㅇㄹ ㄱㅇㅇ ㅅㄱㅇ ㅇㄹㅂ ㅎㅇㅌ ㅍㅇㅌ ㅎㅇㅎ ㅈㄱㄴ ㅇㅇㅇ".split()
)


def aliases_of(speaker: str) -> Iterator[tuple[str, Kind]]:
    """(written form in lower case, how it may stand) for one display name."""
    if _is_nobody(speaker):
        return
    plain, joined = _SPLIT.sub("", speaker), re.sub(r"\s+", "", speaker)
    odd = plain != speaker and (plain or len(speaker) >= 4)
    if odd and len(speaker) >= 3 and not (joined.isascii() and joined.isalpha()):
        yield speaker.lower(), "full"
    pieces = [joined] if len(joined) <= 4 and all(map(is_syllable, joined)) else _pieces(speaker)
    for piece in pieces:
        yield from _of_piece(piece, alone=len(pieces) == 1)
    latin = [piece for piece in pieces if piece.isascii()]
    if len(latin) >= 2 and len(latin) == len(pieces):
        yield " ".join(latin).lower(), "latin"


def _is_nobody(speaker: str) -> bool:
    bare = "".join(_SPLIT.split(speaker)).lower()
    return bare in RELATION_WORDS or len(speaker) < 2 or speaker.isdecimal()


def _pieces(speaker: str) -> list[str]:
    """The parts that name the owner: the ones shaped like names, else the one part that is no role."""
    outside = [p for p in _SPLIT.split(_BRACKETS.sub(" ", EMOJI.sub(" ", speaker))) if p]
    if not outside:
        outside = [p for p in _SPLIT.split(speaker) if p]
    outside = [re.sub(r"(?<=[가-힣])[A-Za-z]$", "", p) for p in outside]
    if len(outside) == 1:
        return outside
    named = [piece for piece in outside if _looks_named(piece)]
    if named:
        return named
    rest = [piece for piece in outside if not _is_role(piece)]
    if all(piece.isascii() for piece in rest):
        return rest
    return rest[-1:] if len(rest) < len(outside) or len(rest[0]) <= 3 else []


def _is_role(piece: str) -> bool:
    return piece.lower() in RELATION_WORDS or _ROLE.fullmatch(piece) is not None or is_word(piece)


def _looks_named(piece: str) -> bool:
    bare = _CALLING.sub("", _TITLE_END.sub("", piece))
    if len(piece) > 2 and len(bare) == 1 and bare in SURNAMES:
        return True
    if len(bare) == 2:
        return bare in GIVEN or given_prior(bare) > 0
    given = bare[len(surname_of(bare)) :] if surname_of(bare) else ""
    return bool(given) and (given_prior(given) > -3.0 or given in GIVEN) and bare not in everyday()[2]


def _of_piece(piece: str, alone: bool) -> Iterator[tuple[str, Kind]]:
    bare = _TITLE_END.sub("", piece)
    if len(bare) == 1 and len(piece) > 2 and bare in SURNAMES:
        yield bare, "surname"
        return
    if not alone and piece in _ROMAN:
        return
    if (len(bare) >= 2 and _PARENT_END.search(piece) and not is_word(bare) and not _ROLE.fullmatch(bare)) or (
        len(bare) >= 2 and (bare == piece or not _ROLE.fullmatch(piece) or _looks_named(piece))
    ):
        piece = bare
    rest = _CALLING.sub("", piece)
    piece = rest if rest in GIVEN else piece
    if piece.lower() in RELATION_WORDS or (_ROLE.fullmatch(piece) and not _looks_named(piece)):
        return
    if len(piece) == 1:
        if is_syllable(piece) and not alone and piece in MONO:
            yield piece, "mono"
        return
    if not all(map(is_syllable, piece)):
        yield from _latin_aliases(piece)
        return
    yield from _hangul_aliases(piece)


def _latin_aliases(piece: str) -> Iterator[tuple[str, Kind]]:
    if len(piece) >= 3 or piece.isupper():
        yield piece.lower(), "latin" if piece.isascii() else "given"
    spelled = ENGLISH.get(piece.lower()) or hangul_of(piece)
    if spelled:
        yield spelled, "given"


def _hangul_aliases(name: str) -> Iterator[tuple[str, Kind]]:
    given = given_part(name)
    if given and len(name) >= 3:
        yield from full_name_aliases(name, given)
        return
    yield name, "given"
    yield from _given_aliases(name)
    if given and given in MONO and name not in GIVEN:
        yield given, "mono"
    if name.endswith("이") and len(name) == 3 and has_batchim(name[1]):
        yield name[:2], "given"


def full_name_aliases(name: str, given: str) -> Iterator[tuple[str, Kind]]:
    """Forms of a surname with a given name."""
    yield name, "full"
    surname = name[: -len(given)]
    for spelled in {f"{surname} {given}", " ".join(name), f"{name[:-1]} {name[-1]}"}:
        yield spelled, "full"
    letters = initials(name)
    if len(set(letters)) > 1 and letters not in _CHAT_JAMO:
        yield letters, "initials"
    if len(given) == 1:
        yield given, "mono"
        return
    yield given, "given"
    yield from _given_aliases(given)
    if surname not in NOT_ALONE:
        yield surname, "surname"
    latin = "".join(romanise(given))
    for roman in ROMAN_OF.get(surname, ()):
        yield f"{roman} {latin}", "latin"
        yield f"{latin} {roman}", "latin"


def _given_aliases(given: str) -> Iterator[tuple[str, Kind]]:
    """Vocatives spelled by ear, Latin spellings, and the two initials that friends write with a particle."""
    heard = liaison(given)
    if heard != given:
        yield heard, "call"
    spelled = romanise(given)
    if len("".join(spelled)) >= 5 and len(spelled) == 2:
        for joiner in ("", "-", " "):
            yield joiner.join(spelled), "latin"
    letters = initials(given)
    if len(letters) == 2 and letters[0] != letters[1]:
        yield letters, "short"


def given_part(name: str) -> str:
    """Given name of a full name: 김지은 → 지은, 남궁민수 → 민수, 이솔 → 솔; "" when it is not shaped like one."""
    if not all(map(is_syllable, name)) or not 2 <= len(name) <= 4:
        return ""
    surname = surname_of(name)
    given = name[len(surname) :]
    if len(surname) == 2 and len(given) == 1 and name[1:] in GIVEN:
        return name[1:]
    if not surname or (len(name) == 4 and len(surname) == 1):
        return ""
    if len(given) == 1:
        return given if len(name) == 2 or len(surname) == 2 else ""
    shaped = given in GIVEN or (given[0] in FIRST and given[1] in SECOND) or not is_common(given)
    return given if shaped and name not in everyday()[2] else ""
