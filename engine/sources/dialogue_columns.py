"""Which columns of a table are the dialogue, its summaries, its topic: guessed by name, then by what stands in them, and correctable."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.dialogue.turns import SPECIAL, dialogue_text, turns_of
from engine.sources.columns import refuse_unknown

DIALOGUE_FIELDS = ("dialogue", "summary", "topic", "id", "rating")
"""What a dialogue's row is made of; a mapping says which column holds each."""
NAMES: dict[str, tuple[str, ...]] = {
    "dialogue": ("dialogue", "dialog", "dialogues", "대화", "대화문", "대화내용", "대화본문", "conversation", "utterances", "turns", "transcript", "script"),
    "summary": ("summary", "summaries", "요약", "요약문", "대화요약", "요약내용", "reference", "references", "abstract", "gold", "humansummary"),
    "topic": ("topic", "주제", "분야", "화제", "category", "domain"),
    "id": ("id", "fname", "dialogueid", "대화id", "번호", "idx", "no", "index"),
    "rating": ("rating", "평점", "별점", "평가점수", "score", "점수", "stars"),
}  # fmt: skip
"""Names that columns are known by, likeliest first; compared without case, spaces and signs."""
_ALSO = ("text", "input", "본문", "내용", "messages", "prompt", "source")
"""Columns that hold the dialogue where they look like one, in a table with a summary."""
_NUMBERED = re.compile(r"^(?:summary|reference|요약|요약문)(\d)$")
INNER = ("body", "header", "dialogueinfo", "dialogueInfo", "metadata", "meta", "info")
"""Objects inside a row whose fields count as its own: AI Hub keeps {"header": {"dialogueInfo": …}, "body": {"dialogue", "summary"}}."""


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the fields of its inner objects beside its own; its own come first."""
    found = dict(row)
    for name in INNER:
        if isinstance(inner := row.get(name), dict):
            found = {**flat(inner), **{key: value for key, value in found.items() if key != name}}
    return found


def guess_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Field to column for the fields that were found in flat rows; `summary` is the first of several."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    plain = {column: _plain(column) for column in columns}
    found: dict[str, str] = {}
    for field, names in NAMES.items():
        named = (column for name in names for column, told in plain.items() if told == name)
        column = next((one for one in named if one not in found.values() and _fits(field, one, rows)), None)
        if column is not None:
            found[field] = column
    if "summary" not in found and (numbered := sorted(c for c in columns if _NUMBERED.match(plain[c]))):
        found["summary"] = numbered[0]
    if "dialogue" not in found and "summary" in found:
        talking = [c for c in columns if plain[c] in _ALSO and c not in found.values() and is_talk(c, rows)]
        found |= {"dialogue": talking[0]} if talking else {}
    return {field: found[field] for field in DIALOGUE_FIELDS if field in found}


def is_talk(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether most of what stands in the column is a dialogue: turns with speakers, or a list of them."""
    given = [row[column] for row in rows if row.get(column) not in (None, "", [])]
    return bool(given) and sum(map(_talks, given)) * 2 >= len(given)


def merged_columns(
    guess: Mapping[str, str], given: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The guess with what was told put over it; an empty column takes a field out. Raises UserError for a column that is not there."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    refuse_unknown(given, columns)
    told = {**{f: c for f, c in guess.items() if f not in given and c not in given.values()}, **given}
    return {field: told[field] for field in DIALOGUE_FIELDS if told.get(field)}


def summaries_in(row: Mapping[str, Any], column: str | None) -> list[str]:
    """All summaries of a row, each once: a text, a list of texts, and its neighbours summary1, summary2 …"""
    names = [column] if column else []
    if column and (stem := re.match(r"^(.*?)[_ ]?\d*$", column)):
        more = re.compile(re.escape(stem[1]) + r"[_ ]?\d$")
        names += sorted(name for name in row if name != column and more.match(name))
    given = [text for name in names for text in _texts(row.get(name))]
    return list(dict.fromkeys(text.strip() for text in given if text.strip()))


def dialogue_in(value: Any) -> str:
    """The dialogue of a cell: text, a list of turns, or such a list written as JSON. What cannot be read as one is ""."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        value = _listed(value)
    try:
        return dialogue_text(value)
    except TypeError:
        return ""


def _listed(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, list | dict) else text


def _fits(field: str, column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """A dialogue's column must hold dialogues; a name alone is not trusted."""
    return field != "dialogue" or is_talk(column, rows) or _plain(column) in ("dialogue", "대화")


def _talks(value: Any) -> bool:
    text = dialogue_in(value)
    turns = turns_of(text)
    if isinstance(value, list | dict):
        return len(turns) > 0
    labelled = [turn for turn in turns if turn.speaker]
    return len(labelled) >= 2 or bool(labelled and SPECIAL.match(text))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        listed = _listed(value) if value.lstrip()[:1] == "[" else value
        return [value] if isinstance(listed, str) else _texts(listed)
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, dict):
        return [text for name in ("summary", "text", "요약") for text in _texts(value.get(name))][:1]
    return []


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
