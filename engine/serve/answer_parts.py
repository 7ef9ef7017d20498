"""An answer in JSON as people read it: single facts, and lists of like things as tables. It knows no recipe, model or page."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

MOST = 200_000
"""Characters: a longer answer is shown as it is."""
ROWS, DEEP = 200, 3
FENCE = "```"


class Table(NamedTuple):
    """A list of objects: `rows` hold a text for each of `columns`."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Parts(NamedTuple):
    """What an answer in JSON holds."""

    facts: tuple[tuple[str, str], ...]
    """(name, text)."""
    tables: tuple[Table, ...]


def parts_of_answer(text: str) -> Parts | None:
    """None for an answer that is no JSON object or list of objects: text, numbers, JSON cut half-way."""
    body = _bare(text)
    if len(body) > MOST or body[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list):
        table = _table("", found)
        return Parts((), (table,)) if table else None
    return _of_object(found) if isinstance(found, dict) and found else None


def _bare(text: str) -> str:
    """Without the fence that many models put around JSON."""
    body = text.strip()
    if body.startswith(FENCE) and body.endswith(FENCE) and len(body) > 2 * len(FENCE):
        body = body.removeprefix(FENCE).removesuffix(FENCE).strip()
        body = body.removeprefix("json").strip()
    return body


def _of_object(found: Mapping[str, Any]) -> Parts:
    facts: list[tuple[str, str]] = []
    tables: list[Table] = []
    for name, value in found.items():
        table = _table(name, value) if isinstance(value, list) else None
        if table:
            tables.append(table)
        else:
            facts.append((name, _said(value)))
    return Parts(tuple(facts), tuple(tables))


def _table(name: str, value: list[Any]) -> Table | None:
    """Of a list whose members are all objects; None for any other."""
    if not value or len(value) > ROWS or not all(isinstance(one, dict) and one for one in value):
        return None
    columns = tuple(dict.fromkeys(str(key) for one in value for key in one))
    return Table(name, columns, tuple(tuple(_said(one.get(column)) for column in columns) for one in value))


def _said(value: Any, deep: int = 0) -> str:
    """A value as words: lists by commas, objects as `name: value`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, str):
        return value
    if deep < DEEP and isinstance(value, list):
        return ", ".join(_said(one, deep + 1) for one in value)
    if deep < DEEP and isinstance(value, dict):
        return ", ".join(f"{name}: {_said(one, deep + 1)}" for name, one in value.items())
    return json.dumps(value, ensure_ascii=False)
