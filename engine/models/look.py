"""Rows as a model would read them, before any training: which bases are here to look with, and what a sample shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.models.bases import SHIPPED, folder_of, resolve_base
from engine.models.light import LightTokenizer, light_tokenizer
from engine.models.linter import LintReport, lint_end_tokens
from engine.models.template import RAW, encode_example
from engine.store.runs import list_runs

RUNS = 20
"""Newest runs whose bases are offered."""


@dataclass(frozen=True, slots=True)
class Overlook:
    """What a sample of rows looks like at a length: counts of rows, and tokens per row on average."""

    rows: int
    truncated: int
    untrained: int
    """Rows of which not one token would be learned."""
    endless: int
    """Rows whose end token is cut off: from them a model does not learn to stop."""
    mean_tokens: float
    longest: int


def bases_at_hand(db: Database, recipe: str) -> dict[str, int | None]:
    """Bases on this disk, that of the newest run first, the shipped ones always: name to the longest row its run allowed."""
    found: dict[str, int | None] = {}
    for run in list_runs(db, recipe, RUNS):
        if run["base"] not in found and _is_here(run["base"]):
            found[run["base"]] = run["settings"].get("max_length")
    return found | {name: None for name in SHIPPED if name not in found and _is_here(name)}


def _is_here(name: str) -> bool:
    try:
        return folder_of(resolve_base(name)) is not None
    except UserError:
        return False


def quick_tokenizer(name: str) -> LightTokenizer | None:
    """The base's tokenizer without any heavy library; None when it needs `load_tokenizer`."""
    folder = folder_of(resolve_base(name))
    return light_tokenizer(folder) if folder else None


def lint_rows(
    tokenizer: Any, rows: Sequence[Mapping[str, Any]], max_length: int, words: Sequence[str] = ()
) -> LintReport:
    """The token linter over rows as they would be trained on. rows: {messages, target}; words: that would be kept whole."""
    examples = [encode_example(tokenizer, row["messages"], row["target"], max_length) for row in rows]
    raw = any(row["messages"] and row["messages"][0]["role"] == RAW for row in rows[:1])
    return lint_end_tokens(tokenizer, examples, raw=raw, words=words)


def look_over(tokenizer: Any, rows: Sequence[Mapping[str, Any]], max_length: int) -> Overlook:
    """Encode rows at a length and count. rows: {messages, target}."""
    cut = [encode_example(tokenizer, row["messages"], row["target"], max_length) for row in rows]
    whole = [len(encode_example(tokenizer, row["messages"], row["target"]).input_ids) for row in rows]
    return Overlook(
        rows=len(rows),
        truncated=sum(size > len(one.input_ids) for one, size in zip(cut, whole, strict=True)),
        untrained=sum(one.prompt_length >= len(one.input_ids) for one in cut),
        endless=sum(not one.ended for one in cut),
        mean_tokens=sum(whole) / max(1, len(whole)),
        longest=max(whole, default=0),
    )
