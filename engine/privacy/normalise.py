"""Fold spellings that hide a value (full width, zero width, NFD, look-alikes, spoken digits), with a way back to the original.

It knows how signs look and sound, not what a number means. `fold` may change the length and keeps offsets; `spoken` never does.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Only what must change: a message without any of these is returned as it is (one regex search, well under 1 µs).
_ODD = re.compile(
    "[\u00a0\u00ad\u00b2\u00b3\u00b9\u0300-\u036f\u0430\u0435\u043e\u0440\u0441\u0445\u0456\u041e\u0410\u0415\u0421\u03bf\u039f"
    "\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u0e50-\u0e59\u1100-\u11ff\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e"
    "\u2000-\u2015\u2028-\u202f\u205f-\u2064\u2066-\u206f\u2070-\u209c\u20e3\u2212\u2460-\u24ff\u2500\u2501\u2776-\u2793"
    "\u22c5\u3000\u3007\u30fb\u30fc\u3164\ua960-\ua97f\ud7b0-\ud7ff\ufe00-\ufe0f\ufe10-\ufe6f\ufeff\uff01-\uffef"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f10c\U0001fbf0-\U0001fbf9\U000e0000-\U000e01ef]"
)
_GONE = re.compile(
    "[\u00ad\u0300-\u036f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e01ef]"
)
# One syllable written as conjoining jamo, or a letter with its combining marks (é in two code points).
_CLUSTER = re.compile("[\u1100-\u115e][\u1161-\u11a7][\u11a8-\u11ff]?")
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
}


@dataclass(frozen=True, slots=True)
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


def fold(text: str) -> Folded:
    """`text` in the one spelling that detectors read."""
    if _ODD.search(text) is None:
        return Folded(text)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        cluster = _CLUSTER.match(text, at)
        end = cluster.end() if cluster else at + 1
        folded = _folded(text[at:end])
        if not folded and ends:
            ends[-1] = end
        for ch in folded:
            out.append(ch)
            starts.append(at)
            ends.append(end)
        at = end
    return Folded("".join(out), starts, ends)


def _folded(piece: str) -> str:
    if len(piece) > 1:
        return unicodedata.normalize("NFC", piece)
    if _GONE.match(piece):
        return ""
    if piece in _SAME:
        return _SAME[piece]
    if not _ODD.match(piece):
        return piece
    digit = unicodedata.digit(piece, None)
    return str(digit) if digit is not None else unicodedata.normalize("NFKC", piece)


_SPOKEN = dict(zip("공영일이삼사오육륙칠팔구", "001234566789", strict=True))
_LOOKS = {**dict.fromkeys("OoㅇQ", "0"), **dict.fromkeys("lI|ㅣi", "1")}
_DIGITS = str.maketrans({**_SPOKEN, **_LOOKS})
_UNIT = "0-9공영일이삼사오육륙칠팔구OoQlI|iㅇㅣ"
# Nine units is the shortest landline (02-123-4567). Between units: what people put between groups, read out or written.
_GAP = r"(?:[ \n]{0,2}[-.,~/·_)(ㅡ][ \n]{0,2}|[ \n]{1,2}|[ ]?(?:에|의|다시|대시|하이픈|짝대기|바|땡)[ ]?|)"
PAD = "\x02"
"""Fills the length of a two-syllable digit (하나 → 1 and a pad)."""
_NATIVE = dict(zip("하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉".split(), "123456789", strict=True))
_NATIVE_WORD = re.compile("|".join(_NATIVE))
_SAID = f"(?:{'|'.join(_NATIVE)}|[{_UNIT}])"
_RUN = re.compile(f"{_SAID}(?:{_GAP}{_SAID}){{8,}}")
_HIDDEN = re.compile("[공영일이삼사오육륙칠팔구OoQlI|ㅇㅣ]")
_GAP_WORD = re.compile("에|의|다시|대시|하이픈|짝대기|바|땡")
_SPOKEN_SIGN = re.compile("[공영일이삼사오육륙칠팔구]")


def spoken(text: str) -> str | None:
    """`text` with spoken and look-alike digits read as digits inside long digit-like runs, same length; None when there are none.

    A run counts when it holds four real digits or seven spoken ones, so that "lol" and "이천이십" stay words.
    """
    if _HIDDEN.search(text) is None:
        return None
    pieces, at = [], 0
    for run in _RUN.finditer(text):
        body = run.group()
        real = sum(ch.isdecimal() for ch in body)
        said = len(_SPOKEN_SIGN.findall(body)) + len(_NATIVE_WORD.findall(body))
        if (real < 4 and real + said < 7) or _HIDDEN.search(body) is None:
            continue
        pieces += [text[at : run.start()], _read(body, real + said)]
        at = run.end()
    return "".join([*pieces, text[at:]]) if pieces else None


def _read(body: str, units: int) -> str:
    """Digits of a run. A last 이 glued to it is the particle when a digit stands before or eleven digits are complete."""
    body = _NATIVE_WORD.sub(lambda word: _NATIVE[word.group()].ljust(len(word.group()), PAD), body)
    body = _GAP_WORD.sub(lambda word: "-".ljust(len(word.group())), body)
    if body[-1] == "이" and len(body) > 1 and (body[-2].isdecimal() or (units > 11 and not body[-2].isspace())):
        return body[:-1].translate(_DIGITS) + "이"
    return body.translate(_DIGITS)


def digits(text: str) -> str:
    """Only the digits of `text`, whatever way they were written."""
    folded = _NATIVE_WORD.sub(lambda word: _NATIVE[word.group()], fold(text).text)
    return "".join(ch for ch in folded.translate(_DIGITS) if ch.isdecimal() and ch.isascii())
