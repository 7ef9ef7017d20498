"""Fold spellings that hide a value (full width, zero width, jamo, look-alike letters), with a way back to the original.

It knows how signs look, not what they mean; numbers said in words are read by `chains`. Folding may change the length.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Decimal digits of other scripts that a phone keyboard or a generator writes (Arabic, Indic, Thai, Lao, Khmer …).
_FOREIGN_DIGITS = (
    "\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f\u0be6-\u0bef"
    "\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049\u17e0-\u17e9\u1810-\u1819"
)
_INVISIBLE = (
    "\u00ad\u0300-\u036f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e01ef"
)
# Only what must change: a message without any of these is returned as it is (one regex search, well under 1 µs).
_ODD_CLASS = (
    f"{_INVISIBLE}{_FOREIGN_DIGITS}\u00a0\u00b2\u00b3\u00b9\u0430\u0435\u043e\u0440\u0441\u0445\u0456\u041e\u0410\u0415\u0421\u03bf\u039f"
    "\u1100-\u11ff\u1680\u2000-\u2015\u2028-\u202f\u205f-\u2064\u2066-\u206f\u2070-\u209c\u2212\u2460-\u24ff\u2500\u2501\u2776-\u2793"
    "\u22c5\u3000\u3002\u3007\u30fb\u30fc\ua960-\ua97f\ud7b0-\ud7ff\ufe10-\ufe6f\uff01-\uffef"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f169\U0001fbf0-\U0001fbf9"
)
_GONE = re.compile(f"[{_INVISIBLE}]")
# One syllable written as jamo of any kind: conjoining, of the keyboard (ㄱㅗㅇ) or half width; a final consonant belongs
# to the next syllable when a vowel follows it. Half-width and keyboard jamo alone (ㅋㅋ, ㅠㅠ) stay.
_LEAD, _VOWEL = "\u1100-\u115e\u3131-\u314e\uffa1-\uffbe", "\u1161-\u11a7\u314f-\u3163\uffc2-\uffdc"
_TAIL = f"(?:[\u11a8-\u11ff]|[\u3131-\u314e\uffa1-\uffbe](?![{_INVISIBLE}]*[{_VOWEL}]))"
_JAMO = f"(?:[{_LEAD}][{_INVISIBLE}]*[{_VOWEL}]|[\uac00-\ud7a3](?=[\u11a8-\u11ff])){_TAIL}?"
# Searches for one class each: three times as fast as one with a choice. The first is all that most messages need.
_ODD_OR_VOWEL = re.compile(f"[{_ODD_CLASS}\u314f-\u3163]")
_ODD = re.compile(f"[{_ODD_CLASS}]")
_TYPED_SYLLABLE = re.compile("[\u3131-\u314e][\u314f-\u3163]")
_SPOT = re.compile(f"(?P<jamo>{_JAMO})|[{_ODD_CLASS}]")
_SAME = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u2501\u30fc\ufe58\ufe63\uff0d\uff70\uff3f", "-"),
    **dict.fromkeys("\u00a0\u1680\u2028\u2029\u202f\u205f\u3000", " "),
    **{chr(code): " " for code in range(0x2000, 0x200B)},
    **dict(
        zip(
            "\u0430\u0435\u043e\u0440\u0441\u0445\u0456\u041e\u0410\u0415\u0421\u03bf\u039f",
            "aeopcxiOAECoO",
            strict=True,
        )
    ),
    "\u3007": "0",
    **dict.fromkeys("\u2027\u22c5\u30fb\uff65", "·"),
    "\ufe52": ".",
    "\uff61": ".",
    "\u3002": ".",
}


@dataclass(slots=True)  # frozen ones take three times as long to make, and one is made per message
class Folded:
    """Folded text. `starts`/`ends` give, per folded code point, its extent in the original; None where nothing changed."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of the folded text (not empty) as [start, end) of the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def is_plain(text: str) -> bool:
    """Whether folding leaves `text` as it is."""
    return _ODD_OR_VOWEL.search(text) is None or (_ODD.search(text) is None and _TYPED_SYLLABLE.search(text) is None)


def fold(text: str) -> Folded:
    """`text` in the one spelling that detectors read."""
    if is_plain(text):
        return Folded(text)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for spot in _SPOT.finditer(text):
        start, end = spot.span()
        out.append(text[at:start])
        starts += range(at, start)
        ends += range(at + 1, start + 1)
        folded = _syllable(spot.group()) if spot["jamo"] else _folded(spot.group())
        if not folded and ends:
            ends[-1] = end
        out.append(folded)
        starts += [start] * len(folded)
        ends += [end] * len(folded)
        at = end
    out.append(text[at:])
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return Folded("".join(out), starts, ends)


_FIRST = dict(zip("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", range(0x1100, 0x1113), strict=True))
_LAST = dict(zip("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ", range(0x11A8, 0x11C3), strict=True))


def _syllable(jamo: str) -> str:
    """Jamo of one syllable as that syllable."""
    out = []
    for place, ch in enumerate(_GONE.sub("", jamo)):
        sign = chr(int(unicodedata.decomposition(ch).split()[1], 16)) if ch >= "\uff00" else ch
        if "\u314f" <= sign <= "\u3163":
            out.append(chr(0x1161 + ord(sign) - 0x314F))
        else:
            out.append(chr((_FIRST if place == 0 else _LAST).get(sign, ord(sign))))
    return unicodedata.normalize("NFC", "".join(out))


def _folded(sign: str) -> str:
    if _GONE.match(sign):
        return ""
    if sign in _SAME:
        return _SAME[sign]
    digit = unicodedata.digit(sign, None)
    return str(digit) if digit is not None else unicodedata.normalize("NFKC", sign)
