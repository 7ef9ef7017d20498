"""Rows that know their ids in a store, and get their tokens from there when an earlier run left them.

A row never changes, so its tokens follow from the encoding alone: tokenizer, template, the code that joins them, and length.
"""

import hashlib
import sys
from array import array
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, overload

from engine.curate.row import Message
from engine.models import template
from engine.models.template import Encoded
from engine.store.open import open_store
from engine.store.tokens import TokenRow, recall_tokens, remember_tokens, touch_encoding

PromptTarget = tuple[Sequence[Message], str]
"""A prompt and what the model is to say."""

Kept = tuple[Encoded, bool]
"""An example, and whether its prompt lost something."""
CODES = {2: "H", 4: "I"}
"""Bytes a token to the array's type."""


class StoredRows(Sequence[PromptTarget]):
    """Prompts and targets of a dataset's split, each with its row id in `store`."""

    def __init__(self, store: Path, rows: Sequence[dict[str, Any]]) -> None:
        self.store = store
        self.ids: list[int] = [row["id"] for row in rows]
        self._rows: list[PromptTarget] = [(row["messages"], row["target"]) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> PromptTarget: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[PromptTarget]: ...
    def __getitem__(self, place: int | slice) -> PromptTarget | Sequence[PromptTarget]:
        return self._rows[place]


def recall(rows: StoredRows, print_: str) -> dict[int, Kept]:
    """By row id: what an earlier run left of these rows."""
    with open_store(rows.store) as db:
        found = recall_tokens(db, print_, rows.ids)
        if found:
            touch_encoding(db, print_)
    return {row[0]: _unpacked(row) for row in found}


def remember(rows: StoredRows, print_: str, made: dict[int, Kept]) -> None:
    """Keep what this run had to make, by row id."""
    with open_store(rows.store) as db:
        remember_tokens(db, print_, [_packed(row_id, *kept) for row_id, kept in made.items()])


def encoding_print(tokenizer: Any, max_length: int) -> str:
    """sha256 of all that decides how a row becomes tokens. About 0.1 s for a vocabulary of 128,000."""
    digest = hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode())
    code = Path(template.__file__).read_bytes()
    facts = (tokenizer.chat_template, sorted(tokenizer.special_tokens_map.items()), tokenizer.eos_token_id, max_length)
    digest.update(repr((facts, hashlib.sha256(code).hexdigest(), *_versions())).encode())
    return digest.hexdigest()


def _versions() -> tuple[str, ...]:
    return tuple(version(name) for name in ("tokenizers", "transformers", "jinja2"))


def _packed(row_id: int, example: Encoded, cut: bool) -> TokenRow:
    width = 2 if max(example.input_ids) < 2**16 else 4
    ids = array(CODES[width], example.input_ids)
    if sys.byteorder == "big":
        ids.byteswap()
    return row_id, example.prompt_length, int(example.ended), int(cut), width, ids.tobytes()


def _unpacked(row: TokenRow) -> Kept:
    _, prompt, whole, cut, width, data = row
    ids = array(CODES[width], data)
    if sys.byteorder == "big":
        ids.byteswap()
    return Encoded(ids.tolist(), prompt, bool(whole)), bool(cut)
