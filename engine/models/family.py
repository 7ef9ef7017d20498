"""What a base's configuration says of its architecture, read without any library. It knows nothing of settings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WINDOWS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")
"""What architectures call their window."""
RELATIVE = ("t5", "mt5", "umt5", "longt5")
"""Families that know only distances: their `n_positions` is what they were trained with, no limit."""


def read_config(folder: Path) -> dict[str, Any]:
    """The config.json of a base's folder with its text part laid over it; {} when it cannot be read: that is said when the base
    is loaded."""
    try:
        whole = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return {**whole, **whole.get("text_config", {}), "model_type": whole["model_type"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def is_encoder_decoder(folder: Path) -> bool:
    """Whether the base reads with an encoder and answers with a decoder."""
    return bool(read_config(folder).get("is_encoder_decoder"))


def window(config: Mapping[str, Any]) -> int | None:
    """The longest text of a model in tokens, of an encoder-decoder on each side; None where its architecture sets no limit.
    config: as a dict."""
    if config.get("model_type") in RELATIVE:
        return None
    return next((int(config[name]) for name in WINDOWS if config.get(name)), None)
