"""What can be counted in one Korean chat message, and how close two sets of counts are. Knows no model and no item.

Features are tuples of names, one per occurrence, cached by text: resampling asks for the same ones thousands of times.
An empty message has the single feature `EMPTY` everywhere, so a model that stays silent is never close to anybody.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from engine.korean.hangul import EMOJI, EMOTICON
from engine.korean.speech_level import speech_level
from engine.privacy.residual import PLACEHOLDER

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

EMPTY = "(empty)"
NONE = "(none)"
CACHED = 1 << 16

# ㅇㅋ and ㅎㅇ are words of consonants, not laughter.
_LAUGHTER = re.compile(r"(?<![ㄱ-ㅎ])[ㅋㅎ]++(?![ㄱ-ㅎ])|[ㅠㅜ]+")
_SENTENCE_END = re.compile(r"[\n.!?~…。,]+|[ㅋㅎㅠㅜ]|[ㄱ-ㅎㅏ-ㅣ]{2,}")
_HANGUL_TAIL = re.compile(r"[가-힣]+(?=[^가-힣]*$)")
_POLITE_OR_PLAIN = frozenset("요다까죠지네데")
"""Endings that say little alone: 요 is 해요, 네요 or 이에요. They are taken with the syllable before."""
_MARKS = (
    ("~", re.compile(r"[~〜～]")),
    ("…", re.compile(r"\.{2,}|…")),
    ("!", re.compile(r"[!！]")),
    ("?", re.compile(r"[?？]")),
    (".", re.compile(r"(?<!\.)\.(?=\s|$)")),
)
_LENGTH_BINS = (2, 4, 8, 12, 16, 24, 32, 64)
_RUN = re.compile(r"(.)\1{39,}")
_LOOP = re.compile(r"(.{2,40}?)\1{3,}", re.DOTALL)
_SHORTEST_LOOP = 12
"""Characters a loop must span: people do type 가자가자가자가자 (8)."""
_GOES_ON = {"NNG": ("J", "N", "VCP", "XS"), "NNP": ("J", "N", "VCP", "XS"), "NP": ("J", "VCP", "XS")}
"""Tags after which a noun does not end its phrase: a particle, 이다, a suffix, for common nouns also another noun."""


@lru_cache(maxsize=CACHED)
def plain(text: str) -> str:
    """NFC, placeholders such as [이름_1] as one plain word, white space collapsed."""
    return " ".join(PLACEHOLDER.sub("이름", unicodedata.normalize("NFC", text)).split())


@lru_cache(maxsize=CACHED)
def syllables(text: str) -> int:
    """Written characters without white space; a Hangul syllable, a ㅋ and an emoji's code point count one each."""
    return sum(not character.isspace() for character in plain(text))


@lru_cache(maxsize=CACHED)
def words(text: str) -> tuple[str, ...]:
    """White-space words (어절)."""
    return tuple(plain(text).split())


@lru_cache(maxsize=CACHED)
def length_bin(text: str) -> tuple[str, ...]:
    """The length class in characters, such as `5-8`."""
    count = syllables(text)
    if not count:
        return (EMPTY,)
    bounds = [0, *_LENGTH_BINS]
    for low, high in pairwise(bounds):
        if count <= high:
            return (f"{low + 1}-{high}",)
    return (f"{bounds[-1] + 1}+",)


@lru_cache(maxsize=CACHED)
def laughter(text: str) -> tuple[str, ...]:
    """Each run of ㅋ, ㅎ or ㅠ/ㅜ with its length class (1, 2, 3-4, 5+), or NONE."""
    if not plain(text):
        return (EMPTY,)
    runs = _LAUGHTER.findall(text)
    return tuple(f"{_laugh_kind(run)} {_run_class(len(run))}" for run in runs) or (NONE,)


@lru_cache(maxsize=CACHED)
def emoticons(text: str) -> tuple[str, ...]:
    """Emoji, typed emoticons and the marks ~ … ! ? . that occur (each once per message), or NONE."""
    if not plain(text):
        return (EMPTY,)
    found = [name for name, pattern in (("emoji", EMOJI), ("^^", EMOTICON)) if pattern.search(text)]
    rest = EMOTICON.sub(" ", text)
    return tuple(found + [mark for mark, pattern in _MARKS if pattern.search(rest)]) or (NONE,)


def sentences(text: str) -> list[str]:
    """Pieces that end in a mark, a line break or laughter, and hold a Hangul syllable."""
    pieces = _SENTENCE_END.split(EMOJI.sub("\n", text))
    return [piece.strip() for piece in pieces if _HANGUL_TAIL.search(piece)]


@lru_cache(maxsize=CACHED)
def endings(text: str) -> tuple[str, ...]:
    """Last syllable of every sentence; the last two where one says little (해요, 니다, 는데), or NONE."""
    if not plain(text):
        return (EMPTY,)
    return tuple(_ending(sentence) for sentence in sentences(plain_lines(text))) or (NONE,)


def plain_lines(text: str) -> str:
    """As `plain`, keeping line breaks."""
    return "\n".join(plain(line) for line in text.splitlines())


