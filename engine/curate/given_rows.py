"""Talks that came in as other trainers keep them become rows as they are: the prompt and the answer are the file's own, no recipe's.

A talk gives a row for every answer that is to be learned, shown all that was said before it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from engine.curate.row import Message, Row, SourceRecord, SourceView
from engine.sources.talk_shapes import SHAPES
from engine.sources.talks import TALK

Built = Iterator[tuple[SourceView, Iterator[Row]]]


def is_given(source: SourceView) -> bool:
    """Whether the source holds whole prompts."""
    return source.kind in SHAPES


def given_rows(records: Iterable[SourceRecord]) -> Iterator[Row]:
    """Rows of all talks in file order; what was there before is dropped as a duplicate."""
    seen: set[int] = set()
    for record in records:
        if record.kind == TALK and record.meta:
            yield from _rows(record, record.meta, seen)


def beside_given(views: Sequence[SourceView], made: Callable[[Sequence[SourceView]], Built]) -> Built:
    """`made` of the sources that a recipe reads, then the rows of the others as they are."""
    own = [view for view in views if not is_given(view)]
    if own:
        yield from made(own)
    yield from ((view, given_rows(view.records)) for view in views if is_given(view))


def _rows(record: SourceRecord, meta: dict[str, Any], seen: set[int]) -> Iterator[Row]:
    turns, shown = meta["turns"], list[Message]()
    for turn in turns:
        if turn["role"] == "assistant" and turn.get("weight") != 0 and shown:
            row = Row(
                tuple(shown), turn["content"], meta["group"], record.id, record.id, {"conversation": meta["group"]}
            )
            row.split, row.dropped = meta["split"], _problem(row, seen)
            yield row
        shown.append(message_of(turn))


def _problem(row: Row, seen: set[int]) -> str | None:
    if not row.target.strip() or not any(
        one["role"] in ("user", "raw") and one["content"].strip() for one in row.messages
    ):
        return "empty"
    key = hash((*((one["role"], one["content"]) for one in row.messages), row.target))
    repeated = key in seen
    seen.add(key)
    return "duplicate" if repeated else None


def message_of(turn: dict[str, Any]) -> Message:
    """A turn of a talk as part of a prompt. A cut is kept while its span lies inside the words: masking can have made them shorter."""
    message = Message(role=turn["role"], content=turn["content"])
    if "cut" in turn and turn["cut"][1] <= len(turn["content"]):
        message["cut"] = (turn["cut"][0], turn["cut"][1])
        if turn.get("middle"):
            message["middle"] = True
    return message
