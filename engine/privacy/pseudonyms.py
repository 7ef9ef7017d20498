"""Invented values in place of real ones: plausible to read, impossible to be anybody's. It stores nothing.

A pseudonym follows from a keyed hash of the value, so that a store always invents the same one. A name is invented in parts
(surname, given name): 김지은, 지은 and 지은이 become 박민서, 민서 and 민서. A candidate that is a real value of the store, or
already stands for another, is passed over. What makes each kind impossible stands beside it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from engine.korean.hangul import has_batchim, initials, is_syllable, liaison, nfc, romanise, with_josa
from engine.korean.particles import agreeing
from engine.privacy.canonical import canonical, key_of
from engine.privacy.checks import brn_check, luhn, rrn_check
from engine.privacy.labels import QUASI_WORDS
from engine.privacy.name_tables import (
    COMMON,
    DOUBLE_SURNAMES,
    EVERYDAY,
    FIRST,
    GIVEN,
    NOUNS,
    PLACES,
    PLAIN_SURNAMES,
    SECOND,
    SURNAMES,
)
from engine.privacy.names import NameMatcher
from engine.privacy.normalise import fold

TRIES = 400
"""Candidates looked at before a kind counts as used up; then the placeholder stays."""
_MONO = tuple("솔산건준민율결별원훈혁석찬윤린봄슬철섭웅욱환선숙희란담")
_LATIN = tuple(
    "Adrian Bella Calvin Daisy Edgar Fiona Gavin Hazel Irving Judith Kelvin Lydia Marvin Nadia Oscar Penny Quentin Rosie "
    "Selwyn Tessa Ulric Vera Wendel Xenia Yvette Zelda Ansel Bianca Cedric Delia Elmer Flora Gilbert Hilda Ivor Jasper".split()
)
# No such city, district or road: checked against the road-name address search by ear only, so three invented parts together.
_CITIES = ("가온시", "누리빛시", "다솜시", "별하시", "해오름시", "마루한시", "윤슬시", "아라솔시")
_DISTRICTS = ("새솔구", "온새미구", "달보드레구", "물비늘구", "시나브로구", "여우별구", "도담구", "꽃가람구")
_ROADS = (
    "해맑은내로",
    "별빛마루로",
    "소담뜰로",
    "꿈가람로",
    "나린터로",
    "무지개샘로",
    "햇귀로",
    "은가비로",
    "찬솔뫼로",
    "라온재로",
)
_PLATE_LETTERS = "가나다라마거너더러머고노도로모구누두루무"


class Draw:
    """Numbers from a keyed hash, as many as asked for."""

    def __init__(self, key: bytes, seed: str) -> None:
        self.pool = int.from_bytes(hmac.new(key, seed.encode("utf-8", "surrogatepass"), hashlib.sha512).digest())

    def below(self, n: int) -> int:
        """0 … n-1."""
        self.pool, found = divmod(self.pool, n)
        return found

    def digits(self, n: int) -> str:
        """n digits."""
        return str(self.below(10**n)).zfill(n)

    def one(self, things: Sequence[str]) -> str:
        """One of them."""
        return things[self.below(len(things))]


@cache
def given_names() -> tuple[str, ...]:
    """Names that are no everyday words and no places."""
    return tuple(sorted(name for name in GIVEN - COMMON - EVERYDAY - PLACES - NOUNS if len(name) == 2))


def surname_order(key: bytes, names: Collection[str]) -> list[str]:
    """A secret ring: each surname stands for the one before it, none for itself, no two for one."""
    return sorted(names, key=lambda name: key_of(key, "SURNAME", name))


def _failing(check: Callable[[str], bool], stem: str) -> str:
    """`stem` and a last digit that the check refuses."""
    return next(stem + last for last in "7310586429" if not check(stem + last))


def _phone(draw: Draw, surface: str) -> str:
    """No exchange begins with 0: 010-0xxx and 02-0xxx belong to nobody."""
    area = "02" if re.match(r"0[2-6]", canonical("PHONE", surface)) else "010"
    return f"{area}-0{draw.digits(3)}-{draw.digits(4)}"


def _rrn(draw: Draw, foreign: bool) -> str:
    """A thirteenth month or later, and a failing check digit: new numbers have no check, so that alone would prove nothing."""
    front = f"{60 + draw.below(40)}{13 + draw.below(7)}{draw.digits(2)}"
    stem = front + str((5 if foreign else 1) + draw.below(2)) + draw.digits(5)
    whole = _failing(lambda digits: rrn_check(digits, foreign), stem)
    return f"{whole[:6]}-{whole[6:]}"


def _email(draw: Draw) -> str:
    """example.com is reserved (RFC 2606)."""
    return f"{''.join(romanise(draw.one(given_names())))}{draw.digits(4)}@example.com"


def _account(draw: Draw) -> str:
    """No bank's numbers begin with 000."""
    return f"000-{draw.digits(3)}-{draw.digits(6)}"


