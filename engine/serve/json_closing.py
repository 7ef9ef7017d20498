"""What is missing of an unfinished answer in JSON: the shortest text that ends it. It knows neither tokens nor models.

Length limits cut answers anywhere; an answer that is closed before its room runs out is whole JSON whatever the model wrote.
"""

import re
from collections.abc import Iterator
from functools import cache

from engine.serve.json_shape import Choice, Field, List, Number, Object, Shape, Text

FILLER = "."
"""Stands for characters that a text must have at least."""
_NUMBERS = {
    True: re.compile(r"-?(?:0|[1-9][0-9]{0,14})?"),
    False: re.compile(r"-?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{0,6})?)?"),
}
_CHARACTER = re.compile(r'[^"\\]|\\.')

Reached = tuple[int, str]
"""Where a part ends in the text; and what it lacks, which only a part that the text's end cuts does."""


def closing(shape: Shape, text: str) -> str | None:
    """The shortest end that makes `text` whole; "" where it is whole, None where `text` begins nothing of that shape."""
    return min(_closings(shape, text), key=len, default=None)


def closing_bytes(shape: Shape, written: bytes) -> bytes | None:
    """As `closing`, of bytes that may end inside a character: that is ended first, as a word of the schema where it begins one."""
    half = _half_character(written)
    if not half:
        found = closing(shape, written.decode())
        return None if found is None else found.encode()
    before = written[: -len(half)].decode()
    ends = [end[len(half) :] for one in _closings(shape, before) if (end := one.encode()).startswith(half)]
    rest = _rest_of_character(half)
    ends += [rest + one.encode() for one in _closings(shape, before + (half + rest).decode())]
    return min(ends, key=len, default=None)


def _closings(shape: Shape, text: str) -> list[str]:
    return [missing for at, missing in _ways(shape, text, 0) if at == len(text)]


def _half_character(written: bytes) -> bytes:
    """The bytes at the end that only begin a character."""
    try:
        written.decode()
    except UnicodeDecodeError as error:
        return written[error.start :]
    return b""


def _rest_of_character(half: bytes) -> bytes:
    """Bytes that make it some character. After E0 the next is A0 or more, after F0 90 or more (RFC 3629)."""
    for rest in (bytes([first, 0x80, 0x80][:n]) for n in (1, 2, 3) for first in (0x80, 0x90, 0xA0)):
        try:
            (half + rest).decode()
        except UnicodeDecodeError:
            continue
        return rest
    raise AssertionError("the grammar let through what is no UTF-8")


@cache
def shortest(shape: Shape) -> str:
    """The shortest text of that shape."""
    return closing(shape, "") or ""


@cache
def longest_closing(shape: Shape) -> int:
    """Bytes that an unfinished text never lacks more than: those of a text in which everything stands, one item a list."""
    match shape:
        case Choice(texts):
            return max(len(text.encode()) for text in texts)
        case Text(least, _):
            return least + 2
        case Number():
            return 1
        case List(item, least, _):
            return 2 + max(1, least) * (longest_closing(item) + 2)
        case Object(fields):
            return 2 + sum(2 + len(field.opening.encode()) + longest_closing(field.value) for field in fields)
    return max(longest_closing(one) for one in shape.shapes)


def _ways(shape: Shape, text: str, at: int) -> Iterator[Reached]:
    match shape:
        case Choice(texts):
            for choice in texts:
                yield from _literal(choice, text, at)
        case Text():
            yield from _string(shape, text, at)
        case Number(whole):
            yield from _number(whole, text, at)
        case List():
            yield from _list(shape, text, at)
        case Object(fields, brackets):
            for end, missing in _literal(brackets[0], text, at):
                lacking = [(end, missing + _least(fields, False, brackets[1]))]
                yield from lacking if missing else _fields(fields, text, end, False, brackets[1])
        case _:
            for one in shape.shapes:
                yield from _ways(one, text, at)


def _literal(wanted: str, text: str, at: int) -> Iterator[Reached]:
    found = text[at : at + len(wanted)]
    if wanted.startswith(found) and (found == wanted or at + len(found) == len(text)):
        yield at + len(found), wanted[len(found) :]


def _string(shape: Text, text: str, at: int) -> Iterator[Reached]:
    if at == len(text):
        yield at, '"' + FILLER * shape.least + '"'
        return
    if text[at] != '"':
        return
    at, count = at + 1, 0
    while found := _CHARACTER.match(text, at):
        at, count = found.end(), count + 1
    dangling = text[at : at + 1] == "\\"
    if text[at : at + 1] == '"' and shape.least <= count <= shape.most:
        yield at + 1, ""
    elif at + dangling == len(text) and count + dangling <= shape.most:
        yield len(text), "\\" * dangling + FILLER * (shape.least - count - dangling) + '"'


def _number(whole: bool, text: str, at: int) -> Iterator[Reached]:
    found = _NUMBERS[whole].match(text, at)
    if found and (found.group()[-1:].isdigit() or found.end() == len(text)):
        yield found.end(), "" if found.group()[-1:].isdigit() else "0"


def _list(shape: List, text: str, at: int) -> Iterator[Reached]:
    for end, missing in _literal("[", text, at):
        if missing:
            yield end, missing + _tail(shape, 0)
            return
        waiting = [(end, 0)]
        while waiting:
            at, count = waiting.pop()
            if count >= shape.least:
                yield from _literal("]", text, at)
            if count < shape.most:
                yield from _item(shape, text, at, count, waiting)


def _item(shape: List, text: str, at: int, count: int, waiting: list[tuple[int, int]]) -> Iterator[Reached]:
    """The next item, its comma before it; a whole one is put among the `waiting` places to go on from."""
    for start, missing in _literal(", " if count else "", text, at):
        if missing:
            yield start, missing + shortest(shape.item) + _tail(shape, count + 1)
            continue
        for end, lacking in _ways(shape.item, text, start):
            if lacking:
                yield end, lacking + _tail(shape, count + 1)
            else:
                waiting.append((end, count + 1))


def _tail(shape: List, count: int) -> str:
    """What a list of `count` items lacks at least."""
    more = [shortest(shape.item)] * (shape.least - count)
    return (", " if count and more else "") + ", ".join(more) + "]"


def _fields(fields: tuple[Field, ...], text: str, at: int, written: bool, last: str) -> Iterator[Reached]:
    """The places from `at` on; `last`: the bracket behind them."""
    if not fields:
        yield from _literal(last, text, at)
        return
    field, rest = fields[0], fields[1:]
    for start, missing in _literal((", " if written else "") + field.opening, text, at):
        if missing:
            yield start, missing + shortest(field.value) + _least(rest, True, last)
            continue
        for end, lacking in _ways(field.value, text, start):
            yield from [(end, lacking + _least(rest, True, last))] if lacking else _fields(rest, text, end, True, last)
    if not field.required:
        yield from _fields(rest, text, at, written, last)


@cache
def _least(fields: tuple[Field, ...], written: bool, last: str) -> str:
    """The keys that must still be written, and the bracket."""
    needed = [field.opening + shortest(field.value) for field in fields if field.required]
    return (", " if written and needed else "") + ", ".join(needed) + last
