"""ROUGE in Korean units: morphemes, syllables and words (어절) side by side. It knows texts alone: no dialogue, no model.

Same numbers as the library rouge-score 0.1.2 (Google, Apache-2.0) given these tokens, to the last digit; a test holds both together.
rouge-score by itself gives Korean 0: its tokenizer deletes every character but a-z and 0-9, so that `밥을 먹었다` against itself scores
0, and a Korean text with figures is judged by its figures alone.

What counts, in all units: Unicode NFC, letters casefolded, no stemmer (it is an English one), no stop words. Whatever holds no letter and
no digit (punctuation, emoji, white space) is no token, as in rouge-score. A placeholder (`#Person1#`, `[이름_1]`) is one token.
- morpheme: form and tag of Kiwi's analysis, so that the particle 이 and the copula 이 differ; verbs and adjectives by their dictionary form.
- syllable: every letter or digit; Latin letters and digits one by one as well.
- word: what white space parts, without the marks at its edges. 밥을 and 밥은 are two words: the strictest unit for Korean.

ROUGE-L takes a text as one sequence. ROUGE-Lsum, for summaries of several sentences, joins the common subsequences of every sentence
(Lin 2004, 3.2); with one sentence on each side it is ROUGE-L. Of several references, each number takes the one with the highest F1, as
rouge-score's `score_multi` does.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.korean.morphemes import Piece, pieces_of_all

UNITS = ("morpheme", "syllable", "word")
KINDS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
NAMES = tuple(f"{kind}_{unit}" for unit in UNITS for kind in KINDS)
"""rouge1_morpheme … rougeLsum_word: what `score_pairs` gives for every pair."""

MARK = re.compile(r"#@?[^\W\d_]{1,30}\d{0,3}#|\[[가-힣A-Za-z]+_\d+\]")
"""A word that stands for a name or a number (#Person1#, #@이름#, [이름_1]): one token in every unit."""
_COUNTED = re.compile(rf"{MARK.pattern}|[^\W_]")
_SENTENCE_END = re.compile(r"(?<=[.!?…。])\s+|\n+")

Tokens = tuple[str, ...]


class Rouge(NamedTuple):
    """Shares in 0-1: of the answer's tokens, of the reference's tokens, and their harmonic mean."""

    precision: float
    recall: float
    f1: float


class Units(NamedTuple):
    """The sentences of a text, each as tokens of one unit; an empty text has none."""

    morpheme: tuple[Tokens, ...]
    syllable: tuple[Tokens, ...]
    word: tuple[Tokens, ...]


NOTHING = Rouge(0.0, 0.0, 0.0)


def score_pairs(pairs: Sequence[tuple[Sequence[str], str]]) -> list[dict[str, Rouge]]:
    """All of NAMES for every (references, answer). Raises ValueError for a pair without references."""
    texts = dict.fromkeys(text for references, answer in pairs for text in (*references, answer))
    units = dict(zip(texts, units_of_all(texts), strict=True))
    return [score_units([units[one] for one in references], units[answer]) for references, answer in pairs]


def score_units(references: Sequence[Units], answer: Units) -> dict[str, Rouge]:
    """All of NAMES for one answer. Raises ValueError without references."""
    if not references:
        raise ValueError("an answer has no reference")
    scores = [_score(reference, answer) for reference in references]
    return {name: max((one[name] for one in scores), key=lambda rouge: rouge.f1) for name in NAMES}


def units_of_all(texts: Iterable[str]) -> list[Units]:
    """Every text in the three units; morphemes of all sentences are analysed in one go, on two threads."""
    parted = [_sentences(text) for text in texts]
    analysed = pieces_of_all((sentence for sentences in parted for sentence in sentences), whole=MARK)
    return [
        Units(
            tuple(_morphemes(next(analysed)) for _ in sentences),
            tuple(map(_syllables, sentences)),
            tuple(tuple(_words(sentence)) for sentence in sentences),
        )
        for sentences in parted
    ]


def _score(reference: Units, answer: Units) -> dict[str, Rouge]:
    found = {}
    for unit, theirs, ours in zip(UNITS, reference, answer, strict=True):
        whole_theirs, whole_ours = _joined(theirs), _joined(ours)
        longest = _of(_common(whole_theirs, whole_ours), whole_theirs, whole_ours)
        found[f"rouge1_{unit}"] = _overlap(whole_theirs, whole_ours)
        found[f"rouge2_{unit}"] = _overlap(list(pairwise(whole_theirs)), list(pairwise(whole_ours)))
        found[f"rougeL_{unit}"] = longest
        alone = len(theirs) < 2 and len(ours) < 2
        found[f"rougeLsum_{unit}"] = longest if alone else _by_sentence(theirs, ours)
    return found


def _joined(sentences: Sequence[Tokens]) -> Sequence[str]:
    return sentences[0] if len(sentences) == 1 else [token for sentence in sentences for token in sentence]


def _of(hits: int, reference: Sequence[object], answer: Sequence[object]) -> Rouge:
    if not hits:
        return NOTHING
    precision, recall = hits / len(answer), hits / len(reference)
    return Rouge(precision, recall, 2 * precision * recall / (precision + recall))


def _overlap(reference: Sequence[object], answer: Sequence[object]) -> Rouge:
    theirs, ours = Counter(reference), Counter(answer)
    return _of(sum(min(times, ours[token]) for token, times in theirs.items() if token in ours), reference, answer)


def _common(reference: Sequence[str], answer: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    from rapidfuzz.distance import LCSseq

    numbers: dict[str, int] = {}  # numbers, not hashes: no two tokens may meet in one
    a = [numbers.setdefault(token, len(numbers)) for token in reference]
    return int(LCSseq.similarity(a, [numbers.setdefault(token, len(numbers)) for token in answer]))


def _by_sentence(reference: Sequence[Tokens], answer: Sequence[Tokens]) -> Rouge:
    """ROUGE-Lsum: tokens of each reference sentence that lie on a longest common subsequence with any sentence of the answer, no
    token more often than both texts hold it (as ROUGE 1.5.5 counts)."""
    left, left_ours = Counter(_joined(reference)), Counter(_joined(answer))
    hits = 0
    for sentence in reference:
        for at in sorted({at for other in answer for at in _places(sentence, other)}):
            token = sentence[at]
            if left[token] > 0 and left_ours[token] > 0:
                hits += 1
                left[token] -= 1
                left_ours[token] -= 1
    return _of(hits, _joined(reference), _joined(answer))


def _places(reference: Tokens, answer: Tokens) -> Iterator[int]:
    """Positions in `reference` of one longest common subsequence, from its end: the one that rouge-score reads out of its table.

    The table is kept as a bit per cell (Hyyrö 2004): bit j of row i is 0 where the length grows at j. With whole integers a row is five
    operations, and a cell's value is the number of zeros before it.
    """
    rows = _table(reference, answer)
    i, j = len(reference), len(answer)
    while i and j:
        if reference[i - 1] == answer[j - 1]:
            i, j = i - 1, j - 1
            yield i
        elif _value(rows[i], j - 1) > _value(rows[i - 1], j):
            j -= 1
        else:
            i -= 1


def _table(reference: Tokens, answer: Tokens) -> list[int]:
    where: dict[str, int] = {}
    for at, token in enumerate(answer):
        where[token] = where.get(token, 0) | 1 << at
    full = (1 << len(answer)) - 1
    rows = [full]
    for token in reference:
        row = rows[-1]
        grown = row & where.get(token, 0)
        rows.append(((row + grown) | (row - grown)) & full)
    return rows


def _value(row: int, columns: int) -> int:
    return columns - (row & ((1 << columns) - 1)).bit_count()


def _sentences(text: str) -> list[str]:
    """In NFC and small letters; a lone surrogate, which the analyser does not take, becomes a question mark."""
    plain = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8")).casefold()
    return [sentence for sentence in _SENTENCE_END.split(plain) if _COUNTED.search(sentence)]


def _morphemes(pieces: Iterable[Piece]) -> Tokens:
    return tuple(sys.intern(f"{piece.form}/{piece.tag}") for piece in pieces if _COUNTED.search(piece.form))


def _syllables(sentence: str) -> Tokens:
    return tuple(map(sys.intern, _COUNTED.findall(sentence)))


def _words(sentence: str) -> Iterator[str]:
    for word in sentence.split():
        if word.isalnum():
            yield sys.intern(word)
        elif found := [match.span() for match in _COUNTED.finditer(word)]:
            yield sys.intern(word[found[0][0] : found[-1][1]])
