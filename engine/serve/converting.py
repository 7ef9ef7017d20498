"""Whole models in another engine's form, made once and kept beside the store's other copies. It knows no recipe.

An adapter is merged into its base first, in full precision: engines other than transformers hold one set of weights.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.models.bases import ResolvedBase, base_hash
from engine.models.family import read_config
from engine.models.loading import load_model, load_tokenizer, local_folder
from engine.serve.backend import Backend


def converted(cache: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` under the cache, made by `make(folder)` where it is missing; a half-made one never gets the name."""
    folder = cache / name
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
    try:
        make(unfinished)
        os.replace(unfinished, folder)
    except OSError:
        if not folder.is_dir():  # another process was first
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def whole_folder(base: ResolvedBase, adapter: Path | None, scratch: Path) -> Path:
    """A folder with the model's weights and tokenizer: the base's own, or one under `scratch` with the adapter merged in."""
    if adapter is None:
        return local_folder(base)
    merged = load_model(base, adapter, quantisation="none", device="cpu").merge_and_unload()
    merged.save_pretrained(scratch)
    load_tokenizer(base).save_pretrained(scratch)
    return scratch


def converted_folder(engine: str, cache: Path, base: ResolvedBase, adapter: Path | None, artifact: str | None) -> Path:
    """Where a base, or what a run made of it, lies in the form of `engine`; converted at the first time. artifact: the run's,
    which names the copy.

    Raises UserError when the engine is not installed or does not know the model's architecture.
    """
    kind = _kind(engine)
    kind.require()
    local_folder(base)
    name = f"{engine}-{artifact or base_hash(base)[:16]}"

    def make(out: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="merged-") as scratch:
            kind.convert(whole_folder(base, adapter, Path(scratch)), base, out)

    return converted(cache, name, make)


def open_converted(engine: str, cache: Path, base: ResolvedBase, adapter: Path | None, artifact: str | None) -> Backend:
    """The model in memory, converted where it was not yet. Raises what `converted_folder` raises."""
    folder = converted_folder(engine, cache, base, adapter, artifact)
    made: Backend = _kind(engine).open(folder, base, read_config(local_folder(base)))
    return made


def _kind(name: str) -> Any:
    """The module of an engine: `require`, `convert(model folder, base, out)`, `open(folder, base, config)`."""
    import engine.serve.ct2_backend as ctranslate2
    import engine.serve.openvino_backend as openvino

    return openvino if name == "openvino" else ctranslate2