def _card(draw: Draw) -> str:
    """No issuer begins with 0; the check digit fails too."""
    whole = _failing(luhn, f"00{draw.digits(2)}{draw.digits(8)}{draw.digits(3)}")
    return "-".join(whole[at : at + 4] for at in range(0, 16, 4))


def _passport(draw: Draw) -> str:
    """No kind of passport has the letter X."""
    return f"X{draw.digits(8)}"


def _driver(draw: Draw) -> str:
    """Regions are 11 to 28."""
    return f"9{draw.below(10)}-{draw.digits(2)}-{draw.digits(6)}-{draw.digits(2)}"


def _plate(draw: Draw) -> str:
    """The class 00 is not given out."""
    return f"00{draw.one(_PLATE_LETTERS)} {1000 + draw.below(9000)}"


def _brn(draw: Draw) -> str:
    """No tax office is 000; the check digit fails too."""
    whole = _failing(brn_check, f"000{draw.digits(6)}")
    return f"{whole[:3]}-{whole[3:5]}-{whole[5:]}"


def _address(draw: Draw, surface: str) -> str:
    home = (
        f" {101 + draw.below(19)}동 {1 + draw.below(20)}0{1 + draw.below(6)}호" if re.search(r"\d호", surface) else ""
    )
    return f"{draw.one(_CITIES)} {draw.one(_DISTRICTS)} {draw.one(_ROADS)} {1 + draw.below(400)}{home}"


def _token(draw: Draw) -> str:
    return f"mm-{draw.below(16**12):012x}"


def _handle(draw: Draw) -> str:
    return f"user_mm{draw.below(36**5):07d}"


def _birthdate(draw: Draw) -> str:
    """Days that no month has."""
    month, day = ((2, 30), (2, 31), (4, 31), (6, 31), (9, 31), (11, 31))[draw.below(6)]
    return f"{1950 + draw.below(70)}.{month:02d}.{day}"


def _ip(draw: Draw) -> str:
    """2001:db8::/32 is reserved for documents (RFC 3849)."""
    return f"2001:db8::{draw.below(16**4):x}:{draw.below(16**4):x}"


_PLAIN: dict[str, Callable[[Draw], str]] = {
    "RRN": lambda draw: _rrn(draw, False),
    "FRN": lambda draw: _rrn(draw, True),
    "EMAIL": _email,
    "ACCOUNT": _account,
    "CARD": _card,
    "PASSPORT": _passport,
    "DRIVER": _driver,
    "PLATE": _plate,
    "BRN": _brn,
    "URL_TOKEN": _token,
    "ID_HANDLE": _handle,
    "BIRTHDATE": _birthdate,
    "IP": _ip,
}


