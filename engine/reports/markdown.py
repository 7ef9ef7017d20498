"""Pieces of Markdown out of plain values. Every value from data is escaped here, words of ours are not."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.evaluate.report import escape
from engine.reports.words import Language, say

MOST_NODES = 30
"""Relations named per direction; a base dataset can have hundreds of chats below it."""


def fact(label: str, value: object) -> str:
    """One bullet: our word, then a value from data."""
    return f"- {label}: {escape(value)}"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table; its cells are data."""
    yield "| " + " | ".join(heads) + " |"
    yield "| " + " | ".join(["---"] * len(heads)) + " |"
    for row in rows:
        yield "| " + " | ".join(escape(cell) for cell in row) + " |"


def quote(text: str) -> Iterator[str]:
    """Text from data as a quotation, line by line."""
    for line in text.splitlines() or [""]:
        yield f"> {escape(line)}  "


def command(words: Sequence[str]) -> list[str]:
    """A command in a code block. A line break, a control sign or a fence inside a word cannot leave the block."""
    flat = ["".join(c if c.isprintable() else " " for c in word).replace("```", "'''") for word in words]
    return ["```bash", " ".join(shlex.quote(word) for word in flat), "```"]


def moment(at: str | None) -> str:
    """A stored UTC time as people read it."""
    return f"{at[:10]} {at[11:16]} UTC" if at else "—"


def number(value: float | None, digits: int = 4) -> str:
    """A figure, or a dash where nothing was measured."""
    return "—" if value is None else f"{value:,.{digits}f}"


def setting(value: object) -> str:
    """A setting's value as one writes it: true, 0.0002, text."""
    return str(value).lower() if isinstance(value, bool) else "—" if value in ("", None) else str(value)


def relations(found: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Both directions of a lineage."""
    yield f"## {say('lineage', language)}"
    for key, nodes in (("above", found["ancestors"]), ("below", found["descendants"])):
        named = [f"{say('kind.' + node['kind'], language)} {escape(node['id'])}" for node in nodes[:MOST_NODES]]
        if len(nodes) > MOST_NODES:
            named.append(say("and_more", language, n=len(nodes) - MOST_NODES))
        yield f"- {say(key, language)}: {', '.join(named) or say('nothing', language)}"


def joined(lines: Iterable[str]) -> str:
    """The report: a blank line between blocks of unlike kind, none inside a table, a list or a code block."""
    out: list[str] = []
    before, fenced = "", False
    for line in lines:
        kind = "code" if fenced or line.startswith("```") else line[:1] if line[:1] in "#-|>" else "text"
        if out and (kind != before or kind in "#text"):
            out.append("")
        out.append(line)
        fenced = fenced != line.startswith("```")
        before = kind
    return "\n".join(out) + "\n"
