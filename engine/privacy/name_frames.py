"""Reads one Hangul word as name + suffix and says in which grammatical frame the name stands. It sees no neighbours.

A frame's weight is its log-odds as evidence for a person: -이가 behind a consonant belongs to names alone, 에서 to places.
"""

import re
from dataclasses import dataclass
from typing import Literal

from engine.korean.hangul import has_batchim
from engine.privacy.latin_names import FOREIGN
from engine.privacy.name_shape import everyday, full_prior, given_prior, is_word
from engine.privacy.name_tables import GIVEN, JOBS, KIN, PLACES

Frame = Literal["title", "friend", "call", "animate", "with", "copula", "agree", "bare", "glued", "place"]

WEIGHT: dict[Frame, float] = {
    "title": 3.5,
    "friend": 3.4,
    "call": 2.6,
    "animate": 1.6,
    "with": 0.4,
    "copula": -0.3,
    "agree": -0.3,
    "bare": -0.6,
    "glued": -1.0,
    "place": -3.0,
}
OPEN_CALL = 0.4
"""야 after a vowel is the copula as often as a call."""
FLOOR = -2.6
"""Readings below this are forgotten: no single neighbour can lift them."""

_JOSA = r"(?:꺼|거|댁|쪽|때문에?|[은는이가을를도만의과와랑네께요]|이랑|한테서?|에게서?|께서|하고|이?[야다]|입니다|이?에요|예요|이?라고|이?라는|인데|처럼|보다|부터|까지|들|이나|이?요)*[~ㅋㅎㅠㅜ]*"
_TAIL = r"(?:[요은는도만의가서를랑야]|까지|부터|라도)?"
_ANIMATE = r"(?:(?:한테서?|에게서?|께서?|더러|보고)" + _TAIL + ")"
_HOUSE = r"네(?:집.?|[가는도랑를의]|에서?|로|꺼|거)"
_NEUTRAL = (
    r"(?:[도만의]|처럼|보다|부터|까지|같은|같이|대신|말고|빼고|때문에?|때매|땜에|덕분에?|덕에|마저|조차|밖에|뿐|꺼|거|쪽|생일|본인|들|편에)"
    + _TAIL
)
_COPULA = r"(?:입니다|인데|인가|인지|임|일까|이라고|이라는|이에요|이예요|이야|이요)"
_TITLE = (
    rf"(?:이?(?:씨|님|쌤|샘|{KIN})|(?:{JOBS})님?|선생님?|군|양|맘|파파|아빠|엄마|어머님?|아버님?|할매|할배|댁|여사님?|서방|아범|어멈|학생|어린이|회원님?|환자분?|자매님?|형제님?|권사님?)(?:님|네)?"
    + _JOSA
)
_FRIEND = (
    r"이(?:[가는를도두만]|한테서?|에게서?|께서?|보다|처럼|꺼|거|것|보고|더러|때문에?|땜에|덕분에?|같은|말고|빼고|부터|까지|밖에|네(?:집|[가는도랑를의]|에서?|꺼)?|랑은|랑도)"
    + _TAIL
)
_CLOSED: list[tuple[Frame, re.Pattern[str]]] = [
    ("title", re.compile(_TITLE)),
    ("friend", re.compile(_FRIEND)),
    ("call", re.compile(r"아[아~ㅏ]*")),
    ("animate", re.compile(f"{_ANIMATE}|{_HOUSE}")),
    ("with", re.compile(rf"(?:이랑|하고|과){_TAIL}")),
    (
        "copula",
        re.compile(rf"(?:{_COPULA}|이(?:다|고|지|면|래|래요|거든|거든요|잖아|었.*|라|라서|며|나|든|요)){_TAIL}"),
    ),
    ("agree", re.compile(rf"[은이을네]|{_NEUTRAL}")),
    ("place", re.compile(r"(?:에서?|으로|에는|에도)" + _TAIL)),
]
_OPEN: list[tuple[Frame, re.Pattern[str]]] = [
    ("title", re.compile(_TITLE)),
    ("call", re.compile(r"야[야아~ㅑㅏ]*")),
    ("animate", re.compile(f"{_ANIMATE}|{_HOUSE}")),
    ("with", re.compile(rf"(?:랑|하고|와){_TAIL}")),
    (
        "copula",
        re.compile(
            rf"(?:{_COPULA}|예요|에요|라고|라는|라서|래|래요|다|거든|거든요|잖아|였.*|지|면|나|든|고|요){_TAIL}"
        ),
    ),
    ("agree", re.compile(rf"[가는를네]|{_NEUTRAL}")),
    ("place", re.compile(r"(?:에서?|로|에는|에도)" + _TAIL)),
]
# Before 님 and 씨 stands any short word: 기사님, 날씨; before the others too: 사촌누나, 이상형.
_VERBAL = re.compile(r"[고지면네니나다든라래는던자]|거든|잖아|지만|려고|도록|지도|지는|ㄴ")
"""What follows the stem of a verb as it follows a name that ends in a vowel."""
_CALLING = re.compile(r"(?:우리|울|저희|저희팀|우리팀)(?=[가-힣]{2})")
_GLUED_TO_GIVEN = 2.0
_SHORT_TITLES = re.compile(r"[군양](?![가-힣])|[군양][이은을의과도]")


