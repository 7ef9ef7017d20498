"""Core dialogue: which pairs are worth learning, each refusal with its reason. It knows nothing of turns or sources.

A whole history overfits to nods and greetings, so dull, repeated and one-syllable pairs go, one phrase is capped, and a
large rest is sampled for variety (weighted reservoir of Efraimidis and Spirakis, 2006).
"""

import heapq
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import itemgetter

from engine.curate.options import PersonaOptions
from engine.curate.row import Row
from engine.privacy.labels import WORDS

REASONS: dict[str, tuple[str, str]] = {
    "no_reply": ("상대의 말에 답이 없음", "the other one got no reply"),
    "no_prompt": ("내가 먼저 꺼낸 말", "I spoke first"),
    "left_out": ("뺀 사람의 말에 이어짐", "next to words of somebody who is left out"),
    "media_only": ("사진·이모티콘·링크뿐", "nothing but photos, stickers or links"),
    "late_reply": ("너무 늦은 답(딴 얘기일 수 있음)", "reply came too late, perhaps on another subject"),
    "forwarded": ("옮겨 온 광고·알림(딴 얘기)", "forwarded advertisement or notice, off topic"),
    "placeholder_only": ("가린 자리뿐", "nothing but masks"),
    "placeholder": ("답에 가린 자리가 있음", "reply holds a mask"),
    "too_short": ("한 글자이거나 ㅋㅋ뿐", "one syllable or only laughter"),
    "too_long": ("너무 긴 글", "too long"),
    "dull": ("맞장구뿐", "nothing but a nod"),
    "duplicate_pair": ("같은 말과 같은 답이 이미 있음", "the same pair is there already"),
    "repeated": ("같은 답이 너무 많음", "too many rows with the same reply"),
    "speech_level": ("고르지 않은 말투(반말·존댓말)", "a speech level that was not chosen"),
    "over_limit": ("표본에서 빠짐", "not in the sample"),
}
"""Why a row is left out: slug to (Korean, English)."""

_NODS = """
응응 웅웅 네네 넵넵 넹넹 예예 어어 엉엉 음음 그래 그래그래 그래요 그랭 알겠어 알았어 알겠습니다 알겠어요 알았어요
오케이 오키 오키오키 오키도키 옼케이 ok okay 그렇구나 그렇군 그랬구나 그치 그치그치 그니까 그러게 맞아 맞아맞아 맞아요 아하
아아 오오 와우 와아 우와 헐 대박 굿 굿굿 진짜 진짜로 아니 아냐 아니야 몰라 글쎄 뭐 왜
"""
DULL = frozenset(_NODS.split())
"""Nods and back-channel words, as `phrase_key` writes them."""
_LONGEST_NOD = max(map(len, DULL))

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(WORDS.values())})_\d+\]")
FORWARDED = re.compile(r"^(?:\[Web발신\]|\[국외발신\]|\[국제발신\]|\(광고\)|\[광고\])", re.MULTILINE)
_MARKS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_JAMO = re.compile(r"[ㄱ-ㆎ]+")
_JAMO_RUN = re.compile(r"([ㄱ-ㆎ])\1+")
_LONGEST_DULL = 24  # syllables; a nod of several lines is still shorter


def phrase_key(text: str) -> str:
    """The phrase without spacing, marks, emoji and masks: ㅋㅋㅋㅋ is ㅋ, 3시 is 0시. Two texts of one key say the
    same."""
    if "[" in text:
        text = PLACEHOLDER.sub("", text)
    key = text.replace(" ", "").replace("\n", "")
    if not key.isalnum():  # else there is no mark in it
        key = _MARKS.sub("", key)
    key = key.lower()
    if _JAMO.search(key):
        key = _JAMO_RUN.sub(itemgetter(1), key)
    return key if key.isalpha() else _DIGITS.sub("0", key)


def syllables(key: str) -> int:
    """Syllables, letters and numbers of a phrase key; single jamo such as ㅋ, ㅠ and ㅇ count nothing."""
    return len(_JAMO.sub("", key)) if _JAMO.search(key) else len(key)


