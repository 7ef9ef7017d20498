"""Whether two models cut every text into the same numbered tokens, read off what their tokenizers hold and never off their names."""

import hashlib
import json
from pathlib import Path
from typing import Any

from engine.models.bases import ResolvedBase

CUTTING = ("normalizer", "pre_tokenizer", "added_tokens")
"""Parts of a tokenizer.json, beside its model, that decide which tokens a text becomes."""


def token_print(folder: Path) -> str:
    """sha256 over vocabulary, merges, what comes before them, and the special tokens of the model in `folder`.

    Tokenizers without a tokenizer.json are loaded, and compared by vocabulary and special tokens. Raises what `load_tokenizer` raises.
    """
    file = folder / "tokenizer.json"
    held = _held(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else _loaded(folder)
    return hashlib.sha256(json.dumps(held, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _held(told: dict[str, Any]) -> dict[str, Any]:
    """Merges were written as "a b" once and are written as ["a", "b"] now."""
    model = dict(told["model"])
    model["merges"] = [pair.split(" ") if isinstance(pair, str) else list(pair) for pair in model.get("merges") or []]
    return {part: told.get(part) for part in CUTTING} | {"model": model}


def _loaded(folder: Path) -> dict[str, Any]:
    from engine.models.loading import load_tokenizer

    tokenizer = load_tokenizer(ResolvedBase(folder.name, "folder", str(folder), None))
    return {"vocabulary": sorted(tokenizer.get_vocab().items()), "special": sorted(tokenizer.all_special_tokens)}
