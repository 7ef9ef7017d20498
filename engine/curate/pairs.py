"""Turns become rows: what the other side said, then what I answered. It knows nothing of splits or models.

A row's prompt is the answered turn with the turns before it, as far back as they alternate and can be shown.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import count, islice
from typing import Any

from engine.curate.levels import by_level
from engine.curate.options import PersonaOptions
from engine.curate.row import Message, RecordTuple, Row, SourceView, message_json
from engine.curate.selection import Selection, is_long
from engine.curate.turns import Turn, read_turns
from engine.errors import UserError
from engine.korean.normalise import normaliser
from engine.pool import Workers, spare
from engine.sources.speakers import EXPORTER, choose_me, require_partner


def build_pairs(source: SourceView, options: PersonaOptions) -> Iterator[Row]:
    """Rows of one chat: dropped ones as they are met, kept ones in file order. One pass, memory for `max_rows` rows.

    Raises UserError when it cannot be told who "me" is or nobody else speaks who is not left out.
    """
    mine = source.targets | {choose_me(source.speakers, source.me)}
    require_partner(source.speakers, mine, source.left_out)
    if source.apart and spare(True):
        yield from by_level(_made_apart(source.apart, mine, options), options)
        return
    yield from by_level(_pairs(read_turns(source.records, mine, options), options), options)


Packed = tuple[str, str, str, int | None, int | None, int, str, str | None]
"""A row between two processes: (messages as JSON, target, group, first and last record, conversation, at, dropped)."""
CHUNK = 4_000
"""Rows handed over at once: about 3 MB, and 0.2 s of work."""


class PairMaker:
    """Makes the rows of one chat in a process of its own, chunk after chunk. Asked for a later chunk than the next one, it
    goes on to that: whoever takes over from a killed one begins anew, and comes to the same rows."""

    def __init__(
        self, read: Callable[[], Iterable[RecordTuple]], mine: AbstractSet[str], options: PersonaOptions
    ) -> None:
        self._rows = _packed(_pairs(read_turns(read(), mine, options), options, written=True))
        self._next = 0

    def chunk(self, number: int) -> list[Packed]:
        """The rows of one chunk in file order; fewer than CHUNK in the last."""
        while self._next <= number:
            self._next += 1
            rows = list(islice(self._rows, CHUNK))
        return rows


def _packed(rows: Iterable[Row]) -> Iterator[Packed]:
    for row in rows:
        meta = row.meta
        yield (
            row.messages_json or "[]",
            row.target,
            row.group,
            row.record_first,
            row.record_last,
            meta["conversation"],
            meta["at"],
            row.dropped,
        )


def _chunk(maker: PairMaker, number: int) -> list[Packed]:
    return maker.chunk(number)


def _made_apart(
    read: Callable[[], Iterable[RecordTuple]], mine: AbstractSet[str], options: PersonaOptions
) -> Iterator[Row]:
    """The rows as another process makes them, while this one stores what is there."""
    with Workers(PairMaker, (read, mine, options), 1) as workers:
        for rows in workers.map(_chunk, count()):
            for said, target, group, first, last, conversation, at, dropped in rows:
                yield Row((), target, group, first, last, {"conversation": conversation, "at": at}, dropped, said)
            if len(rows) < CHUNK:
                return


def chat_prompt(messages: Sequence[Message], options: PersonaOptions) -> tuple[Message, ...]:
    """The last `context_turns` + 1 messages as the model is trained on them: a user's first, the system line on top.

    messages: user and assistant in turn, a user's last, contents as they were written.
    """
    kept = messages[-options.context_turns - 1 :]
    kept = kept[1:] if kept[0]["role"] == "assistant" else kept
    if options.style == "instruction":
        kept = [_instructed(message, options.instruction) for message in kept]
    system = [Message(role="system", content=options.system)] if options.system else []
    return (*system, *kept)


def _instructed(message: Message, instruction: str) -> Message:
    if message["role"] != "user":
        return message
    return Message(role="user", content=f"{instruction}\n{message['content']}")


def instruction_form(messages: Sequence[Message], target: str, instruction: str) -> dict[str, object]:
    """A row as {"instruction", "input", "output"}, earlier exchanges under "history" as [[input, output], …] if any.

    instruction: what `chat_prompt` put before each user message; it is taken off again.
    """
    said = [message["content"].removeprefix(f"{instruction}\n") for message in messages if message["role"] != "system"]
    form: dict[str, object] = {"instruction": instruction, "input": said[-1], "output": target}
    if said[:-1]:
        form["history"] = [list(pair) for pair in zip(said[:-1:2], said[1::2], strict=True)]
    return form


def prompt_of(item: Mapping[str, Any], options: PersonaOptions) -> tuple[Message, ...]:
    """The prompt for {"turns": […]}, exactly as rows carry it.

    turns: texts in turn, the other side's last; or {"role" or "speaker", "text" or "content"}: assistant, the item's
    "me" and an exporter's names such as 나 are mine. Raises KeyError for a missing field, UserError when nobody asks or
    something else stands where texts are due.
    """
    if not isinstance(item["turns"], list | tuple):
        found = type(item["turns"]).__name__
        raise UserError(
            f"turns는 말의 목록이어야 하는데 {found}입니다. 한마디뿐이어도 [ ] 안에 쓰세요.",
            f"turns must be a list of texts, but is {found}. Put even a single one inside [ ].",
        )
    said = _merged(_spoken(item["turns"], (item.get("me"), "assistant", *EXPORTER)))
    if not said or said[-1]["role"] != "user":
        count = len(item["turns"])
        raise UserError(
            f"turns({count}차례)가 상대의 말로 끝나지 않아 답할 것이 없습니다. 상대의 말을 마지막에 두세요.",
            f"turns ({count} of them) do not end with the other side, so there is nothing to answer. "
            "Put the other side's words last.",
        )
    tidy = normaliser(options.normalise)
    tidied = [Message(role=m["role"], content=tidy(m["content"]).strip() or m["content"]) for m in said]
    return chat_prompt(tidied, options)


def _spoken(turns: Sequence[Any], mine: Sequence[str | None]) -> Iterator[Message]:
    for left, turn in zip(range(len(turns), 0, -1), turns, strict=True):
        mine_now, content = left % 2 == 0, turn
        if isinstance(turn, Mapping):
            mine_now = (turn["role"] if "role" in turn else turn["speaker"]) in mine
            content = turn["text"] if "text" in turn else turn["content"]
        if not isinstance(content, str):
            raise _no_text(len(turns) - left + 1)
        yield Message(role="assistant" if mine_now else "user", content=content)


def _no_text(number: int) -> UserError:
    return UserError(
        f'turns의 {number}번째 차례에 말이 글자로 들어 있지 않습니다. "text"에 한 말을 따옴표로 묶어 쓰세요.',
        f'Turn {number} of turns does not hold its words as text. Write what was said into "text", in quotes.',
    )


def _merged(messages: Iterable[Message]) -> list[Message]:
    """Neighbours of one role as one message, a line each."""
    said: list[Message] = []
    for message in messages:
        if said and said[-1]["role"] == message["role"]:
            said[-1] = Message(role=message["role"], content=f"{said[-1]['content']}\n{message['content']}")
        else:
            said.append(message)
    return said


def _pairs(turns: Iterable[Turn], options: PersonaOptions, written: bool = False) -> Iterator[Row]:
    """One row per turn of the other side or unprompted turn of mine, in file order. written: with messages as JSON only."""
    selection, show = Selection(options), _Written(options) if written else _Shown(options)
    history: list[Turn] = []
    last: Turn | None = None
    for turn in turns:
        cut = turn.after_left_out
        if last is None or cut or turn.conversation != last.conversation or turn.mine == last.mine:
            if last and not last.mine:
                yield _lone(last, "left_out" if cut else "no_reply", show)
            if turn.mine:
                yield _lone(turn, "left_out" if cut else "no_prompt", show)
            history = []
        elif turn.mine:
            yield _pair(history, last, turn, _reason(last, turn, selection, options), show)
        history = _longer(history, turn, options)
        last = turn
    if last and not last.mine:
        yield _lone(last, "no_reply", show)


def _longer(history: list[Turn], turn: Turn, options: PersonaOptions) -> list[Turn]:
    """The history with this turn at its end; empty when the turn cannot be shown to a model."""
    if not turn.lines or is_long(turn.text, options.max_prompt_syllables):
        return []
    return [*history[-options.context_turns :], turn] if options.context_turns else [turn]


def _reason(prompt: Turn, reply: Turn, selection: Selection, options: PersonaOptions) -> str | None:
    if not prompt.lines or not reply.spoken:
        return "media_only"
    if reply.start - prompt.end > options.reply_minutes:
        return "late_reply"
    return selection.reason(prompt.text, reply.text)


class _Shown:
    """The messages of a row, as a recipe hands them on."""

    def __init__(self, options: PersonaOptions) -> None:
        self._options = options

    def prompt(self, turns: Sequence[Turn]) -> tuple[tuple[Message, ...], str | None]:
        """(messages, None) of a pair."""
        return chat_prompt([_message(turn) for turn in turns], self._options), None

    def bare(self, turns: Sequence[Turn]) -> tuple[tuple[Message, ...], str | None]:
        """The same, with neither system line nor instruction."""
        return tuple(_message(turn) for turn in turns), None


class _Written(_Shown):
    """The same as JSON, ready for the store: a turn is written once and stands in up to five rows."""

    def prompt(self, turns: Sequence[Turn]) -> tuple[tuple[Message, ...], str | None]:
        if self._options.style == "instruction" or self._options.system:
            return (), f"[{', '.join(map(message_json, super().prompt(turns)[0]))}]"
        return self.bare(turns)

    def bare(self, turns: Sequence[Turn]) -> tuple[tuple[Message, ...], str | None]:
        for turn in turns:
            if not turn.written:
                turn.written = message_json(_message(turn))
        return (), f"[{', '.join([turn.written for turn in turns])}]"


def _pair(history: Sequence[Turn], prompt: Turn, reply: Turn, dropped: str | None, show: _Shown) -> Row:
    """history: ends with the prompt, or is empty. Its records cover all that it shows: `forget` goes by them."""
    shown = (history[1:] if history[0].mine else history) if history else [prompt]
    messages, said = show.prompt(shown)
    return Row(messages, reply.text, reply.day, shown[0].record_first, reply.record_last, _meta(reply), dropped, said)


def _message(turn: Turn) -> Message:
    return Message(role="assistant" if turn.mine else "user", content=turn.text)


def _lone(turn: Turn, reason: str, show: _Shown) -> Row:
    """A turn that makes no pair, so that it can be opened: my words as the target, the other's as the prompt."""
    messages, said = show.bare([] if turn.mine else [turn])
    target = turn.text if turn.mine else ""
    return Row(messages, target, turn.day, turn.record_first, turn.record_last, _meta(turn), reason, said)


def _meta(turn: Turn) -> dict[str, int | str]:
    return {"conversation": turn.conversation, "at": turn.at}