class Selection:
    """Judges the pairs of one source in order; remembers a number per pair and per reply, no text."""

    def __init__(self, options: PersonaOptions) -> None:
        self._options = options
        self._pairs: set[int] = set()
        self._replies: Counter[int] = Counter()

    def reason(self, prompt: str, reply: str) -> str | None:
        """Why this pair is to be left out, or None when it stays."""
        prompt_key, reply_key = phrase_key(prompt), phrase_key(reply)
        return self._unfit(prompt, prompt_key, reply, reply_key) or self._seen(prompt_key, reply_key)

    def _unfit(self, prompt: str, prompt_key: str, reply: str, reply_key: str) -> str | None:
        """What can be told from the pair alone. Lengths count all letters: three lines of digits are long."""
        options, size, prompt_size = self._options, syllables(reply_key), syllables(prompt_key)
        masked = "[" in reply and PLACEHOLDER.search(reply) is not None
        if (size == 0 and masked) or (prompt_size == 0 and PLACEHOLDER.search(prompt)):
            return "placeholder_only"
        if masked and options.placeholders == "drop":
            return "placeholder"
        if size < options.min_syllables or prompt_size < options.min_prompt_syllables:
            return "too_short"
        if is_long(reply, options.max_reply_syllables) or is_long(prompt, options.max_prompt_syllables):
            return "too_long"
        if _is_forwarded(prompt) or _is_forwarded(reply):
            return "forwarded"
        return "dull" if options.drop_dull and 0 < size <= _LONGEST_DULL and _is_dull(reply, size) else None

    def _seen(self, prompt_key: str, reply_key: str) -> str | None:
        pair, reply = hash((prompt_key, reply_key)), hash(reply_key)
        if pair in self._pairs:
            return "duplicate_pair"
        if self._replies[reply] >= self._options.cap_per_phrase:
            return "repeated"
        self._pairs.add(pair)
        self._replies[reply] += 1
        return None


def is_long(text: str, limit: int) -> bool:
    """Whether a text has more syllables, letters and digits than `limit`."""
    return len(text) > limit and len(_MARKS.sub("", text)) > limit


def _is_forwarded(text: str) -> bool:
    return ("발신]" in text or "광고" in text) and FORWARDED.search(text) is not None


def _is_dull(reply: str, size: int) -> bool:
    """Every line is a nod or laughter. size: its syllables; most replies have more than nods could."""
    if size > _LONGEST_NOD * (reply.count("\n") + 1):
        return False
    words = (_JAMO.sub("", phrase_key(line)) for line in reply.split("\n"))
    return all(not word or word in DULL for word in words)


def sample(rows: Iterable[Row], limit: int, seed: int) -> Iterator[Row]:
    """At most `limit` kept rows (0: all), rare openings first; the others are dropped as `over_limit`.

    Holds `limit` rows. Dropped rows pass at once, so kept rows, still in file order, come after them.
    """
    if not limit:
        yield from rows
        return
    held = Reservoir(limit, seed)
    for number, row in enumerate(rows):
        if row.dropped:
            yield row
        elif out := held.add(number, row):
            yield out
    yield from (row for _, row in held.rows())


class Reservoir:
    """Up to `limit` rows (0: all), rare openings first.

    The weight of a row is one over how often its opening came in that month: over the whole history, early months would
    outweigh late ones.
    """

    def __init__(self, limit: int, seed: int) -> None:
        self._limit, self._rng = limit, random.Random(seed)
        self._openings: Counter[tuple[str, str]] = Counter()
        self._held: list[tuple[float, int, Row]] = []

    def add(self, number: int, row: Row) -> Row | None:
        """Take a row in; the row that has no room any more comes back, dropped as `over_limit`."""
        opening = (row.group[:7], row.target[:2])
        self._openings[opening] += 1
        entry = (self._rng.random() ** self._openings[opening], number, row)
        if not self._limit or len(self._held) < self._limit:
            heapq.heappush(self._held, entry)
            return None
        out = heapq.heappushpop(self._held, entry)[2]
        out.dropped = "over_limit"
        return out

    def rows(self) -> list[tuple[int, Row]]:
        """(number, row) of what is held, in file order."""
        return sorted(((number, row) for _, number, row in self._held), key=lambda pair: pair[0])
