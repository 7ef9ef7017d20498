"""A model as transformers reads it, for a host with a graphics card: written into a bundle, and opened there.

The adapter travels beside its base and is not merged: the answers are those of the owner's own chat. A hub base does not travel:
the host fetches it by name and revision, so that nobody hands on what its maker wants to be asked for.
"""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.deploy.parts import cut, link, whole
from engine.models.bases import ResolvedBase, catalogued
from engine.models.loading import LORA_FIELDS, Quantisation, load_tokenizer, local_folder
from engine.models.special_tokens import FILE, tokens_of
from engine.serve.backend import Backend

BASE, ADAPTER = "model", "adapter"
"""Folders of a bundle; the first is missing where the base lies on the hub."""
FILES = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
    "model.safetensors.index.json", FILE,
)  # fmt: skip
"""Of a base's folder beside its weights; whatever else lies there stays."""
PLACES = ("_name_or_path", "name_or_path", "tokenizer_file", "special_tokens_map_file", "vocab_file")
"""Entries in which a program may have noted where a file lay on the owner's machine."""


def write_unconverted(
    base: ResolvedBase, adapter: Path | None, out: Path, limit_mb: float | None, quantisation: Quantisation
) -> dict[str, Any]:
    """The folders `model` and `adapter` of the bundle `out`, as far as it has them. Returns what bundle.json tells of them:
    {base_hub, quantisation, ends}."""
    folder = local_folder(base)
    hub = _on_hub(base, folder) if base.source == "hub" else None
    with tempfile.TemporaryDirectory(prefix="bundling-") as scratch:
        whole_base, own = Path(scratch, BASE), Path(scratch, ADAPTER)
        if hub is None:
            _gather(folder, (*FILES, *(path.name for path in folder.glob("*.safetensors"))), whole_base)
            cut(whole_base, out / BASE, limit_mb)
        if adapter is not None:
            _gather(adapter, ("adapter_model.safetensors", FILE), own)
            (own / "adapter_config.json").write_text(_plain_config(adapter), encoding="utf-8")
            cut(own, out / ADAPTER, limit_mb)
    ends = load_tokenizer(base, tokens_of(adapter)).malmoi.end_ids
    return {"base_hub": hub, "quantisation": quantisation, "ends": list(ends)}


def open_unconverted(folder: Path, about: dict[str, Any], cache: Path) -> tuple[Backend, Any]:
    """(the model in memory, its tokenizer) of the bundle in `folder`; on a card where there is one, else on the processor. A hub base
    is fetched at the first time.

    Raises UserError when a file is missing or altered, and what `fetch` and `open_backend` raise.
    """
    from engine.serve.transformers_backend import open_backend

    hub = about["base_hub"]
    if hub:
        base = ResolvedBase(about["base"], "hub", hub["repo"], hub["revision"])
    else:
        base = ResolvedBase(about["base"], "folder", str(whole(folder / BASE, cache)), None)
    adapter = whole(folder / ADAPTER, cache) if (folder / ADAPTER).is_dir() else None
    backend = open_backend(base, adapter, about["quantisation"])
    return backend, load_tokenizer(base, tokens_of(adapter))


def _on_hub(base: ResolvedBase, folder: Path) -> dict[str, str]:
    """The cache names a snapshot's folder after its revision."""
    known = catalogued(base.name)
    return {"repo": (known.hub_id if known else base.name).partition("@")[0], "revision": folder.name}


def _gather(folder: Path, names: Iterable[str], out: Path) -> None:
    """The files of these names that are there, without the places that configurations may tell."""
    out.mkdir()
    for path in (folder / name for name in names if (folder / name).is_file()):
        told = json.loads(path.read_text(encoding="utf-8")) if path.name.endswith("config.json") else {}
        if any(name in told for name in PLACES):
            kept = {name: value for name, value in told.items() if name not in PLACES}
            (out / path.name).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        else:
            link(path, out / path.name)


def _plain_config(adapter: Path) -> str:
    """What `load_model` reads of an adapter's configuration; the rest can name the owner's folders."""
    saved = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    kept = ("peft_type", "task_type", *LORA_FIELDS)
    return json.dumps({name: saved[name] for name in kept if name in saved}, ensure_ascii=False, indent=1)
