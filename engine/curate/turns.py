"""Chat records become turns: what one side said without a pause. It knows nothing of replies or rows."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Self

from engine.curate.options import PersonaOptions
from engine.curate.row import LEFT_OUT, RecordTuple
from engine.korean.normalise import line_normaliser

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
    tokens: list[int] = field(default_factory=list)
    """Places in `lines` that hold such a token."""
    spoken: bool = False
    """False when the turn is nothing but media."""
    after_left_out: bool = False
    """Somebody who is left out spoke just before: whatever stands here may answer that."""
    text: str = ""
    """The turn's messages, one per line; a turn of removed media shows its token."""
    written: str = ""
    """The turn as a message in JSON, once a row shows it: it stands in up to five."""

    def close(self, tidy: Callable[[list[str]], list[str]]) -> Self:
        """Nothing more is said: even out the lines. Only now, since most turns need one look for all their lines."""
        lines = tidy(self.lines) if self.lines else self.lines
        if not self.tokens:
            lines = [line for line in lines if line]
            self.spoken = bool(lines)
        else:
            tokens = set(self.tokens)
            self.spoken = any(line and place not in tokens for place, line in enumerate(lines))
            lines = [self.lines[place] if place in tokens else line for place, line in enumerate(lines)]
            lines = [line for line in lines if line]
        self.lines = lines
        self.text = "\n".join(lines) or self.media
        return self


@lru_cache(maxsize=4096)
def _days(day: str) -> int:
    return date.fromisoformat(day).toordinal() * 1440


@lru_cache(maxsize=4096)
def _clock(hours: str) -> int:
    return int(hours[:2]) * 60 + int(hours[3:])


def _said(records: Iterable[RecordTuple]) -> Iterator[tuple[int, str, str, str | None, str]]:
    """(id, speaker, time, token or None, text) of what somebody sent at a known time; for people who are left out the time
    is empty."""
    for id_, at, speaker, kind, text, _ in records:
        if kind == "text":
            if at is not None and speaker is not None and text and not text.isspace():
                yield id_, speaker, at, None, text
        elif kind == LEFT_OUT:
            yield id_, "", "", None, ""
        elif kind in MEDIA and at is not None and speaker is not None:
            yield id_, speaker, at, MEDIA[kind], text


def read_turns(records: Iterable[RecordTuple], mine_are: AbstractSet[str], options: PersonaOptions) -> Iterator[Turn]:
    """Turns in file order, one in memory; `mine_are`: names under which I speak.

    A conversation ends at a silence, where time runs backwards, or after a day. Words of somebody who is left out end the
    turn before them, and the next one says so: nothing is glued over the gap.
    """
    gap, silence, keep_media = options.turn_gap_minutes, options.silence_minutes, options.media == "token"
    tidy = line_normaliser(options.normalise)
    turn: Turn | None = None
    conversation, began, day, left_out, minute, clock = -1, 0, "", False, 0, ""
    for id_, speaker, at, token, text in _said(records):
        if not at:
            left_out = True
            continue
        if at != clock:
            minute, clock = _days(at[:10]) + _clock(at[11:16]), at
        mine = speaker in mine_are
        pause = minute - turn.end if turn else 0
        if turn is None or mine != turn.mine or left_out or not 0 <= pause <= gap:
            if turn:
                yield turn.close(tidy)
            if turn is None or not 0 <= pause <= silence or minute - began >= LONGEST_CONVERSATION:
                conversation, began, day = conversation + 1, minute, at[:10]
            turn = Turn(mine, conversation, day, at, minute, minute, id_, id_, [], after_left_out=left_out)
            left_out = False
        turn.end, turn.record_last = minute, id_
        if token is None:
            turn.lines.append(text)
        else:
            turn.media = turn.media or token
            if keep_media:
                turn.tokens.append(len(turn.lines))
                turn.lines.append(token)
    if turn:
        yield turn.close(tidy)
