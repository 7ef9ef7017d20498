"""Chat records become turns: what one side said without a pause. It knows nothing of replies or rows."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from engine.curate.options import PersonaOptions
from engine.curate.row import LEFT_OUT, SourceRecord
from engine.korean.normalise import normaliser

MEDIA = {
    "photo": "[사진]",
    "video": "[동영상]",
    "sticker": "[이모티콘]",
    "voice": "[음성]",
    "file": "[파일]",
    "link": "[링크]",
    "call": "[통화]",
    "board": "[게시]",
    "money": "[송금]",
    "search": "[검색]",
    "map": "[지도]",
    "contact": "[연락처]",
}
"""Kinds that stand in a chat but are not words, and the token that may replace them. All other kinds but `text` never
enter."""

LONGEST_CONVERSATION = 24 * 60
"""Minutes. A group chat that never falls silent would otherwise be one conversation, and all its days one group."""


@dataclass(slots=True)
class Turn:
    """What one side said without a longer pause. In a group chat everybody but me is the other side."""

    mine: bool
    conversation: int
    """Number of the conversation inside its source, from 0."""
    day: str
    """YYYY-MM-DD on which the conversation began, midnight or not."""
    at: str
    start: int
    """Minutes; only differences mean anything."""
    end: int
    record_first: int
    record_last: int
    lines: list[str]
    media: str = ""
    """Token of the first photo, sticker … of the turn, whether or not it stands in `lines`."""
    spoken: bool = False
    """False when the turn is nothing but media."""
    after_left_out: bool = False
    """Somebody who is left out spoke just before: whatever stands here may answer that."""
    _text: str | None = None

    @property
    def text(self) -> str:
        """The turn's messages, one per line; a turn of removed media shows its token. Kept: it stands in several rows."""
        if self._text is None:
            self._text = "\n".join(self.lines) or self.media
        return self._text

    def add(self, record: SourceRecord, words: str, minute: int, keep_media: bool) -> None:
        """Append one message; `words`: what is left of a text after normalising."""
        token = MEDIA.get(record.kind)
        if token is None:
            if words:
                self.lines.append(words)
                self.spoken = True
        else:
            self.media = self.media or token
            if keep_media:
                self.lines.append(token)
        self.end = minute
        self.record_last = record.id
        self._text = None


@lru_cache(maxsize=4096)
def _days(day: str) -> int:
    return date.fromisoformat(day).toordinal()


@lru_cache(maxsize=1024)  # several messages a minute
def _minute(at: str) -> int:
    return _days(at[:10]) * 1440 + int(at[11:13]) * 60 + int(at[14:16])


def _said(records: Iterable[SourceRecord]) -> Iterator[tuple[SourceRecord, str]]:
    """Records somebody sent at a known time, with that time; those of people who are left out with any."""
    for record in records:
        at, kind = record.at, record.kind
        if kind == LEFT_OUT:
            yield record, ""
            continue
        said = kind in MEDIA or (kind == "text" and record.text and not record.text.isspace())
        if said and at is not None and record.speaker is not None:
            yield record, at


def read_turns(records: Iterable[SourceRecord], mine_are: AbstractSet[str], options: PersonaOptions) -> Iterator[Turn]:
    """Turns in file order, one in memory; `mine_are`: names under which I speak.

    A conversation ends at a silence, where time runs backwards, or after a day. Words of somebody who is left out end the
    turn before them, and the next one says so: nothing is glued over the gap.
    """
    gap, silence, keep_media = options.turn_gap_minutes, options.silence_minutes, options.media == "token"
    tidy = normaliser(options.normalise)
    turn: Turn | None = None
    conversation, began, day, left_out = -1, 0, "", False
    for record, at in _said(records):
        if not at:
            left_out = True
            continue
        minute, mine = _minute(at), record.speaker in mine_are
        pause = minute - turn.end if turn else 0
        if turn is None or mine != turn.mine or left_out or not 0 <= pause <= gap:
            if turn:
                yield turn
            if turn is None or not 0 <= pause <= silence or minute - began >= LONGEST_CONVERSATION:
                conversation, began, day = conversation + 1, minute, at[:10]
            turn = Turn(mine, conversation, day, at, minute, minute, record.id, record.id, [], after_left_out=left_out)
            left_out = False
        turn.add(record, tidy(record.text).strip(), minute, keep_media)
    if turn:
        yield turn