@lru_cache(maxsize=CACHED)
def level(text: str) -> str:
    """Speech level of most sentences whose level is known, the later on a tie; `unknown` when none is."""
    levels = [found for found in map(speech_level, sentences(plain_lines(text))) if found != "unknown"]
    if not levels:
        return "unknown"
    counts = Counter(levels)
    return max(reversed(levels), key=lambda found: counts[found])


@lru_cache(maxsize=CACHED)
def level_feature(text: str) -> tuple[str, ...]:
    """`level` as a feature."""
    return (level(text),) if plain(text) else (EMPTY,)


@lru_cache(maxsize=CACHED)
def particles(text: str) -> tuple[str, ...]:
    """Each particle (조사) by form and tag, and NONE for every noun left without one, by Kiwi's analysis."""
    if not plain(text):
        return (EMPTY,)
    tokens = [(token.form, str(token.tag)) for token in _kiwi().tokenize(plain(text))]
    found = []
    for (form, tag), (_, following) in zip(tokens, [*tokens[1:], ("", "")], strict=True):
        if tag.startswith("J"):
            found.append(f"{form}/{tag}")
        elif tag in _GOES_ON and not following.startswith(_GOES_ON[tag]):
            found.append(NONE)
    return tuple(found)


@lru_cache(maxsize=CACHED)
def chrf(answer: str, reference: str, longest: int = 6, beta: float = 2.0) -> float:
    """chrF in 0-1: F2 of character n-grams, n = 1-6, white space left out (Popović 2015).

    Orders that are longer than either text are skipped, so that short chat replies can reach 1.
    """
    ours, theirs = plain(answer).replace(" ", ""), plain(reference).replace(" ", "")
    precisions, recalls = [], []
    for n in range(1, min(longest, len(ours), len(theirs)) + 1):
        a, b = _ngrams(ours, n), _ngrams(theirs, n)
        common = (a & b).total()
        precisions.append(common / a.total())
        recalls.append(common / b.total())
    if not sum(precisions):
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def distinct(texts: Sequence[str], n: int) -> float | None:
    """Different n-grams of white-space words over all of them (Li et al. 2016); None when there are none.

    Falls with the number of words: compare only over the same items.
    """
    grams = list(chain.from_iterable(_word_grams(text, n) for text in texts))
    return len(set(grams)) / len(grams) if grams else None


def closeness(ours: Counter[str], theirs: Counter[str]) -> float | None:
    """1 - Jensen-Shannon divergence in bits (Lin 1991): 1 the same shares, 0 nothing shared. None when either is empty.

    Grows with the number of texts even for one and the same writer: compare only over the same items.
    """
    a, b = ours.total(), theirs.total()
    if not a or not b:
        return None
    return max(0.0, 1.0 - (_divergence(ours, a, theirs, b) + _divergence(theirs, b, ours, a)) / 2)


def has_loop(text: str) -> bool:
    """Whether the text got stuck: a piece of 2-40 characters four times in a row (12 characters or more), one
    character 40 times, or the same line of 4 characters or more three times."""
    dense = "".join(plain(text).split())
    if _RUN.search(dense):
        return True
    if any(len(m.group()) >= _SHORTEST_LOOP and len(set(m.group(1))) > 1 for m in _LOOP.finditer(dense)):
        return True
    lines = Counter(line for line in map(plain, text.splitlines()) if syllables(line) >= 4)
    return any(times >= 3 for times in lines.values())


def foreign_share(text: str) -> float:
    """Share of letters in scripts other than Hangul and Latin; 0 for a text without letters."""
    letters = [character for character in plain(text) if character.isalpha()]
    foreign = sum(not unicodedata.name(c, "").startswith(("HANGUL", "LATIN", "FULLWIDTH LATIN")) for c in letters)
    return foreign / len(letters) if letters else 0.0


def _laugh_kind(run: str) -> str:
    return "ㅠ" if run[0] in "ㅠㅜ" else Counter(run).most_common(1)[0][0]


def _run_class(length: int) -> str:
    return str(length) if length < 3 else "3-4" if length < 5 else "5+"


def _ending(sentence: str) -> str:
    tail = _HANGUL_TAIL.search(sentence)
    assert tail
    return tail.group()[-2:] if tail.group()[-1] in _POLITE_OR_PLAIN else tail.group()[-1]


def _ngrams(text: str, n: int) -> Counter[str]:
    return Counter(text[start : start + n] for start in range(len(text) - n + 1))


@lru_cache(maxsize=CACHED)
def _word_grams(text: str, n: int) -> tuple[tuple[str, ...], ...]:
    found = words(text)
    return tuple(found[start : start + n] for start in range(len(found) - n + 1))


def _divergence(p: Counter[str], p_total: int, q: Counter[str], q_total: int) -> float:
    """Kullback-Leibler divergence, in bits, of p from the middle of p and q."""
    return sum(
        times / p_total * math.log2(2 / (1 + (q[name] / q_total) / (times / p_total))) for name, times in p.items()
    )


@cache
def _kiwi() -> "Kiwi":
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)
