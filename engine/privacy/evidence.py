"""Names that only a whole chat gives away: 혜린이가 here makes 혜린 there a name. Two passes; this is the first.

What is kept is no text: how often each Hangul word was written, and which words stood before a title. `names` reads every
word once as a name in a grammatical frame (`name_frames`) and adds up the frames of each form. It knows nothing of speakers.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import log

from engine.privacy.name_frames import OPEN_CALL, WEIGHT, Frame, frame_of, is_called, reads_as_word, stem_prior
from engine.privacy.name_shape import is_common, is_word
from engine.privacy.name_tables import GIVEN, JOBS, KIN, PLACES, SURNAMES
from engine.privacy.public_names import PUBLIC
from engine.privacy.third_party import confidence

MOST_WORDS = 400_000
"""Words kept; beyond it those met least often go (lossy counting). 1.3 million chat messages hold about as many."""
LEAST = 1.5
"""Log-odds from which on a form counts as a name: below, a single weak frame would do."""
SHAPED = -3.5
"""Forms less like a name than this are never found: without a shape, chat that says 좋아하는 오빠 often would make a name of it."""
_JOINED = 20_000
_WORDS = re.compile("[가-힣]{2,12}")
_TITLE_WORDS = ["씨", "님", "쌤", "샘", "선생님", "여사님", *KIN.split("|"), *(f"{job}님" for job in JOBS.split("|"))]
# Led by the space and a look at one syllable: 0.24 µs a message against 0.85 for a pattern led by any syllables.
_TITLE = re.compile(
    rf" (?=[{''.join(sorted({word[0] for word in _TITLE_WORDS}))}])(?:{'|'.join(_TITLE_WORDS)})(?:[은는이가을를도의과와랑께]|한테|에게|이랑|$|[^가-힣])"
)
_BEFORE_TITLE = re.compile(r"(?<![가-힣])[가-힣]{2,4}$")
_STRONG: frozenset[Frame] = frozenset(("title", "friend", "animate"))


class Evidence:
    """Counts over any number of texts. Picklable; two processes that read halves of a chat `merge` theirs."""

    def __init__(self) -> None:
        self.words: Counter[str] = Counter()
        self.titled: Counter[str] = Counter()
        self.floor = 0
        """Words met this often or less may have been forgotten."""

    def add(self, texts: Iterable[str]) -> None:
        """Count the words of some texts."""
        batch: list[str] = []
        for text in texts:
            batch.append(text)
            if len(batch) == _JOINED:
                self._count("\n".join(batch))
                batch.clear()
        self._count("\n".join(batch))

    def _count(self, body: str) -> None:
        self.words.update(_WORDS.findall(body))
        self.titled.update(_before_titles(body))
        self._forget_rare()

    def _forget_rare(self) -> None:
        while len(self.words) > MOST_WORDS:
            self.floor += 1
            self.words = Counter({word: n for word, n in self.words.items() if n > self.floor})

    def merge(self, other: "Evidence") -> None:
        """Add what another one counted."""
        self.words.update(other.words)
        self.titled.update(other.titled)
        self.floor = max(self.floor, other.floor)
        self._forget_rare()

    def names(self) -> dict[str, float]:
        """Likely names of people → confidence in [0, 1]; given names, and surnames with given names, without particles."""
        frames = self._frames()
        odds = {form: _odds(form, counts) for form, counts in frames.items()}
        for form in [form for form in odds if len(form) == 3 and odds[form] > LEAST]:
            given = form[1:]  # 도기만 once makes 기만이도 a name
            if given in odds and form[0] in SURNAMES and not is_word(given):
                odds[given] += 1.0
        return {form: confidence(value) for form, value in sorted(odds.items()) if value > LEAST and _fit(form)}

    def _frames(self) -> dict[str, Counter[Frame]]:
        """Form → how often it stands in each frame."""
        frames: dict[str, Counter[Frame]] = defaultdict(Counter)
        for word, count in self.words.items():
            for length in (2, 3, 4):
                stem, rest = word[:length], word[length:]
                if len(stem) < length or stem_prior(stem) < SHAPED or (not rest and is_called(stem)):
                    continue
                frame = frame_of(stem, rest)
                if frame is not None and not reads_as_word(stem, rest, frame):
                    frames[stem][frame] += count
        for stem, count in self.titled.items():
            if stem_prior(stem) >= SHAPED:
                frames[stem]["title"] += count
        return frames


def _before_titles(body: str) -> Iterator[str]:
    for title in _TITLE.finditer(body):
        before = _BEFORE_TITLE.search(body, max(0, title.start() - 5), title.start())
        if before:
            yield before.group()


def _odds(form: str, frames: Mapping[Frame, int]) -> float:
    """Log-odds that `form` is a person's name; repetition counts, but each further time less."""
    total = stem_prior(form)
    for frame, count in frames.items():
        weight = WEIGHT[frame]
        if frame == "call" and not _closed(form):
            weight = OPEN_CALL
        if frame == "place" and form in PLACES:
            continue
        if frame in _STRONG or frame == "call":
            total += weight * min(1.0 + log(count) / 2, 2.5)
        elif frame == "place":
            total += weight * min(0.5 + log(count) / 2, 2.0)
    weak = frames.get("bare", 0) + frames.get("agree", 0) + frames.get("copula", 0)
    strong = sum(frames.get(frame, 0) for frame in _STRONG) + (frames.get("call", 0) if _closed(form) else 0)
    if weak > 20 * (strong + 1):
        total -= 1.5 * log(weak / (20 * (strong + 1)) + 1)
    if form in GIVEN or len(form) > 2:
        total += 0.3 * min(log(weak + 1), 2.0)
    return total


def _closed(form: str) -> bool:
    return (ord(form[-1]) - 0xAC00) % 28 != 0


def _fit(form: str) -> bool:
    """A common word, however often it stands like a name, is masked where its frame says so and nowhere else."""
    return form not in PUBLIC and not is_common(form) and not (is_word(form) and len(form) == 3)