class Pseudonyms:
    """Invents, and remembers what it invented.

    key: the store's secret. names: all participants; their names are never invented. real: (label, value key) of values found
    in the store. known: (kind, value key) → text of earlier inventions.
    """

    def __init__(
        self,
        key: bytes,
        names: NameMatcher,
        real: Collection[tuple[str, str]] = (),
        known: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self.key = key
        self.names = names
        self.real = real
        self.known = dict(known or {})
        self.taken = {(kind, text) for (kind, _), text in self.known.items()}
        self.new: list[tuple[str, str, str]] = []
        self.used: set[tuple[str, str]] = set()
        """(kind, value key) of everything asked for."""
        self._rings = [surname_order(key, PLAIN_SURNAMES - DOUBLE_SURNAMES), surname_order(key, DOUBLE_SURNAMES)]
        self._rings.append(surname_order(key, SURNAMES - PLAIN_SURNAMES))

    def take_new(self) -> list[tuple[str, str, str]]:
        """(kind, value key, text) invented since the last call."""
        new, self.new = self.new, []
        return new

    def drop_real(self) -> None:
        """Invent anew, at the next use, what turned out to be a real value; the old text stays taken."""
        self.known = {key: text for key, text in self.known.items() if not self._is_real(key[0], text)}

    def of(self, label: str, surface: str) -> str | None:
        """What stands for a written value; None when every candidate is used up, or nothing is invented for such a label."""
        if label in QUASI_WORDS:
            return None
        if label == "PERSON":
            return self._person(surface)
        value = canonical(label, surface)
        if label == "PHONE":
            return self._invented(label, value, lambda draw: _phone(draw, surface))
        if label == "ADDRESS":
            return self._invented(label, value, lambda draw: _address(draw, surface))
        return self._invented(label, value, _PLAIN[label])

    def _invented(self, kind: str, value: str, make: Callable[[Draw], str]) -> str | None:
        value_key = key_of(self.key, kind, value)
        self.used.add((kind, value_key))
        if (kind, value_key) in self.known:
            return self.known[kind, value_key]
        for place in range(TRIES):
            text = make(Draw(self.key, f"{kind}\0{value}\0{place}"))
            if text != value and (kind, text) not in self.taken and not self._is_real(kind, text):
                self.known[kind, value_key] = text
                self.taken.add((kind, text))
                self.new.append((kind, value_key, text))
                return text
        return None

    def _is_real(self, kind: str, text: str) -> bool:
        if kind not in ("GIVEN", "MONO", "SURNAME", "LATIN"):
            return (kind, key_of(self.key, kind, canonical(kind, text))) in self.real
        forms = [text, text.lower()]
        forms += [surname + text for surname in (*SURNAMES, *DOUBLE_SURNAMES)] if kind in ("GIVEN", "MONO") else []
        return any(form in self.names.aliases or ("PERSON", key_of(self.key, "PERSON", form)) in self.real for form in forms)  # fmt: skip

    def _person(self, surface: str) -> str | None:
        plain = _plain_name(surface)
        kind, person = self.names.aliases.get(surface.lower()) or self.names.aliases.get(plain.lower()) or ("", plain)
        if kind == "initials" or not plain:
            return self._initials(surface, person)
        if plain.isascii():
            return self._latin(plain, person)
        if kind == "call":
            called = next((given for given in _givens(person) if liaison(given) == plain), plain)
            given = self._given(called)
            return with_josa(given, "아/야") if given else None
        if kind == "mono":
            return self._mono(plain)
        return self._hangul(plain, is_given=kind == "given")

    def _hangul(self, name: str, is_given: bool = False) -> str | None:
        if len(name) == 1:
            return self._invented("SURNAME", name, lambda draw: draw.one(self._rings[0]))
        if not is_given and (cut := _surname_length(name)):
            given = self._mono(name[cut:]) if len(name) - cut == 1 else self._given(name[cut:])
            return self._surname(name[:cut]) + given if given else None
        if name.endswith("이") and len(name) == 3 and has_batchim(name[1]):
            given = self._given(name[:2])
            return given and (given + "이" if has_batchim(given[-1]) else given)
        return self._given(name)

    def _surname(self, surname: str) -> str:
        for ring in self._rings:
            if surname in ring:
                return ring[(ring.index(surname) + 1) % len(ring)]
        return self._rings[0][Draw(self.key, surname).below(len(self._rings[0]))]

    def _given(self, given: str) -> str | None:
        common = self._invented("GIVEN", given, lambda draw: draw.one(given_names()))
        return common or self._invented("GIVEN", given, _rare_given)

    def _mono(self, given: str) -> str | None:
        return self._invented("MONO", given, lambda draw: draw.one(_MONO)) or self._given(given)

    def _latin(self, plain: str, person: str) -> str | None:
        for given in _givens(person):
            if "".join(romanise(given)) == plain.lower():
                new = self._given(given)
                spelled = new and "".join(romanise(new))
                return spelled and (spelled.capitalize() if plain[0].isupper() else spelled)
        single = self._invented("LATIN", plain.lower(), lambda draw: draw.one(_LATIN))
        return single or self._invented(
            "LATIN", plain.lower(), lambda draw: draw.one(_LATIN) + draw.one(_LATIN).lower()
        )

    def _initials(self, surface: str, person: str) -> str | None:
        """ㅈㅇ → the initials of what stands for 지은."""
        whole = next((self._hangul(form) for form in _hangul_forms(person)), None)
        return initials(whole)[-len(surface.strip()) :] if whole else None


def _rare_given(draw: Draw) -> str:
    name = draw.one(sorted(FIRST)) + draw.one(sorted(SECOND))
    return "봄솔" if name in NOUNS | COMMON | EVERYDAY | PLACES else name


_ASIDE = re.compile(r"\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|<[^>]*>")


def _hangul_forms(name: str) -> list[str]:
    return re.findall("[가-힣]{2,}", _ASIDE.sub(" ", nfc(name)))


def _plain_name(surface: str) -> str:
    """Only the letters of a written name: 지은♥ and 지 은 are 지은."""
    bare = _ASIDE.sub(" ", nfc(fold(surface).text))
    joined = re.sub(r"[^가-힣A-Za-z]+", "", bare)
    pieces = _hangul_forms(bare)
    if len(joined) > 4 and pieces:
        return next((piece for piece in pieces if _surname_length(piece)), pieces[0])
    return joined


def _surname_length(name: str) -> int:
    """1 or 2 when a name begins with a surname, 0 for a given name alone: 김지은 1, 남궁민수 2, 지은 0, 이솔 1."""
    if not all(is_syllable(ch) for ch in name):
        return 0
    if name[:2] in DOUBLE_SURNAMES and (len(name) == 4 or (len(name) == 3 and name[1:] not in GIVEN)):
        return 2
    if name[0] not in SURNAMES or not 2 <= len(name) <= 3:
        return 0
    if len(name) == 2:
        return 1 if name not in GIVEN and not (name[0] in FIRST and name[1] in SECOND) else 0
    return 0 if name[:2] in GIVEN and name[1:] not in GIVEN and name[2] == "이" else 1


def _givens(person: str) -> list[str]:
    """Given names inside a display name."""
    return [form[_surname_length(form) :] for form in _hangul_forms(person)]


def restyled(text: str, spans: Sequence[Mapping[str, Any]], pseudonyms: Pseudonyms) -> list[dict[str, Any]]:
    """`spans` {start, end, label, placeholder, …} with pseudonyms for placeholders, as `apply_spans` takes them.

    A span grows over the particle behind a name where that has to change. A value without a pseudonym keeps its placeholder.
    """
    styled: list[dict[str, Any]] = []
    for place, span in enumerate(spans):
        surface = text[span["start"] : span["end"]]
        new, end = pseudonyms.of(span["label"], surface), span["end"]
        if new is None:
            styled.append(dict(span))
            continue
        if span["label"] == "PERSON":
            limit = spans[place + 1]["start"] if place + 1 < len(spans) else len(text)
            taken, written = agreeing(nfc(fold(surface).text), new, text, end, limit)
            new, end = new + written, end + taken
        styled.append({**span, "end": end, "placeholder": new})
    return styled
