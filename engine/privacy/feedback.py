"""Feedback of visitors on its way into the owner's inbox: masked here, at home, whether it was given here or came as a file.

It knows nothing of pages or of what is made of it.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from sqlite_utils import Database

from engine.errors import UserError
from engine.privacy.canonical import key_of
from engine.privacy.decisions import Leftovers, Numbers, load_decisions, placeholder_of, value_of_surface
from engine.privacy.masking import Masker
from engine.privacy.policy import mask_policy
from engine.privacy.spans import apply_spans
from engine.privacy.taggers import NER_SETTING, default_taggers
from engine.store.feedback import (
    TURNS,
    Came,
    Judged,
    State,
    decide_feedback,
    get_feedback,
    is_kept,
    judged_again,
    judged_by,
    keep_feedback,
    origin_of,
)
from engine.store.forget import list_speakers
from engine.store.open import all_rows, writing
from engine.store.settings import get_setting, mask_key
from engine.store.sources import add_mask_numbers, mask_numbers

LONGEST_TEXT, LONGEST_LINE, MOST_LINES = 20_000, 500_000, 20_000
"""Characters of one text and of one line of a file, and lines of a file, beyond which it is no file of ours."""


def gather(db: Database) -> int:
    """Bring what visitors of this store judged into the inbox; returns how many are new."""
    return take_in(db, judged_by(db), "here")["new"]


def take_in(db: Database, given: Sequence[Judged], came: Came) -> dict[str, int]:
    """Mask and keep: {new, known, masked (values hidden)}. Twice the same is kept once."""
    counts = {"new": 0, "known": 0, "masked": 0}
    if not given:
        return counts
    masker = TalkMasker(db, {one.who for one in given})
    for one in given:
        masked, hidden, left = masker.mask(one if came == "here" else masker.mask_clauses(one))
        origin = one.place if is_kept(db, one.place) else origin_of(db, one)
        with writing(db):
            add_mask_numbers(db, masker.numbers.take_new())
            new = keep_feedback(db, origin, came, masked, hidden, left)
        counts["new" if new else "known"] += 1
        counts["masked"] += hidden if new else 0
    return counts


def decide(db: Database, id_: str, state: State, words: str | None = None) -> dict[str, Any]:
    """As `decide_feedback`; the owner's own words for the better answer are masked as all that stands in the inbox."""
    kept = get_feedback(db, id_)
    words = None if words is None else words.strip()
    if not words or words == kept["correction"]:
        return decide_feedback(db, id_, state, words)
    masker = TalkMasker(db, {kept["who"]})
    masked, _, left = masker.mask(judged_again({**kept, "correction": words}))
    with writing(db):
        add_mask_numbers(db, masker.numbers.take_new())
        return decide_feedback(db, id_, state, masked.correction, left)


class TalkMasker:
    """Masks talks with the store's own numbers: a value has one placeholder in chats, sources and feedback alike.

    Everybody who speaks in any source is known by name, so is who was invited, and so are the words that the owner hid anywhere.
    """

    def __init__(self, db: Database, names: Iterable[str]) -> None:
        self.numbers = Numbers(mask_key(db), mask_numbers(db))
        known = [row["name"] for row in list_speakers(db, 10_000)]
        speakers = list(dict.fromkeys([*known, *names]))
        sources = [row["id"] for row in all_rows(db, "SELECT id FROM sources")] or [""]
        decided = [load_decisions(db, id_) for id_ in sources]
        self.kept = set[tuple[str, str]]().union(*(one.kept for one in decided))
        self.words = {word: None for one in decided for word in one.words}
        self.masker = Masker(
            speakers, taggers=default_taggers(get_setting(db, NER_SETTING, "")), policy=mask_policy(db)
        )
        self.leftovers = Leftovers(mask_key(db), self.kept, speakers, list(self.words), strict=True)

    def mask(self, one: Judged) -> tuple[Judged, int, int]:
        """(masked, values hidden, what still looks personal). The texts are read in order, as one talk."""
        said = [turn["content"] for turn in one.turns]
        texts = [*said, one.answer, *([one.correction] if one.correction else [])]
        masked, hidden = self._masked(texts)
        turns = tuple({**turn, "content": text} for turn, text in zip(one.turns, masked, strict=False))
        correction = masked[len(said) + 1] if one.correction else None
        left = sum(len(self.leftovers.find(text)) for text in masked)
        return one._replace(turns=turns, answer=masked[len(said)], correction=correction), hidden, left

    def mask_clauses(self, one: Judged) -> Judged:
        """Clauses that came from outside are anybody's text; those of this store are the owner's sources and stay."""
        return one._replace(clauses=tuple(self._masked(one.clauses)[0]))

    def _masked(self, texts: Sequence[str]) -> tuple[list[str], int]:
        done, hidden = [], 0
        for text, spans in zip(texts, self.masker.find(texts), strict=True):
            places = [(span.start, span.end, span.label) for span in spans]
            for added in self.words:
                places += [(*spot, added.label) for spot in added.spots(text) if not _taken(spot, places)]
            put = [
                {"start": start, "end": end, "placeholder": self._placeholder(label, text[start:end])}
                for start, end, label in sorted(places)
                if not self._is_kept(label, text[start:end])
            ]
            hidden += len(put)
            done.append(apply_spans(text, put))
        return done, hidden

    def _placeholder(self, label: str, surface: str) -> str:
        _, number = self.numbers.number(label, value_of_surface(self.masker, label, surface))
        return placeholder_of(label, number)

    def _is_kept(self, label: str, surface: str) -> bool:
        value = value_of_surface(self.masker, label, surface)
        return (label, key_of(self.numbers.key, label, value)) in self.kept


