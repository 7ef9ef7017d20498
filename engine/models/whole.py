"""The weights of a whole model become a folder that loads like any base. It knows nothing of how they were trained."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.models.bases import ResolvedBase, folder_of
from engine.models.loading import precision_of
from engine.models.special_tokens import add_tokens

BESIDE = ("tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json", "*.jinja", "*.model",
          "generation_config.json")  # fmt: skip
"""What a model needs beside weights and configuration, by name, as `base_hash` reads it; taken from the base."""
WEIGHTS = "model.safetensors"


def complete_model(folder: Path, base: ResolvedBase, device: str, dtype: str, tokens: Sequence[str] = ()) -> None:
    """Add the base's tokenizer, with the words kept whole, to a folder of trained weights, and hold these in the precision they were computed in.

    Training keeps them in 32 bits; on a card that computes in 16 the rest would double the file and never be used.
    """
    source = folder_of(base)
    assert source is not None
    for path in sorted({path for name in BESIDE for path in source.glob(name) if path.is_file()}):
        shutil.copyfile(path, folder / path.name)
    if tokens:
        save_tokenizer(folder, source, tokens)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"use_cache": True}  # checkpointing switches it off, and answers elsewhere would be slow
    (folder / "config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8")
    _in_precision(folder / WEIGHTS, device, dtype)


def save_tokenizer(folder: Path, base: Path, tokens: Sequence[str]) -> None:
    """The base's, with these words kept whole, for whoever uses the folder elsewhere: only the words are added."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(str(base), local_files_only=True, trust_remote_code=False)
    add_tokens(tokenizer, tokens)
    tokenizer.save_pretrained(str(folder))


def _in_precision(weights: Path, device: str, dtype: str) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    wanted = precision_of(device, dtype)
    if wanted == torch.float32:
        return
    tensors = {name: tensor.to(wanted) for name, tensor in load_file(weights).items()}
    half = weights.with_suffix(".half")
    save_file(tensors, half, metadata={"format": "pt"})
    half.replace(weights)
