"""JSON of a shape from an engine that has no hook for a grammar: what is fixed is written for it, and it is asked for the rest only.

Labels are chosen by how likely the model finds each, texts are written until their quote, lists and optional keys go on as long as the
model prefers that to the end. Whole and valid by construction, whatever the model writes.
"""

import json
import re
from collections.abc import Sequence
from typing import Protocol

from engine.serve.json_closing import closing, shortest
from engine.serve.json_shape import Choice, Field, List, Number, Object, Shape, Text

_NUMBER = {
    True: re.compile(r"-?(?:0|[1-9][0-9]{0,14})"),
    False: re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?"),
}
_NUMBER_TOKENS = 16
_INSIDE = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Pen(Protocol):
    """One model before one prompt."""

    def choose(self, written: str, options: Sequence[str]) -> int:
        """The place of the option that the model finds likeliest after what is written."""
        ...

    def go_on(self, written: str, tokens: int, until: str) -> str:
        """What the model writes next, of at most so many tokens, up to the first that holds `until`."""
        ...

    def count(self, text: str) -> int:
        """Tokens of a text."""
        ...


def fill(shape: Shape, pen: Pen, room: int) -> str:
    """An answer of that shape in about `room` tokens; never shorter than the shape's shortest."""
    return _Filling(shape, pen, room).value(shape, "")


class _Filling:
    """One answer. Every step takes what is written so far and gives it back longer."""

    def __init__(self, whole: Shape, pen: Pen, room: int) -> None:
        self.whole, self.pen, self.room = whole, pen, room

    def value(self, shape: Shape, written: str) -> str:
        match shape:
            case Choice(texts):
                return written + self.chosen(written, texts)
            case Text():
                return self.text(shape, written)
            case Number(whole):
                said = self.pen.go_on(written, min(_NUMBER_TOKENS, self.left(written + "0")), ",").strip()
                found = _NUMBER[whole].match(said)
                return written + (found.group() if found else "0")
            case List():
                return self.list(shape, written)
            case Object(fields, "[]"):
                return self.places(fields, written)
            case Object(fields):
                return self.object(fields, written + "{")
        starts = [_beginning(one) for one in shape.shapes]
        best = self.chosen(written, starts)
        return self.value(shape.shapes[starts.index(best)], written)

    def left(self, written: str) -> int:
        """Tokens that may still be written beside what must be."""
        missing = closing(self.whole, written) or ""
        return self.room - self.pen.count(written + missing)

    def chosen(self, written: str, options: Sequence[str]) -> str:
        """The likeliest option, of those there is room for; the shortest where there is none."""
        fitting = [one for one in options if self.left(written + one) >= 0] or [min(options, key=len)]
        return fitting[self.pen.choose(written, fitting) if len(fitting) > 1 else 0]

    def text(self, shape: Text, written: str) -> str:
        room = min(self.left(written + '"'), shape.most)  # a token writes a character at least, but for its bytes
        said = self.pen.go_on(written + '"', room, '"') if room > 0 else ""
        value = _read(said)[: shape.most].rstrip()
        return written + json.dumps(value.ljust(shape.least, "."), ensure_ascii=False)

    def list(self, shape: List, written: str) -> str:
        written += "["
        for count in range(shape.most):
            comma = ", " if count else ""
            if count >= shape.least and not self._another(written, comma + _beginning(shape.item)):
                break
            written = self.value(shape.item, written + comma)
        return written + "]"

    def _another(self, written: str, more: str) -> bool:
        return self.left(written + more) > 0 and self.pen.choose(written, ["]", more]) == 1

    def places(self, fields: Sequence[Field], written: str) -> str:
        for count, field in enumerate(fields):
            written = self.value(field.value, written + (", " if count else "["))
        return written + "]"

    def object(self, fields: Sequence[Field], written: str) -> str:
        rest = list(fields)
        while rest:
            comma = "" if written.endswith("{") else ", "
            ahead = next((at for at, field in enumerate(rest) if field.required), None)
            near = rest if ahead is None else rest[: ahead + 1]
            openings = [comma + field.opening for field in near]
            options = [*openings, "}"] if ahead is None else openings
            best = self.chosen(written, options)
            if best == "}":
                break
            field = near[options.index(best)]
            written = self.value(field.value, written + best)
            rest = rest[rest.index(field) + 1 :]
        return written + "}"


def _beginning(shape: Shape) -> str:
    """Signs that begin a value of that shape."""
    match shape:
        case Text():
            return '"'
        case Object(fields, brackets) if fields and fields[0].required:
            return brackets[0] + fields[0].opening
        case Object():
            return "{"
        case List():
            return "["
    return shortest(shape)


def _read(said: str) -> str:
    """The characters of a string's inside as a model wrote them, up to its quote."""
    inside = _INSIDE.match(said)
    body = _CONTROL.sub(" ", inside.group() if inside else "")
    try:
        return str(json.loads(f'"{body}"')).encode("utf-8", "ignore").decode()
    except ValueError:  # an escape that is none
        return body.replace("\\", "").replace("\ufffd", "")