def _taken(spot: tuple[int, int], places: Sequence[tuple[int, int, str]]) -> bool:
    return any(start < spot[1] and spot[0] < end for start, end, _ in places)


def read_lines(lines: Iterable[str]) -> list[Judged]:
    """A feedback file as it came from a bundle. Raises UserError, and takes nothing, where a line is not what a bundle writes: the
    file came from outside, and nothing in it is believed."""
    found: list[Judged] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if number > MOST_LINES or len(line) > LONGEST_LINE:
            raise _too_much(number)
        try:
            found.append(_checked(json.loads(line)))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise _no_feedback(number) from error
    return found


def _checked(line: Mapping[str, Any]) -> Judged:
    """Raises ValueError, KeyError or TypeError."""
    if line["malmoi_feedback"] != 1:
        raise ValueError("no feedback")
    turns = tuple({"role": str(turn["role"]), "content": _text(turn["content"])} for turn in line["turns"])
    if len(turns) > TURNS or any(turn["role"] not in ("user", "assistant") for turn in turns):
        raise ValueError("turns")
    if line["thumb"] not in ("up", "down") or line["ended"] not in ("whole", "stopped", "failed"):
        raise ValueError("thumb")
    correction = line["correction"] if line["correction"] is None else _text(line["correction"])
    short = {name: _line(line[name]) for name in ("place", "who", "visitor_id", "model")}
    if not isinstance(line["clauses"], list):
        raise TypeError("clauses")
    clauses = tuple(_text(clause) for clause in line["clauses"][:TURNS])
    return Judged(
        **short, turns=turns, answer=_text(line["answer"]), ended=line["ended"], clauses=clauses, thumb=line["thumb"],
        correction=correction, at=_moment(line["at"]),
    )  # fmt: skip


def _moment(told: str) -> str:
    """As the store writes it. A clock that goes ahead must not keep what is judged later out for ever."""
    at = datetime.fromisoformat(told)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(at.astimezone(UTC), datetime.now(UTC)).isoformat(timespec="milliseconds")


def _line(value: object) -> str:
    """A short text of one line: a name that steers a terminal is none."""
    text = _text(value, 200)
    if any(unicodedata.category(sign) == "Cc" for sign in text):
        raise ValueError("control")
    return text


def _text(value: object, most: int = LONGEST_TEXT) -> str:
    """A text that can be stored: a lone surrogate cannot."""
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("text")
    value.encode("utf-8")
    return value


def lines_of(file: TextIO) -> Iterator[str]:
    """Lines of a file from outside; one without line ends is not read into memory whole."""
    return iter(lambda: file.readline(LONGEST_LINE + 2), "")


def _too_much(number: int) -> UserError:
    return UserError(
        f"{number}번째 줄에서 파일이 너무 큽니다. 한 줄에 {LONGEST_LINE:,}자, {MOST_LINES:,}줄까지 받습니다. 아무것도 가져오지 않았습니다.",
        f"The file is too large at line {number}: lines of {LONGEST_LINE:,} characters and {MOST_LINES:,} of them are taken. Nothing was.",
    )


def _no_feedback(number: int) -> UserError:
    return UserError(
        f"{number}번째 줄이 말모이 꾸러미가 쓰는 의견 파일의 꼴이 아닙니다. 아무것도 가져오지 않았습니다. 손님이 내려받은 파일을 고치지 말고 그대로 주세요.",
        f"Line {number} is not what a Malmoi bundle writes into a feedback file. Nothing was taken. Give the file as the visitor "
        "downloaded it.",
    )
