"""How much a few syllables look like a Korean name, in log-odds against an everyday word. It knows no sentence.

The model is naive Bayes over the two syllables of a given name, each with its place, counted in the tables of this
repository: names in `name_tables.GIVEN` against words in `everyday.txt`. Surnames weigh by their share of the population.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from math import log
from pathlib import Path

from engine.privacy.name_tables import DOUBLE_SURNAMES, FIRST, GIVEN, PER_MILLE, SECOND, SURNAMES

_FILE = Path(__file__).with_name("everyday.txt")
PARTICLE_LIKE = frozenset("은이을과가는를와도만의로나랑야다임라고지인한해하여서게기니면듯식화용")
"""Last syllables that may be an ending behind a word of two: 변경은, 설정한."""
# Short words that stand glued before a noun: 이정도, 한시간, 두선수, 안주는.
_BEFORE_NOUN = frozenset("이한두예어안음나주전신내제네온반매각여우맨참")
_SMOOTHING = 0.5
_LISTED = 2.2
_SHAPED_MOST, _SHAPED_LEAST = 1.2, -3.0
_UNSHAPED = -5.0
_FULL = 1.6
"""A surname before it makes a shape likelier to be a name: tuned on full names in talk, see LOG.md."""


@cache
def everyday() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Common words of two syllables, known ones, words of three."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    common, known, three = (frozenset(line.split()) for line in lines if not line.startswith("#"))
    return common, known, three


def is_word(form: str) -> bool:
    """Whether `form` is an everyday word."""
    return any(form in words for words in everyday())


def is_common(form: str) -> bool:
    """Whether `form` is an everyday word that nobody takes for a name without a reason."""
    return form in everyday()[0]


@cache
def _syllable_odds() -> tuple[dict[str, float], dict[str, float]]:
    common, known, _ = everyday()
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
    common, known, _ = everyday()
    if given in GIVEN:
        return -2.5 if given in common else -0.7 if given in known else _LISTED
    if given in common:
        return -6.0
    if given in known:
        return -3.5
    return max(_SHAPED_LEAST, min(_SHAPED_MOST, shape_odds(given) - 0.5)) if shape_odds(given) > _UNSHAPED else -5.0


def surname_of(name: str) -> str:
    """The surname that `name` begins with, "" when it begins with none or nothing would be left."""
    if name[:2] in DOUBLE_SURNAMES and 3 <= len(name) <= 4:
        return name[:2]
    return name[0] if len(name) in (2, 3) and name[0] in SURNAMES else ""


def full_prior(name: str) -> float:
    """Log-odds that a surname with its given name, and no word, stands here."""
    surname = surname_of(name)
    given = name[len(surname) :]
    if not surname or len(name) == 2:
        return _UNSHAPED
    if len(surname) == 2:
        return 3.0 if len(given) == 1 and given in SECOND | FIRST else 4.0 if shape_odds(given) > _UNSHAPED else -1.0
    if _reads_as_words(name, given):
        return -4.0
    prior = given_prior(given)
    if given not in GIVEN and is_word(given):
        prior = -3.0  # 최수정: a surname makes a name of a word more often than chance
    return prior + _FULL + min(1.0, log(PER_MILLE.get(surname, 0.3) / 3) / 3)


def _reads_as_words(name: str, given: str) -> bool:
    common, known, three = everyday()
    if name in three:
        return True
    if name[:2] in common | known and name[2] in PARTICLE_LIKE:
        return True
    return name[0] in _BEFORE_NOUN and (given in common or (given in known and given not in GIVEN))
