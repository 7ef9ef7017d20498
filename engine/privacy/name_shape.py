"""How much a few syllables look like a Korean name, in log-odds against an everyday word. It knows no sentence.

The model is naive Bayes over the two syllables of a given name, each with its place, counted in the tables of this
repository: names in `name_tables.GIVEN` against words in `everyday.txt`. Surnames weigh by their share of the population.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from math import log
from pathlib import Path

from engine.privacy.name_tables import (
    DISTRICTS,
    DOUBLE_SURNAMES,
    FIRST,
    GIVEN,
    JOBS,
    NAME_LIKE_WORDS,
    PER_MILLE,
    PLACES,
    SECOND,
    SURNAMES,
    WORDS,
)

_FILE = Path(__file__).with_name("everyday.txt")
PARTICLE_LIKE = frozenset(
    "은이을과가는를와도만의로나랑야다임라고지인한해하여서게기니면듯래란든길자요시분건걸예에었했됐"
)
"""Last syllables that may be an ending behind a word of two: 변경은, 설정한."""
_SUFFIX_LIKE = frozenset("성형자화용식권감비실장안원전부점주차제호선관문학동")
"""Last syllables that make a new noun of a word of two: 동시성, 명령형."""
# Short words that stand glued before a noun: 이정도, 한시간, 두선수, 안주는.
_BEFORE_NOUN = frozenset("이한두예어안음나주전신내제네온반매각여우맨참")
_PHRASES = frozenset(
    "하나 나라 여름 가을 우주 하늘 바다 나무 경우 정도 정리 시간 인생 하루 마음 친구 영화 영상 노을 사랑 바람 유리 주인 준비 지도 재미 소리 향기".split()
)
_BEFORE_ANY_NOUN = _BEFORE_NOUN | frozenset("구현양유대소고반비무원부")
_JOBS = frozenset(JOBS.split("|"))
_SMOOTHING = 0.5
_LISTED = 2.2
_SHAPED_MOST, _SHAPED_LEAST = 1.2, -3.0
_UNSHAPED = -5.0
_FULL = 1.6
"""A surname before it makes a shape likelier to be a name: tuned on full names in talk, see LOG.md."""


@cache
def everyday() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """Common words of two syllables, known ones, words of three, stems of verbs and adjectives."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    common, known, three, stems = (frozenset(line.split()) for line in lines if not line.startswith("#"))
    return common | WORDS | (PLACES - GIVEN), known | PLACES, three | NAME_LIKE_WORDS | DISTRICTS, stems


def is_word(form: str) -> bool:
    """Whether `form` is an everyday word."""
    return any(form in words for words in everyday()[:3])


def is_common(form: str) -> bool:
    """Whether `form` is an everyday word that nobody takes for a name without a reason."""
    return form in everyday()[0]


@cache
def _syllable_odds() -> tuple[dict[str, float], dict[str, float]]:
    common, known, _, _ = everyday()
    names = [name for name in GIVEN if len(name) == 2]
    return tuple(  # type: ignore[return-value]
        _odds((name[place] for name in names), (word[place] for word in common | known)) for place in (0, 1)
    )


def _odds(names: Iterable[str], words: Iterable[str]) -> dict[str, float]:
    in_names, in_words = Counter(names), Counter(words)
    both = in_names.keys() | in_words.keys()
    n, w = in_names.total() + _SMOOTHING * len(both), in_words.total() + _SMOOTHING * len(both)
    return {s: log((in_names[s] + _SMOOTHING) / n) - log((in_words[s] + _SMOOTHING) / w) for s in both}


def shape_odds(given: str) -> float:
    """Log-odds of two syllables by the model alone; `_UNSHAPED` when they can be no given name."""
    if len(given) != 2 or given[0] not in FIRST or given[1] not in SECOND:
        return _UNSHAPED
    first, second = _syllable_odds()
    return first.get(given[0], 0.0) + second.get(given[1], 0.0)


def given_prior(given: str) -> float:
    """Log-odds that a given name, and no word, stands here, before anything around it is known."""
    common, known, _, _ = everyday()
    if given in GIVEN:
        return -2.5 if given in common else -0.7 if given in known else _LISTED
    if given in common:
        return -6.0
    if given in known:
        return -3.5
    if given[-1] in "은을이":  # 점은, 서을: a word of one syllable with its particle
        return -2.5
    return max(_SHAPED_LEAST, min(_SHAPED_MOST, shape_odds(given) - 0.5)) if shape_odds(given) > _UNSHAPED else -5.0


def surname_of(name: str) -> str:
    """The surname that `name` begins with, "" when it begins with none or nothing would be left."""
    if name[:2] in DOUBLE_SURNAMES and 3 <= len(name) <= 4:
        return name[:2]
    return name[0] if len(name) in (2, 3) and name[0] in SURNAMES else ""


def full_prior(name: str) -> float:
    """Log-odds that a surname with its given name, and no word, stands here."""
    three = everyday()[2]
    surname = surname_of(name)
    given = name[len(surname) :]
    if not surname or len(name) == 2:
        return _UNSHAPED
    if len(surname) == 2:
        return 3.0 if len(given) == 1 and given in SECOND | FIRST else 4.0 if shape_odds(given) > _UNSHAPED else -1.0
    if _reads_as_words(name, given):
        if given not in GIVEN or given in _PHRASES or name in three or name[2] in PARTICLE_LIKE:
            return -4.0
        return 0.9  # 이지혜: hardly ever "this wisdom"
    if name[2] in _SUFFIX_LIKE and is_word(name[:2]):
        return -0.5 if given in GIVEN else -4.0
    prior = given_prior(given)
    if given in _JOBS:
        return -7.0  # 동대표
    if shape_odds(given) == _UNSHAPED and given not in GIVEN:
        return -5.0
    if given in GIVEN and prior < 0:
        prior = -1.0  # 김하늘, 민한결
    elif is_word(given):
        prior = (
            -5.0 if name[0] in _BEFORE_ANY_NOUN else -3.0
        )  # 마장수: a surname makes a name of a word more often than chance
    return prior + _FULL + min(1.0, log(PER_MILLE.get(surname, 0.3) / 3) / 3)


def may_be_full(name: str) -> bool:
    """Whether three syllables begin with a surname and are nothing that is known, whatever the shape of the rest: 함초롬."""
    return len(name) == 3 and name[0] in SURNAMES and not _reads_as_words(name, name[1:]) and not is_word(name[:2])


def _reads_as_words(name: str, given: str) -> bool:
    common, known, three, _ = everyday()
    if name in three:
        return True
    if (name[:2] in common or name[:2] in known) and name[2] in PARTICLE_LIKE:
        return True
    return name[0] in _BEFORE_NOUN and (given in common or (given in known and given not in GIVEN))
