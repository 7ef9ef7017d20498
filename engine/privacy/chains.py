"""Long numbers in disguise made straight: said in words, look-alike letters, digit by digit, with any sign or word between.

`straight` rewrites such runs as plain digits with one plain sign between the groups, so that the detectors' patterns need
only that spelling. It does not know what a number means, and leaves every other text alone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from engine.privacy.normalise import Folded, fold

_SAID = dict(zip("공영빵零일이삼사오육륙칠팔구二三四五六七八九", "0000123456678923456789", strict=True)) | {"一": "1"}
_LOOKS = {**dict.fromkeys("OoㅇQ○◯●", "0"), **dict.fromkeys("lI|ㅣi", "1"), **dict.fromkeys("зЗ", "3"), "б": "6"}
_WORDS = dict(zip("제로 하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉".split(), "0123456789", strict=True))
_HANZI = frozenset("零二三四五六七八九")
_BARS = frozenset("|ㅣ一")
"""Signs that are a digit among look-alikes and a dash between groups of real digits."""

_ONE = f"[\\d{''.join(_SAID)}{''.join(_LOOKS)}]"
_UNIT = f"(?:일곱|{_ONE}|{'|'.join(_WORDS)})"
# What people say for a dash or put between two groups.
SPOKEN_GAP = "에다가|그다음에|그담에|그다음|하고|에|의|다시|대시|하이픈|짝대기|작대기|빼기|마이너스|슬래시|바|땡|점|쩜"
_GAP = rf"(?:[ \t\n]{{0,3}}(?:[^\w\s\0%$₩]|[_ㅡㆍㅣ一]){{1,3}}[ \t\n]{{0,3}}|[ \t\n]{{1,3}}|[ ]?(?:{SPOKEN_GAP})[ ]?|[ ]?[ㅋㅎ][ ]?)"
_RUN = re.compile(f"{_UNIT}(?:일곱|{_ONE}|{_GAP}{_UNIT}|{'|'.join(_WORDS)}){{8,}}")
_TOKEN = re.compile(
    f"(?P<word>[ ]?(?:{SPOKEN_GAP})[ ]?)|(?P<unit>{_UNIT})|(?P<gap>(?:(?!{_UNIT}|{SPOKEN_GAP}).)+)", re.S
)
_DIGIT_TOKEN = re.compile(r"(?P<unit>\d)|(?P<word>\D+)")
# Gates: nine signs that may be units, none more than seven apart. Complement classes keep them linear.
ANY_SAID = f"\\d{''.join(_SAID)}{''.join(_LOOKS)}"
_SAID_GATE = re.compile(f"[{ANY_SAID}](?:[^{ANY_SAID}]{{0,7}}[{ANY_SAID}]){{8,}}", re.S)
_HIDDEN = re.compile(f"[{''.join(_SAID)}{''.join(_LOOKS)}둘셋넷섯덟홉]")
_NATIVE_GATE = re.compile("[둘셋넷섯덟홉].{0,12}[둘셋넷섯덟홉]", re.S)
_DIGIT_GATE = re.compile(r"\d(?:[^\d\0]{0,8}\d){8}")
# What the detectors' patterns read as it stands.
_PLAIN_RUN = re.compile(r"\d+(?:[ .:,-]\d\d+)*")
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3}(?!\d))+")
# A syllable that can follow the particle 이: 이야, 이에요, 이고, 이라고, 이랑, 이지, 인데 …
_AFTER_PARTICLE = frozenset("야에예고라랑지니네거구며면죠다")


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    digit: str = ""
    gap: str = ""
    said: bool = False
    """Whether the digit is hidden: said or a look-alike."""


def straight(text: str, said: bool) -> Folded | None:
    """`text` with its disguised runs made straight, or None without any. `said`: read words and look-alike letters.

    With `said`, a run counts when it holds four real digits or seven spoken ones: "lol" and "이천이십" stay words. Without,
    only real digits count, and only runs whose signs a pattern does not know.
    """
    if said:
        if _HIDDEN.search(text) is None or not _may_hold_said(text):
            return None
    elif _DIGIT_GATE.search(text) is None:
        return None
    runs = list(_runs(text, said))
    return _with_runs(text, runs) if runs else None


def _may_hold_said(text: str) -> bool:
    """Whether nine units stand close, not all of them plain digits."""
    if _NATIVE_GATE.search(text) is not None:
        return True
    return any(_HIDDEN.search(near.group()) for near in _SAID_GATE.finditer(text))


def _runs(text: str, said: bool) -> Iterator[list[_Token]]:
    for run in (_RUN if said else _DIGIT_RUN).finditer(text):
        if (
            _HIDDEN.search(run.group()) is None
            if said
            else _PLAIN_RUN.fullmatch(run.group()) and not _in_pairs(run.group())
        ):
            continue
        for part in _parts(_tokens(_TOKEN if said else _DIGIT_TOKEN, run.group(), run.start())):
            if said:
                part = _without_words(_settled(part), text)
                if _is_told(part, text):
                    yield _plain_gaps(part)
            elif _AMOUNT.search(run.group()) is None:
                plain = _plain_gaps(part)
                if "".join(token.digit or token.gap for token in plain) != text[part[0].start : part[-1].end]:
                    yield plain


def _is_told(tokens: list[_Token], text: str) -> bool:
    """Whether enough digits are said, or enough real ones stand among what may be look-alikes."""
    hidden = sum(token.said for token in tokens)
    real = sum(bool(token.digit) for token in tokens) - hidden
    spoken = sum(token.said and text[token.start] not in _LOOKS for token in tokens)
    return hidden > 0 and (real >= 4 or real + spoken >= 7)


_WHOLE = 9
"""Digits that may be a number of their own; the shortest phone number has as many."""


def _parts(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """A run cut where another number begins: … 오육칠팔 ; 12가 3456.

    The sign there is written nowhere else in the run, and a whole number stands before it, or one that begins with 0 behind
    it. Four groups of four are one card, whatever stands between them.
    """
    gaps = Counter(token.gap for token in tokens if not token.digit)
    odd = [
        at for at, token in enumerate(tokens) if gaps[token.gap] == 1 and not token.digit and not token.gap.isspace()
    ]
    if len(gaps) < 2 or not odd or _in_fours(tokens):
        yield tokens
        return
    first, left = 0, _digit_count(tokens)
    for at in odd:
        before = _digit_count(tokens[first:at])
        if before >= _WHOLE or (left - before >= _WHOLE and tokens[at + 1].digit == "0"):
            if before >= _WHOLE:
                yield tokens[first:at]
            first, left = at + 1, left - before
    if first == 0 or left >= _WHOLE:
        yield tokens[first:]


def _digit_count(tokens: list[_Token]) -> int:
    return sum(bool(token.digit) for token in tokens)


def _in_fours(tokens: list[_Token]) -> bool:
    return "".join("d" if token.digit else " " for token in tokens) == "dddd dddd dddd dddd"


_DIGIT_RUN = re.compile(rf"\d(?:\d|{_GAP}\d){{8,}}")


def _in_pairs(run: str) -> bool:
    """Told two by two: 54 12 75 12 …"""
    return not any(ch.isdecimal() for ch in run[2:-2:3]) and any(not ch.isdecimal() for ch in run)


def _tokens(pattern: re.Pattern[str], run: str, at: int) -> list[_Token]:
    tokens: list[_Token] = []
    for match in pattern.finditer(run):
        word, start, end = match.group(), at + match.start(), at + match.end()
        if match["unit"] is None:
            tokens.append(_Token(start, end, gap=word))
        elif word.isdecimal():
            tokens.append(_Token(start, end, digit=word))
        else:
            digit = _WORDS.get(word) or _SAID.get(word) or _LOOKS[word]
            tokens.append(_Token(start, end, digit=digit, said=True, gap=word))
    return tokens


def _settled(tokens: list[_Token]) -> list[_Token]:
    """Bars between groups of real digits are dashes: 010|1234|5678, 010一1234一5678."""
    hanzi = sum(token.gap in _HANZI for token in tokens if token.said)
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        bar = token.said and token.gap in _BARS and not (token.gap == "一" and hanzi > 2)
        if bar and before.digit and after.digit and not before.said and not after.said:
            token.digit, token.said = "", False
    for token in tokens:
        if token.said:
            token.gap = ""
    return tokens


def _without_words(tokens: list[_Token], text: str) -> list[_Token]:
    """Drops what only looks like a digit at the end of a run: the particle 이, or a word of its own (… 오육칠팔 이거)."""
    tokens = _without_short_head(tokens, text[: tokens[0].start][-1:])
    follows = text[tokens[-1].end : tokens[-1].end + 1]
    units = [token for token in tokens if token.digit]
    last = tokens[-1]
    if last.said and text[last.start] == "이" and (len(tokens) < 2 or tokens[-2].digit):
        mobile = units[0].digit + units[1].digit == "01"
        if len(units) == 12 if mobile else follows in _AFTER_PARTICLE and follows:
            return tokens[:-1]
        if len(tokens) > 1 and not tokens[-2].said:
            return tokens[:-1]
    return _without_short_tail(tokens, text, "가" <= follows <= "힣")


def _without_short_tail(tokens: list[_Token], text: str, goes_on: bool) -> list[_Token]:
    """Without a last word of one or two units (… 이거, … 하나), which stands alone in a number told in longer groups."""
    if _parted(tokens):
        return tokens
    for back in (2, 3):
        tail = tokens[-back:]
        apart = len(tokens) > back + 8 and not tail[0].digit and all(t.said for t in tail[1:])
        if apart and (goes_on or _is_lone_native(tail[1:], tokens[:-back])):
            return tokens[:-back]
    return tokens


def _without_short_head(tokens: list[_Token], before: str) -> list[_Token]:
    """Without a first word of one or two units: (제)일 …, (미래에)셋 …, 하나 … ."""
    if _parted(tokens):
        return tokens
    for front in (1, 2):
        head = tokens[:front]
        apart = len(tokens) > front + 8 and not tokens[front].digit and all(t.said for t in head)
        if apart and (before.isalpha() or _is_lone_native(head, tokens[front:])):
            return tokens[front + 1 :]
    return tokens


def _parted(tokens: list[_Token]) -> bool:
    """Whether the number is told digit by digit."""
    return sum(not token.digit for token in tokens) * 3 > len(tokens)


def _is_lone_native(word: list[_Token], rest: list[_Token]) -> bool:
    """하나 beside a number in Sino-Korean digits is the bank, or just one."""
    return len(word) == 1 and word[0].end - word[0].start == 2 and all(t.end - t.start == 1 for t in rest if t.said)


def _plain_gaps(tokens: list[_Token]) -> list[_Token]:
    """Every gap as one space, dot, comma, colon or dash; no gaps where the number is told digit by digit or in pairs."""
    common = _filler(tokens)
    return [
        token if token.digit else _Token(token.start, token.end, gap="" if token.gap == common else _plain(token.gap))
        for token in tokens
    ]


def _filler(tokens: list[_Token]) -> str | None:
    """The gap that stands between nearly all digits, or between all pairs, and so parts no groups."""
    sizes, size, gaps = [], 0, Counter[str]()
    for token in tokens:
        if token.digit:
            size += 1
        else:
            gaps[token.gap] += 1
            sizes.append(size)
            size = 0
    sizes.append(size)
    digits = {token.digit for token in tokens}
    if not gaps or len(digits) < 4:
        return None
    singles = sizes.count(1) >= 8 and max(sizes) <= 2
    pairs = len(gaps) == 1 and len(sizes) >= 5 and set(sizes[:-1]) == {2} and sizes[-1] <= 2
    return gaps.most_common(1)[0][0] if singles or pairs else None


def _plain(gap: str) -> str:
    if gap.isspace():
        return " "
    if gap[0].isspace() and gap[-1] in "([":
        return " ("
    sign = gap.strip()
    if sign in ("점", "쩜"):
        return "."
    return sign if sign in (".", ",", ":") else "-"


def _with_runs(text: str, runs: list[list[_Token]]) -> Folded:
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for tokens in runs:
        first = tokens[0].start
        out.append(text[at:first])
        starts += range(at, first)
        ends += range(at + 1, first + 1)
        for token in tokens:
            sign = token.digit or token.gap
            out.append(sign)
            starts += [token.start] * len(sign)
            ends += [token.end] * len(sign)
        at = tokens[-1].end
    out.append(text[at:])
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return Folded("".join(out), starts, ends)


_GAP_WORDS = re.compile(f"(?:{SPOKEN_GAP})(?=[ ]?(?:{_UNIT}))")
_WORD = re.compile("|".join(_WORDS))
_TABLE = str.maketrans(_SAID | _LOOKS)


def digits(text: str) -> str:
    """Only the digits of `text`, whatever way they were written."""
    folded = fold(text).text
    made = straight(folded, said=True)
    body = made.text if made else _GAP_WORDS.sub("-", folded)
    real = "".join(ch for ch in body if ch.isdecimal() and ch.isascii())
    if made or len(real) >= 9:
        return real
    body = _WORD.sub(lambda word: _WORDS[word.group()], body).translate(_TABLE)
    return "".join(ch for ch in body if ch.isdecimal() and ch.isascii())
