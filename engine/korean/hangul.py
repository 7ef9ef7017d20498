"""Hangul letters and syllables, particles, and the shapes of chat laughter. It knows no words and no grammar beyond 받침."""

import re
import unicodedata

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TAILS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST, _LAST = 0xAC00, 0xD7A3

LAUGHTER = re.compile(r"[ㅋㅎ]{2,}|(?:하{2,}|히{2,}|호{2,}|헤{2,}|크{2,}|키{2,}|푸하+)(?![가-힣])")
"""ㅋㅋ, ㅎㅎㅎ, 하하 and the like; a single ㅋ is not a run."""
CRYING = re.compile(r"[ㅠㅜ]{2,}|(?:흑흑|엉엉)+(?![가-힣])|T[_.]?T")
"""ㅠㅠ, ㅜㅜ, 흑흑, T_T."""
EMOJI = re.compile(
    "[\U0001f300-\U0001faff\U0001f1e6-\U0001f1ff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff]"
    "[\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff\U0001f300-\U0001faff\u2640\u2642\u2764]*"
)
EMOTICON = re.compile(r"\^[_.-]?\^;*|[:;=][-']?[)(DPp3](?![a-zA-Z])|-_+-|ㅡ_*ㅡ|[>＞][_.]?[<＜]|O_?o|OTL|<3|;{2,}")

# 0 영, 1 일, 3 삼, 6 육, 7 칠, 8 팔 end in a consonant; l m n r are read 엘 엠 엔 알.
_CLOSED_SIGNS = frozenset("013678lmnrLMNR")
_RIEUL_SIGNS = frozenset("178lrLR")

# The first of two vowel letters and what it is usually written as in names.
_ROMAN_LEADS = dict(zip(LEADS, "g kk n d tt r m b pp s ss - j jj ch k t p h".split(), strict=True))
_ROMAN_VOWELS = dict(zip(VOWELS, "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split(), strict=True))
_ROMAN_TAILS = {"": "", "ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p", "ㅅ": "t", "ㅇ": "ng"}


def is_syllable(ch: str) -> bool:
    """Whether `ch` is one composed Hangul syllable."""
    return len(ch) == 1 and _FIRST <= ord(ch) <= _LAST


def syllable_count(text: str) -> int:
    """Composed Hangul syllables in `text`; loose jamo do not count."""
    return sum(_FIRST <= ord(ch) <= _LAST for ch in text)


def decompose(ch: str) -> tuple[str, str, str]:
    """(초성, 중성, 종성 or "") of a syllable, as compatibility jamo. ValueError when `ch` is none."""
    if not is_syllable(ch):
        raise ValueError("not a Hangul syllable")
    lead, rest = divmod(ord(ch) - _FIRST, 588)
    vowel, tail = divmod(rest, 28)
    return LEADS[lead], VOWELS[vowel], TAILS[tail]


def compose(lead: str, vowel: str, tail: str = "") -> str:
    """The syllable of three compatibility jamo."""
    return chr(_FIRST + (LEADS.index(lead) * 21 + VOWELS.index(vowel)) * 28 + TAILS.index(tail))


def initials(word: str) -> str:
    """초성 of every syllable: 지은 → ㅈㅇ. Other characters are left out."""
    return "".join(decompose(ch)[0] for ch in word if is_syllable(ch))


def has_batchim(ch: str) -> bool:
    """Whether the reading of `ch` ends in a consonant; digits and Latin letters as they are read in Korean."""
    if is_syllable(ch):
        return (ord(ch) - _FIRST) % 28 != 0
    return ch in _CLOSED_SIGNS


def with_josa(word: str, josa: str) -> str:
    """`word` with the fitting half of `josa` ("이/가", "은/는", "으로/로" …; after a consonant first).

    ㄹ takes 로. A word that ends in neither a syllable, digit nor letter is read as ending in a vowel.
    """
    closed, open_ = josa.split("/")
    last = word.rstrip("\"'”’)]}")[-1:]
    if closed == "으로" and (last in _RIEUL_SIGNS or (is_syllable(last) and decompose(last)[2] == "ㄹ")):
        return word + open_
    return word + (closed if last and has_batchim(last) else open_)


def nfc(text: str) -> str:
    """Canonical composition: conjoining jamo (macOS file names) become syllables."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def liaison(word: str, vowel: str = "ㅏ") -> str:
    """How a vocative is spelled by ear: 지은 → 지으나, 민준 → 민주나. Unchanged when no single consonant can move over."""
    lead, middle, tail = decompose(word[-1])
    if tail == "" or tail == "ㅇ" or tail not in LEADS:
        return word
    return word[:-1] + compose(lead, middle) + compose(tail, vowel)


def romanise(word: str) -> list[str]:
    """Revised Romanisation of each syllable, without sound changes between them: 지은 → ["ji", "eun"]."""
    spelled = []
    for ch in word:
        lead, vowel, tail = decompose(ch)
        spelled.append(_ROMAN_LEADS[lead].replace("-", "") + _ROMAN_VOWELS[vowel] + _ROMAN_TAILS.get(tail, "t"))
    return spelled
