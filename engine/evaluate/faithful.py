"""Names and numbers of a summary that its dialogue does not have. Rules, not understanding; what they flag should be wrong.

A number counts as the dialogue's however it is spelled (3시 반 = 세 시 30분, 만 원 = 10,000원), and when it follows from the dialogue's
numbers (2개 × 5천 원; 세 시에서 30분 뒤). A name counts when it stands there in part: 민수 for 김민수, not 김민수 for 민수. What is said
in other words (크리스마스, 성탄절) is flagged: these are names, not meanings.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from engine.evaluate.rouge import MARK
from engine.ground.derive import derivable
from engine.ground.numbers import UNITS, Amount, read_amounts
from engine.korean.morphemes import Piece, pieces_of_all
from engine.privacy.name_tables import JOBS, PLAIN_SURNAMES

_HOURS = {
    "한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10, "열한": 11, "열두": 12,
}  # fmt: skip
_CLOCK = re.compile(
    rf"(?<![가-힣\d.:])(?P<hour>\d{{1,2}}|{'|'.join(sorted(_HOURS, key=len, reverse=True))})\s?시(?![가-힣]*간|작|점|설|도|장|험|력|선)"
    r"(?:\s?(?P<minute>\d{1,2})\s?분|\s?(?P<half>반)(?![가-힣]?[응찬장대복드죽려성]))?"
    r"|(?<![\d:.])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?![\d:])"
)
_NOON = {"정오": 0.0, "자정": 0.0}
_WEEKDAY = re.compile(r"([월화수목금토일])(?:[요용]일|욜)")
_WEEKEND = re.compile(r"주말")
_LABEL = re.compile(
    r"(?<![가-힣A-Za-z\d])(?:화자|사람|참여자|참석자|P|Person|Speaker)\s?\d{1,2}(?!\d|명)", re.IGNORECASE
)
_RANKED = re.compile(
    rf"(?<![가-힣])(?!조교수)({'|'.join(sorted(PLAIN_SURNAMES))})\s?({JOBS})(?=님|[은는이가을를과와의에도께]|\W|$)"
)
"""A surname with a rank, which the analyser takes for two common nouns: 김 부장. 이 부장 may be this one."""
_COUNTS = frozenset(
    {"count", "people", "things", "times", "cases", "copies", "nth", "bare", "stage", "meals", "animals"}
)
"""Dimensions of counters that one tells for another: 두 개, 2장."""
_NOT_COUNTED = frozenset({"weekday", "time"})
_WRITTEN = frozenset({"date", "code"})
"""2012-05-15 before a particle is read as a row of digits."""
_VERB_ENDS = ("서", "고", "며", "면", "니", "게", "지만")
_HALF_DAY = 720.0


@dataclass(frozen=True, slots=True)
class Strange:
    """Something a summary says and its dialogue does not: [start, end) in code points of the summary."""

    start: int
    end: int
    text: str


def strange_names(dialogue: str, answer: str) -> list[Strange]:
    """Names of people, places and things, placeholders and speakers of the answer that do not stand in the dialogue, in order."""
    known = _squeezed(dialogue)
    return [one for one in _names(answer) if not _stands(_squeezed(one.text), known) and not _ranked(one.text, known)]


def _ranked(name: str, known: str) -> bool:
    """Whether a surname with a rank may be somebody of the dialogue: 김 부장 where 김민수 speaks and 부장 is said."""
    found = _RANKED.fullmatch(name)
    return bool(found and found[2] in known and re.search(rf"{found[1]}[가-힣]{{2}}", known))


def _stands(name: str, known: str) -> bool:
    """Also without the 이 that a given name takes before a particle: 민준이가, 민준."""
    return name in known or (len(name) > 1 and name.endswith("이") and name[:-1] in known)


def strange_numbers(dialogue: str, answer: str) -> list[Strange]:
    """Numbers, amounts, times of day and weekdays of the answer that neither stand in the dialogue nor follow from it, in order."""
    known = figures_of(dialogue)
    found = [one for one in figures_of(answer) if not _supported(one, known, dialogue)]
    return [Strange(one.start, one.end, answer[one.start : one.end]) for one in found]


@lru_cache(maxsize=4096)
def figures_of(text: str) -> tuple[Amount, ...]:
    """Amounts of the text in order; times of day as minutes within half a day (`time`), weekdays as `weekday`. The digits of
    placeholders are none."""
    bare = _LABEL.sub(_blank, MARK.sub(_blank, text))
    times = [*_times(bare), *_weekdays(bare)]
    return tuple(sorted([*times, *read_amounts(_CLOCK.sub(_blank, bare))], key=lambda amount: amount.start))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _times(text: str) -> Iterator[Amount]:
    for found in _CLOCK.finditer(text):
        hour = found["hour"] or found["h"]
        hours = float(_HOURS[hour] if hour in _HOURS else int(hour))
        minutes = 30.0 if found["half"] else float(found["minute"] or found["m"] or 0)
        yield Amount(*found.span(), (60 * hours + minutes) % _HALF_DAY, "time", "시")
    for word, minutes in _NOON.items():
        yield from (Amount(*found.span(), minutes, "time", "시") for found in re.finditer(word, text))


def _weekdays(text: str) -> Iterator[Amount]:
    for found in _WEEKDAY.finditer(text):
        yield Amount(*found.span(), float("월화수목금토일".index(found[1])), "weekday", "요일")


def _supported(one: Amount, known: Sequence[Amount], dialogue: str) -> bool:
    if any(one.same(other) for other in known):
        return True
    if any(a.dimension == "bare" and a.value == _face(one) for a in known):
        return True  # 문이 58이더라: 58센티미터
    if one.dimension == "weekday":
        return one.value >= 5 and _WEEKEND.search(dialogue) is not None
    if one.dimension == "time":
        return _told_apart(one, known)
    if one.dimension in _WRITTEN and any(a.dimension in _WRITTEN and a.value == one.value for a in known):
        return True
    if one.dimension in _COUNTS and (
        one.value == 1
        or one.unit == "가지"
        or any(_face(a) == _face(one) for a in known if a.dimension not in _NOT_COUNTED)
    ):
        return True
    if one.dimension == "people" and one.value <= 10:
        return True  # 두 사람, 세 명: those who talk, whom nobody counts
    return _same_span(one, known) or derivable(one, known, dialogue, adds=True)


def _told_apart(one: Amount, known: Sequence[Amount]) -> bool:
    """3시 … 30분, or a known time moved by a known span: 세 시, 30분 늦게."""
    spans = [_minutes(a) for a in known if a.dimension in ("minutes", "hours")]
    times = [a.value for a in known if a.dimension == "time"]
    times += [60 * a.value % _HALF_DAY for a in known if a.dimension in ("clock", "bare") and a.value <= 24]
    moved = {(time + sign * span) % _HALF_DAY for time in times for span in spans for sign in (-1, 0, 1)}
    return one.value in moved | set(times)


def _same_span(one: Amount, known: Sequence[Amount]) -> bool:
    """90분 = 1시간 30분."""
    if one.dimension not in ("minutes", "hours"):
        return False
    spans = [_minutes(a) for a in known if a.dimension in ("minutes", "hours")]
    return _minutes(one) in {*spans, *(a + b for a in spans for b in spans)} or any(
        a.dimension in _COUNTS and a.value == one.value for a in known
    )


def _minutes(amount: Amount) -> float:
    return amount.value * (60 if amount.dimension == "hours" else 1)


def _face(amount: Amount) -> float:
    """The number as written: 3개월 is 3."""
    return amount.value / UNITS[amount.unit][1] if amount.unit in UNITS else amount.value


def _names(answer: str) -> list[Strange]:
    labels = _LABEL.finditer(MARK.sub(_blank, answer))
    ranked = _RANKED.finditer(answer)
    marks = [Strange(*found.span(), found.group()) for found in (*MARK.finditer(answer), *labels, *ranked)]
    for start, end in _proper_nouns(answer):
        if all(end <= mark.start or mark.end <= start for mark in marks):
            marks.append(Strange(start, end, answer[start:end]))
    return sorted(marks, key=lambda mark: mark.start)


def _proper_nouns(text: str) -> Iterator[tuple[int, int]]:
    """Spans of proper nouns of two letters or more by Kiwi's analysis; what stands together is one."""
    start = end = 0
    for piece, following in pairwise([*next(pieces_of_all([text], whole=MARK)), None]):
        if piece is None or piece.tag != "NNP" or _is_verb(piece, following):
            continue
        if piece.start != end:
            if end - start >= 2:
                yield start, end
            start = piece.start
        end = piece.end
    if end - start >= 2:
        yield start, end


def _is_verb(piece: Piece, following: Piece | None) -> bool:
    """아파서 병원에: what the analyser does not know it calls a name."""
    bound = following is not None and following.tag.startswith(("J", "X", "VC", "NNB"))
    return not bound and piece.form.endswith(_VERB_ENDS)


@lru_cache(maxsize=1024)
def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).casefold().split())
