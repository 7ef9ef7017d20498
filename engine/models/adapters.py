"""Adapters made elsewhere become runs. It knows nothing of how they were trained."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.models.bases import ResolvedBase, base_hash, folder_of, reference, resolve_base
from engine.models.special_tokens import FILE as TOKENS
from engine.store.artifacts import save_artifact
from engine.store.blobs import write_blob
from engine.store.open import open_store, writing
from engine.store.runs import add_run, update_run

PREFIX, IN, OUT = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
"""How PEFT names the two halves of a layer's adapter."""
NEEDED = ("adapter_config.json", "adapter_model.safetensors")


def adopt_adapter(
    store: Path, folder: Path, base_name: str, recipe: str, options: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """Store a PEFT adapter folder as a run without a job; returns (run id, artifact id).

    Only the two files PEFT needs are taken, and that of words kept whole. Raises UserError when one is missing (a pickled .bin is refused), unreadable
    or not LoRA; no run is left behind then. options: the recipe's, as its rows were made: its prompts are worded by them.
    """
    _require_files(folder)
    _require_lora(folder / NEEDED[0])
    tensors = _tensors(folder / NEEDED[1])
    base = resolve_base(base_name)
    _require_fitting(folder / NEEDED[1], base)
    facts = {"name": reference(base), "revision": base.revision, "hash": base_hash(base)}
    with open_store(store) as db, tempfile.TemporaryDirectory() as copy:
        for name in (*NEEDED, *(name for name in (TOKENS,) if (folder / name).is_file())):
            (Path(copy) / name).write_bytes((folder / name).read_bytes())
            write_blob(db, Path(copy) / name)  # the bytes first, in small transactions; the rows then in one short one
        with writing(db):
            run_id = add_run(
                db,
                recipe=recipe,
                dataset_id=None,
                base=facts,
                preset=None,
                settings={"quantisation": "nf4"},
                origins={},
            )
            meta = {"imported": folder.name, "tensors": tensors, "options": dict(options or {})}
            artifact_id = save_artifact(db, Path(copy), "adapter", run_id, meta=meta)
            update_run(db, run_id, adapter_id=artifact_id)
    return run_id, artifact_id


def guess_style(name: str, styles: Sequence[str]) -> str | None:
    """The style a folder's name tells: its own word (`rag`), or which of the owner's versions it is (`…-lora`, `…-lora-v2`)."""
    words = name.lower().replace("_", "-").split("-")
    by_name = next((style for style in styles if style in words), None)
    if by_name or not {"simple", "rag"} <= set(styles):
        return by_name
    return {"v1": "simple", "lora": "simple", "v2": "rag"}.get(words[-1])


def _require_files(folder: Path) -> None:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{folder.name} 폴더에 {', '.join(missing)}이(가) 없습니다. PEFT가 safetensors로 저장한 어댑터 폴더를 주세요.",
            f"{folder.name} has no {', '.join(missing)}. Give a PEFT adapter folder saved as safetensors.",
        )


def _require_lora(file: Path) -> None:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        kind = config["peft_type"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"{file.name} 파일에서 peft_type을 읽을 수 없습니다({type(error).__name__}). 다시 복사하거나 다시 내보내세요.",
            f"{file.name} does not tell a peft_type ({type(error).__name__}). Copy or export it again.",
        ) from error
    if kind != "LORA":
        raise UserError(
            f"{file.name}의 peft_type이 {kind}입니다. LoRA(LORA) 어댑터만 얹을 수 있습니다. LoRA 어댑터 폴더를 주세요.",
            f"The peft_type in {file.name} is {kind}. Only LoRA (LORA) adapters can be used. Give a LoRA adapter's folder.",
        )


def _tensors(file: Path) -> int:
    """How many tensors the weight file holds."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as weights:
            return len(list(weights.keys()))
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{file.name} 파일을 열 수 없습니다({type(error).__name__}). 다시 복사하거나 다시 내보내세요.",
            f"{file.name} cannot be opened ({type(error).__name__}). Copy or export it again.",
        ) from error


def _require_fitting(file: Path, base: ResolvedBase) -> None:
    """Raises UserError when a matrix of the adapter is of another size than the base's, as far as the base is on this disk."""
    place = folder_of(base)
    there = {name: size for path in sorted(place.glob("*.safetensors")) for name, size in _sizes(path)} if place else {}
    halves = dict(_sizes(file))
    for name, (_, width) in ((name, size) for name, size in halves.items() if name.endswith(IN)):
        module = name.removesuffix(IN)
        mine = {width, halves.get(module + OUT, (0, 0))[0]}
        theirs = there.get(f"{module.removeprefix(PREFIX)}.weight")
        if theirs and mine != set(theirs):
            layer = module.removeprefix(PREFIX)
            raise UserError(
                f"{file.parent.name}의 어댑터는 '{base.name}'의 것이 아닙니다: {layer} 층이 {sorted(mine)}인데 이 모델은 {sorted(theirs)}입니다. "
                "--base에 그 어댑터를 배운 모델을 주세요.",
                f"The adapter in {file.parent.name} is not of '{base.name}': its layer {layer} is {sorted(mine)}, the base's "
                f"{sorted(theirs)}. Give --base the model it was trained on.",
            )


def _sizes(file: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """(name, size) of every matrix in a file, read from its header; packed weights tell no size."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as weights:
            for name in weights.keys():  # noqa: SIM118 (not a mapping)
                part = weights.get_slice(name)
                if len(size := part.get_shape()) == 2 and part.get_dtype() not in ("U8", "I8"):
                    yield name, (size[0], size[1])
    except (SafetensorError, OSError):
        return  # loading the base says what is wrong with it
