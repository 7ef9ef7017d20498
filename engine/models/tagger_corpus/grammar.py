"""Templates with slots, written into a text whose characters carry labels. It knows no words and no names.

Template language, nestable: {a|b|c} one of several, {slot} a value, {slot/이가} a value and its agreeing particle.
"""

import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from engine.models.starter_corpus.grammar import PARTICLES, particle

OUTSIDE, B_PERSON, I_PERSON, B_ADDRESS, I_ADDRESS = range(5)
BEGIN = {"PERSON": B_PERSON, "ADDRESS": B_ADDRESS}
HERE = Path(__file__).parent


class Writer:
    """A text under construction: one label per code point."""

    def __init__(self) -> None:
        self.chars: list[str] = []
        self.labels: list[int] = []

    def add(self, text: str, label: str = "") -> None:
        """Append `text`, as one span when a label is given."""
        self.chars += text
        first = BEGIN.get(label, OUTSIDE)
        self.labels += [first + bool(first) * bool(at) for at in range(len(text))]

    def last(self) -> str:
        """The end of what was written, enough to choose a particle."""
        return "".join(self.chars[-3:])


Slot = Callable[[Writer, random.Random], None]
Node = tuple[str, object, str]


def render(template: str, slots: Mapping[str, Slot], out: Writer, rng: random.Random) -> None:
    """Write one reading of `template`."""
    _render(compiled(template), slots, out, rng)


def _render(nodes: tuple[Node, ...], slots: Mapping[str, Slot], out: Writer, rng: random.Random) -> None:
    for kind, value, tail in nodes:
        if kind == "text":
            out.add(value)  # type: ignore[arg-type]
        elif kind == "choice":
            _render(value[int(rng.random() * len(value))], slots, out, rng)  # type: ignore[index,arg-type]
        else:
            slots[value](out, rng)  # type: ignore[index]
            if tail:
                out.add(particle(out.last(), tail))


@cache
def compiled(template: str) -> tuple[Node, ...]:
    """The template as a tree; ValueError for a brace too few or too many, or an unknown particle."""
    nodes, at = _sequence(template.replace("\\n", "\n"), 0, "")
    if at != len(template.replace("\\n", "\n")):
        raise ValueError(template)
    return nodes


def _sequence(text: str, at: int, stops: str) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    plain = ""
    while at < len(text) and text[at] not in stops:
        if text[at] != "{":
            plain += text[at]
            at += 1
            continue
        if plain:
            nodes.append(("text", plain, ""))
            plain = ""
        node, at = _braced(text, at + 1)
        nodes.append(node)
    if plain:
        nodes.append(("text", plain, ""))
    return tuple(nodes), at


def _braced(text: str, at: int) -> tuple[Node, int]:
    branches = []
    while True:
        branch, at = _sequence(text, at, "|}")
        branches.append(branch)
        if at >= len(text):
            raise ValueError(text)
        at += 1
        if text[at - 1] == "}":
            break
    name = branches[0][0][1] if len(branches) == 1 and len(branches[0]) == 1 else ""
    if len(branches) > 1 or not isinstance(name, str):
        return ("choice", tuple(branches), ""), at
    slot, _, tail = name.partition("/")
    if tail and tail not in PARTICLES:
        raise ValueError(text)
    return ("slot", slot, tail), at


@cache
def frames(name: str) -> dict[str, tuple[str, ...]]:
    """Section → templates of NAME_frames.txt."""
    sections: dict[str, list[str]] = {}
    section: list[str] = []
    for line in (HERE / f"{name}_frames.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@") and line[1:].isalpha() and line[1:].islower():
            section = sections.setdefault(line[1:], [])
        elif line and not line.startswith("#"):
            section.append(line)
    return {name: tuple(lines) for name, lines in sections.items()}