@dataclass(frozen=True, slots=True)
class Reading:
    """[start, end) within the word, its form, the frame, and the log-odds that it is a person's name."""

    start: int
    end: int
    form: str
    frame: Frame
    odds: float
    prior: float


def frame_of(stem: str, rest: str) -> Frame | None:
    """The frame that `rest` makes behind `stem`; None when it is no suffix of a name."""
    if not rest:
        return "bare"
    for frame, pattern in _CLOSED if has_batchim(stem[-1]) else _OPEN:
        if pattern.fullmatch(rest):
            return frame
    if len(rest) >= 3 and rest[0] == "이" and len(stem) == 2 and has_batchim(stem[-1]) and given_prior(stem) > 1:
        return "glued"
    return None


def read_word(word: str) -> Reading | None:
    """The likeliest reading of a word as a name, or None."""
    best = _best(word, 0)
    calling = _CALLING.match(word)
    if best is None and calling:
        best = _best(word, calling.end())
    return best


def _best(word: str, start: int) -> Reading | None:
    found = None
    for length in (4, 3, 2):
        if start + length > len(word) or len(word) - start - length > 9:
            continue
        stem, rest = word[start : start + length], word[start + length :]
        prior = stem_prior(stem)
        if (not rest and is_called(stem)) or prior <= FLOOR - WEIGHT["title"]:
            continue
        frame = frame_of(stem, rest)
        if frame is None:
            continue
        odds = prior + _weight(stem, rest, frame)
        if odds > FLOOR and (found is None or odds > found.odds + 0.5):
            found = Reading(start, start + length, stem, frame, odds, prior)
    return found


def is_called(stem: str) -> bool:
    """지은아, 지은이: a given name called or with its suffix, no 지 은아."""
    return len(stem) == 3 and stem[2] in "아야이" and has_batchim(stem[1]) and given_prior(stem[:2]) > -2.6


def stem_prior(stem: str) -> float:
    """Log-odds of a whole form: given name of two syllables, or surname and given name."""
    if stem in FOREIGN:
        return 0.4
    return given_prior(stem) if len(stem) == 2 else full_prior(stem)


def _is_doing(stem: str, rest: str) -> bool:
    """고려하(다), 동진하(다): a noun with the verb 하다; 김재하 and 승하 are names."""
    if len(stem) == 3 and stem[2] in "하되" and stem[1:] not in GIVEN:
        return bool(rest) or is_word(stem[:2])
    return stem in ("해주", "다하", "말하")


def reads_as_word(stem: str, rest: str, frame: Frame) -> bool:
    """Whether stem and suffix together are a word or a verb form: 고양이, 날씨, 이상형, 괜찮아, 지우고, 고려하는."""
    _, _, three, stems = everyday()
    if len(stem) == 2 and rest and stem + rest[0] in three and stem not in GIVEN:
        return True
    if stem[-1] == "주" and rest.startswith("차장"):
        return True
    if frame in ("title", "friend") or (rest and not _VERBAL.match(rest)):
        return False
    return stem in stems or _is_doing(stem, rest)


def is_verb_form(stem: str, rest: str) -> bool:
    """지우고, 세우면: a participant called 지우 is not meant."""
    return stem in everyday()[3] and _VERBAL.match(rest) is not None


def _weight(stem: str, rest: str, frame: Frame) -> float:
    weight = WEIGHT[frame]
    if reads_as_word(stem, rest, frame):
        return -6.0
    if frame == "call" and not has_batchim(stem[-1]):
        return OPEN_CALL
    if frame == "title" and len(stem) == 2:
        if _SHORT_TITLES.match(rest) and stem not in GIVEN:
            return 0.0
        return weight if not is_word(stem) else 3.0 if stem in GIVEN else 1.5
    if frame == "place" and stem in PLACES:
        return -6.0
    return weight
