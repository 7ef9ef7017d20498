"""Whether two tokenizers give the same tokens the same numbers, read off what they hold and never off their names."""

import hashlib
import json
from typing import Any

CUTTING = ("model", "normalizer", "pre_tokenizer", "added_tokens")
"""Parts of a fast tokenizer that decide which tokens a text becomes."""


def token_print(tokenizer: Any) -> str:
    """sha256 over vocabulary, merges, the way to them, special tokens and the token that ends an answer. Tokenizers come from
    `load_tokenizer`; two of one print give every text the same ids, and every id the same meaning."""
    held: dict[str, Any] = {
        "vocabulary": sorted(tokenizer.get_vocab().items()),
        "special": sorted(tokenizer.all_special_tokens),
        "ends": tokenizer.eos_token_id,
    }
    if tokenizer.is_fast:
        told = json.loads(tokenizer.backend_tokenizer.to_str())
        held |= {part: told.get(part) for part in CUTTING}
        held["model"] = _merged(told["model"])
    return hashlib.sha256(json.dumps(held, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _merged(model: dict[str, Any]) -> dict[str, Any]:
    """Merges were written as "a b" once and are written as ["a", "b"] now; the vocabulary is told elsewhere."""
    merges = [pair.split(" ") if isinstance(pair, str) else list(pair) for pair in model.get("merges", [])]
    return {
        **{name: value for name, value in model.items() if name not in ("vocab", "ignore_merges")},
        "merges": merges,
    } | {"scores": model["vocab"] if isinstance(model.get("vocab"), list) else None}
