"""Text to the letters that names are compared by, with the way back to where each stood. It knows no name."""

import re
import unicodedata
from dataclasses import dataclass

_UNIT = re.compile("[\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?|.[\u0300-\u036f\u3099\u309a]*", re.DOTALL)
"""What is one letter to a reader: a syllable typed as jamo (macOS), a letter with its accents."""
_LEFT_OUT = re.compile("[\\s\\-\u2010-\u2015\u00b7\u318d\u2219\u22c5\u30fb\u00ad\u200b-\u200f\u2060\ufeff]+")
"""Spaces, hyphens, middle dots and letters of no width: writers put them inside a name or leave them out."""


_PLAIN = re.compile("(?=.*[가-힣A-Za-z0-9])[가-힣A-Za-z0-9 ]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """`letters[i]` came from text[starts[i]:ends[i]]; one sign may become several letters (㎎ → mg)."""

    letters: str
    starts: list[int]
    ends: list[int]

    def gap_before(self, at: int) -> bool:
        """Whether something was left out between this letter and the one before it, or nothing stands before it."""
        return at == 0 or self.starts[at] > self.ends[at - 1]

    def is_whole(self, start: int, end: int) -> bool:
        """Whether letters[start:end] begins and ends where a sign of the text does."""
        begins = start == 0 or self.starts[start] >= self.ends[start - 1]
        return begins and (end == len(self.letters) or self.starts[end] >= self.ends[end - 1])


def fold(text: str) -> Folded:
    """NFKC and small letters, without spaces and hyphens."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for found in _UNIT.finditer(text):
        unit = found.group()
        folded = unit if "가" <= unit <= "힣" else unicodedata.normalize("NFKC", unit).casefold()
        for letter in folded:
            if not _LEFT_OUT.match(letter):
                letters.append(letter)
                starts.append(found.start())
                ends.append(found.end())
    return Folded("".join(letters), starts, ends)


def key_of(name: str) -> str:
    """What two spellings of one name share; "" for a name without letters. 10,000 terms have 40,000 names: most need no second look."""
    if _PLAIN.fullmatch(name):
        return name.casefold().replace(" ", "")
    letters = fold(name).letters
    return letters if any(letter.isalnum() for letter in letters) else ""


def gaps_of(name: str) -> frozenset[int]:
    """Places in the key before which the name itself has a space."""
    if _PLAIN.fullmatch(name) and " " not in name:
        return frozenset()
    folded = fold(name)
    return frozenset(at for at in range(1, len(folded.letters)) if folded.gap_before(at))
