"""What one training row is, before and after it is kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any, NamedTuple, NotRequired, TypedDict


class Message(TypedDict):
    """One turn of a prompt. `role` is system, user or assistant; a single `raw` message is the whole prompt, verbatim."""

    role: str
    content: str
    cut: NotRequired[tuple[int, int]]
    """Span of `content`, in code points, that loses its end when the prompt is too long; the rest stays whole."""
    middle: NotRequired[bool]
    """True: the span loses lines of its middle instead, as a dialogue does: who and why stand first, what was decided last."""


LEFT_OUT = "left_out"
"""Kind of a record whose speaker the owner leaves out: no name, no words, only that something was said here."""


class SourceRecord(NamedTuple):
    """One stored record as a recipe sees it: `text` is already masked when the source is masked."""

    id: int
    at: str | None
    """YYYY-MM-DDTHH:MM, the exporter's local time; None when untimed."""
    speaker: str | None
    kind: str
    text: str
    meta: dict[str, Any] | None = None


RecordTuple = tuple[int, str | None, str | None, str, str, dict[str, Any] | None]
"""The fields of SourceRecord: by the million, names cost more than reading does."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source for a recipe to build rows from; `records` streams in file order and can be read once."""

    id: str
    kind: str
    me: str | None
    speakers: dict[str, int]
    """Message count per speaker."""
    records: Iterable[SourceRecord]
    targets: frozenset[str] = frozenset()
    """Speakers whose answers are learned beside `me`: the same person under another name."""
    left_out: frozenset[str] = frozenset()
    """Speakers whose records come as LEFT_OUT."""
    apart: Callable[[], Iterable[RecordTuple]] | None = None
    """Reads the same records in another process, where it can be handed; None where that does not pay or cannot be."""


@dataclass(slots=True)  # frozen, it takes four times as long to make
class Row:
    """A prompt and what the model is to say; `dropped` names the reason when the recipe leaves it out."""

    messages: tuple[Message, ...]
    target: str
    group: str
    """Rows of one group never lie in two splits: a conversation day, a clause, a patent."""
    record_first: int | None = None
    record_last: int | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    dropped: str | None = None
    messages_json: str | None = None
    """The messages as the store keeps them, from a process that made rows for another one; `messages` is empty then."""
    split: str | None = None
    """The split the recipe chose, where what one row shows must not be held out by another; None: drawn by group."""


def message_json(message: Message) -> str:
    """One message as `json.dumps(…, ensure_ascii=False)` would write it."""
    cut = f', "cut": [{message["cut"][0]}, {message["cut"][1]}]' if "cut" in message else ""
    middle = ', "middle": true' if message.get("middle") else ""
    return f'{{"role": "{message["role"]}", "content": {encode_basestring(message["content"])}{cut}{middle}}}'
