"""A long dialogue made to fit: whole turns of its middle give way, and a line says how many. It counts characters, no tokens."""

from dataclasses import dataclass

from engine.dialogue.turns import SPECIAL, turns_of, written

OPENING = 0.6
"""Share of the room that the beginning gets: who and why stand there, what was decided at the end."""
GAP = "(… 가운데 {0:,}차례 줄임 …)"


@dataclass(frozen=True, slots=True)
class Shortened:
    """`left_out`: turns of the middle that are not shown; `cut`: whether a single turn had to be cut as well."""

    text: str
    left_out: int = 0
    cut: bool = False


def shortened(dialogue: str, most: int) -> Shortened:
    """The dialogue in at most `most` characters; as it is where it fits."""
    if len(dialogue) <= most:
        return Shortened(dialogue)
    lines = [written([turn]) for turn in turns_of(dialogue)]
    room = max(0, most - len(GAP) - 8)
    first = _fitting(lines, int(room * OPENING))
    last = _fitting(lines[first:][::-1], room - sum(len(line) + 1 for line in lines[:first]))
    out = len(lines) - first - last
    if not first and not last:  # one turn longer than everything
        return Shortened(_cut(dialogue, most), 0, cut=True)
    kept = [*lines[:first], GAP.format(out), *lines[len(lines) - last :]]
    return Shortened("\n".join(kept), out)


def _fitting(lines: list[str], room: int) -> int:
    """How many of the first lines fit."""
    for count, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return count
    return len(lines)


def _cut(text: str, most: int) -> str:
    """The beginning and the end of a text, no token cut in two."""
    first = int((most - 5) * OPENING)
    head, tail = text[:first], text[len(text) - (most - 5 - first) :]
    for token in SPECIAL.finditer(text):
        if token.start() < len(head) < token.end():
            head = text[: token.start()]
        if token.start() < len(text) - len(tail) < token.end():
            tail = text[token.end() :]
    return f"{head}\n(…)\n{tail}"
