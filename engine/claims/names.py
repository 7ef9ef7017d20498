"""Names of the same thing: abbreviations beside what they stand for, found in texts, put in each other's place. It keeps no list.

A group of names is a tuple: what is written short first, then every way to spell it out.
"""

import re
from collections.abc import Iterable, Sequence

from engine.korean.particles import agreeing

Names = tuple[str, ...]
"""One thing's names."""
LONGEST = 60
"""Letters of a name that is spelled out; more is a sentence."""
MOST_WORDS = 4
"""Words that a name before a bracket may have."""
_SHORT = r"[A-Za-z][A-Za-z0-9/\-]{0,11}(?: [A-Z][A-Za-z0-9]{1,7})?"
_PAIR = re.compile(
    rf"(?<![A-Za-z0-9가-힣\-])({_SHORT})\s?\(([^()\n]{{2,{LONGEST}}})\)|([^()\n]{{2,{LONGEST}}}?)\s?\(({_SHORT})\)"
)
_LETTERS = re.compile(r"[A-Za-z가-힣]{2}")
_NUMBERS = re.compile(r"\d|%|이상|이하|미만|초과|내지")
_ENDS_A_WORD_BEFORE = re.compile(
    r"(?:[은는을를의에와과로며고나및한된할될인]|이|가|및|또는|상기|에서|으로|하는|되는|있는|제\d+|[,.;:·])$"
)
"""A word that ends so is no part of the name behind it: 조성물은 | 트리부틸 아세틸시트레이트(TBC)."""
_PARTICLE = re.compile(r"(?:을|를|은|는|이|가|과|와|으로|로)(?![가-힣])")
_READ = {"L": "엘", "M": "엠", "N": "엔", "R": "알", "0": "영", "1": "일", "3": "삼", "6": "육", "7": "칠", "8": "팔"}
_LEADING = re.compile(r"^(?:상기|또는|및|그|이|해당|각|본)$")


def pairs_in(text: str) -> list[tuple[str, str]]:
    """(short, spelled out) of every `전체 이름(약어)` and `약어(전체 이름)`, in order, each once.

    Brackets that hold a part's number, an amount or a remark are no pair.
    """
    found: dict[tuple[str, str], None] = {}
    for match in _PAIR.finditer(text):
        short, long = (match[1], match[2].strip()) if match[1] else (match[4], _name_before(match[3]))
        if _is_short(short) and _spells_out(short, long):
            found[short, long] = None
    return list(found)


def _is_short(text: str) -> bool:
    """TBC, LiPF6, pH, EVOH: two letters at least, one of them a capital."""
    return len(re.findall(r"[A-Za-z]", text)) >= 2 and any(letter.isupper() for letter in text)


def _spells_out(short: str, long: str) -> bool:
    if len(long) <= len(short) or not _LETTERS.search(long) or _NUMBERS.search(long):
        return False
    return not re.fullmatch(_SHORT, long) or len(long) >= 2 * len(short)


def _name_before(text: str) -> str:
    """The name at the end of a text: its last words, back to one that ends as no name goes on."""
    words: list[str] = []
    for word in reversed(re.split(r"\s+", text.strip())):
        if words and (_ENDS_A_WORD_BEFORE.search(word) or _LEADING.match(word)):
            break
        words.insert(0, word)
        if len(words) == MOST_WORDS:
            break
    return " ".join(words).lstrip("(,;:·- ")


def groups_in(texts: Iterable[str]) -> tuple[Names, ...]:
    """Groups of names from all texts; a short form that stands for two different things is left out: it would mislead."""
    pairs = dict.fromkeys(pair for text in texts for pair in pairs_in(text))
    return merged(pair for pair in pairs)


def merged(groups: Iterable[Sequence[str]]) -> tuple[Names, ...]:
    """Groups that share their short name, or a longer one, are one; in order of appearance."""
    found: list[list[str]] = []
    for group in groups:
        names = [name.strip() for name in group if name.strip()]
        if len(names) < 2:
            continue
        same = [one for one in found if set(map(_key, one)) & set(map(_key, names))]
        whole = [name for one in same for name in one] + names
        kept = list({_key(name): name for name in reversed(whole)}.values())[::-1]
        found = [one for one in found if one not in same]
        found.append(sorted(kept, key=lambda name: (not _is_short(name), kept.index(name))))
    return tuple(tuple(group) for group in found if len(group) > 1)


def _key(name: str) -> str:
    return re.sub(r"[\s\-]+", "", name).casefold()


def pattern_of(name: str) -> re.Pattern[str]:
    """Finds a name as a whole: no letters of the same script directly before it, none of its own script behind a short one."""
    body = r"\s*".join(re.escape(word) for word in name.split())
    if re.search(r"[A-Za-z0-9]$", name):
        return re.compile(rf"(?<![A-Za-z0-9\-]){body}(?![A-Za-z0-9])")
    return re.compile(rf"(?<![가-힣A-Za-z]){body}")


def stands_in(name: str, text: str) -> bool:
    return pattern_of(name).search(text) is not None


def swapped(text: str, name: str, other: str) -> str:
    """Every mention of a name replaced by another name of the thing, particles with it (TBC를 → 가소제를, PLA와 → 폴리락트산과).

    `이름(다른 이름)` and `다른 이름(이름)` become the other name alone.
    """
    both = rf"{pattern_of(name).pattern}\s?\({re.escape(other)}\)|{pattern_of(other).pattern}\s?\({re.escape(name)}\)"
    written, at = "", 0
    for found in re.finditer(f"{both}|{pattern_of(name).pattern}", text):
        end = found.end()
        taken, particle = particle_after(found.group(), other, text, end)
        written += text[at : found.start()] + other + particle
        at = end + taken
    return written + text[at:]


def particle_after(old: str, new: str, text: str, end: int) -> tuple[int, str]:
    """(letters taken, what to write for them): the particle at text[end:], behind `old`, as it reads behind `new`. (0, "") without
    one, or where nothing changes. An abbreviation is read letter by letter."""
    if not (found := _PARTICLE.match(text, end)):
        return 0, ""
    return agreeing(_sound(old), _sound(new), text, end, found.end())


def _sound(name: str) -> str:
    """A syllable that ends as the name's last letter is read: L, M, N, R and most digits end in a consonant, % does not."""
    last = "트" if name.endswith("%") else re.sub(r"\W+$", "", name)[-1:]
    return _READ.get(last.upper(), "이" if last.isascii() else last)


def with_names_of(product: str, claim: str, groups: Iterable[Names]) -> str:
    """The product's text with the claim's name in brackets behind each other name of the same thing:
    `트리부틸 아세틸시트레이트` becomes `트리부틸 아세틸시트레이트(TBC)` where the claim says TBC.

    Nothing is put where both use one name already. What was written stays.
    """
    for group in groups:
        claimed = [name for name in group if stands_in(name, claim)]
        if not claimed or any(stands_in(name, product) for name in claimed):
            continue
        here = (name for name in sorted(group, key=len, reverse=True) if stands_in(name, product))
        if name := next(here, None):
            product = _noted(product, name, claimed[0])
    return product


def _noted(text: str, name: str, other: str) -> str:
    return pattern_of(name).sub(lambda found: f"{found.group()}({other})", text)
